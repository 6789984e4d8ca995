"""The lines of an export: what an import takes comes first, amounts are exact, instants are UTC, formulas are text."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching import zones
from coaching.export_columns import What
from coaching.exports import HEADERS, ExportedSession, Span, credits_of, lines, span_of
from coaching.imports import COLUMNS, parse_header, parse_line, read_records

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SESSION = ExportedSession(
    id="S-1",
    client_id="U0ANNA",
    client_name="Anna Lee",
    client_email="anna@example.com",
    coach_id="mail:carla@example.com",
    coach_name=None,
    coach_email="carla@example.com",
    session_type="Coaching",
    package="Five sessions",
    starts_at=START,
    ends_at=START + timedelta(minutes=50),
    time_zone="America/New_York",
    by_instant=False,
    price=150,
    price_cents=12500,
    currency="USD",
    meeting_link=None,
    status="scheduled",
    origin="booked",
    booked_at=START - timedelta(days=9),
    refund_cutoff_at=START - timedelta(days=1),
    reschedules=0,
    canceled_at=None,
    canceled_by=None,
    canceled_role=None,
    reason=None,
    returned=None,
)


def by_name(one: ExportedSession) -> dict[str, str]:
    return dict(zip(HEADERS[What.SESSIONS], one.cells(), strict=True))


def test_the_columns_of_an_import_come_first() -> None:
    assert HEADERS[What.SESSIONS][: len(COLUMNS)] == COLUMNS


def test_a_line_says_each_thing_in_its_column() -> None:
    cells = by_name(SESSION)
    assert {name: value for name, value in cells.items() if value} == {
        "session_id": "S-1",
        "client": "U0ANNA",
        "coach": "carla@example.com",
        "session_type": "Coaching",
        "starts_at": "2026-11-20T15:00:00Z",
        "duration_minutes": "50",
        "time_zone": "America/New_York",
        "package": "Five sessions",
        "credits": "1.5",
        "status": "scheduled",
        "price_cents": "12500",
        "currency": "USD",
        "agreed_locally": "yes",
        "starts_local": "2026-11-20T10:00:00",
        "ends_at": "2026-11-20T15:50:00Z",
        "ends_local": "2026-11-20T10:50:00",
        "outcome": "scheduled",
        "client_name": "Anna Lee",
        "client_email": "anna@example.com",
        "coach_email": "carla@example.com",
        "booked_at": "2026-11-11T15:00:00Z",
        "refundable_until": "2026-11-19T15:00:00Z",
        "reschedules": "0",
        "origin": "booked",
    }


def test_a_no_show_is_completed_for_an_import_and_a_no_show_for_people() -> None:
    cells = by_name(replace(SESSION, status="no_show"))
    assert (cells["status"], cells["outcome"]) == ("completed", "no_show")


@pytest.mark.parametrize("typed", ['=HYPERLINK("https://evil.example","x")', "+1", "-1", "@x", "'=1", 'a "b", c\nd'])
@pytest.mark.parametrize("column", ["session_type", "package"])
def test_what_people_typed_comes_back_by_an_import_and_is_no_formula_on_the_way(column: str, typed: str) -> None:
    if "\n" in typed:
        typed = typed.replace("\n", " ")  # names have no line breaks
    text = lines([HEADERS[What.SESSIONS], replace(SESSION, **{column: typed}).cells()])
    [header, cells] = list(csv.reader(io.StringIO(text, newline="")))
    assert dict(zip(header, cells, strict=True))[column][0] not in "=+-@"
    (_, first), (_, second) = read_records(text.splitlines(keepends=True))
    assert isinstance(first, list)
    assert isinstance(second, list)
    read = parse_line(parse_header(first), second, START)
    assert getattr(read, column) == typed


def test_a_reason_may_have_lines_and_quotation_marks() -> None:
    reason = 'She said "no",\nand left\r\n=SUM(A1)'
    text = lines([replace(SESSION, reason=reason).cells()])
    [cells] = list(csv.reader(io.StringIO(text, newline="")))
    assert dict(zip(HEADERS[What.SESSIONS], cells, strict=True))["reason"] == reason


@given(st.integers(0, 10**9))
def test_an_amount_is_exact(hundredths: int) -> None:
    assert Decimal(credits_of(hundredths)) * 100 == hundredths


def test_a_span_has_both_its_days_on_the_clocks_of_its_zone() -> None:
    span = span_of(date(2026, 11, 1), date(2026, 11, 1), zones.zone("America/New_York"))  # a day of 25 hours
    assert span.since == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert span.until == datetime(2026, 11, 2, 5, tzinfo=UTC)
    assert datetime(2026, 11, 2, 4, 59, tzinfo=UTC) in span
    assert datetime(2026, 11, 2, 5, tzinfo=UTC) not in span


@pytest.mark.parametrize("name", ["America/New_York", "Asia/Tokyo"])
def test_the_ends_of_the_calendar_are_no_bounds(name: str) -> None:
    assert span_of(date.min, date.max, zones.zone(name)) == Span()
