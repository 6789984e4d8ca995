"""Whatever somebody types as a name, a subject or an address: it writes no header, no body and no line of a calendar."""

import base64
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from bot.delivery.channels import mail_octets
from bot.delivery.channels.mail_envelope import CalendarPart, Envelope, one_line, wire
from bot.mail_addresses import Mailbox, mailbox, writable
from calendars.appointment import Address, Appointment
from calendars.parts import invitation
from handlers.views.mail import Mail

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
ADDED = b"\r\nBcc: all@example.org\r\nX-Odd: 1\r\n\r\n<b>Not ours</b>"
IN_BASE64 = f"=?utf-8?b?{base64.b64encode(ADDED).decode()}?="
IN_QUOTES = "=?utf-8?q?" + "".join(f"={octet:02X}" for octet in ADDED[:32]) + "?="
HOSTILE = [
    IN_BASE64,
    IN_QUOTES,
    f"Pat {IN_BASE64}",
    f"Lee, {IN_BASE64}, Pat",
    f'"{IN_BASE64}"',
    f"({IN_BASE64})",
    f"Pät {IN_QUOTES} Lee",
    f"{IN_QUOTES} {IN_BASE64}",
    f"={IN_BASE64}",
    "=" + IN_QUOTES.replace("=?", "=\x00?"),
    IN_QUOTES.replace("=?", "=\u200b?"),
    IN_QUOTES.replace("=?", "=\r\n ?"),
    IN_QUOTES.replace("utf-8", "utf-8*en"),
    IN_QUOTES.replace("utf-8", "us-ascii"),
    "=?utf-8?q?=0A?=Bcc: all@example.org",
    "x" * 50 + IN_QUOTES,
    "日" * 57 + IN_QUOTES,
    "Pat\r\nBcc: all@example.org",
    "Pat\nBcc: all@example.org",
    "Pat\rBcc: all@example.org",
    "Pat\u2028Bcc: all@example.org",
    "Pat\x85Bcc: all@example.org",
    "Pat\x0bBcc: all@example.org",
    'Pat" <all@example.org>, "Sam',
    "Pat\\",
]
NEAR = st.lists(
    st.sampled_from(
        ["=", "?", "=?", "?=", "utf-8", "q", "b", "=0D=0A", "DQo=", "\r", "\n", " ", '"', "\\", "(", ",", "é", "A: b"]
    ),
    max_size=30,
).map("".join)
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Auto-Submitted", "X-Auto-Response-Suppress",
    "MIME-Version", "Content-Type",
]  # fmt: skip
TEXT, PAGE = "Hello\n", "<p>Hello</p>\n"


def calendar(name: str) -> str:
    one = Appointment(
        uid="s1@t1", sequence=1, stamp=AT, starts_at=AT, ends_at=AT + timedelta(hours=1), zone="UTC", title=name,
        description=name, where=name, url=name,
    )  # fmt: skip
    return invitation(one, organizer=Address(name, "me@example.com"), attendee=Address(name, "pat@example.org"))


def sent(name: str, subject: str, calendars: int = 0) -> bytes:
    envelope = Envelope(
        sender=Mailbox("me@example.com", name),
        to=Mailbox("pat@example.org", name),
        key="k",
        at=AT,
        reply_to=Mailbox("carla@example.org", name),
        calendar=[CalendarPart(calendar(name), "REQUEST")] * calendars,
    )
    return wire(envelope, Mail(subject, TEXT, PAGE))


def read(octets: bytes) -> EmailMessage:
    """The mail as a reader's program has it: our headers only, to our addresses only, with our text."""
    mail = message_from_bytes(octets, policy=default)
    assert isinstance(mail, EmailMessage)
    assert list(mail) == HEADERS
    assert not mail.defects
    for field, address in (("From", "me@example.com"), ("To", "pat@example.org"), ("Reply-To", "carla@example.org")):
        assert [one.addr_spec for one in mail[field].addresses] == [address]
    for kind, content in (("plain", TEXT), ("html", PAGE)):
        body = mail.get_body((kind,))
        assert body is not None
        assert body.get_content().replace("\r\n", "\n") == content
    head = octets.partition(b"\r\n\r\n")[0]
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert b"\r" not in head.replace(b"\r\n", b"")
    return mail


