"""The import, on both databases, through the function that the command line calls."""

import io
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import text

from bot.import_sources import MAX_LINE
from bot.importing import run_import
from coaching.actions import browse
from coaching.actions.outcomes import complete_due
from coaching.clock import ManualClock
from coaching.errors import SlotTaken
from coaching.plans import countdown
from coaching.policy import Policy, Tier
from coaching.quiet import QuietHours
from coaching.records import Scope
from coaching.sessions import Actor, Hat, Status
from coaching.timeline import Event
from coaching.workspace import Settings
from storage import SqlStore
from tests.support.imports import Importer, assert_balanced, csv_of, everything, session
from tests.support.invariants import violations
from tests.support.world import ANNA, COACH, WORKSPACE, World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def importer(database_url: str, tmp_path: Path, clock: ManualClock) -> Importer:
    return Importer(database_url, tmp_path, clock)


@pytest.fixture
def world(store: SqlStore, clock: ManualClock) -> World:
    return World(store, clock)


async def test_a_scheduled_line_becomes_a_session_with_price_countdown_and_timeline(
    importer: Importer, store: SqlStore, clock: ManualClock
) -> None:
    assert await importer.rows({"session_id": "S1", "meeting_link": "https://zoom.example.com/j/1"}) == 0
    assert "1 session imported" in importer.said
    found = await session(store, "S1")
    start = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    assert (found.client.id, found.coach.id, found.session_type) == (ANNA, COACH, "Coaching")
    assert (found.starts_at, found.ends_at) == (start, start + timedelta(minutes=50))
    assert (found.price, found.package, found.time_zone) == (100, None, "America/New_York")
    assert found.meeting_link == "https://zoom.example.com/j/1"
    assert found.refund_cutoff_at == start - timedelta(hours=24)
    async with store.read(WORKSPACE) as queries:
        events = [(entry.event, entry.role) for entry, _ in (await queries.timeline.of("S1", 99))[0]]
        grants = [(g.label, g.balance, g.session_type) for g in await queries.grants.of_client(ANNA)]
    assert events == [(Event.IMPORTED, Hat.SYSTEM)]
    assert grants == [("Credits", 0, None)]
    await assert_balanced(store)


