"""Messages tell the present: every kind of message about a session after everything that can become of it."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions import cancel, decide, exceptions, outcomes, reschedule, undo, upkeep
from coaching.ids import new_id
from coaching.sessions import Actor, Hat, Session, Status
from coaching.workspace import Settings
from tests.delivery.conftest import Stage
from tests.delivery.test_life import booked
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")


H = timedelta(hours=1)
DEAD = {"reminder_cancel", "reminder_keep", "move_open", "session_join"}
"""What leads nowhere once a session is not booked any more."""


async def told_everything(stage: Stage) -> Session:
    """Anna booked and moved a session; both were told, she was reminded, and told that it starts soon. 46 hours are left."""
    settings = Settings(undo_window=timedelta(0), start_reminder=47 * H)
    await stage.world.settings(settings)
    session = await booked(stage, 120 * H)
    await stage.relay().drain()
    await move(stage, session, ANNA, Hat.CLIENT, ANNA, hours=-24)
    await stage.relay().drain()
    stage.clock.advance(48 * H)
    await stage.relay().drain()
    stage.clock.advance(2 * H)
    await stage.relay().drain()
    assert {row.kind for row in await stage.rows(state="sent")} >= {
        *("booked", "coach_booked", "moved", "coach_moved", "reminder", "starting")
    }
    return await now(stage, session)


async def now(stage: Stage, session: Session) -> Session:
    async with stage.store.read(WORKSPACE) as queries:
        found = await queries.sessions.find(session.id)
    assert found is not None
    return found


async def move(stage: Stage, session: Session, who: str, hat: Hat, subject: str, hours: float) -> None:
    session = await now(stage, session)
    time = reschedule.NewTime(session.id, session.starts_at, session.starts_at + hours * H)
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, who), request_key=new_id(stage.clock.now()), hat=hat, subject_id=subject, times=[time]
    )
    await reschedule.move_sessions(stage.store, stage.clock, command)


async def end(stage: Stage, session: Session, who: str, hat: Hat, subject: str) -> str:
    quoted = await stage.world.quote(session, who=who, hat=hat, subject=subject)
    done = await stage.world.confirm(quoted)
    assert isinstance(done, cancel.Canceled)
    return done.draft.action_id or ""


Act = Callable[[Stage, Session], Awaitable[object]]


def by(act: Callable[..., Awaitable[object]], who: str, hat: Hat, subject: str, **more: Any) -> Act:
    return lambda stage, session: act(stage, session, who, hat, subject, **more)


async def take_back(stage: Stage, session: Session) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(seconds=60), start_reminder=47 * H))
    action_id = await end(stage, session, ANNA, Hat.CLIENT, ANNA)
    await stage.relay().drain()
    await undo.undo(stage.store, stage.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=action_id))


async def canceled_again(stage: Stage, session: Session) -> None:
    await take_back(stage, session)
    await stage.relay().drain()
    await end(stage, await now(stage, session), COACH, Hat.COACH, COACH)
    stage.clock.advance(timedelta(seconds=61))  # what the coach canceled is told when it can no longer be undone


async def complete(stage: Stage, session: Session) -> None:
    stage.clock.set(session.ends_at + 2 * H)
    assert await upkeep.run(stage.store, stage.clock, outcomes.complete_due) == 1


def close(*ways: Status) -> Act:
    async def act(stage: Stage, session: Session) -> None:
        stage.clock.set(session.ends_at + H / 2)
        for way in ways:
            command = outcomes.CloseSession(actor=Actor(WORKSPACE, COACH), session_id=session.id, outcome=way)
            await outcomes.close(stage.store, stage.clock, command)
            await stage.relay().drain()

    return act


async def late(stage: Stage, session: Session) -> str:
    stage.clock.set(session.starts_at - 5 * H)
    await stage.relay().drain()
    action_id = await end(stage, session, ANNA, Hat.CLIENT, ANNA)
    await stage.relay().drain()
    return action_id


async def ask(stage: Stage, session: Session) -> None:
    command = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=await late(stage, session), note="Ill")
    await exceptions.ask(stage.store, stage.clock, command)
    await stage.relay().drain()


def decided(*, refund: bool, asked: bool) -> Act:
    async def act(stage: Stage, session: Session) -> None:
        await (ask if asked else late)(stage, session)
        command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=refund)
        await decide.decide_late(stage.store, stage.clock, command)

    return act


async def rebook(stage: Stage, session: Session) -> None:
    await end(stage, session, ANNA, Hat.CLIENT, ANNA)
    await stage.relay().drain()
    await booked(stage, 200 * H, rebooks=session.id)


async def rebook_and_cancel(stage: Stage, session: Session) -> None:
    await end(stage, session, ANNA, Hat.CLIENT, ANNA)
    again = await booked(stage, 200 * H, rebooks=session.id)
    await stage.relay().drain()
    await end(stage, again, COACH, Hat.COACH, COACH)


GONE = dict.fromkeys(("booked", "moved", "coach_booked", "coach_moved", "reminder", "starting"), "Session Canceled")
ELSEWHERE = {
    "booked": "is booked",
    "moved": "Moved again since",
    "coach_moved": "Moved again since",
    "reminder": "was moved",
    "starting": "has another time now",
}
OVER = {"booked": "It took place", "moved": "It took place", "starting": "It took place"}
EVENTS: dict[str, tuple[Act, dict[str, str]]] = {
    "canceled by the client": (by(end, ANNA, Hat.CLIENT, ANNA), GONE),
    "canceled by the coach": (by(end, COACH, Hat.COACH, COACH), GONE),
    "canceled by an admin": (by(end, ADMIN, Hat.ADMIN, ANNA), GONE),
    "moved by the client": (by(move, ANNA, Hat.CLIENT, ANNA, hours=48), ELSEWHERE),
    "moved by the coach": (by(move, COACH, Hat.COACH, COACH, hours=48), ELSEWHERE),
    "moved by an admin": (by(move, ADMIN, Hat.ADMIN, ANNA, hours=48), ELSEWHERE),
    "taken back": (take_back, {"booked": "is booked", "reminder": "Free cancellation ends", "receipt": "is booked as"}),
    "canceled again": (canceled_again, {**GONE, "receipt": "Session Canceled"}),
    "completed by time": (complete, OVER),
    "missed": (
        close(Status.NO_SHOW),
        {"booked": "no-show", "moved": "no-show", "no_show": "no-show"},
    ),
    "corrected": (close(Status.NO_SHOW, Status.COMPLETED), {**OVER, "no_show": "Corrected"}),
    "late": (late, {**GONE, "coach_alert": "you decide", "receipt": "can still return"}),
    "asked": (ask, {"coach_alert": "asked for an exception", "exception": "Please decide by", "receipt": "You asked"}),
    "refunded": (decided(refund=True, asked=True), {"coach_alert": "refunded anyway", "exception": "refunded anyway"}),
    "kept": (
        decided(refund=False, asked=True),
        {"coach_alert": "kept by", "exception": "kept by", "receipt": "kept by"},
    ),
    "kept unasked": (decided(refund=False, asked=False), {"coach_alert": "kept by", "receipt": "kept by"}),
    "rebooked": (rebook, {**GONE, "coach_alert": "Rebooked:", "receipt": "Rebooked:"}),
}


async def shown(stage: Stage, session: Session) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Kind, text and buttons of every message that is about one of the sessions."""
    messages = {
        (channel.id, ts): message
        for channel in stage.slack.workspace.channels.values()
        for ts, message in channel.messages.items()
    }
    found = []
    for row in await stage.rows():
        if row.message_ts is None or row.session_id not in {None, session.id}:
            continue
        message = messages[row.channel, row.message_ts]
        elements = [e for block in message.blocks if block["type"] == "actions" for e in block["elements"]]
        found.append((row.kind, message.text, elements))
    return iter(found)


