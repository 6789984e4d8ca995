"""Nudges: whoever may decide about an exception is reminded before its deadline, and of nothing that is decided."""

from datetime import UTC, datetime, time, timedelta

import pytest

from coaching.actions import decide, departed, exceptions, notifications, people, plans, undo
from coaching.news.decisions import nudges_again, nudges_at
from coaching.news.kinds import NoticeKind
from coaching.quiet import QuietHours
from coaching.requests import Request
from coaching.sessions import Actor, Person, Session
from coaching.stakeholders import NewsOf
from coaching.workspace import Settings
from coaching.zones import first_known
from tests.delivery.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")

H = timedelta(hours=1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NIGHT = QuietHours(time(22), time(8))
STILL = "Still to be decided: Anna Lee asks for an exception"


def after(within: timedelta, *, at: datetime = NOON, quiet: QuietHours | None = NIGHT) -> list[datetime]:
    """When somebody on UTC is reminded of what was asked then."""
    asked = Request(action_id="r", at=at, by_id=ANNA, decide_by=at + within)
    return nudges_at(asked, at, quiet, first_known("UTC"))


@pytest.mark.parametrize(
    ("within", "hours"),
    [
        (48 * H, [24, 45]),
        (72 * H, [34, 69]),  # half-way is midnight: the evening before
        (24 * H, [10, 21]),
        (6 * H, [3]),
        (2 * H, [1]),
    ],
)
def test_a_nudge_comes_half_way_and_three_hours_before_and_lets_people_sleep(
    within: timedelta, hours: list[int]
) -> None:
    assert after(within) == [NOON + hour * H for hour in hours]


def test_what_was_asked_at_night_is_nudged_in_the_morning_unless_that_is_too_late() -> None:
    at = NOON.replace(hour=23)
    assert after(12 * H, at=at) == [NOON.replace(day=2, hour=8)]
    assert after(8 * H, at=at) == []
    assert after(8 * H, at=at, quiet=None) == [at + 4 * H, at + 5 * H]


def test_nudges_keep_apart_from_the_request_and_from_one_another() -> None:
    assert after(12 * H, at=NOON.replace(hour=21, minute=59)) == [NOON.replace(day=2, hour=8)]
    assert after(6.5 * H, quiet=None) == [NOON + 3.25 * H]


def again(waiting: int, now: datetime, *, zone: str = "UTC", quiet: QuietHours | None = NIGHT) -> list[datetime]:
    """When they are reminded instead, of what was asked at noon and is to be decided within two days."""
    asked = Request(action_id="r", at=NOON, by_id=ANNA, decide_by=NOON + 48 * H)
    return nudges_again(asked, waiting, quiet, first_known(zone), now=now)


def test_what_waits_is_planned_again_and_what_is_late_by_it_comes_once_people_are_awake() -> None:
    assert again(2, NOON) == [NOON + 24 * H, NOON + 45 * H]
    assert again(1, NOON + 30 * H) == [NOON + 45 * H], "the first one is told"
    assert again(2, NOON + 12 * H, zone="Asia/Tokyo") == [NOON + 24 * H, NOON + 45 * H]
    assert again(2, NOON + 26 * H, zone="Asia/Tokyo") == [NOON + 35 * H, NOON + 45 * H], "23:00 in Tokyo: at eight"
    assert again(2, NOON + 25 * H, quiet=None) == [NOON + 25 * H, NOON + 45 * H], "at once"
    assert again(1, NOON, zone="Pacific/Auckland") == [NOON + 44 * H + H], "21:00 there"


async def asked(stage: Stage) -> Session:
    """Anna cancels late and asks; the coach has three days."""
    session = await stage.world.book(26 * H)
    stage.clock.advance(24 * H)
    done = await stage.world.cancel(session)
    command = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "", note="Please")
    [found] = (await exceptions.ask(stage.store, stage.clock, command)).asked
    await stage.relay().drain()
    return found


def nudges(stage: Stage, who: str = "C0COACH") -> list[str]:
    return [post.text for post in stage.posts(who) if post.text.startswith("Still to be decided")]


