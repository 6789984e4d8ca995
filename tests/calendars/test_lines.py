"""Content lines: what goes in comes out of another program's parser."""

from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from calendars import lines
from calendars.appointment import Address
from calendars.parts import invitation
from tests.calendars.test_parts import ANYBODY, appointment

odd = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(odd)
@example("a\r\nATTENDEE:mailto:evil@example.com")
@example("\\n;,\\")
@example("é" * 80 + "日本" * 40)
@example("x" * 74 + "é")
def test_any_text_is_one_value_and_comes_back_as_it_was(text: str) -> None:
    made = invitation(appointment(title=text), organizer=ANYBODY, attendee=ANYBODY)
    assert all(len(line.encode()) <= lines.MOST_OCTETS for line in made.split("\r\n"))
    [event] = Calendar.from_ical(made).walk("VEVENT")
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    expected = "".join(char for char in expected if char == "\n" or char.isprintable() or char not in _LOST)
    assert str(event["SUMMARY"]) == expected
    assert set(event) == set(Calendar.from_ical(_PLAIN).walk("VEVENT")[0])


@given(odd)
@example('Carla "the" Coach;ROLE=CHAIR:mailto:evil@example.com')
@example("a\nb")
def test_no_name_ends_its_parameter(name: str) -> None:
    made = invitation(appointment(), organizer=Address(name, "a@example.com"), attendee=Address(name, "b@example.com"))
    [event] = Calendar.from_ical(made).walk("VEVENT")
    assert str(event["ORGANIZER"]) == "mailto:a@example.com"
    assert set(event["ORGANIZER"].params) == {"CN"}
    assert str(event["ATTENDEE"]) == "mailto:b@example.com"


@given(odd)
@example("b@example.com\r\nSUMMARY:evil")
def test_no_address_ends_its_line(email: str) -> None:
    made = invitation(appointment(), organizer=ANYBODY, attendee=Address("Anna", email))
    [event] = Calendar.from_ical(made).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Coaching with Carla"


_LOST = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)} - {"\n"}
_PLAIN = invitation(appointment(), organizer=ANYBODY, attendee=ANYBODY)
