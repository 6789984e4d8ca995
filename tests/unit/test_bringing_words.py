"""What people and products write in cells: days and times, zones, lengths, prices, states, and how a file is written."""

import io
from datetime import date, time

import pytest

from coaching.bringing import amounts
from coaching.bringing.amounts import BadAmount
from coaching.bringing.columns import proposed
from coaching.bringing.file_map import DateOrder, FileMap, Meaning, Target, columns_key, dump, load, read, written
from coaching.bringing.moments import BadMoment, Moment, OpenOrder, moment, orders
from coaching.bringing.presets import preset
from coaching.bringing.statuses import meaning_of
from coaching.bringing.text import Dialect, dialect_of, header_of, records_of
from coaching.bringing.zones import UnknownName, zone_in_file
from coaching.imports import BadFile

DAY, MONTH = DateOrder
DECEMBER_3, HALF_PAST_TWO = date(2026, 12, 3), time(14, 30)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("12/03/2026 2:30 PM", MONTH),
        ("03.12.2026 14:30", DAY),
        ("3.12.26 14.30 Uhr", DAY),
        ("3. Dezember 2026 um 14:30 Uhr", None),
        ("Thursday, December 3rd, 2026 at 2:30pm", None),
        ("Thu Dec 3 2026, 2:30\u202fPM", None),
        ("3-Dec-2026 14:30:00", None),
        ("3 décembre 2026 à 14h30", None),
        ("3 de diciembre de 2026, 2:30 p. m.", None),
        ("quinta-feira, 3 de dezembro de 2026 14:30", None),
        ("2026年12月3日 午後2:30", None),
        ("2026/12/03(木) 14:30", None),
        ("2026-12-03T14:30:00.000", None),
        ("2026-12-03 14:30", DAY),
    ],
)
def test_a_day_and_a_time_are_read_in_every_language_and_order(text: str, order: DateOrder | None) -> None:
    assert moment(text, order) == Moment(day=DECEMBER_3, at=HALF_PAST_TWO)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-03T14:30:00Z", Moment(day=DECEMBER_3, at=HALF_PAST_TWO, zone="Z")),
        ("2026-12-03 14:30:00-05", Moment(day=DECEMBER_3, at=HALF_PAST_TWO, zone="-05")),
        ("3 Dec 2026 14:30 (Eastern Time)", Moment(day=DECEMBER_3, at=HALF_PAST_TWO, zone="Eastern Time")),
        ("3 Dec 2026 14:30-15:20", Moment(day=DECEMBER_3, at=HALF_PAST_TWO, until=time(15, 20))),
        ("2:30 PM – 3:20 PM", Moment(at=HALF_PAST_TWO, until=time(15, 20))),
        ("12:00 AM", Moment(at=time(0, 0))),
        ("12 PM", Moment(at=time(12, 0))),
        ("3 Dec 2026", Moment(day=DECEMBER_3)),
    ],
)
def test_what_stands_behind_a_time_is_a_zone_or_the_end(text: str, expected: Moment) -> None:
    assert moment(text, None) == expected


@pytest.mark.parametrize(
    "text", ["tomorrow", "50", "30/02/2026 10:00", "3 Dec 2026 25:00", "3 Dec 2026 13:00 PM", "3 Foo 2026"]
)
def test_what_names_no_moment_is_refused(text: str) -> None:
    with pytest.raises(BadMoment):
        moment(text, DAY)


def test_the_order_of_a_date_is_never_guessed() -> None:
    with pytest.raises(OpenOrder):
        moment("03.12.2026 14:30", None)
    assert orders("03/12/2026") == {DAY, MONTH}
    assert orders("13/12/2026") == {DAY}
    assert orders("12/13/2026") == {MONTH}
    assert orders("13/13/2026") == frozenset()
    assert [orders(text) for text in ("12/12/2026", "2026-12-03", "3 Dec 2026", "14:30", "")] == [None] * 5
    assert moment("12/12/2026 14:30", None).day == date(2026, 12, 12)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("America/New_York", "America/New_York"),
        ("europe/london", "Europe/London"),
        ("Eastern Time", "America/New_York"),
        ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("Pacific Time - US & Canada", "America/Los_Angeles"),
        ("Eastern Standard Time", "America/New_York"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("GMT Standard Time", "Europe/London"),
        ("Berlin", "Europe/Berlin"),
        ("UTC+2", "Etc/GMT-2"),
    ],
)
def test_zones_are_read_as_products_name_them(text: str, zone: str) -> None:
    assert zone_in_file(text, {}) == zone


def test_an_abbreviation_is_asked_for_and_its_answer_counts_in_every_case() -> None:
    with pytest.raises(UnknownName) as caught:
        zone_in_file("CST", {})
    assert caught.value.meant == "America/Chicago"
    assert zone_in_file(" cst ", {"cst": "Asia/Shanghai"}) == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("50", 50),
        ("50 min", 50),
        ("1h", 60),
        ("1 h 30 min", 90),
        ("1:30", 90),
        ("0:50:00", 50),
        ("1,5 Std", 90),
        ("45分", 45),
    ],
)
def test_a_length_is_read_as_people_write_it(text: str, minutes: int) -> None:
    assert amounts.minutes(text) == minutes


