"""Reading a CSV line: what is accepted, what is refused, and in which words."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.imports import (
    COLUMNS,
    BadFile,
    BadLine,
    Header,
    ImportedLine,
    parse_header,
    parse_line,
    read_records,
    terms,
)
from coaching.localtime import local_time
from coaching.policy import Policy, Tier, refund_cutoff
from coaching.sessions import Money

NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
HEADER = parse_header(COLUMNS)
GOOD = {
    "session_id": "S-1",
    "client": "U0ANNA",
    "coach": "carla@example.com",
    "session_type": "Coaching",
    "starts_at": "2026-11-20T10:00",
    "duration_minutes": "50",
    "time_zone": "America/New_York",
}


def line(**cells: str) -> ImportedLine:
    return parse_line(HEADER, [{**GOOD, **cells}.get(name, "") for name in COLUMNS], NOW)


@pytest.mark.parametrize(
    ("typed", "by_instant"),
    [("2026-11-20T10:00", False), ("2026-11-20T10:00-05:00", True), ("2026-11-20 15:00Z", True)],
)
def test_a_time_with_an_offset_is_an_instant_and_one_without_is_meant_in_local_time(
    typed: str, by_instant: bool
) -> None:
    local = line(starts_at=typed).local
    assert (local.wall.isoformat(), local.by_instant) == ("2026-11-20T10:00:00", by_instant)


def problems(**cells: str) -> dict[str | None, str]:
    with pytest.raises(BadLine) as caught:
        line(**cells)
    return {problem.column: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize("minutes", [1, 1440])
def test_a_session_lasts_from_a_minute_to_a_day(minutes: int) -> None:
    assert line(duration_minutes=str(minutes)).length == timedelta(minutes=minutes)


def test_a_plain_line_becomes_a_session_in_utc_for_one_credit() -> None:
    assert line() == ImportedLine(
        session_id="S-1",
        client="U0ANNA",
        coach="mail:carla@example.com",
        session_type="Coaching",
        starts_at=datetime(2026, 11, 20, 15, 0, tzinfo=UTC),
        length=timedelta(minutes=50),
        time_zone="America/New_York",
        local=local_time(datetime(2026, 11, 20, 15, 0, tzinfo=UTC), "America/New_York"),
        package=None,
        price=100,
        canceled=False,
        meeting_link=None,
        money=None,
    )


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-11-20T10:00", datetime(2026, 11, 20, 15, 0, tzinfo=UTC)),
        ("2026-11-20 10:00:30", datetime(2026, 11, 20, 15, 0, 30, tzinfo=UTC)),
        ("2026-11-20T10:00Z", datetime(2026, 11, 20, 10, 0, tzinfo=UTC)),
        ("2026-11-20t10:00:00.5z", datetime(2026, 11, 20, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-20T10:00+05:30", datetime(2026, 11, 20, 4, 30, tzinfo=UTC)),
        ("2026-11-20T10:00:00-0800", datetime(2026, 11, 20, 18, 0, tzinfo=UTC)),
        # The hour that New York shows twice, told apart by its offset.
        ("2026-11-01T01:30-04:00", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("2026-11-01T01:30-05:00", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_start_is_an_instant_with_an_offset_or_local_time(written: str, instant: datetime) -> None:
    assert line(starts_at=written).starts_at == instant


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2026-03-08T02:30", "does not exist in America/New_York"),
        ("2026-11-01T01:30", "write the offset"),
        ("2026-11-20", "is not a date with a time"),
        ("20.11.2026 10:00", "is not a date with a time"),
        ("2026-02-30T10:00", "does not exist"),
        ("2026-11-20T24:00", "hour 24"),
        ("2026-11-20T10:00+25:00", "does not exist"),
        ("0001-01-01T00:00", "out of range"),
        ("9999-12-31T23:59-12:00", "does not exist"),
        ("", "is empty"),
    ],
)
def test_a_start_that_names_no_instant_is_refused(written: str, words: str) -> None:
    assert words in problems(starts_at=written)["starts_at"]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("session_id", "", "is empty"),
        ("session_id", "x" * 65, "too long"),
        ("session_id", "a\nb", "control"),
        ("session_id", "a\u202eb", "invisible"),
        ("client", "anna", "Slack user id"),
        ("client", "u0anna", "Slack user id"),
        ("client", "anna@", "e-mail"),
        ("client", "a b@example.com", "e-mail"),
        ("client", "a@b@example.com", "e-mail"),
        ("client", "a" * 250 + "@example.com", "e-mail"),
        ("session_type", "x" * 121, "too long"),
        ("session_type", "a\x00b", "control"),
        ("package", "x" * 121, "too long"),
        ("duration_minutes", "0", "1 to 1440"),
        ("duration_minutes", "1441", "1 to 1440"),
        ("duration_minutes", "50.0", "1 to 1440"),
        ("duration_minutes", "-5", "1 to 1440"),
        ("time_zone", "EST5", "IANA"),
        ("time_zone", "europe/london", "is written Europe/London"),
        ("session_type", "\u3164", "counts as empty"),
        ("session_id", "\u2800", "invisible"),
        ("time_zone", "EST", "did you mean America/New_York?"),
        ("time_zone", "CET", "did you mean Europe/Berlin?"),
        ("time_zone", "GMT+5:30", "write a place"),
        ("time_zone", "../../etc/passwd", "IANA"),
        ("credits", "0,5", "with a point"),
        ("credits", "-1", "without a sign"),
        ("credits", "0.005", "steps of 0.01"),
        ("credits", "1e9", "with a point"),
        ("credits", "1000.01", "too much"),
        ("credits", "NaN", "with a point"),
        ("status", "done", "scheduled, completed or canceled"),
        ("status", "completed", "not over yet"),
        ("meeting_link", "javascript:alert(1)", "begins with https://"),
        ("meeting_link", "http://zoom.us/j/1", "not safe"),
        ("meeting_link", "https://", "not the address"),
        ("meeting_link", "https://[::1", "not the address"),
        ("meeting_link", "https://a b", "no spaces"),
        ("meeting_link", "https://a.example/" + "x" * 3000, "too long"),
        ("price_cents", "100", "fill in both"),
        ("currency", "USD", "fill in both"),
        ("coach", "U0ANNA", "two people"),
    ],
)
def test_a_bad_value_is_named_with_its_column(column: str, value: str, words: str) -> None:
    found = problems(**{column: value})
    assert any(words in message for message in found.values()), found
    if column not in ("price_cents", "currency"):
        assert list(found) == [column]


def test_every_bad_column_of_a_line_is_named_at_once() -> None:
    found = problems(session_id="", client="?", duration_minutes="x", status="?", credits="?", meeting_link="?")
    assert list(found) == ["session_id", "client", "duration_minutes", "credits", "status", "meeting_link"]


def test_a_session_over_by_now_may_be_completed() -> None:
    at_once = line(starts_at="2026-11-16T14:10Z", status="Completed")
    assert (at_once.starts_at + at_once.length, at_once.canceled) == (NOW, False)


def test_canceled_is_read_in_both_spellings() -> None:
    assert [line(status=word).canceled for word in ("canceled", "Cancelled", "scheduled", "")] == [
        True,
        True,
        False,
        False,
    ]


def test_blank_credits_mean_one_unless_money_paid_for_a_single() -> None:
    paid = {"price_cents": "12000", "currency": "USD"}
    assert line().price == 100
    assert line(**paid).price == 0
    assert line(**paid).money == Money(12000, "USD")
    assert line(**paid, package="Ten").price == 100
    assert line(credits="0").price == 0
    assert line(credits="2.25").price == 225


def test_names_are_kept_as_typed_but_for_their_white_space() -> None:
    found = line(session_type="  Führung\n <!channel> 🎉 ", package="עברית \t *x*")
    assert (found.session_type, found.package) == ("Führung <!channel> 🎉", "עברית *x*")


def test_an_email_is_lower_cased() -> None:
    assert line(client="Anna.Lee@Example.COM").client == "mail:anna.lee@example.com"
    assert "two people" in problems(client="CARLA@example.com")["coach"]


def test_an_emails_domain_is_kept_as_mail_servers_know_it() -> None:
    assert line(client="anna@bücher.example").client == "mail:anna@xn--bcher-kva.example"
    assert line(client="anna@example。com").client == "mail:anna@example.com"
    assert "not an e-mail address" in problems(client=f"a@{'ü' * 250}")["client"]


def test_a_line_with_too_many_or_too_few_values_is_refused() -> None:
    for cells in (["x"] * 12, ["x"] * 14):
        with pytest.raises(BadLine, match=f"has {len(cells)} values, but the header names 13"):
            parse_line(HEADER, cells, NOW)


def test_columns_come_in_any_order_and_optional_ones_may_be_absent() -> None:
    names = list(reversed(GOOD))
    assert parse_line(parse_header(names), [GOOD[name] for name in names], NOW) == line()


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["session_id"], "lacks client, coach"),
        ([*COLUMNS, "notes"], "unknown columns: 'notes'"),
        ([*COLUMNS, ""], "unknown columns: '\\(empty\\)'"),
        ([*COLUMNS, "Client"], "client twice"),
        ([";".join(COLUMNS)], "commas"),
    ],
)
def test_a_wrong_header_is_told_in_one_sentence(cells: list[str], words: str) -> None:
    with pytest.raises(BadFile, match=words):
        parse_header(cells)


def test_records_carry_the_physical_line_they_start_on() -> None:
    text = 'a,b\r\n"x\r\ny",2\r\n\r\n,\r\n3,4\r\n"q"z,5\r\n6,7'
    records = [(number, str(cells)) for number, cells in read_records(io.StringIO(text, newline=""))]
    assert [number for number, _ in records] == [1, 2, 6, 7, 8]
    assert "not valid CSV" in records[3][1]
    assert records[4][1] == "['6', '7']"


def test_a_quotation_mark_that_is_never_closed_is_named_where_it_opens() -> None:
    with pytest.raises(BadFile, match="Line 2: a quotation mark"):
        list(read_records(io.StringIO('a\n"b\nc\nd\n')))
    with pytest.raises(BadFile, match="Line 3: a quotation mark"):
        list(read_records(io.StringIO('a\nb\n"' + "c\n" * 200_000)))


def test_what_ails_a_record_is_told_wherever_it_stands() -> None:
    found = [str(cells) for _, cells in read_records(["a,b\n", "c\rd,e\n", '"q"z,1\n', '"q"z,1'])]
    assert found[0] == "['a', 'b']"
    assert "bare carriage return" in found[1]
    assert ["not valid CSV" in words for words in found[2:]] == [True, True], (
        "in the last line, too, the record is to blame"
    )
    with pytest.raises(BadFile, match="longer than anything"):
        list(read_records(["a,b\n", "x" * 200_000 + ",c\n", "d,e\n"]))


@given(st.lists(st.text(max_size=80), min_size=13, max_size=13))
def test_whatever_stands_in_a_line_only_its_own_error_comes_out(cells: list[str]) -> None:
    _parses_or_refuses(HEADER, cells)


_NEAR = {
    "session_id": st.sampled_from(["S1", " ", "\x00"]),
    "client": st.from_regex(r"\A[UW]?[A-Z0-9@.a-z ]{0,12}\Z"),
    "coach": st.sampled_from(["U0COACH", "c@example.com", "C@EXAMPLE.COM", "İ" * 130 + "@x"]),
    "session_type": st.text(max_size=130),
    "starts_at": st.from_regex(r"\A\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)?\Z")
    | st.datetimes().map(lambda moment: moment.isoformat()),
    "duration_minutes": st.sampled_from(["1", "60", "1440", "９", "1_0", "9" * 30]),
    "time_zone": st.sampled_from(["UTC", "Europe/London", "Australia/Lord_Howe", "Factory", "", "Africa", "a\x00b"]),
    "package": st.text(max_size=20),
    "credits": st.from_regex(r"\A[0-9.,eE+_-]{0,12}\Z") | st.sampled_from(["Infinity", "sNaN", "1e999999999", "١"]),
    "status": st.sampled_from(["", "completed", "CANCELED", "scheduled", "x"]),
    "meeting_link": st.sampled_from(["", "http://a", "https://[", "http://a:99999999", "https://\u2100.example"]),
    "price_cents": st.sampled_from(["", "1", "-1", "١"]),
    "currency": st.sampled_from(["", "USD", "usd", "US"]),
}


@given(st.fixed_dictionaries(_NEAR))
def test_what_nearly_looks_right_parses_or_is_refused_too(cells: dict[str, str]) -> None:
    _parses_or_refuses(HEADER, [cells[name] for name in COLUMNS])


def _parses_or_refuses(header: Header, cells: list[str]) -> None:
    refusals: list[str] = []
    try:
        found = parse_line(header, cells, NOW)
    except BadLine as error:
        refusals = [str(problem) for problem in error.problems]
    else:
        assert found.starts_at.utcoffset() == timedelta(0)
        assert 0 <= found.price <= 100_000
        assert 0 < len(found.session_id) <= 64
        assert found.client != found.coach
        return
    assert refusals
    assert all(len(words) < 400 and words.isprintable() for words in refusals)


_TEXT = st.text(st.sampled_from('a,"\n\r \x00é'), max_size=60)


@given(_TEXT)
def test_any_text_is_read_to_its_end_or_refused(text: str) -> None:
    try:
        numbers = [number for number, _ in read_records(io.StringIO(text, newline=""))]
    except BadFile:
        return
    assert numbers == sorted(set(numbers))


_HOURS = st.integers(0, 200).map(lambda hours: timedelta(hours=hours))


@given(st.none() | _HOURS, _HOURS, st.timedeltas(timedelta(days=-90), timedelta(days=90)))
def test_an_imported_session_never_gets_the_booking_grace(
    window: timedelta | None, grace: timedelta, ahead: timedelta
) -> None:
    policy = Policy(tiers=() if window is None else (Tier(window, 100),), booking_grace=grace)
    starts_at = NOW + ahead
    booked_at, cutoff = terms(policy, starts_at, NOW)
    assert cutoff == refund_cutoff(policy, starts_at=starts_at, booked_at=booked_at)
    assert booked_at <= NOW
    if window is None:
        assert cutoff == min(NOW, starts_at)
    else:
        assert cutoff == max(starts_at - window, booked_at + grace)
        assert cutoff <= starts_at - window or window == timedelta(0)