@pytest.mark.parametrize("quiet", [None, QuietHours(time(21), time(8))], ids=["always", "quiet"])
async def test_reminders_are_those_that_a_booking_would_have(
    importer: Importer, store: SqlStore, world: World, clock: ManualClock, quiet: QuietHours | None
) -> None:
    offsets = (timedelta(hours=24), timedelta(hours=2), timedelta(minutes=7, seconds=30))
    terms = Policy(tiers=(Tier(timedelta(hours=36), 100),))
    settings = Settings(policy=terms, reminder_offsets=offsets, quiet_hours=quiet)
    await world.settings(settings)
    async with store.read(WORKSPACE) as queries:
        zone = (await queries.people.viewer(ANNA)).person.time_zone
    starts = {f"S{hours}": clock.now() + timedelta(hours=hours, microseconds=1) for hours in (-5, 20, 37, 40, 62, 90)}
    assert await importer.rows(*({"session_id": key, "starts_at": at.isoformat()} for key, at in starts.items())) == 0
    expected = []
    for session_id in starts:
        found = await session(store, session_id)
        expected += countdown(replace(found, client=replace(found.client, time_zone=zone)), settings, clock.now())
    async with store.engines.reader.connect() as connection:
        query = (
            "SELECT dedupe_key, kind, recipient, session_id, state, revision, due_at, expires_at, cutoff, refresh_at "
            "FROM notices"
        )
        rows = [(*row[:-1], row.refresh_at or 0) for row in await connection.execute(text(query))]

    def micros(at: datetime | None) -> int:
        return 0 if at is None else (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    if quiet is None:
        # None for what is past or whose window is closed; 37 h: the last; 40 h: two; and five starts that are ahead.
        assert len(expected) == 2 + 1 + 3 + 3 + 5
    assert sorted(rows) == sorted(
        (
            n.dedupe_key,
            str(n.kind),
            n.recipient,
            n.session_id,
            "pending",
            1,
            micros(n.due_at),
            micros(n.expires_at),
            micros(n.cutoff),
            micros(n.refresh_at),
        )
        for n in expected
    )


async def test_a_session_starting_soon_does_not_become_refundable_by_being_imported(
    importer: Importer, world: World, clock: ManualClock
) -> None:
    tomorrow = clock.now() + timedelta(hours=23)
    assert await importer.rows({"session_id": "S1", "starts_at": tomorrow.isoformat()}) == 0
    canceled = await world.cancel(await session(world.store, "S1"))
    assert [(line.percent, line.late) for line in canceled.quote.lines] == [(0, True)]
    assert await world.balance() == 0


async def test_an_imported_session_is_canceled_like_any_other_and_its_credit_returns(
    importer: Importer, world: World
) -> None:
    assert await importer.rows({"session_id": "S1", "package": "Ten", "credits": "1.5"}) == 0
    await world.cancel(await session(world.store, "S1"))
    async with world.store.read(WORKSPACE) as queries:
        grants = [(g.label, g.balance, g.size, g.session_type) for g in await queries.grants.of_client(ANNA)]
    assert grants == [("Ten", 150, 1, "Coaching")]


async def test_a_package_is_one_grant_with_places_in_order_of_the_starts(importer: Importer, store: SqlStore) -> None:
    days = (23, 21, 25, 22)
    rows = [{"session_id": f"S{d}", "starts_at": f"2026-11-{d}T10:00Z", "package": "Ten"} for d in days]
    rows.append({"session_id": "S24", "starts_at": "2026-11-24T10:00Z", "package": "Ten", "status": "canceled"})
    rows.append({"session_id": "B", "client": "U0BORIS", "package": "ten"})
    assert await importer.rows(*rows) == 0
    places = {}
    for day in days:
        package = (await session(store, f"S{day}")).package
        assert package is not None
        places[day] = (package.name, package.position, package.size)
    assert places == {21: ("Ten", 1, 4), 22: ("Ten", 2, 4), 23: ("Ten", 3, 4), 25: ("Ten", 4, 4)}
    assert "in 2 packages" in importer.said
    # A later file appends to the same grant, whatever its dates are.
    assert await importer.rows({"session_id": "S20", "package": " TEN "}, *rows) == 0
    first, later = await session(store, "S21"), await session(store, "S20")
    assert first.package is not None
    assert later.package is not None
    assert (later.package.grant_id, later.package.position, later.package.size) == (first.package.grant_id, 5, 5)
    assert first.package.position == 1
    await assert_balanced(store)


async def test_packages_of_one_name_may_be_for_different_types_of_different_clients(
    importer: Importer, store: SqlStore
) -> None:
    rows = [
        {"session_id": "A", "package": "Ten", "session_type": "Yoga"},
        {"session_id": "B", "package": "Ten", "session_type": "Voice", "client": "U0BORIS"},
    ]
    assert await importer.rows(*rows) == 0
    async with store.read(WORKSPACE) as queries:
        bound = [[g.session_type for g in await queries.grants.of_client(who)] for who in (ANNA, "U0BORIS")]
    assert bound == [["Yoga"], ["Voice"]]


async def test_a_canceled_line_is_in_the_past_moves_no_credits_and_claims_no_refund(
    importer: Importer, store: SqlStore, clock: ManualClock
) -> None:
    assert await importer.rows({"session_id": "S1", "status": "cancelled", "package": "Ten"}) == 0
    page = await browse.list_sessions(store, clock, Actor(WORKSPACE, ANNA), scope=Scope.PAST)
    ended = page.rows[0].session.cancellation
    assert ended is not None
    assert (ended.role, ended.returned, ended.percent, ended.decision, ended.late) == (Hat.SYSTEM, 0, 0, None, False)
    assert page.rows[0].session.price == 0
    rows = await everything(store)
    assert [rows["transfers"], rows["notices"], rows["grants"]] == [[], [], []]


async def test_what_is_over_is_completed_and_keeps_its_credits(
    importer: Importer, store: SqlStore, clock: ManualClock
) -> None:
    past = {"starts_at": "2026-11-01T10:00Z"}
    assert await importer.rows({"session_id": "A", "status": "completed", **past}, {"session_id": "B", **past}) == 0
    page = await browse.list_sessions(store, clock, Actor(WORKSPACE, ANNA), scope=Scope.PAST)
    assert {row.session.id for row in page.rows} == {"A", "B"}
    assert (await everything(store))["notices"] == []
    await assert_balanced(store)


async def test_what_is_over_is_closed_by_time_and_the_same_file_revives_nothing(
    importer: Importer, store: SqlStore, clock: ManualClock
) -> None:
    past = {"starts_at": "2026-11-01T10:00Z", "package": "Ten"}
    rows = [
        {"session_id": "A", "status": "completed", **past},
        {"session_id": "B", **past, "credits": "1.5"},
        {"session_id": "C", **past, "price_cents": "500", "currency": "EUR", "credits": "0"},
        {"session_id": "D"},
    ]
    assert await importer.rows(*rows) == 0
    assert await complete_due(store, clock, 200) == 3
    closed = {name: (await session(store, name)).status for name in "ABCD"}
    assert closed == dict.fromkeys("ABC", Status.COMPLETED) | {"D": Status.SCHEDULED}
    before = await everything(store)
    assert await importer.rows(*(row | {"status": "scheduled", "starts_at": "2026-12-01T10:00Z"} for row in rows)) == 0
    assert await everything(store) == before
    # A later line of the package does not take a place that a closed session holds.
    assert await importer.rows({"session_id": "E", "package": "Ten"}) == 0
    package = (await session(store, "E")).package
    assert package is not None
    assert package.position == 4
    await assert_balanced(store)
    async with store.engines.reader.connect() as connection:
        assert await violations(connection) == []


async def test_a_price_in_money_needs_no_credits(importer: Importer, store: SqlStore) -> None:
    assert await importer.rows({"session_id": "S1", "price_cents": "12000", "currency": "EUR"}) == 0
    found = await session(store, "S1")
    assert found.money is not None
    assert (found.price, found.money.cents, found.money.currency) == (0, 12000, "EUR")
    assert (await everything(store))["grants"] == []


async def test_the_same_file_again_changes_nothing(importer: Importer, store: SqlStore, clock: ManualClock) -> None:
    rows = [{"session_id": f"S{i}", "client": f"c{i % 7}@example.com", "package": "Ten"} for i in range(60)]
    rows += [{"session_id": f"X{i}", "status": "canceled"} for i in range(3)]
    assert await importer.rows(*rows) == 0
    before = await everything(store)
    clock.advance(timedelta(days=1))
    assert await importer.rows(*rows) == 0
    assert await everything(store) == before
    assert "63 sessions of the file are here already" in importer.said
    assert await importer.rows({"session_id": "new"}, *rows) == 0
    assert "1 session imported" in importer.said
    assert len((await everything(store))["sessions"]) == 64


async def test_what_was_changed_in_slack_is_neither_overwritten_nor_revived(importer: Importer, world: World) -> None:
    rows = [{"session_id": f"S{i}", "package": "Ten"} for i in range(2)]
    assert await importer.rows(*rows) == 0
    await world.cancel(await session(world.store, "S0"))
    before = await everything(world.store)
    changed = [{**row, "starts_at": "2026-12-24T10:00Z", "client": "U0BORIS", "credits": "5"} for row in rows]
    assert await importer.rows(*changed) == 0
    assert await everything(world.store) == before


async def test_every_bad_line_is_named_and_nothing_is_imported(importer: Importer, store: SqlStore) -> None:
    before = await everything(store)
    rows = [
        {"session_id": "good"},
        {"session_id": "two\nlines", "duration_minutes": "0"},
        {"session_id": "twice"},
        {"session_id": "twice"},
        {"session_id": "p1", "package": "Ten", "session_type": "Yoga"},
        {"session_id": "p2", "package": "ten", "session_type": "Voice"},
    ]
    assert await importer.rows(*rows) == 1
    told = importer.said.splitlines()
    assert [words.partition(":")[0] for words in told[:-1]] == [
        "Line 3",
        "Line 3",
        "Line 5",
        "Line 6",
        "Line 7",
        "Line 8",
    ]
    assert "session_id: 'two�lines' contains control" in told[0]
    assert "duration_minutes: '0'" in told[1]
    assert "'twice' is also on line 6" in told[2]
    assert "'twice' is also on line 5" in told[3]
    assert "on line 8" in told[4]
    assert "on line 7" in told[5]
    assert "nothing was imported" in told[-1]
    assert await everything(store) == before


async def test_all_of_many_bad_lines_are_named(importer: Importer) -> None:
    assert await importer.rows(*({"session_id": f"S{i}", "status": "?"} for i in range(2000))) == 1
    assert importer.said.count("status: '?' is no status") == 2000
    assert "Line 2001:" in importer.said


async def test_a_package_of_an_earlier_import_keeps_its_type(importer: Importer, store: SqlStore) -> None:
    assert await importer.rows({"session_id": "A", "package": "Ten", "session_type": "Yoga"}) == 0
    before = await everything(store)
    assert await importer.rows({"session_id": "B", "package": "Ten", "session_type": "Voice"}) == 1
    assert "is for 'Voice' here and for 'Yoga' in an earlier import" in importer.said
    assert await everything(store) == before


async def test_byte_order_mark_crlf_and_blank_lines_are_fine(importer: Importer, store: SqlStore) -> None:
    content = (
        csv_of({"session_id": "S1", "session_type": "One\nTwo"}).replace("\n", "\r\n") + "\r\n\r\n,,,,,,,,,,,,\r\n"
    )
    assert await importer.raw(b"\xef\xbb\xbf" + content.encode()) == 0
    assert (await session(store, "S1")).session_type == "One Two"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (b"S1,U0A,U0B\n", "header lacks session_id"),
        (csv_of({"session_id": "S1"}).encode() + b'"\xff"\n', "Line 3: is not UTF-8"),
        (csv_of({"session_id": "S1"}).encode() + b'"a\nb', "Line 3: a quotation mark opens here"),
        (b"x" * (MAX_LINE + 1), "Line 1: is longer than"),
        (csv_of({"session_id": "S1"}).encode() + b"\x00\x01,\n", "has 2 values"),
    ],
)
async def test_a_file_that_is_no_such_csv_is_told_and_nothing_happens(
    importer: Importer, store: SqlStore, content: bytes, words: str
) -> None:
    before = await everything(store)
    assert await importer.raw(content) == 1
    assert words in importer.said
    assert await everything(store) == before


