"""The dialogs of Slack on a web page, for the sessions of one link. Actions, views and words are those of Slack."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from coaching.actions import cancel, undo, way_in
from coaching.actions.way_in import WayIn
from coaching.errors import (
    CannotCancel,
    CannotMove,
    ChangedMeanwhile,
    CoachingError,
    NothingPicked,
    ReasonRequired,
    ReasonTooLong,
    UndoClosed,
)
from coaching.sessions import Actor
from handlers.cancel import lost_words
from handlers.deps import Deps
from handlers.error_words import words_for
from handlers.ids import LATE_HOLD, MODE_KEEP, MODE_MOVE, Action, Block, Callback
from handlers.meta import Meta
from handlers.parse import BadRequest
from handlers.reschedule import RescheduleFeature
from handlers.views.choose import choose_view
from handlers.views.confirm import confirm_view
from handlers.views.kit import Json
from handlers.views.message import message_view
from handlers.views.result import result_view
from handlers.views.undo import closed_words, undone_view
from language.say import Say, say_for
from web.further import Further, nothing_to_publish
from web.own import own_blocks
from web.sent import Sent, Shown


class Dialog:
    """What one link leads to, for one request."""

    def __init__(self, deps: Deps, found: WayIn) -> None:
        self._deps = deps
        self._found = found
        self._move = RescheduleFeature(deps, nothing_to_publish)
        self._move.back_to_choosing = self._choosing_to_move
        self._further = Further(deps, found, self.say)

    @property
    def say(self) -> Say:
        """The messages in the person's language."""
        return say_for(self._found.viewer.person.locale)

    def first(self) -> Json:
        """Return the page that a link opens."""
        choosing = self._found.choosing()
        view = choose_view(choosing, self.meta(choosing.draft.id))
        blocks, further = own_blocks(self._found), self._further.buttons()
        if not self._found.rows:
            return {**view, "blocks": [*blocks, *further]}
        return {**view, "blocks": [*blocks, *view["blocks"], *further]}

    def meta(self, draft_id: str = "") -> Meta:
        """Return the state of a page."""
        return Meta(hat=self._found.hat, subject=self._found.actor.user_id, draft=draft_id)

    async def step(self, sent: Sent) -> Shown:
        """Carry out what a page sent. Raises BadRequest, NotYours, and what the actions raise."""
        match sent.step, sent.do:
            case Callback.CHOOSE, "submit":
                return await self._chosen(sent)
            case Callback.CONFIRM, "submit":
                return await self._confirmed(sent)
            case Callback.CONFIRM, Action.CONFIRM_BACK:
                return await self._back(sent)
            case Callback.CONFIRM, Action.CONFIRM_LATE:
                return Shown(await self._quoted_again(sent, _typed(sent)))
            case Callback.RESULT, Action.UNDO:
                return await self._undone(sent.meta)
        if sent.step in (Callback.MOVE, Callback.MOVE_CONFIRM):
            return await self._moving(sent)
        return await self._further.step(sent)

    async def _moving(self, sent: Sent) -> Shown:
        """Go on with new times."""
        meta, actor, day = sent.meta, self._found.actor, sent.one(Action.MOVE_DAY) or ""
        match sent.step, sent.do:
            case Callback.MOVE, "submit":
                if (time := sent.one(Block.MOVE_TIME)) is None:
                    return Shown(await self._move.times_of(actor, meta, day), self.say("Choose a time"))
                return Shown(await self._move.after_choice(actor, meta, time, _key()))
            case Callback.MOVE, Action.MOVE_DAY:
                return Shown(await self._move.times_of(actor, meta, day))
            case ((Callback.MOVE | Callback.MOVE_CONFIRM), Action.MOVE_BACK):
                return Shown(await self._move.before(actor, meta))
            case Callback.MOVE_CONFIRM, "submit":
                return Shown((await self._move.confirmed(actor, meta))[0])
        raise BadRequest("no such step")

    async def _chosen(self, sent: Sent) -> Shown:
        """Go on with the sessions picked: to their quote, to new times, or nowhere."""
        mode, picked = sent.one(Block.MODE), list(sent.fields.get(Block.SESSIONS, ()))
        if mode == MODE_KEEP:
            words = self.say("Nothing will change. Your sessions stay booked.")
            return Shown(message_view(self.say.title("Keep sessions"), words, self.say))
        await way_in.require_within(self._deps.store, self._found, picked)
        choice = self._choice(sent.meta, picked)
        try:
            if mode == MODE_MOVE:
                await cancel.save_choice(self._deps.store, self._deps.clock, choice)
                return Shown(await self._move.begin(self._found.actor, sent.meta, picked))
            quoted = await cancel.quote_choice(self._deps.store, self._deps.clock, choice)
        except NothingPicked as error:
            return Shown(self._choosing(sent.meta, (), move=mode == MODE_MOVE), words_for(error, "", self.say))
        except (CannotCancel, CannotMove) as error:
            left = [session_id for session_id in picked if session_id not in error.why]
            view = self._choosing(sent.meta, left, move=mode == MODE_MOVE)
            return Shown(view, await lost_words(self._deps, self._found.actor, self._found.choosing(), error))
        return Shown(confirm_view(quoted, sent.meta))

    async def _confirmed(self, sent: Sent) -> Shown:
        """Cancel under the shown terms, or show the new ones."""
        command = cancel.Confirm(
            actor=self._found.actor, draft_id=sent.meta.draft, typed=_typed(sent), seal=sent.meta.seal
        )
        try:
            done = await cancel.confirm(self._deps.store, self._deps.clock, command)
        except (ReasonRequired, ReasonTooLong) as error:
            self._deps.count("cancel", "refused")
            kept = cancel.Typed(refund_late=command.typed.refund_late)
            return Shown(await self._quoted_again(sent, kept), words_for(error, "", self.say))
        except CoachingError as error:
            self._deps.count("cancel", "conflict" if isinstance(error, ChangedMeanwhile) else "refused")
            raise
        if isinstance(done, cancel.Quoted):
            self._deps.count("cancel", "conflict")
            return Shown(confirm_view(done, sent.meta))
        if not done.again:
            self._deps.count("cancel", "done")
        return Shown(result_view(done, sent.meta))

    async def _quoted_again(self, sent: Sent, typed: cancel.Typed) -> Json:
        command = cancel.Revise(actor=self._found.actor, draft_id=sent.meta.draft, typed=typed)
        return confirm_view(await cancel.quote_again(self._deps.store, self._deps.clock, command), sent.meta)

    async def _back(self, sent: Sent) -> Shown:
        """Go back to choosing, with all picks and the reason kept."""
        choice = replace(self._choice(sent.meta, ()), offered=(), typed=_typed(sent))
        draft = await cancel.save_choice(self._deps.store, self._deps.clock, choice)
        return Shown(self._choosing(sent.meta, draft.picked))

    async def _undone(self, meta: Meta) -> Shown:
        """Take back what this page canceled."""
        draft = await way_in.chosen(self._deps.store, self._found, meta.draft)
        command = undo.Undo(actor=self._found.actor, action_id=draft.action_id or "")
        try:
            done = await undo.undo(self._deps.store, self._deps.clock, command)
        except UndoClosed as closed:
            self._deps.count("undo", "refused")
            return Shown(message_view(self.say.title("Not undone"), closed_words(closed.why, self.say), self.say))
        self._deps.count("undo", "done")
        return Shown(undone_view(done.sessions, done.viewer, done.now))

    async def _choosing_to_move(self, _actor: Actor, meta: Meta) -> Json:
        draft = await way_in.chosen(self._deps.store, self._found, meta.draft)
        return self._choosing(meta, draft.picked, move=True)

    def _choosing(self, meta: Meta, picked: Sequence[str], *, move: bool = False) -> Json:
        choosing = self._found.choosing()
        draft = replace(choosing.draft, id=meta.draft, picked=tuple(picked))
        return choose_view(replace(choosing, draft=draft), meta, move=move)

    def _choice(self, meta: Meta, picked: Sequence[str]) -> cancel.Choice:
        return cancel.Choice(
            actor=self._found.actor,
            request_key=_key(),
            draft_id=meta.draft,
            hat=meta.hat,
            subject_id=meta.subject,
            offered=[*self._found.ids, *picked],
            picked=picked,
        )


def _key() -> str:
    """Return a name for a request. A page that is sent twice quotes twice, and its seal lets it act once."""
    return f"web:{secrets.token_hex(16)}"


def _typed(sent: Sent) -> cancel.Typed:
    """Return what a confirmation holds: a field that it does not have is None, an empty one is empty."""
    late = sent.one(Block.LATE)
    return cancel.Typed(
        reason=sent.text(Block.REASON),
        refund_late=None if late is None else late != LATE_HOLD,
    )
