"""Sessions from files of other products: whatever way they are written in, the same sessions are read."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.bringing.file_map import DateOrder, FileMap, Meaning, Target
from coaching.bringing.questions import Ask, Facts, facts
from coaching.bringing.reader import Reader
from coaching.bringing.text import dialect_of, header_of, records_of
from coaching.imports import COLUMNS, BadFile, BadLine, ImportedLine, parse_header, parse_line
from coaching.zones import zone

NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
MAP = FileMap(
    columns={Target.CLIENT: ("Email",), Target.START: ("Date", "Time"), Target.STATUS: ("Status",)},
    always={
        Target.COACH: "carla@example.com",
        Target.TYPE: "Coaching",
        Target.DURATION: "50",
        Target.ZONE: "Europe/Berlin",
    },
)
NAMES = ("Email", "Date", "Time", "Status")


def survey(found: FileMap, *rows: Sequence[str], names: Sequence[str] = NAMES) -> Facts:
    return facts(found, names, [(number, list(row)) for number, row in enumerate(rows, 2)])


def line(found: FileMap, *row: str, names: Sequence[str] = NAMES, order: DateOrder | None = None) -> ImportedLine:
    made = Reader(found, names, NOW, order).line(row)
    assert made is not None
    return made


def problems(found: FileMap, *row: str, names: Sequence[str] = NAMES) -> list[str]:
    with pytest.raises(BadLine) as caught:
        Reader(found, names, NOW, DateOrder.DAY_FIRST).line(row)
    return [str(problem) for problem in caught.value.problems]


def test_one_date_of_the_column_says_the_order_of_all() -> None:
    found = survey(MAP, ("a@x", "03/12/2026", "14:30", ""), ("a@x", "13/12/2026", "14:30", ""))
    assert (found.order, found.questions) == (DateOrder.DAY_FIRST, [])
    assert line(MAP, "a@x", "03/12/2026", "14:30", "", order=found.order).starts_at == datetime(
        2026, 12, 3, 13, 30, tzinfo=UTC
    )


def test_a_column_of_dates_that_can_be_read_both_ways_is_asked_about() -> None:
    found = survey(MAP, ("a@x", "03/12/2026", "14:30", ""))
    assert [(one.ask, one.line) for one in found.questions] == [(Ask.ORDER, 2)]
    answered = replace(MAP, order=DateOrder.MONTH_FIRST)
    assert survey(answered, ("a@x", "03/12/2026", "14:30", "")).questions == []
    contrary = survey(answered, ("a@x", "13/12/2026", "14:30", ""))
    assert [one.ask for one in contrary.questions] == [Ask.ORDER], "what was said before does not fit this file"


def test_dates_that_fit_no_order_are_named_with_their_lines() -> None:
    with pytest.raises(BadFile, match=r"Line 2 has '13/12/2026 14:30'.*line 3 has '12/13/2026 14:30'"):
        survey(MAP, ("a@x", "13/12/2026", "14:30", ""), ("a@x", "12/13/2026", "14:30", ""))


def test_every_open_word_is_asked_about_once_with_its_first_line_and_number() -> None:
    named = replace(
        MAP, columns={**MAP.columns, Target.COACH: ("Coach",), Target.ZONE: ("TZ",)}, always={Target.TYPE: "T"}
    )
    rows = [
        ("a@x", "2026-12-03", "14:30", "Pending", "Carla M.", "CST"),
        ("b@x", "2026-12-04", "14:30", "pending", "carla m.", "cst"),
        ("c@x", "2026-12-05", "14:30", "Confirmed", "c@example.com", "Berlin"),
    ]
    found = survey(named, *rows, names=(*NAMES, "Coach", "TZ"))
    assert [(one.ask, one.word, one.line, one.count) for one in found.questions] == [
        (Ask.COLUMN, "duration", 1, 1),
        (Ask.STATUS, "Pending", 2, 2),
        (Ask.ZONE, "CST", 2, 2),
        (Ask.PERSON, "Carla M.", 2, 2),
    ]


def test_lines_that_are_left_out_are_no_sessions_and_ask_nothing() -> None:
    found = replace(MAP, statuses={"pending": Meaning.LEFT_OUT})
    assert survey(found, ("", "03/12/2026", "soon", "Pending")).questions == []
    assert Reader(found, NAMES, NOW).line(("", "03/12/2026", "soon", "Pending")) is None


def test_a_column_with_too_many_unknown_words_is_the_wrong_column() -> None:
    with pytest.raises(BadFile, match="more than 200 words"):
        survey(MAP, *(("a@x", "2026-12-03", "14:30", f"word {n}") for n in range(201)))


def test_the_end_gives_the_length_also_past_midnight_and_over_a_change_of_clocks() -> None:
    found = replace(MAP, columns={**MAP.columns, Target.END: ("End",)}, always={**MAP.always, Target.DURATION: ""})
    names = (*NAMES, "End")
    assert line(found, "a@x", "2026-12-03", "23:30", "", "00:20", names=names).length == timedelta(minutes=50)
    assert line(found, "a@x", "2026-12-03", "14:30", "", "3 Dec 2026 15:20", names=names).length == timedelta(
        minutes=50
    )
    over = line(found, "a@x", "2026-10-25", "01:30", "", "03:30", names=names)
    assert over.length == timedelta(hours=3), "the night has an hour more"
    ranged = replace(
        MAP, columns={**MAP.columns, Target.START: ("Date", "Time")}, always={**MAP.always, Target.DURATION: ""}
    )
    assert survey(ranged, ("a@x", "2026-12-03", "14:30 - 15:20", "")).questions == []
    assert line(ranged, "a@x", "2026-12-03", "14:30 - 15:20", "").length == timedelta(minutes=50)


def test_a_time_with_a_zone_of_its_own_is_that_instant_on_the_clock_of_the_session() -> None:
    found = replace(MAP, zones={"est": "America/New_York"})
    instant = datetime(2026, 12, 3, 19, 30, tzinfo=UTC)
    for text in ("14:30 EST", "19:30 UTC", "14:30 (Eastern Time)"):
        made = line(found, "a@x", "2026-12-03", text, "")
        assert (made.starts_at, made.time_zone) == (instant, "Europe/Berlin")
    assert line(found, "a@x", "2026-12-03", "14:30-05:00", "").starts_at == instant
    assert not line(found, "a@x", "2026-12-03", "14:30", "").local.by_instant


def test_without_an_id_the_same_session_is_known_again_however_it_is_written() -> None:
    first = line(MAP, "a@x", "2026-12-03", "14:30", "")
    assert first.session_id == line(MAP, "A@x", "3. Dezember 2026", "2:30 PM", "Confirmed").session_id
    assert first.session_id != line(MAP, "a@x", "2026-12-03", "15:30", "").session_id


def test_a_problem_names_the_column_as_the_file_does() -> None:
    assert problems(MAP, "Anna", "soon", "14:30", "Perhaps") == [
        "Status: 'Perhaps' is a status that nobody has explained yet",
        "Date + Time: 'soon 14:30' is not a day and a time that can be read",
        "Email: 'Anna' is neither an e-mail address nor a Slack user id, and nobody said who it is",
    ]
    assert problems(MAP, "a@b@x", "2026-12-03", "14:30", "") == [
        "Email: 'a@b@x' is not an e-mail address: write it like anna@example.com"
    ]
    assert "happens twice" in problems(MAP, "a@x", "2026-10-25", "02:30", "")[0]
    assert problems(MAP, "a@x", "2026-12-03", "14:30", "", "more") == ["has 5 values, but the header names 4 columns"]


def test_an_address_is_found_behind_a_name_and_a_name_by_what_somebody_said() -> None:
    assert line(MAP, "Anna Lee <anna@example.com>", "2026-12-03", "14:30", "").client == "mail:anna@example.com"
    found = replace(MAP, people={"anna lee": "U0ANNA"})
    assert line(found, " ANNA  Lee", "2026-12-03", "14:30", "").client == "U0ANNA"


def test_a_column_that_the_file_lacks_is_named() -> None:
    with pytest.raises(BadFile, match="no column 'Status'"):
        Reader(MAP, NAMES[:3], NOW)


@dataclass(frozen=True)
class Way:
    """A way in which a file may be written."""

    encoding: str
    separator: str
    day: str
    time: str
    one_column: bool
    by_end: bool
    empty: int
    ends: str


_WAYS = st.builds(
    Way,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    separator=st.sampled_from(",;\t|"),
    day=st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%a %d %b %Y"]),
    time=st.sampled_from(["%H:%M", "%I:%M %p", "%H.%M", "%I:%M%p", "%H:%M:%S", "%Hh%M"]),
    one_column=st.booleans(),
    by_end=st.booleans(),
    empty=st.integers(0, 2),
    ends=st.sampled_from(["\n", "\r\n"]),
)
_SESSIONS = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31, 22)).map(  # noqa: DTZ001 - on the wall
                lambda at: at.replace(second=0, microsecond=0)
            ),
            "minutes": st.integers(1, 1440),
            "client": st.sampled_from(["anna@example.com", "ben@example.com"]),
            "type": st.text(st.sampled_from("aé ß\";,\t|'=\n-"), min_size=1, max_size=12).filter(
                lambda text: text.strip(" \t\n")
            ),
            "status": st.sampled_from(["Confirmed", "Cancelled"]),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(_WAYS, _SESSIONS)
def test_sessions_written_in_any_way_are_read_back_as_they_were(way: Way, sessions: list[dict[str, object]]) -> None:
    sessions = [one for one in sessions if _clear(one)]
    names = [
        "E-mail",
        *(["When"] if way.one_column else ["Day", "Hour"]),
        "Until" if way.by_end else "Minutes",
        "What",
        "State",
    ]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=way.separator, lineterminator=way.ends)
    writer.writerow([*names, *[""] * way.empty])
    for one in sessions:
        writer.writerow([*_cells(way, one), *[""] * way.empty])
    file = io.BytesIO(out.getvalue().encode(way.encoding))
    found = FileMap(
        columns={
            Target.CLIENT: ("E-mail",),
            Target.START: ("When",) if way.one_column else ("Day", "Hour"),
            Target.END if way.by_end else Target.DURATION: ("Until",) if way.by_end else ("Minutes",),
            Target.TYPE: ("What",),
            Target.STATUS: ("State",),
        },
        always={Target.COACH: "carla@example.com", Target.ZONE: "Europe/Berlin"},
        order=DateOrder.MONTH_FIRST if way.day.startswith("%m") else DateOrder.DAY_FIRST,
    )
    dialect = dialect_of(file)
    assert dialect.separator == way.separator
    records = list(records_of(file, dialect))[1:]
    said = facts(found, header_of(file, dialect), records)
    assert said.questions == []
    reader = Reader(found, header_of(file, dialect), NOW, said.order)
    read = [reader.line(record) for _, record in records if isinstance(record, list)]
    assert [replace(one, session_id="") for one in read if one] == [_expected(one) for one in sessions]


def _ends(one: dict[str, object]) -> datetime:
    at, minutes = one["at"], one["minutes"]
    assert isinstance(at, datetime)
    assert isinstance(minutes, int)
    berlin = zone("Europe/Berlin")
    return (
        (at.replace(tzinfo=berlin).astimezone(UTC) + timedelta(minutes=minutes)).astimezone(berlin).replace(tzinfo=None)
    )


def _clear(one: dict[str, object]) -> bool:
    """Return whether the clocks show start and end exactly once."""
    berlin = zone("Europe/Berlin")
    for wall in (one["at"], _ends(one)):
        assert isinstance(wall, datetime)
        if len({wall.replace(tzinfo=berlin, fold=fold).utcoffset() for fold in (0, 1)}) > 1:
            return False
    return True


def _cells(way: Way, one: dict[str, object]) -> list[str]:
    at = one["at"]
    assert isinstance(at, datetime)
    both = [at.strftime(way.day), at.strftime(way.time)]
    length = _ends(one).strftime(f"{way.day} {way.time}") if way.by_end else str(one["minutes"])
    start = [" ".join(both)] if way.one_column else both
    return [str(one["client"]), *start, length, str(one["type"]), str(one["status"])]


def _expected(one: dict[str, object]) -> ImportedLine:
    from coaching.cells import disarmed

    cells = {
        "session_id": "x",
        "client": str(one["client"]),
        "coach": "carla@example.com",
        "session_type": disarmed(str(one["type"]).strip()),
        "starts_at": f"{one['at']:%Y-%m-%dT%H:%M}",
        "duration_minutes": str(one["minutes"]),
        "time_zone": "Europe/Berlin",
        "status": "canceled" if one["status"] == "Cancelled" else "scheduled",
    }
    made = parse_line(parse_header(COLUMNS), [cells.get(name, "") for name in COLUMNS], NOW)
    return replace(made, session_id="")