@pytest.mark.parametrize("event", EVENTS)
async def test_every_message_tells_what_became_of_its_session(stage: Stage, event: str) -> None:
    act, said = EVENTS[event]
    session = await told_everything(stage)
    posted = len(stage.posts())
    await act(stage, session)
    await stage.relay().drain()
    after = await now(stage, session)
    left = dict(said)
    decides = []
    for kind, text, buttons in await shown(stage, session):
        if kind in left and left[kind] in text:
            del left[kind]
        pressable = {button["action_id"] for button in buttons if session.id in button.get("value", session.id)}
        if after.status is not Status.SCHEDULED:
            assert not pressable & DEAD, (kind, text)
        decides += [kind] if any(name.startswith("late_") for name in pressable) else []
        if after.cancellation and after.cancellation.rebooked_at:
            assert "schedule" not in pressable, (kind, text)
    assert not left
    assert len(decides) == (1 if event in {"late", "asked"} else 0), decides
    assert decides == {"late": ["coach_alert"], "asked": ["exception"]}.get(event, [])
    # Edited in place: nothing is posted anew but the news of what happened.
    news = {row.dedupe_key for row in await stage.rows() if row.message_ts}
    assert len(stage.posts()) == len(news) >= posted


async def test_a_receipt_offers_to_schedule_again_when_what_was_booked_instead_is_canceled(stage: Stage) -> None:
    session = await told_everything(stage)
    await rebook_and_cancel(stage, session)
    await stage.relay().drain()
    [receipt, *_] = [entry for entry in await shown(stage, session) if entry[0] == "receipt"]
    assert "Rebooked" not in receipt[1]
    assert "schedule" in {button["action_id"] for button in receipt[2]}
