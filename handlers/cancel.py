"""Updating sessions: choose and page, then cancel: confirm and result. Moving continues in `reschedule.py`."""

from dataclasses import replace

from coaching.actions import cancel, choose
from coaching.drafts import Draft
from coaching.errors import (
    CannotCancel,
    CannotMove,
    ChangedMeanwhile,
    CoachingError,
    NotYours,
    TooManyPicked,
)
from coaching.sessions import MAX_REASON, Actor, Hat
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.error_words import words_for
from handlers.handover import HandoverFeature
from handlers.ids import LATE_HOLD, MODE_HAND, MODE_KEEP, MODE_MOVE, Action, Block, Callback
from handlers.meta import Meta
from handlers.parse import Body
from handlers.press import Press, on_action, on_submit
from handlers.records import details_for, from_home, session_pressed
from handlers.reschedule import RescheduleFeature
from handlers.sought import place_of
from handlers.views.choose import choose_view
from handlers.views.confirm import confirm_view
from handlers.views.kit import Json
from handlers.views.lost import lost_lines
from handlers.views.result import result_view
from handlers.views.words import reader_for


class CancelFeature:
    """The dialog that cancels sessions."""

    def __init__(self, deps: Deps, publish_home: Publish, move: RescheduleFeature, hand: HandoverFeature) -> None:
        self._deps = deps
        self._publish_home = publish_home
        self._begins = {MODE_MOVE: move.begin, MODE_HAND: hand.begin}

    async def open(self, press: Press, meta: Meta) -> None:
        """Open the choosing dialog."""
        meta = replace(meta, draft="", page=0, round=0)
        choosing = await self._deps.met(press.client, press.actor, lambda: self._choose(press.actor, meta))
        if not choosing.rows and choosing.viewer.is_coach and meta.hat is Hat.CLIENT:
            # A person who takes no sessions but gives some means those, as in the list.
            as_coach = replace(meta, hat=Hat.COACH)
            given = await self._choose(press.actor, as_coach)
            choosing, meta = (given, as_coach) if given.rows else (choosing, meta)
        await press.show(choose_view(choosing, replace(meta, draft=choosing.draft.id, page=choosing.page)))

    async def open_for(self, press: Press, hat: Hat, subject: str, session_id: str) -> None:
        """Ask whether to cancel one session. If it cannot be canceled, its details open and say why and whom to ask."""
        home, store, clock = from_home(press), self._deps.store, self._deps.clock
        one = cancel.One(actor=press.actor, hat=hat, subject_id=subject, session_id=session_id)
        try:
            quoted = await self._deps.met(press.client, press.actor, lambda: cancel.quote_one(store, clock, one))
        except (CannotCancel, NotYours):
            await press.show(await details_for(self._deps, press, session_id, home=home, refused=True))
            return
        meta = Meta(hat=hat, subject=subject, home=home, draft=quoted.draft.id, alone=True)
        await press.show(confirm_view(quoted, meta))

    @on_action(Action.CANCEL_OPEN)
    async def from_button(self, press: Press) -> None:
        """Open the dialog from the list, or from the App Home, where the button carries the hat."""
        if parse.surface(press.body) == "modal":
            meta = Meta.load(press.body)
        else:
            hat = Hat.COACH if parse.value(press.body) == Hat.COACH else Hat.CLIENT
            meta = Meta(hat=hat, subject=press.actor.user_id, home=True)
        await self.open(press, meta)
        await press.ack()

    @on_action(Action.SESSION_CANCEL)
    async def from_session(self, press: Press) -> None:
        """Open the dialog from a session's details, or from the next session in the list or in Home."""
        await self.open_for(press, *session_pressed(press))
        await press.ack()

    @on_action(Action.CHOOSE_MODE)
    async def fold(self, press: Press) -> None:
        """Hide the sessions for Keep, and show them with their picks for Cancel and Reschedule."""
        meta = Meta.load_dialog(press.body)
        mode = parse.chosen(press.body, Block.MODE)
        if parse.first_block(press.body, Block.SESSIONS) is not None:
            await self._remember(await self._choice(press.body, press.actor, meta))
        choosing = await self._choose(press.actor, meta)
        meta = replace(meta, round=meta.round + 1, page=choosing.page)
        keep, move, hand = (mode == one for one in (MODE_KEEP, MODE_MOVE, MODE_HAND))
        await press.redraw(choose_view(choosing, meta, keep=keep, move=move, hand=hand))
        await press.ack()

    @on_action(Action.CHOOSE_EARLIER, Action.CHOOSE_LATER, Action.CHOOSE_ALL, Action.CHOOSE_NONE)
    async def turn(self, press: Press) -> None:
        """Show another page and keep all picks, or pick all or none."""
        meta = Meta.load_dialog(press.body)
        pressed = press.action_id
        choice = await self._choice(press.body, press.actor, meta)
        mode = parse.chosen(press.body, Block.MODE)
        move = mode == MODE_MOVE
        if pressed in {Action.CHOOSE_ALL, Action.CHOOSE_NONE}:
            everything = await choose.pickable(
                self._deps.store,
                self._deps.clock,
                press.actor,
                hat=meta.hat,
                subject_id=meta.subject,
                movable=move,
                sought=place_of(meta.sought)[0],
            )
            # Picks on pages that no longer exist are dropped as well.
            draft = await self._draft(press.actor, meta.draft)
            held = draft.picked if draft else ()
            picked = everything if pressed == Action.CHOOSE_ALL else []
            choice = replace(choice, offered=[*choice.offered, *everything, *held], picked=picked)
        notice = None
        try:
            await self._remember(choice)
        except TooManyPicked as error:
            notice = words_for(error, "", await self._deps.say_to(press.actor))
        step = {Action.CHOOSE_EARLIER: -1, Action.CHOOSE_LATER: 1}.get(Action(str(pressed)), 0)
        page = meta.page if notice else max(0, meta.page + step)
        choosing = await self._choose(press.actor, replace(meta, page=page))
        if notice:
            # The picks were not saved, so show what was ticked: the person should not have to repeat it.
            offered = set(choice.offered)
            kept = [p for p in choosing.draft.picked if p not in offered]
            choosing = replace(choosing, draft=replace(choosing.draft, picked=(*kept, *choice.picked)))
        meta = replace(meta, page=choosing.page, round=meta.round + 1)
        await press.redraw(choose_view(choosing, meta, notice=notice, move=move, hand=mode == MODE_HAND))
        await press.ack()

    @on_submit(Callback.CHOOSE)
    async def submit_choice(self, press: Press) -> None:
        """Quote the picked sessions, or close the dialog if all are kept."""
        meta = Meta.load_dialog(press.body)
        mode = parse.chosen(press.body, Block.MODE)
        if mode == MODE_KEEP:
            await press.ack()
            return
        choice = await self._choice(press.body, press.actor, meta)
        if mode in self._begins:
            await press.replace(await self._begin(choice, meta, mode))
            return
        try:
            quoted = await cancel.quote_choice(self._deps.store, self._deps.clock, choice)
        except CannotCancel as error:
            await press.replace(await self._without(choice, meta, error))
            return
        await press.replace(confirm_view(quoted, meta))

    @on_submit(Callback.CONFIRM)
    async def submit_confirmation(self, press: Press) -> None:
        """Cancel under the shown terms, or show the new ones."""
        meta = Meta.load_dialog(press.body)
        command = cancel.Confirm(actor=press.actor, draft_id=meta.draft, typed=typed(press.body), seal=meta.seal)
        try:
            done = await cancel.confirm(self._deps.store, self._deps.clock, command)
        except CoachingError as error:
            self._deps.count("cancel", "conflict" if isinstance(error, ChangedMeanwhile) else "refused")
            raise
        if isinstance(done, cancel.Quoted):
            self._deps.count("cancel", "conflict")
            await press.replace(confirm_view(done, meta))
            return
        if not done.again:
            self._deps.count("cancel", "done")
        await press.replace(result_view(done, meta))
        if meta.home:
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    @on_action(Action.CONFIRM_LATE)
    async def revise(self, press: Press) -> None:
        """Show the terms of a coach's other choice for late sessions, with what was typed."""
        meta = Meta.load_dialog(press.body)
        command = cancel.Revise(actor=press.actor, draft_id=meta.draft, typed=typed(press.body))
        quoted = await cancel.quote_again(self._deps.store, self._deps.clock, command)
        await press.redraw(confirm_view(quoted, meta))
        await press.ack()

    @on_action(Action.CONFIRM_BACK)
    async def back(self, press: Press) -> None:
        """Go back from the quote to choosing, with all picks and the reason kept."""
        meta = Meta.load_dialog(press.body)
        await self._remember(
            cancel.Choice(
                actor=press.actor,
                request_key=parse.request_key(press.body),
                draft_id=meta.draft,
                hat=meta.hat,
                subject_id=meta.subject,
                offered=(),
                picked=(),
                typed=typed(press.body),
            )
        )
        choosing = await self._choose(press.actor, meta)
        meta = replace(meta, round=meta.round + 1, page=choosing.page)
        await press.redraw(choose_view(choosing, meta))
        await press.ack()

    async def again(self, actor: Actor, meta: Meta) -> Json:
        """Return the choosing dialog as it was before moving began, with all picks kept."""
        choosing = await self._choose(actor, replace(meta, page=0))
        return choose_view(choosing, replace(meta, round=meta.round + 1, page=choosing.page), move=True)

    async def _begin(self, choice: cancel.Choice, meta: Meta, mode: str) -> Json:
        """Continue to the choice of new times or of another coach. Sessions for which there is none leave the picks."""
        draft = await cancel.save_choice(self._deps.store, self._deps.clock, choice)
        try:
            return await self._begins[mode](choice.actor, meta, draft.picked)
        except CannotMove as error:
            left = [session_id for session_id in draft.picked if session_id not in error.why]
            key = f"{choice.request_key}:left"
            await self._remember(replace(choice, request_key=key, offered=draft.picked, picked=left))
            choosing = await self._choose(choice.actor, meta)
            meta = replace(meta, round=meta.round + 1, page=choosing.page)
            hand = mode == MODE_HAND
            notice = await lost_words(self._deps, choice.actor, choosing, error, hand=hand)
            return choose_view(choosing, meta, notice=notice, move=not hand, hand=hand)

    async def _draft(self, actor: Actor, draft_id: str) -> Draft | None:
        async with self._deps.store.read(actor.workspace_id) as queries:
            return await queries.drafts.find(draft_id, actor.user_id)

    async def _without(self, choice: cancel.Choice, meta: Meta, error: CannotCancel) -> Json:
        """Choose again without the sessions that can no longer be canceled. The others stay picked."""
        await self._remember(
            replace(
                choice,
                offered=[*choice.offered, *error.why],
                picked=[session_id for session_id in choice.picked if session_id not in error.why],
            )
        )
        choosing = await self._choose(choice.actor, meta)
        meta = replace(meta, round=meta.round + 1, page=choosing.page)
        notice = await lost_words(self._deps, choice.actor, choosing, error)
        return choose_view(choosing, meta, notice=notice)

    async def _remember(self, choice: cancel.Choice) -> None:
        await cancel.save_choice(self._deps.store, self._deps.clock, choice)

    async def _choose(self, actor: Actor, meta: Meta) -> choose.Choosing:
        return await choose.open_page(
            self._deps.store,
            self._deps.clock,
            actor,
            draft_id=meta.draft or None,
            hat=meta.hat,
            subject_id=meta.subject,
            page=meta.page,
            sought=place_of(meta.sought)[0],
        )

    async def _choice(self, body: Body, actor: Actor, meta: Meta) -> cancel.Choice:
        offered, picked = parse.offered(body, Block.SESSIONS)
        if offered is None:
            # This side knows too what the page offers. The action checks whose the picks are.
            offered = [row.session.id for row in (await self._choose(actor, meta)).rows] + picked
        return cancel.Choice(
            actor=actor,
            request_key=parse.request_key(body),
            draft_id=meta.draft,
            hat=meta.hat,
            subject_id=meta.subject,
            offered=offered,
            picked=picked,
        )