@pytest.mark.parametrize("text", ["", "soon", "0:50:30", "1.001 hours"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(BadAmount):
        amounts.minutes(text)


@pytest.mark.parametrize(
    ("text", "currency", "cents"),
    [
        ("$1,200.50", None, "120050"),
        ("1.200,50 €", "EUR", "120050"),
        ("120,00 EUR", "EUR", "12000"),
        ("1 200,00", None, "120000"),
        ("CHF 1'200.00", "CHF", "120000"),
        ("£60", "GBP", "6000"),
        ("1.200", None, "120000"),
    ],
)
def test_a_price_is_read_with_either_decimal_sign(text: str, currency: str | None, cents: str) -> None:
    assert amounts.currency_of(text) == currency
    assert amounts.cents(text, currency or "USD") == cents


def test_a_currency_without_minor_units_has_none() -> None:
    assert amounts.cents("¥5,000", "JPY") == "5000"
    with pytest.raises(BadAmount):
        amounts.cents("50.5", "JPY")
    with pytest.raises(BadAmount):
        amounts.cents("-5", "USD")


def test_a_status_that_no_table_knows_means_nothing_until_somebody_says_it() -> None:
    known = ("Confirmed", "CANCELLED", "No-Show", "Abgesagt", "完了")
    assert [meaning_of(word, {}) for word in known] == ["scheduled", "canceled", "completed", "canceled", "completed"]
    assert meaning_of("Pending", {}) is None
    assert meaning_of("Pending", {"pending": Meaning.LEFT_OUT}) is Meaning.LEFT_OUT


_TEXT = 'Name;Zoë;"a\nb"\r\nÄ;1;2\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_file_is_read_in_every_encoding(encoding: str) -> None:
    file = io.BytesIO(_TEXT.encode(encoding))
    dialect = dialect_of(file)
    assert dialect.separator == ";"
    assert list(records_of(file, dialect)) == [(1, ["Name", "Zoë", "a\nb"]), (3, ["Ä", "1", "2"])]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_makes_columns(separator: str) -> None:
    rows = [["When, exactly", "Who"], ["3; 4", "Anna, Lee"], ["5", "Ben"]]
    text = "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
    assert dialect_of(io.BytesIO(text.encode())).separator == separator


def test_a_line_that_only_names_the_separator_is_no_header() -> None:
    file = io.BytesIO(b"sep=;\r\nA;B;;\r\n1;2;;\r\n")
    dialect = dialect_of(file)
    assert dialect == Dialect("utf-8", ";")
    assert header_of(file, dialect) == ("A", "B")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"just a text\n", b"A,A\n1,2\n"])
def test_a_file_without_columns_of_their_own_names_is_refused(content: bytes) -> None:
    file = io.BytesIO(content)
    with pytest.raises(BadFile):
        header_of(file, dialect_of(file))


FULL = FileMap(
    columns={Target.CLIENT: ("E-Mail",), Target.START: ("Datum", 'Zeit "lokal"')},
    always={Target.COACH: "carla@example.com", Target.ZONE: "Europe/Berlin"},
    order=DateOrder.DAY_FIRST,
    statuses={"wartet": Meaning.LEFT_OUT},
    zones={"mez": "Europe/Berlin"},
    people={"carla m.": "U0CARLA"},
    encoding="cp1252",
    separator="\t",
)


def test_what_columns_mean_survives_being_written_and_stored() -> None:
    assert read(written(FULL)) == FULL
    assert load(dump(FULL)) == FULL


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[columns", "not TOML"),
        ("colums = 1", "means nothing"),
        ("[columns]\nname = 'A'", "It may be: client"),
        ("[columns]\nclient = 5", "not a name"),
        ("[columns]\nclient = ['A', 'B']", "2 columns"),
        ("[always]\nclient = 'a@example.com'", "same client for every line"),
        ("[statuses]\nx = 'y'", "scheduled, completed, canceled, leave out"),
        ("order = 'year first'", "day first, month first"),
        ("separator = ',,'", "one character"),
    ],
)
def test_a_mistake_in_a_mapping_is_named(text: str, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        read(text)


def test_columns_are_known_again_whatever_their_order_and_case() -> None:
    assert columns_key(["Start  Time", "E-Mail"]) == columns_key(["e-mail", "start time", ""])
    assert columns_key(["A"]) != columns_key(["A", "B"])


def test_columns_are_proposed_by_their_names_in_every_language() -> None:
    assert proposed(["Datum", "Uhrzeit", "E-Mail", "Leistung", "Dauer (Min)", "Mitarbeiter"]) == {
        Target.START: ("Datum", "Uhrzeit"),
        Target.CLIENT: ("E-Mail",),
        Target.TYPE: ("Leistung",),
        Target.DURATION: ("Dauer (Min)",),
        Target.COACH: ("Mitarbeiter",),
    }
    assert proposed(["開始日時", "メールアドレス"]) == {Target.START: ("開始日時",), Target.CLIENT: ("メールアドレス",)}


def test_a_documented_export_is_known_by_its_columns_alone() -> None:
    names = [
        "Booking UID",
        "Title",
        "Status",
        "Start Time",
        "End Time",
        "Attendee Name",
        "Email",
        "Event Type",
        "Location",
    ]
    found = preset(names)
    assert found is not None
    assert found[1].columns[Target.CLIENT] == ("Email",)
    assert found[1].lacking() == [Target.COACH, Target.ZONE], "it says neither, so both are asked for"
    assert preset([*names, "Notes"]) is None
    assert preset([name for name in names if name != "Email"]) is None
