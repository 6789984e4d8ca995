"""Whatever kind of news there is, it owes the same: words in every form, a way to be found out, a place under undo."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import text

from coaching.actions import (
    book,
    cancel,
    credit_requests,
    credits,
    decide,
    exceptions,
    expiry,
    greetings,
    meetings,
    move_requests,
    outcomes,
    packages,
    reschedule,
    stakeholders,
    undo,
)
from coaching.meetings import LinkOf, LinkScope
from coaching.news import admins, cancellations, days, decisions, reminders, roles
from coaching.news.kinds import COPIED, KINDS, PLANNED, About, Change, Family, NoticeKind, Undo, about
from coaching.news.moves import move_allowed
from coaching.news.notice import Notice, NoticeLine, NoticeState
from coaching.notifications import MAIL_ONLY
from coaching.packages import Holder
from coaching.reminders import ReminderStep
from coaching.requests import RequestKind
from coaching.sessions import Actor, Hat, Session, Status
from coaching.stakeholders import NewsOf
from coaching.workspace import Settings
from handlers.meta import Meta
from handlers.views.details import details_view
from storage.reconciliation import findings
from storage.rules import SUBJECTS
from tests.access.variants import EVERY
from tests.delivery.conftest import Stage
from tests.handlers.samples import details, session
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WINDOW = timedelta(seconds=60)
ME, CARLA, ADA = (Actor(WORKSPACE, who) for who in (ANNA, COACH, ADMIN))
SETTLED = {
    NoticeKind.LATE_DECISION: "a decision ends the time to undo",
    NoticeKind.NO_SHOW: "what took place is not canceled",
    NoticeKind.OUTCOME_ASKED: "what is over is not canceled",
    NoticeKind.ADDRESS_ASKED: "it is about no session",
}
"""Kinds that no undo can meet, and why."""


async def booked(stage: Stage, starts_in: timedelta) -> Session:
    """Anna books within Carla's hours, which confirms."""
    command = book.Book(
        actor=ME,
        role=Hat.CLIENT,
        client_id=ANNA,
        coach_id=COACH,
        session_type="Coaching",
        starts_at=stage.clock.now() + starts_in,
        length=timedelta(minutes=50),
        time_zone="America/New_York",
        price=100,
        within_hours=True,
    )
    return await book.book(stage.store, stage.clock, command)


async def moved(stage: Stage, one: Session) -> None:
    command = reschedule.MoveSessions(
        actor=ME,
        request_key=one.id,
        hat=Hat.CLIENT,
        subject_id=ANNA,
        times=[reschedule.NewTime(one.id, one.starts_at, one.starts_at + HOUR)],
    )
    await reschedule.move_sessions(stage.store, stage.clock, command)


async def handed(stage: Stage, one: Session) -> None:
    """Ada hands a session over to Otto, who gives hours too."""
    await stage.world.open(OTHER_COACH)
    await stage.world.hand_over(one)


async def linked(stage: Stage, one: Session) -> None:
    scope = LinkScope(LinkOf.SESSION, one.id)
    await meetings.save_link(stage.store, stage.clock, ADA, f"link {one.id}", scope, "https://meet.example.com/x")


async def greeted(stage: Stage) -> None:
    """Boris opens the app for the first time, and writes to it."""
    them = Actor(WORKSPACE, BORIS)
    await greetings.greet(stage.store, stage.clock, them)
    await greetings.reply(stage.store, stage.clock, them, "D1:1.2")


async def in_roles(stage: Stage) -> None:
    """Otto is given every role, and Boris has lost every one."""
    now = stage.clock.now()
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN, OTHER_COACH])
        await uow.pools.save("p-roles", "Roles Inc.", None, [OTHER_COACH])
        await uow.commit()
    gone = {NoticeKind.COACH_UNNAMED, NoticeKind.ADMIN_UNNAMED, NoticeKind.POOL_LEFT}
    told = [
        roles.of_role(
            kind, BORIS if kind in gone else OTHER_COACH, "p-roles" if row.about is About.POOL else ADMIN, "a", now
        )
        for kind, row in KINDS.items()
        if row.family is Family.ROLES
    ]
    await tell(stage, *told)