async def test_a_missing_file_and_a_directory_are_one_sentence(importer: Importer, tmp_path: Path) -> None:
    assert await importer.path(tmp_path / "missing.csv") == 1
    assert "missing.csv cannot be read: No such file or directory." in importer.said
    assert await importer.path(tmp_path) == 1
    assert "cannot be read: Is a directory." in importer.said


async def test_a_header_alone_imports_nothing_and_is_no_failure(importer: Importer) -> None:
    assert await importer.rows() == 0
    assert importer.said.strip() == "The file holds no sessions, so nothing changed."


async def test_sessions_of_one_coach_may_overlap_but_nobody_books_into_them(importer: Importer, world: World) -> None:
    rows = [{"session_id": f"S{i}", "client": f"c{i}@example.com"} for i in range(5)]
    assert await importer.rows(*rows) == 0
    found = await session(world.store, "S0")
    await world.grant()
    with pytest.raises(SlotTaken):
        await world.book(found.starts_at + timedelta(minutes=30) - world.clock.now())


async def test_hostile_text_is_kept_as_typed(importer: Importer, store: SqlStore) -> None:
    name = "<!channel> *b* '; DROP TABLE sessions; -- \u202eabc [red]x[/red] :smile: {0} %s"
    session_id = "a:b'\"%s{0}<!here>;--"
    assert await importer.rows({"session_id": session_id, "session_type": name, "package": name}) == 0
    found = await session(store, session_id)
    assert found.package is not None
    assert (found.session_type, found.package.name) == (name, name)
    assert await importer.rows({"session_id": "[red]x :smile:", "status": "[bold]\x1b[31m"}) == 1
    assert "status: '[bold]�[31m' is no status" in importer.said