async def decided(stage: Stage, session: Session, who: str = COACH) -> None:
    command = decide.DecideLate(actor=Actor(WORKSPACE, who), session_ids=[session.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, command)


async def test_the_coach_is_nudged_twice_with_the_buttons_and_what_is_out_is_edited(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, COACH, [BORIS])
        await uow.commit()
    session = await asked(stage)
    told = len(stage.posts(BORIS))
    for hours, count in ((35, 0), (1, 1), (32, 1), (1, 2), (2, 2)):
        stage.clock.advance(hours * H)
        await stage.relay().drain()
        assert len(nudges(stage)) == count
    assert nudges(stage)[0].splitlines()[0] == STILL
    messages = stage.slack.workspace.channels["C0COACH"].messages.values()
    last = [message for message in messages if message.text.startswith("Still")][-1]
    assert "late_" in str(last.blocks)
    assert len(stage.posts(BORIS)) == told, "a nudge is nobody's but theirs who decide"
    await decided(stage, session)
    await stage.relay().drain()
    assert nudges(stage) == []
    assert [post.edited for post in stage.posts("C0COACH") if "asks for an exception\n" in post.text] == [True] * 3


async def test_what_is_decided_or_taken_back_is_nudged_no_more(stage: Stage) -> None:
    session = await asked(stage)
    stage.clock.advance(37 * H)
    await stage.relay().drain()
    await decided(stage, session)
    assert await stage.states(kind="nudge") == {"pending": 1, "dropped": 1}
    await stage.world.settings(Settings(undo_window=H))
    other = await asked(stage)
    command = undo.Undo(
        actor=Actor(WORKSPACE, ANNA), action_id=other.cancellation.action_id if other.cancellation else ""
    )
    await undo.undo(stage.store, stage.clock, command)
    assert {row.why for row in await stage.rows(kind="nudge", state="dropped")} == {"decided", "taken_back"}
    stage.clock.advance(72 * H)
    await stage.relay().drain()
    assert nudges(stage) == []


async def test_where_the_coach_has_left_each_admin_is_nudged_and_the_coach_is_not(stage: Stage) -> None:
    session = await asked(stage)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.commit()
    assert await departed.hand_over(stage.store, stage.clock, 20) == 1
    assert {(row.state, row.why) for row in await stage.rows(kind="nudge")} == {("dropped", "admins_decide")}
    assert await stage.states(kind="admin_nudge") == {"pending": 2}
    stage.clock.advance(36 * H)
    await stage.relay().drain()
    assert nudges(stage) == []
    assert len(nudges(stage, ADMIN)) == 1
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([])
        await uow.people.save(Person(ADMIN, "Ada Admin"), datetime.now(UTC))
        await uow.commit()
    stage.clock.advance(33 * H)
    await stage.relay().drain()
    assert len(nudges(stage, ADMIN)) == 1, "whoever is no admin any more is not asked again"
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN])
        await uow.commit()
    await decided(stage, session, ADMIN)
    await stage.relay().drain()
    assert nudges(stage, ADMIN) == []


async def test_a_nudge_that_slack_does_not_deliver_is_no_news_for_the_admins(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, None)
        await uow.commit()
    await asked(stage)
    stage.slack.workspace.user(COACH).deleted = True
    stage.clock.advance(36 * H)
    await stage.relay().drain()
    assert await stage.states(kind="nudge") == {"failed": 1, "pending": 1}
    assert stage.posts(ADMIN) == []


@pytest.mark.parametrize(("channel", "heard"), [("C0COACH", 1), (None, 0)])
async def test_a_coach_who_wants_no_nudges_turns_them_off_for_themselves_not_for_their_team(
    stage: Stage, channel: str | None, heard: int
) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, channel)
        await uow.commit()
    await asked(stage)
    me = Actor(WORKSPACE, COACH)
    await notifications.want_reminders(stage.store, stage.clock, me, NoticeKind.NUDGE, wanted=False)
    stage.clock.advance(36 * H)
    await stage.relay().drain()
    assert len(nudges(stage, channel or COACH)) == heard
    assert await stage.states(kind="nudge") == {"sent" if heard else "dropped": 1, "pending": 1}


async def moved(stage: Stage, zone: str) -> None:
    """The coach is in another time zone now, says Slack."""
    coach = Person(COACH, "Carla Coach", "carla@example.com", zone)
    await people.remember(stage.store, stage.clock, WORKSPACE, coach, datetime.now(UTC), link=False)
    await plans.replan_due(stage.store, stage.clock, 100)


async def dues(stage: Stage) -> list[datetime]:
    return [row.due_at for row in await stage.rows(kind="nudge", state="pending", sent_revision=None)]


async def test_nudges_follow_the_zone_of_their_reader_and_the_quiet_hours(stage: Stage) -> None:
    await stage.world.settings(Settings(quiet_hours=NIGHT))
    session = await asked(stage)
    planned = await dues(stage)
    await moved(stage, "Asia/Tokyo")
    night = await dues(stage)
    assert night != planned
    assert all(NIGHT.night(at, first_known("Asia/Tokyo")) is None for at in night)
    assert await stage.states(kind="nudge") == {"pending": 2}, "what was planned before is no news of anybody's"
    await stage.world.settings(Settings(quiet_hours=None))
    async with stage.store.write(WORKSPACE) as uow:
        await uow.plans.ask_replan()
        await uow.commit()
    await plans.replan_due(stage.store, stage.clock, 100)
    request = session.cancellation.asked if session.cancellation else None
    assert request is not None
    half, last = request.at + (request.decide_by - request.at) / 2, request.decide_by - 3 * H
    assert await dues(stage) == [half, last]
    stage.clock.advance(37 * H)
    await stage.relay().drain()
    await moved(stage, "America/New_York")
    assert await dues(stage) == [last], "what was told is not told again"
    await decided(stage, session)
    await moved(stage, "Asia/Tokyo")
    assert await dues(stage) == []