async def asked(stage: Stage, done: cancel.Canceled) -> Session:
    command = exceptions.Ask(actor=ME, action_id=done.draft.action_id or "", note="Please")
    return (await exceptions.ask(stage.store, stage.clock, command)).asked[0]


async def tell(stage: Stage, *told: Notice) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.notices.add(told)
        await uow.commit()


async def opened(stage: Stage, **settings: Any) -> None:
    """Carla takes bookings at any hour, and Boris is told what she is told."""
    await stage.world.open()
    await stage.world.settings(Settings(start_reminder=HOUR, **settings))
    async with stage.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, COACH, [BORIS])
        await uow.commit()


async def for_admins(stage: Stage, ahead: Session, stays: Session) -> None:
    """What the admins alone are told, of one session ahead and of one that could not follow new zone rules."""
    now = stage.clock.now()
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(
            text("UPDATE sessions SET local_start = :meant, by_instant = FALSE WHERE id = :id"),
            {"id": stays.id, "meant": (stays.starts_at - DAY).replace(tzinfo=None).isoformat(timespec="seconds")},
        )
    async with stage.store.write(WORKSPACE) as uow:
        for told in (
            admins.channel_trouble(COACH, "C0COACH", "is_archived", now),
            admins.alert_lost("alert", COACH, "crashed", now, action_id=None, session_id=ahead.id),
            admins.not_shifted(stays.id, COACH, "2099a", now),
            admins.mail_locked("login_refused", now),
        ):
            assert await uow.notices.tell_admins(told)
        assert await uow.mails.locked_out("login_refused", now)
        await uow.commit()


async def of_credits(stage: Stage) -> None:
    now = stage.clock.now()
    await credits.give(
        stage.store, stage.clock, credits.Give(actor=ADA, request_key="g", holder=Holder(ANNA), amount=9)
    )
    await stage.world.grant(BORIS, expires_at=now + 3 * DAY)
    await expiry.warn_expiring(stage.store, stage.clock, 10)


async def pleaded(stage: Stage) -> None:
    """Anna asks for a pool's credits: its contact hears of it, and passes it on."""
    given: dict[str, Any] = {"name": "Acme", "contact_id": BORIS, "member_ids": [ANNA]}
    pool = await packages.save_pool(stage.store, stage.clock, ADA, "pool", pool_id=None, **given)
    command = credit_requests.AskCredits(actor=ME, amount=300, pool_id=pool, note="Please")
    asked = (await credit_requests.ask(stage.store, stage.clock, command)).asked
    assert asked is not None
    now = stage.clock.now()
    await tell(stage, *decisions.asked_admins(RequestKind.CREDITS, asked.action_id, ANNA, [ADMIN], now))


def to_an_admin(one: Session, due_at: datetime) -> list[Notice]:
    """What an admin is told of a request, and reminded of, as if the coach had left."""
    request = one.cancellation.asked if one.cancellation else None
    assert request is not None
    told = decisions.asked_admins(RequestKind.EXCEPTION, request.action_id, COACH, [ADMIN], due_at)
    return [*told, decisions.nudge(request, COACH, due_at, admin=ADMIN), decisions.nudge(request, COACH, due_at)]


async def wished(stage: Stage, one: Session) -> str:
    """Anna asks to move a session a day on, and so it is told to an admin as if the coach had left; return the id."""
    command = move_requests.AskMove(actor=ME, session_id=one.id, times=[one.starts_at + DAY + HOUR / 2])
    asked = (await move_requests.ask(stage.store, stage.clock, command)).asked
    assert asked is not None
    now = stage.clock.now()
    await tell(stage, *decisions.asked_admins(RequestKind.MOVE, asked.action_id, COACH, [ADMIN], now))
    return asked.action_id


def of_a_day(stage: Stage, ahead: Session, past: Session) -> list[Notice]:
    """What Carla is told of her day: what it brings, a session ahead of her as if it were near, and one that is over."""
    now = stage.clock.now()
    [coming, _], [_, asks] = (
        days.around(days.Ahead(WORKSPACE, one.id, COACH, one.starts_at, one.ends_at), now) for one in (ahead, past)
    )
    return [days.agenda(COACH, now.date(), now, now + DAY), replace(coming, due_at=now), asks]