@pytest.mark.parametrize("calendars", [0, 1, 2])
@pytest.mark.parametrize("typed", HOSTILE)
def test_a_name_or_a_subject_stays_in_its_header(typed: str, calendars: int) -> None:
    octets = sent(typed, typed, calendars)
    mail = read(octets)
    said = [str(mail["Subject"])]
    said += [one.display_name for name in ("From", "To", "Reply-To") for one in mail[name].addresses]
    assert not any("\n" in one or "\r" in one for one in said)
    files = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert len(files) == {0: 0, 1: 2, 2: 2}[calendars]
    for part in files:
        of_part = {name.lower() for name in part}
        assert of_part <= {"content-type", "content-transfer-encoding", "content-disposition", "mime-version"}


@given(name=NEAR, subject=NEAR)
def test_nothing_that_comes_near_an_encoded_word_is_read_as_one(name: str, subject: str) -> None:
    mail = read(sent(name, subject))
    [to] = mail["To"].addresses
    assert _seen(str(mail["Subject"])) == _seen(one_line(subject, 150))
    assert _seen(to.display_name) == _seen(one_line(name, 60))


def _seen(text: str) -> str:
    """Return text without spaces and quotes: `email` moves a space where a quoted name is encoded in part."""
    return "".join(char for char in text if not char.isspace() and char not in '"\\')


@pytest.mark.parametrize("typed", HOSTILE)
def test_a_name_writes_no_line_of_an_invitation(typed: str) -> None:
    plain, odd = (Calendar.from_ical(calendar(one)).walk("VEVENT") for one in ("https://x.example/", typed))
    [plain], [odd] = plain, odd
    assert set(odd) | {"URL"} == set(plain), "an address that is none is left out"
    assert str(odd["ORGANIZER"]) == "mailto:me@example.com"
    assert [str(odd["ATTENDEE"])] == ["mailto:pat@example.org"]
    assert set(odd["ORGANIZER"].params) == {"CN"}


@pytest.mark.parametrize("local", ["=?utf-8?q?=0D=0A=42cc=3Ax?=", "pat=?x", "=?utf-8?b?DQo=?=", "a.=?utf-8?q?=0A?=.b"])
def test_an_address_that_looks_like_an_encoded_word_cannot_be_written_to(local: str) -> None:
    assert writable(f"{local}@example.org") is None
    assert mailbox(f"Pat <{local}@example.org>") is None
    assert writable("pat=x?y@example.org") == "pat=x?y@example.org"


@given(NEAR)
@example("=?utf-8?q?=0D=0A=42cc=3Ax?=")
@example(IN_BASE64)
def test_no_header_gets_a_line_of_its_own_even_from_text_that_nobody_prepared(typed: str) -> None:
    text = typed.replace("\r", " ").replace("\n", " ")
    for octets in (
        mail_octets.header("Subject", text),
        mail_octets.address("To", text, "pat@example.org"),
    ):
        assert octets.endswith(b"\r\n")
        lines = octets[:-2].split(b"\r\n")
        assert all(line.startswith((b" ", b"\t")) for line in lines[1:])
        assert not any(b"\r" in line or b"\n" in line for line in lines)


def test_a_header_that_would_break_out_even_so_is_not_sent() -> None:
    with pytest.raises(ValueError, match="a header of its own"):
        mail_octets.address("To", "", "=?utf-8?q?=0D=0A=42cc=3Ax?=@example.org")
    with pytest.raises(ValueError, match="a header of its own"):
        mail_octets.unbroken("List-Unsubscribe", f"<{IN_BASE64}>")
