"""Asking the coach to move a session that one cannot move any more, and the answer (C15)."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.actions import move_requests
from coaching.actions.move_requests import MoveCase
from coaching.errors import CannotRequest, CoachingError, Engaged, InPast, NotBookable
from coaching.sessions import MAX_REASON, Actor
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import RequestMeta
from handlers.parse import BadRequest
from handlers.press import Press, on_action, on_submit
from handlers.records import among_everybodys, details_for, from_home, in_record, record_under, redraw_record
from handlers.refusals import refusal
from handlers.views.kit import Json
from handlers.views.move_requests import answer_words, ask_move_view, move_asked_view
from handlers.waiting import settled


class MoveRequestFeature:
    """The form, the request that can be withdrawn, and the coach's buttons."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    @on_action(Action.ASK_MOVE)
    async def open(self, press: Press) -> None:
        """Open the form from a button that names a session."""
        await self.open_for(press, parse.value(press.body))
        await press.ack()

    async def open_for(self, press: Press, session_id: str) -> None:
        """Open the form, or the request if there is one. Raises NotYours, and CannotRequest if nothing can be asked."""
        record, under = record_under(press, session_id)
        meta = RequestMeta(
            subject=session_id,
            record=record,
            under=under,
            home=from_home(press),
            everybodys=among_everybodys(press),
        )
        case = await self._deps.met(press.client, press.actor, lambda: self._look(press.actor, session_id))
        await press.show(_begun(case, meta))

    async def begin(self, actor: Actor, meta: RequestMeta, chosen: Sequence[str] = (), note: str | None = None) -> Json:
        """Return the form, or the request if there is one. Raises NotYours, and CannotRequest if nothing can be asked.

        In the form are these times (options' values), as far as they are still offered, and the note.
        """
        times = [parse.instant(one) for one in chosen]
        case = await self._look(actor, meta.subject)
        return ask_move_view(case, meta, times=times, note=note) if case.asked is None else move_asked_view(case, meta)

    async def _look(self, actor: Actor, session_id: str) -> MoveCase:
        try:
            return await move_requests.look(self._deps.store, self._deps.clock, actor, session_id)
        except CannotRequest:
            self._deps.count("ask_move", "refused")
            raise

    @on_submit(Callback.ASK_MOVE)
    async def submit(self, press: Press) -> None:
        """Ask, and show the request. If a time cannot be had any more, the form comes back and says so."""
        meta = RequestMeta.load(press.body)
        block = parse.first_block(press.body, Block.WISHES)
        chosen = parse.chosen_of_many(press.body, block) if block else []
        if not 0 < len(set(chosen)) <= move_requests.MOST_TIMES:
            raise BadInput(
                block or Block.WISHES,
                "choose at least one time and at most {n}",
                "choose at least one time and at most {n}",
                n=move_requests.MOST_TIMES,
            )
        note = parse.typed_text(press.body, Block.NOTE, MAX_REASON)
        view, asked = await self.asked(press.actor, meta, chosen, note)
        await press.replace(view)
        if asked:
            self._later(press, meta)

    async def asked(
        self, actor: Actor, meta: RequestMeta, chosen: Sequence[str], note: str | None
    ) -> tuple[Json, bool]:
        """Ask for one of these times (options' values). Return what is shown then, and whether it was asked for."""
        times = [parse.instant(one) for one in chosen]
        command = move_requests.AskMove(actor=actor, session_id=meta.subject, times=times, note=note)
        try:
            case = await move_requests.ask(self._deps.store, self._deps.clock, command)
        except (Engaged, NotBookable, InPast) as error:
            self._deps.count("ask_move", "conflict")
            words = await refusal(self._deps, actor, error)
            fresh = await move_requests.look(self._deps.store, self._deps.clock, actor, meta.subject)
            again = replace(meta, round=meta.round + 1)
            if not fresh.free:
                return move_asked_view(fresh, meta), False
            # The menu has a new id, so that Slack shows what is free now: what was chosen comes back with it.
            return ask_move_view(fresh, again, notice=words, times=times, note=note), False
        except CoachingError:
            self._deps.count("ask_move", "refused")
            raise
        self._deps.count("ask_move", "refused" if case.again else "done")
        return move_asked_view(case, meta), True

    @on_action(Action.MOVE_WITHDRAW)
    async def withdraw(self, press: Press) -> None:
        """Take the request back. The relay edits the coach's message."""
        meta, request_id = RequestMeta.load(press.body), parse.value(press.body)
        await press.redraw(await self.withdrawn(press.actor, meta, request_id))
        self._later(press, meta)
        await press.ack()

    async def withdrawn(self, actor: Actor, meta: RequestMeta, request_id: str) -> Json:
        """Take a request back, and return it. Raises NotYours."""
        case = await move_requests.withdraw(self._deps.store, self._deps.clock, actor, request_id)
        self._deps.count("withdraw_move", "refused" if case.again else "done")
        return move_asked_view(case, meta)

    @on_action(Action.MOVE_ACCEPT, Action.MOVE_DECLINE)
    async def answer(self, press: Press) -> None:
        """Move the session to the time of the button, or decline. The relay edits the message."""
        request_id, _, time = parse.value(press.body).partition("|")
        if (press.action_id == Action.MOVE_ACCEPT) != bool(time):
            raise BadRequest("an odd answer")
        command = move_requests.AnswerMove(
            actor=press.actor, request_id=request_id, starts_at=parse.instant(time) if time else None
        )
        try:
            found = await move_requests.answer(self._deps.store, self._deps.clock, command)
        except CoachingError:
            self._deps.count("answer_move", "refused")
            raise
        self._deps.count("answer_move", "done" if found.done else "conflict" if found.gone else "refused")
        if in_record(press):
            # What a press decided is in the details. Of one that decided nothing they would not tell.
            notice = None if found.done else answer_words(found)
            home = from_home(press)
            await press.redraw(await details_for(self._deps, press, found.session.id, home=home, notice=notice))
            if home:
                self._deps.later(self._publish_home(press.client, press.actor), "publish home")
        elif not await settled(self._deps, press, self._publish_home, answer_words(found)):
            self._deps.later(press.whisper(answer_words(found)), "answer a decision")
        await press.ack()

    def _later(self, press: Press, meta: RequestMeta) -> None:
        """Have the views redrawn that show whether there is a request."""
        self._deps.later(redraw_record(self._deps, press, meta), "redraw a record")
        if meta.home:
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")


def _begun(case: MoveCase, meta: RequestMeta) -> Json:
    return ask_move_view(case, meta) if case.asked is None else move_asked_view(case, meta)