async def everything(stage: Stage) -> None:
    """Let every kind of news have its cause, and write it."""
    await opened(stage, undo_window=timedelta(0))
    late, kept, past, missed = [await booked(stage, DAY + HOUR * n) for n in (5, 7, 8, 9)]
    ahead, stays = await booked(stage, 4 * DAY), await booked(stage, 9 * DAY)
    stage.clock.advance(DAY)
    await moved(stage, await booked(stage, 6 * DAY))
    await handed(stage, await booked(stage, 7 * DAY))
    await tell(stage, *to_an_admin(await asked(stage, await stage.world.cancel(late)), stage.clock.now()))
    await stage.world.cancel(kept)
    await decide.decide_late(
        stage.store, stage.clock, decide.DecideLate(actor=CARLA, session_ids=[kept.id], refund=False)
    )
    declined = move_requests.AnswerMove(actor=CARLA, request_id=await wished(stage, missed), starts_at=None)
    await move_requests.answer(stage.store, stage.clock, declined)
    await wished(stage, missed)
    await of_credits(stage)
    await pleaded(stage)
    await for_admins(stage, ahead, stays)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.sessions.allow_late_move(ahead.id)
        await uow.commit()
    await linked(stage, ahead)
    now = stage.clock.now()
    theirs = await stage.world.cancel(await booked(stage, 12 * DAY), who=COACH, hat=Hat.COACH)
    await tell(stage, cancellations.own_receipt(theirs.draft.action_id or "", COACH, now, now + WINDOW))
    steps = [
        ReminderStep(ahead.id, at, at - now, now, starting)
        for at, starting in ((ahead.refund_cutoff_at, False), (ahead.starts_at, True))
    ]
    await tell(stage, move_allowed(replace(ahead, version=99), COACH, now), *reminders.planned(ahead, steps))
    stage.clock.set(missed.ends_at)
    await tell(stage, *of_a_day(stage, ahead, past))
    no_show = outcomes.CloseSession(actor=CARLA, session_id=missed.id, outcome=Status.NO_SHOW)
    await outcomes.close(stage.store, stage.clock, no_show)
    async with stage.store.write(WORKSPACE) as uow:
        assert await uow.notices.tell_admins(admins.coach_left(COACH, stage.clock.now()))
        await uow.commit()
    await greeted(stage)
    await in_roles(stage)
    named: dict[str, Any] = {"people": [BORIS], "channels": [], "addresses": ["mail:olga@example.org"], "ask": True}
    await stakeholders.save_told(stage.store, stage.clock, ADA, "olga", NewsOf.COACH, COACH, **named)


def pressed(node: Any) -> Iterator[str]:
    """Every action_id in blocks."""
    if isinstance(node, dict):
        if "action_id" in node:
            yield node["action_id"]
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from pressed(one)


@pytest.mark.usefixtures("in_pseudo")
async def test_each_kind_is_told_in_words_and_blocks_with_nothing_to_press_that_the_matrix_does_not_know(
    stage: Stage,
) -> None:
    await everything(stage)
    for row in await stage.rows():
        useful = KINDS[row.kind].useful
        assert useful is None or row.expires_at - row.due_at == useful, row.kind
    await stage.relay().drain()
    sent = [row for row in await stage.rows() if row.message_ts]
    assert {row.kind for row in sent} == set(NoticeKind) - MAIL_ONLY
    assert {row.kind for row in sent if row.recipient == BORIS and row.copy_of == COACH} == COPIED
    known = {str(line.id) for line in EVERY}
    for row in sent:
        message = stage.slack.workspace.channels[row.channel].messages[row.message_ts]
        assert len(message.text) > 20, row.kind
        assert message.blocks, row.kind
        assert set(pressed(message.blocks)) <= known, row.kind


async def test_doctor_names_a_notice_of_any_kind_whose_subject_is_gone(stage: Stage) -> None:
    await everything(stage)
    rows = await stage.rows()
    async with stage.store.engines.writer.begin() as connection:
        for kind, row in KINDS.items():
            gone = "NULL" if row.about is About.COACH else "'nowhere'"
            subject = {About.SESSION: "session_id"} | dict.fromkeys(
                (About.GRANT, About.COACH, About.PERSON, About.POOL), "about_id"
            )
            column = subject.get(row.about, "action_id")
            await connection.execute(text(f"UPDATE notices SET {column} = {gone} WHERE kind = '{kind}'"))
        every = [rule for rules in SUBJECTS.values() for rule in rules if rule.id == "no_orphan_notices"]
        [found] = await findings(connection, rules=every, examples=1000)
    assert set(found.examples) == {row.dedupe_key for row in rows}


