"""Handing sessions over: which other coach, a confirmation, and one transaction that hands all of them over."""

from collections.abc import Collection
from dataclasses import replace

from coaching.actions import handover
from coaching.actions.handover import HandOver, Offer
from coaching.actions.reschedule_dialog import leave_out
from coaching.errors import CannotMove, ChangedMeanwhile, CoachingError, Engaged, NotBookable
from coaching.sessions import Actor, Hat
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import Meta
from handlers.press import Press, on_action, on_submit
from handlers.records import details_for, from_home, session_pressed
from handlers.refusals import refusal
from handlers.views.handover import confirm_hand_view, hand_view, handed_view
from handlers.views.kit import Json
from handlers.views.lost import lost_lines
from handlers.views.message import message_view
from handlers.views.words import reader_for


class HandoverFeature:
    """The dialog that hands sessions over to another coach."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    async def begin(self, actor: Actor, meta: Meta, session_ids: Collection[str]) -> Json:
        """Return the first step for these sessions. Raises NothingPicked, NotYours, CoachesOnly, CannotMove."""
        return _first(await self._begun(actor, meta, session_ids), meta)

    async def open_for(self, press: Press, hat: Hat, subject: str, session_id: str) -> None:
        """Open the dialog for one session. If it cannot be handed over any more, its details open and say why."""
        home = from_home(press)
        meta = Meta(hat=hat, subject=subject, home=home, alone=True)
        try:
            offer = await self._deps.met(
                press.client, press.actor, lambda: self._begun(press.actor, meta, [session_id])
            )
        except CannotMove:
            await press.show(await details_for(self._deps, press, session_id, home=home))
            return
        await press.show(_first(offer, meta))

    async def _begun(self, actor: Actor, meta: Meta, session_ids: Collection[str]) -> Offer:
        return await handover.begin(
            self._deps.store,
            self._deps.clock,
            actor,
            draft_id=meta.draft or None,
            hat=meta.hat,
            subject_id=meta.subject,
            session_ids=session_ids,
        )

    @on_action(Action.HAND_OPEN)
    async def from_button(self, press: Press) -> None:
        """Open the dialog from a session's details."""
        await self.open_for(press, *session_pressed(press))
        await press.ack()

    @on_submit(Callback.HAND_OVER)
    async def submit_coach(self, press: Press) -> None:
        """Continue to the confirmation. A coach who is not free any more is not on the next list."""
        meta = Meta.load_dialog(press.body)
        block_id = parse.first_block(press.body, Block.COACH) or Block.COACH
        chosen = parse.chosen(press.body, block_id)
        if chosen is None:
            raise BadInput(block_id, "choose a coach")
        offer, lost = await self._left(press.actor, meta)
        if isinstance(offer, dict):
            await press.replace(offer)
            return
        if lost or offer.coach(chosen) is None:
            again = replace(meta, round=meta.round + 1)
            await press.replace(hand_view(offer, again, chosen=chosen, notice=lost, gone=lost is None))
            return
        await press.replace(confirm_hand_view(offer, replace(meta, other=chosen, seal=offer.seal)))

    @on_action(Action.HAND_BACK)
    async def back(self, press: Press) -> None:
        """Go back to the choice of a coach."""
        meta = Meta.load_dialog(press.body)
        offer, lost = await self._left(press.actor, meta)
        again = replace(meta, round=meta.round + 1)
        await press.redraw(
            offer if isinstance(offer, dict) else hand_view(offer, again, chosen=meta.other, notice=lost)
        )
        await press.ack()

    @on_submit(Callback.HAND_CONFIRM)
    async def submit_confirmation(self, press: Press) -> None:
        """Hand all sessions over, or none and come back with what is in the way."""
        meta = Meta.load_dialog(press.body)
        command = HandOver(actor=press.actor, draft_id=meta.draft, coach_id=meta.other, seal=meta.seal)
        try:
            done = await handover.hand_over(self._deps.store, self._deps.clock, command)
        except (Engaged, NotBookable, ChangedMeanwhile, CannotMove) as error:
            self._deps.count("hand_over", "conflict")
            await press.replace(await self._instead(press.actor, meta, error))
            return
        except CoachingError:
            self._deps.count("hand_over", "refused")
            raise
        if not done.again:
            self._deps.count("hand_over", "done")
        await press.replace(handed_view(done))
        if meta.home:
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    async def _instead(self, actor: Actor, meta: Meta, error: CoachingError) -> Json:
        """Return the choice of a coach after a refusal, with the reason. Nothing was handed over."""
        offer, lost = await self._left(actor, meta)
        if isinstance(offer, dict):
            return offer
        words = lost or await refusal(self._deps, actor, error)
        again = replace(meta, round=meta.round + 1, other="", seal="")
        return hand_view(offer, again, chosen=meta.other, notice=words)

    async def _left(self, actor: Actor, meta: Meta) -> tuple[Offer | Json, str | None]:
        """Return what is left of the dialog, and which sessions left it: or, if all did, only the view that says so."""
        try:
            return await self._look(actor, meta), None
        except CannotMove as error:
            words, say = await self._lost_words(actor, error), await self._deps.say_to(actor)
            draft = await leave_out(self._deps.store, self._deps.clock, actor, meta.draft, error.why)
            if not draft.picked:
                return message_view(say.title("Nothing to hand over"), words, say, clear=True), None
            return await self._look(actor, meta), words

    async def _lost_words(self, actor: Actor, error: CannotMove) -> str:
        found = await handover.dropped(self._deps.store, self._deps.clock, actor, error)
        reader = reader_for(found.viewer, found.sessions, found.now)
        lines = lost_lines([(session, error.why[session.id]) for session in found.sessions[:10]], reader, moving=True)
        return "\n".join([reader.say("Some of this cannot be handed over any more."), *lines])

    async def _look(self, actor: Actor, meta: Meta) -> Offer:
        return await handover.look(self._deps.store, self._deps.clock, actor, meta.draft)


def _first(offer: Offer, meta: Meta) -> Json:
    return hand_view(offer, replace(meta, draft=offer.draft.id, round=meta.round + 1))
