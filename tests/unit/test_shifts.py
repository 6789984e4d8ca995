"""Which sessions follow new zone rules, decided without a database; and local times where clocks change."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.demo.zone_rules import doctored
from coaching import zones
from coaching.localtime import LocalTime, instant_of, local_time, wall_at
from coaching.policy import Policy, Tier
from coaching.sessions import Cancellation, Hat, Person, Session, Status
from coaching.shifts import Around, plan, shifted, target

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)
TEN = datetime(2026, 12, 10, 15, tzinfo=UTC)  # in New York
HOUR = timedelta(hours=1)
EAST, WEST = "America/New_York", "America/Los_Angeles"


@pytest.fixture(autouse=True)
def release(tmp_path: Path) -> Iterator[None]:
    """A later release, by which New York is an hour ahead and Los Angeles an hour behind, all year."""
    path = doctored(tmp_path / "later", "2099a", **{EAST: "America/Puerto_Rico", WEST: "America/Anchorage"})
    with zones.loaded_from(path):
        yield


def session(
    name: str, at: datetime, *, zone: str = EAST, client: str = "C", coach: str = "K", **more: object
) -> Session:
    with zones.loaded_from():
        local = local_time(at, zone)
    made = Session(
        workspace_id="T",
        id=name,
        client=Person(client),
        coach=Person(coach),
        session_type="Coaching",
        starts_at=at,
        ends_at=at + HOUR,
        time_zone=zone,
        booked_at=NOW,
        refund_cutoff_at=at - 24 * HOUR,
        policy_id="p",
        price=100,
        local=local,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def ids(sessions: list[Session]) -> list[str]:
    return [one.id for one in sessions]


def test_one_that_nothing_stands_in_the_way_of_goes_to_its_local_time() -> None:
    made = plan([session("a", TEN)], Around(), NOW)
    assert [(s.id, at) for s, at in made.shifts] == [("a", TEN - HOUR)]


def test_a_chain_shifts_whole() -> None:
    chain = [session(str(number), TEN + number * HOUR) for number in range(3)]
    made = plan(chain, Around(), NOW)
    assert [(s.id, at) for s, at in made.shifts] == [(s.id, s.starts_at - HOUR) for s in chain]
    later = [replace(s, time_zone=WEST, local=local_time_before(s.starts_at, WEST)) for s in chain]
    assert [(s.id, at) for s, at in plan(later, Around(), NOW).shifts] == [(s.id, s.starts_at + HOUR) for s in chain]


def local_time_before(at: datetime, zone: str) -> LocalTime:
    with zones.loaded_from():
        return local_time(at, zone)


def test_whoever_stays_keeps_others_from_their_new_times_too() -> None:
    fixed = session("fixed", TEN - HOUR, client="D")
    fixed = replace(fixed, local=replace(fixed.local, by_instant=True))  # type: ignore[type-var]
    made = plan([session("a", TEN), session("b", TEN + HOUR)], Around([fixed]), NOW)
    assert (ids(made.stay), made.shifts) == (["a", "b"], [])


def test_two_that_would_meet_both_stay() -> None:
    # An hour ahead in the east, an hour behind in the west: they would come together.
    made = plan([session("east", TEN), session("west", TEN - 2 * HOUR, zone=WEST, client="D")], Around(), NOW)
    assert sorted(ids(made.stay)) == ["east", "west"]


def test_one_waits_for_another_coachs_that_is_about_to_leave() -> None:
    other = session("other", TEN - HOUR, coach="L")
    assert ids(plan([session("a", TEN)], Around(due=[other]), NOW).waiting) == ["a"]
    assert ids(plan([session("a", TEN), other], Around(), NOW).waiting) == []


def test_two_that_change_places_both_shift() -> None:
    east, west = session("east", TEN), session("west", TEN - HOUR, zone=WEST, client="D")
    assert sorted((s.id, at) for s, at in plan([east, west], Around(), NOW).shifts) == [
        ("east", TEN - HOUR),
        ("west", TEN),
    ]


def test_nobody_waits_for_one_that_was_decided_to_stay() -> None:
    settled = session("settled", TEN - HOUR, coach="L")
    assert ids(plan([session("a", TEN)], Around([settled]), NOW).stay) == ["a"]


def test_a_slot_that_is_held_for_an_undo_is_taken() -> None:
    ended = Cancellation("x", NOW, Person("C"), Hat.CLIENT, None, late=False, percent=100, returned=100, decision=None)
    held = session("held", TEN - HOUR, client="D", status=Status.CANCELED, cancellation=ended)
    assert ids(plan([session("a", TEN)], Around([held]), NOW).stay) == ["a"]


def test_what_would_have_begun_already_stays() -> None:
    assert ids(plan([session("a", TEN)], Around(), TEN - HOUR / 2).stay) == ["a"]


def test_other_zones_and_instants_stay_as_they_are() -> None:
    same = session("same", TEN, zone="Europe/London")
    instant = session("instant", TEN)
    instant = replace(instant, local=replace(instant.local, by_instant=True))  # type: ignore[type-var]
    made = plan([same, instant], Around(), NOW)
    assert (ids(made.same), ids(made.noted), made.shifts) == (["same"], ["instant"], [])
    assert target(instant) == TEN


STEPS = Policy(tiers=(Tier(24 * HOUR, 100), Tier(12 * HOUR, 50)))


@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_no_step_of_the_terms_ends_earlier_than_it_was_shown(by: timedelta) -> None:
    before = session("a", TEN)
    after = shifted(before, STEPS, TEN + by)
    for moment in (TEN - 24 * HOUR, TEN - 12 * HOUR, TEN - 13 * HOUR):
        assert after.percent_back(STEPS, moment) >= before.percent_back(STEPS, moment)
    assert before.refund_cutoff_at <= after.refund_cutoff_at <= after.starts_at
    assert (after.ends_at - after.starts_at, after.local) == (HOUR, local_time(TEN + by, EAST))


def test_a_cutoff_at_the_start_ends_with_the_new_start() -> None:
    at_start = replace(session("a", TEN), refund_cutoff_at=TEN)
    assert shifted(at_start, STEPS, TEN - HOUR).refund_cutoff_at == TEN - HOUR


def test_a_time_that_is_shown_twice_stays_the_one_it_was() -> None:
    london = zones.zone("Europe/London")
    for at in (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)):
        assert local_time(at, "Europe/London").wall == datetime(2026, 10, 25, 1, 30)  # noqa: DTZ001 - on the wall
        assert local_time(at, "Europe/London").instant(at) == at
        assert wall_at(at, london) == wall_at(instant_of(wall_at(at, london), london), london)


def test_a_time_that_is_skipped_comes_as_long_after_the_clocks_went_forward() -> None:
    skipped = datetime(2026, 3, 29, 1, 30)  # noqa: DTZ001 - on the wall
    assert instant_of(skipped, zones.zone("Europe/London")) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
