"""News of changed meeting links: one message per change and person, and no message keeps an old *Join*."""

import re
from datetime import timedelta

from coaching.actions import book, meetings, remind
from coaching.meetings import LinkOf, LinkScope
from coaching.sessions import Actor, Hat, Session
from handlers.ids import Action
from playground.blocks import elements_of
from tests.delivery.conftest import Post, Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(hours=24), timedelta(minutes=1)
A, B, C = (f"https://meet.example.com/{room}" for room in "abc")


async def booked(stage: Stage, starts_in: timedelta, *, client: str = ANNA, coach: str = COACH) -> Session:
    """Book within the coach's hours, which confirms."""
    await stage.world.open(coach) if not await _open(stage, coach) else None
    command = book.Book(
        actor=Actor(WORKSPACE, client),
        role=Hat.CLIENT,
        client_id=client,
        coach_id=coach,
        session_type="Coaching",
        starts_at=stage.clock.now() + starts_in,
        length=50 * MINUTE,
        time_zone="America/New_York",
        price=0,
        within_hours=True,
    )
    return await book.book(stage.store, stage.clock, command)


async def _open(stage: Stage, coach: str) -> bool:
    async with stage.store.read(WORKSPACE) as queries:
        return await queries.schedule.availability(coach) is not None


async def link(stage: Stage, who: str, of: LinkOf, owner: str, typed: str) -> None:
    key = f"link {stage.clock.now()} {who} {of} {typed}"
    await meetings.save_link(stage.store, stage.clock, Actor(WORKSPACE, who), key, LinkScope(of, owner), typed)


async def delivered(stage: Stage) -> None:
    """Everything that is due is sent, what waits for corrections of a link too."""
    stage.clock.advance(2 * MINUTE)
    await stage.relay().drain()


def joins(stage: Stage, post: Post) -> set[str]:
    """Where the buttons and links of a message take its reader."""
    blocks = stage.slack.workspace.channels[post.channel].messages[post.ts].blocks
    buttons = [element for block in blocks for element, _ in elements_of(block)]
    links = re.findall(
        r"<(https://[^|>]+)\|", " ".join(block["subtitle"]["text"] for block in blocks if "subtitle" in block)
    )
    return {one["url"] for one in buttons if one.get("action_id") == Action.SESSION_JOIN} | set(links)


async def test_a_coachs_link_is_told_once_to_each_client_with_all_their_sessions(stage: Stage) -> None:
    for n in range(3):
        await booked(stage, (5 + n) * DAY)
    await booked(stage, 9 * DAY, client=BORIS)
    await booked(stage, 9 * DAY, coach=OTHER_COACH)
    await delivered(stage)
    before = {who: len(stage.posts(who)) for who in (ANNA, BORIS, COACH, "C0COACH")}
    await link(stage, COACH, LinkOf.COACH, COACH, A)
    await delivered(stage)
    assert {who: len(stage.posts(who)) - count for who, count in before.items()} == {
        ANNA: 1,
        BORIS: 1,
        COACH: 0,
        "C0COACH": 0,
    }
    told = stage.posts(ANNA)[-1]
    assert "3 of your sessions have a meeting link now" in told.text
    assert "Changed by Carla Coach (coach)." in told.text
    assert joins(stage, told) == {A}
    assert "Your session has a meeting link now" in stage.posts(BORIS)[-1].text


async def test_messages_that_are_out_join_where_the_session_takes_place_now(stage: Stage) -> None:
    await link(stage, COACH, LinkOf.COACH, COACH, A)
    session = await booked(stage, 5 * DAY)
    await delivered(stage)
    receipt, alert = stage.posts(ANNA)[-1], stage.posts("C0COACH")[-1]
    assert joins(stage, receipt) == joins(stage, alert) == {A}
    await link(stage, COACH, LinkOf.COACH, COACH, B)
    await delivered(stage)
    assert joins(stage, receipt) == joins(stage, alert) == {B}
    await link(stage, COACH, LinkOf.SESSION, session.id, C)
    await delivered(stage)
    of_change = stage.posts(ANNA)[-2]
    assert joins(stage, receipt) == joins(stage, alert) == joins(stage, of_change) == {C}
    await link(stage, COACH, LinkOf.SESSION, session.id, "")
    await link(stage, COACH, LinkOf.COACH, COACH, "")
    await delivered(stage)
    assert joins(stage, receipt) == joins(stage, alert) == joins(stage, of_change) == set()
    assert "Your session has no meeting link any more" in stage.posts(ANNA)[-1].text
    assert "Ask Carla Coach where you meet." in stage.posts(ANNA)[-1].text