async def lost_words(
    deps: Deps, actor: Actor, choosing: choose.Choosing, error: CannotCancel | CannotMove, *, hand: bool = False
) -> str:
    """Say which sessions left the choice, and why or by whom. `hand`: they were to be handed over."""
    async with deps.store.read(actor.workspace_id) as queries:
        gone = await queries.sessions.by_ids(list(error.why))
    reader, moving = reader_for(choosing.viewer, gone, choosing.now), isinstance(error, CannotMove)
    lines = lost_lines([(s, error.why[s.id]) for s in gone[:10]], reader, moving=moving)
    say = reader.say
    if hand:
        head = say("Some of this cannot be handed over any more.")
    elif moving:
        head = say.plural(
            "{n} session cannot be moved. Nothing was moved; choose again.",
            "{n} sessions cannot be moved. Nothing was moved; choose again.",
            len(gone),
        )
    else:
        head = words_for(error, "", say)
    return "\n".join([head, *lines])


def typed(body: Body) -> cancel.Typed:
    """Return what a confirmation holds: a field that it does not have is None, an empty one is empty."""
    late = parse.chosen(body, Block.LATE)
    return cancel.Typed(
        reason=None
        if parse.state(body, Block.REASON) is None
        else parse.typed_text(body, Block.REASON, MAX_REASON) or "",
        refund_late=None if late is None else late != LATE_HOLD,
    )