async def test_the_workspace_is_created_once_and_its_terms_apply(importer: Importer, world: World) -> None:
    assert await importer.rows({"session_id": "S1"}) == 0
    await world.settings(Settings(policy=Policy(tiers=(Tier(timedelta(hours=48), 100),))))
    assert await importer.rows({"session_id": "S2"}) == 0
    lead = [s.starts_at - s.refund_cutoff_at for s in [await session(world.store, i) for i in ("S1", "S2")]]
    assert lead == [timedelta(hours=24), timedelta(hours=48)]
    rows = await everything(world.store)
    assert (len(rows["workspaces"]), len(rows["policies"])) == (1, 2)


async def test_another_workspace_has_its_own_sessions_of_the_same_ids(importer: Importer, store: SqlStore) -> None:
    assert await importer.rows({"session_id": "S1", "package": "Ten"}) == 0
    path = importer.directory / "sessions.csv"
    code = await run_import(importer.url, path, "T0ELSE", console=Console(file=io.StringIO()), clock=importer.clock)
    assert code == 0
    rows = await everything(store)
    assert sorted(row[0] for row in rows["sessions"]) == ["T0ELSE", WORKSPACE]
    assert sorted(row[0] for row in rows["grants"]) == ["T0ELSE", WORKSPACE]