async def test_a_link_that_is_corrected_at_once_is_told_once(stage: Stage) -> None:
    await booked(stage, 5 * DAY)
    await delivered(stage)
    before = len(stage.posts(ANNA))
    for typed in (A, B, C):
        await link(stage, COACH, LinkOf.COACH, COACH, typed)
        await stage.relay().drain()
    assert len(stage.posts(ANNA)) == before
    await delivered(stage)
    assert len(stage.posts(ANNA)) == before + 1
    assert joins(stage, stage.posts(ANNA)[-1]) == {C}
    await link(stage, COACH, LinkOf.COACH, COACH, A)
    await link(stage, COACH, LinkOf.COACH, COACH, C)
    await delivered(stage)
    assert len(stage.posts(ANNA)) == before + 1
    assert {row.why for row in await stage.rows(kind="link_changed", state="dropped")} == {"taken_back"}


async def test_news_of_a_session_that_starts_soon_does_not_wait(stage: Stage) -> None:
    session = await booked(stage, 2 * HOUR)
    stage.clock.advance(HOUR + MINUTE)
    await stage.relay().drain()
    await link(stage, COACH, LinkOf.SESSION, session.id, A)
    await stage.relay().drain()
    assert joins(stage, stage.posts(ANNA)[-1]) == {A}


async def test_an_admins_change_is_told_to_the_coach_too(stage: Stage) -> None:
    session = await booked(stage, 5 * DAY)
    await delivered(stage)
    await link(stage, ADMIN, LinkOf.SESSION, session.id, A)
    await delivered(stage)
    told = stage.posts("C0COACH")[-1]
    assert "A session you give has a meeting link now" in told.text
    assert "Changed by Ada Admin" in told.text
    assert joins(stage, told) == {A}
    await link(stage, ADMIN, LinkOf.TYPE, session.type_id or (await _type(stage)), B)
    await delivered(stage)
    assert joins(stage, told) == {A}  # the session has its own


async def _type(stage: Stage) -> str:
    async with stage.store.read(WORKSPACE) as queries:
        [kind] = await queries.catalogue.session_types()
        return kind.id


async def test_nobody_is_told_where_nothing_changes_for_them(stage: Stage) -> None:
    session = await booked(stage, 5 * DAY)
    over = await booked(stage, 6 * DAY)
    await stage.world.cancel(over)
    await link(stage, COACH, LinkOf.SESSION, session.id, A)
    await delivered(stage)
    before = len(await stage.rows())
    await link(stage, ADMIN, LinkOf.TYPE, await _type(stage), B)
    await link(stage, COACH, LinkOf.COACH, COACH, C)
    await link(stage, COACH, LinkOf.SESSION, session.id, A)
    assert len(await stage.rows()) == before
    await link(stage, ADMIN, LinkOf.TYPE, await _type(stage), A)
    await link(stage, COACH, LinkOf.SESSION, session.id, "")  # the type's link is the same
    assert len(await stage.rows()) == before


async def test_news_of_a_link_shows_what_became_of_its_sessions(stage: Stage) -> None:
    session = await booked(stage, 5 * DAY)
    await booked(stage, 6 * DAY)
    await link(stage, COACH, LinkOf.COACH, COACH, A)
    await delivered(stage)
    [told] = [post for post in stage.posts(ANNA) if "meeting link now" in post.text]
    await stage.world.cancel(session)
    await delivered(stage)
    [told] = [post for post in stage.posts(ANNA) if "meeting link now" in post.text]
    assert told.edited
    assert "Session Canceled" in told.text


async def test_news_of_a_link_of_a_canceled_session_is_not_sent(stage: Stage) -> None:
    session = await booked(stage, 5 * DAY)
    await delivered(stage)
    await link(stage, COACH, LinkOf.SESSION, session.id, A)
    await stage.world.cancel(session)
    await delivered(stage)
    assert [row.why for row in await stage.rows(kind="link_changed")] == ["session_canceled"]


async def test_a_reminder_still_joins_once_its_session_is_kept(stage: Stage) -> None:
    session = await stage.world.book(timedelta(days=10))
    await link(stage, COACH, LinkOf.SESSION, session.id, "https://meet.example.com/room")
    stage.clock.set(session.refund_cutoff_at - timedelta(hours=24))
    relay = stage.relay()
    await relay.drain()
    await remind.keep(stage.store, stage.clock, remind.Keep(actor=Actor(WORKSPACE, ANNA), session_id=session.id))
    await relay.drain()
    [kept] = [post for post in stage.posts(ANNA) if "You keep this session" in post.text]
    assert kept.edited
    assert joins(stage, kept) == {"https://meet.example.com/room"}