@pytest.mark.parametrize("kind", sorted(set(NoticeKind) - about(About.GRANT, About.PERSON, About.POOL)))
def test_the_record_of_a_session_has_words_for_each_kind(kind: NoticeKind) -> None:
    given = session(1)
    line = NoticeLine(kind, given.coach, given.booked_at, NoticeState.SENT, given.booked_at)
    bare = details(given, length=0)
    shown = str(details_view(replace(bare, notices=[line]), Meta()))
    assert len(shown) > len(str(details_view(bare, Meta()))) + len("to Carla sent")


async def test_each_kind_fares_under_undo_as_its_row_says(stage: Stage) -> None:
    await opened(stage, undo_window=WINDOW)
    late, stays, other = [await booked(stage, n) for n in (DAY + 5 * HOUR, 9 * DAY, 8 * DAY)]
    await of_credits(stage)
    await pleaded(stage)
    await for_admins(stage, stays, stays)
    await linked(stage, stays)
    await greeted(stage)
    await in_roles(stage)
    relay = stage.relay()
    await relay.drain()
    stage.clock.advance(DAY)
    await tell(stage, decisions.answered(await wished(stage, late), ANNA, stage.clock.now()))
    early = await booked(stage, 6 * DAY)
    await moved(stage, early)
    await handed(stage, other)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.sessions.allow_late_move(late.id)
        await uow.commit()
    async with stage.store.read(WORKSPACE) as queries:
        given = await queries.sessions.by_ids([late.id, early.id, stays.id, other.id])
    await tell(stage, move_allowed(given[0], COACH, stage.clock.now()), *of_a_day(stage, given[1], given[1])[:2])
    done = await stage.world.cancel(*given)
    now = stage.clock.now()
    await tell(stage, cancellations.own_receipt(done.draft.action_id or "", ADMIN, now, now + WINDOW))
    await tell(stage, *to_an_admin(await asked(stage, done), stage.clock.now() + WINDOW * 2))
    async with stage.store.write(WORKSPACE) as uow:
        assert await uow.notices.tell_admins(admins.coach_left(COACH, stage.clock.now()))
        await uow.commit()
    await relay.drain()
    during = await stage.rows()
    assert {row.kind for row in during} == set(NoticeKind) - set(SETTLED)
    for row in during:
        kind = KINDS[row.kind]
        if row.session_id in (early.id, None) and (kind.held or kind.undo in {Undo.WITHDRAWS, Undo.REVIVES}):
            assert row.sent_revision is None, row.kind
    await undo.undo(stage.store, stage.clock, undo.Undo(actor=ME, action_id=done.draft.action_id or ""))

    async def all_told() -> bool:
        await relay.drain()
        return not [row for row in await stage.rows(state="pending") if row.due_at <= stage.clock.now()]

    await stage.until(all_told)
    after = {row.dedupe_key: row for row in await stage.rows()}
    assert {row.kind for row in during if row.why == "session_canceled"} == PLANNED
    for was in during:
        now, kind = after[was.dedupe_key], KINDS[was.kind]
        if was.sent_revision is not None:
            assert (now.sent_revision > was.sent_revision) == (Change.STATE in kind.refreshed_by), was.kind
        elif kind.undo is Undo.WITHDRAWS:
            assert (now.state, now.why) == ("dropped", "taken_back"), was.kind
        elif kind.undo is Undo.REVIVES:
            # What a move or the time had put out of date stays so.
            back = was.why == "session_canceled" and was.expires_at > stage.clock.now()
            assert now.state == ("pending" if back else "dropped"), was.kind
        else:
            assert now.state == ("sent" if kind.held else was.state), was.kind


def test_each_family_has_a_file_of_its_name_wherever_news_passes() -> None:
    for family in Family:
        for room in ("coaching.news", "bot.delivery.news", "handlers.views.news"):
            import_module(f"{room}.{family}")
    assert set(KINDS) == set(NoticeKind)
    assert {row.family for row in KINDS.values()} == set(Family)
