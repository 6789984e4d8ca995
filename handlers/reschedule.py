"""Rescheduling: a new time for each session in turn, a confirmation, and one transaction that moves them all."""

from collections.abc import Callable, Collection, Coroutine
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from coaching.actions import reschedule
from coaching.actions import reschedule_dialog as dialog
from coaching.actions.reschedule import MoveSessions, NewTime
from coaching.actions.reschedule_dialog import Moving
from coaching.clock import utc
from coaching.errors import (
    CannotMove,
    ChangedMeanwhile,
    CoachingError,
    Engaged,
    InPast,
    NotBookable,
    NotYours,
    Replayed,
)
from coaching.sessions import Actor, Hat
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.ids import Action, Block, Callback
from handlers.meta import Meta
from handlers.parse import BadRequest
from handlers.press import Press, on_action, on_submit
from handlers.records import details_for, from_home, session_pressed
from handlers.refusals import refusal
from handlers.views.kit import Json
from handlers.views.lost import lost_lines
from handlers.views.message import message_view
from handlers.views.reschedule import confirm_move_view, move_view, moved_view, nearest_words
from handlers.views.words import line, reader_for
from language.say import Say, say_for

BackToChoosing = Callable[[Actor, Meta], Coroutine[Any, Any, Json]]


class RescheduleFeature:
    """The dialog that moves sessions."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home
        self.back_to_choosing: BackToChoosing | None = None

    async def begin(self, actor: Actor, meta: Meta, session_ids: Collection[str]) -> Json:
        """Return the first step for these sessions. Raises NothingPicked, NotYours, CannotMove."""
        moving = await dialog.begin(
            self._deps.store,
            self._deps.clock,
            actor,
            draft_id=meta.draft or None,
            hat=meta.hat,
            subject_id=meta.subject,
            session_ids=session_ids,
        )
        return move_view(moving, replace(meta, draft=moving.draft.id, round=meta.round + 1))

    async def open_for(self, press: Press, hat: Hat, subject: str, session_id: str) -> None:
        """Open the dialog for one session. If it cannot be moved, its details open and say why and whom to ask."""
        home = from_home(press)
        meta = Meta(hat=hat, subject=subject, home=home)
        try:
            view = await self.begin(press.actor, meta, [session_id])
        except (CannotMove, NotYours):
            view = await details_for(self._deps, press, session_id, home=home)
        await press.show(view)

    @on_action(Action.MOVE_OPEN)
    async def from_button(self, press: Press) -> None:
        """Open the dialog from a message or from a session's details."""
        await self.open_for(press, *session_pressed(press))
        await press.ack()

    @on_action(Action.MOVE_DAY)
    async def turn(self, press: Press) -> None:
        """Show the times of another day."""
        meta = Meta.load_dialog(press.body)
        await press.redraw(await self.times_of(press.actor, meta, parse.value(press.body)))
        await press.ack()

    @on_action(Action.MOVE_BACK)
    async def back(self, press: Press) -> None:
        """Go one step back, or from the first step back to choosing sessions."""
        await press.redraw(await self.before(press.actor, Meta.load_dialog(press.body)))
        await press.ack()

    @on_submit(Callback.MOVE)
    async def submit_time(self, press: Press) -> None:
        """Save the time and continue to the next session, or to the confirmation."""
        meta = Meta.load_dialog(press.body)
        block_id = parse.first_block(press.body, Block.MOVE_TIME)
        held = parse.chosen(press.body, block_id) if block_id else None
        key = parse.request_key(press.body)
        await press.replace(await self.after_choice(press.actor, meta, parse.text(held, "time"), key))

    @on_submit(Callback.MOVE_CONFIRM)
    async def submit_confirmation(self, press: Press) -> None:
        """Move all sessions, or move none and come back with what is in the way."""
        meta = Meta.load_dialog(press.body)
        view, moved = await self.confirmed(press.actor, meta)
        await press.replace(view)
        if moved and meta.home:
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    async def times_of(self, actor: Actor, meta: Meta, day: str) -> Json:
        """Return the step with the times of another day, given as 2026-11-24. Raises BadRequest."""
        moving = await self._look(actor, meta, meta.page)
        if moving.complete:
            raise BadRequest("no such step")
        return move_view(moving, meta, day=_day(day))

    async def before(self, actor: Actor, meta: Meta) -> Json:
        """Return the step before this one. Before the first step, sessions are chosen."""
        if meta.page == 0 and self.back_to_choosing is not None:
            return await self.back_to_choosing(actor, meta)
        moving = await self._look(actor, meta, max(0, meta.page - 1))
        return self._step(moving, replace(meta, round=meta.round + 1))

    async def after_choice(self, actor: Actor, meta: Meta, chosen: str, key: str) -> Json:
        """Keep a chosen time (an option's value) and return the next step. `key` names the request. Raises BadRequest."""
        moving = await self._look(actor, meta, meta.page)
        old, new = _times(chosen)
        if moving.complete:
            raise BadRequest("no such step")
        time = NewTime(moving.session.id, old, new)
        moving = await dialog.choose(self._deps.store, self._deps.clock, actor, key, meta.draft, time, step=moving.step)
        return self._step(moving, replace(meta, round=meta.round + 1))

    async def confirmed(self, actor: Actor, meta: Meta) -> tuple[Json, bool]:
        """Move all sessions, or none. Return what is shown then, and whether they were moved just now."""
        moving = await self._look(actor, meta, parse.MAX_PAGE)
        back = replace(meta, round=meta.round + 1)
        if meta.seal != moving.seal or len(moving.chosen) != len(moving.sessions):
            say = say_for(moving.viewer.person.locale)
            words = say.sentences(say("The new times changed while this was open."), _not_moved(say))
            return await self._anew(actor, back, words), False
        command = MoveSessions(
            actor=actor,
            # One confirmation moves once, however often its button is pressed.
            request_key=f"move:{meta.draft}:{meta.seal}",
            hat=moving.draft.hat,
            subject_id=moving.draft.subject_id,
            times=list(moving.chosen.values()),
        )
        try:
            done = await reschedule.move_sessions(self._deps.store, self._deps.clock, command)
        except Replayed:
            return moved_view(moving, moving.sessions), False
        except (Engaged, NotBookable, InPast, ChangedMeanwhile, CannotMove) as error:
            self._deps.count("move", "conflict" if isinstance(error, Engaged | ChangedMeanwhile) else "refused")
            return await self._instead(actor, back, moving, error), False
        self._deps.count("move", "done")
        return moved_view(moving, [after for _, after in done.sessions]), True

    @on_action(Action.MOVE_ALLOW)
    async def allow(self, press: Press) -> None:
        """Allow the client to move a session that its policy no longer lets them move. The record shows it."""
        session_id = parse.value(press.body)
        await reschedule.allow_late_move(self._deps.store, self._deps.clock, press.actor, session_id)
        view = await details_for(self._deps, press, session_id, home=from_home(press))
        if parse.surface(press.body) == "modal":
            await press.redraw(view)
        else:
            await press.show(view)
        await press.ack()

    def _step(self, moving: Moving, meta: Meta, *, notice: str | None = None) -> Json:
        if moving.complete:
            return confirm_move_view(moving, meta, notice=notice)
        return move_view(moving, meta, notice=notice)

    async def _look(self, actor: Actor, meta: Meta, step: int) -> Moving:
        return await dialog.look(self._deps.store, self._deps.clock, actor, meta.draft, step)

    async def _anew(self, actor: Actor, meta: Meta, words: str) -> Json:
        """Show the first session without a time, else the confirmation of the current choices."""
        moving = await self._look(actor, meta, parse.MAX_PAGE)
        open_ = next((n for n, s in enumerate(moving.sessions) if s.id not in moving.chosen), len(moving.sessions))
        return self._step(await self._look(actor, meta, open_), meta, notice=words)

    async def _instead(self, actor: Actor, meta: Meta, moving: Moving, error: CoachingError) -> Json:
        """Return the dialog after a refusal: nothing was moved, and these are the options."""
        store, clock, say = self._deps.store, self._deps.clock, say_for(moving.viewer.person.locale)
        if isinstance(error, CannotMove):
            words = _cannot(moving, error)
            draft = await dialog.leave_out(store, clock, actor, meta.draft, error.why)
            if not draft.picked:
                return message_view(say.title("Nothing to move"), words, say, clear=True)
            still = say("The others are still chosen.")
            return await self._anew(actor, meta, f"{words}\n{still}")
        gone = await self._gone(actor, meta, moving, error)
        wanted = {session_id: time.to_start for session_id, time in moving.chosen.items()}
        await dialog.let_go(store, clock, actor, meta.draft, gone)
        step = next((n for n, s in enumerate(moving.sessions) if s.id in gone), 0)
        fresh = await self._look(actor, meta, step)
        words = say.sentences(await refusal(self._deps, actor, error), _not_moved(say))
        if isinstance(error, ChangedMeanwhile):
            reader = reader_for(fresh.viewer, [fresh.session], fresh.now)
            words = say.sentences(words, say("It is now: {session}.", session=line(fresh.session, reader)))
        else:
            words += nearest_words(fresh, wanted[fresh.session.id])
        return self._step(fresh, meta, notice=words)

    async def _gone(self, actor: Actor, meta: Meta, moving: Moving, error: CoachingError) -> set[str]:
        """Return the sessions that need another time.

        These are the sessions that the error is about. If it names none, every chosen time is checked again.
        """
        chosen = moving.chosen
        if isinstance(error, ChangedMeanwhile):
            changed = {s.id for s in moving.sessions if s.starts_at != chosen[s.id].from_start}
            return changed or {moving.sessions[0].id}
        if isinstance(error, Engaged):
            exact = {
                s.id
                for s in moving.sessions
                if error.person_id in (s.coach.id, s.client.id) and chosen[s.id].to_start == utc(error.starts_at)
            }
            if exact:
                return exact
        found = set()
        for step in range(len(moving.sessions)):
            one = await self._look(actor, meta, step)
            starts = {slot.starts_at for slots in one.free.days.values() for slot in slots} if one.free else set()
            if chosen[one.session.id].to_start not in starts:
                found.add(one.session.id)
        return found or {moving.sessions[0].id}


def _cannot(moving: Moving, error: CannotMove) -> str:
    reader = reader_for(moving.viewer, list(moving.sessions), moving.now)
    why = error.why
    lines = lost_lines([(s, why[s.id]) for s in moving.sessions if s.id in why][:10], reader, moving=True)
    say = reader.say
    return "\n".join([say.sentences(say("Some of this cannot be moved any more."), _not_moved(say)), *lines])


def _not_moved(say: Say) -> str:
    """Say that nothing was moved."""
    return f"*{say('Nothing was moved.')}*"


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadRequest("an odd day") from None


def _times(chosen: str) -> tuple[datetime, datetime]:
    """Return the shown start and the chosen one (aware UTC). Raises BadRequest."""
    old, _, new = chosen.partition("/")
    return parse.instant(old), parse.instant(new)
