"""Update sessions: choose and page; then cancel: confirm and result. Moving goes on in `reschedule.py`."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import browse, cancel
from coaching.errors import (
    CannotCancel,
    CannotMove,
    ChangedMeanwhile,
    CoachingError,
    NotYours,
    ReasonRequired,
    TooManyPicked,
)
from coaching.ids import new_id
from coaching.policy import ReasonRule
from coaching.sessions import MAX_PER_ACTION, MAX_REASON, Actor, Hat
from handlers import parse, screen
from handlers.deps import Deps
from handlers.error_words import words_for
from handlers.ids import LATE_HOLD, MODE_KEEP, MODE_MOVE, Action, Block, Callback
from handlers.meta import Meta
from handlers.parse import Body
from handlers.records import details_for, from_home
from handlers.reschedule import RescheduleFeature
from handlers.views.choose import choose_view
from handlers.views.confirm import confirm_view
from handlers.views.kit import Json
from handlers.views.lost import lost_lines
from handlers.views.result import result_view
from handlers.views.words import reader_for
from language.say import say_for

Context = Mapping[str, Any]
Publish = Callable[[AsyncWebClient, Actor], Coroutine[Any, Any, None]]


class CancelFeature:
    """The dialog that cancels."""

    def __init__(self, deps: Deps, publish_home: Publish, move: RescheduleFeature) -> None:
        self._deps = deps
        self._publish_home = publish_home
        self._move = move

    def register(self, app: AsyncApp) -> None:
        """Listen to the dialog and to the buttons that lead into it."""
        app.view(Callback.CHOOSE)(self.submit_choice)
        app.view(Callback.CONFIRM)(self.submit_confirmation)
        app.action(Action.CANCEL_OPEN)(self.from_button)
        app.action(Action.SESSION_CANCEL)(self.from_session)
        app.action(Action.CHOOSE_MODE)(self.fold)
        for action_id in (Action.CHOOSE_EARLIER, Action.CHOOSE_LATER, Action.CHOOSE_ALL, Action.CHOOSE_NONE):
            app.action(action_id)(self.turn)
        app.action(Action.CONFIRM_BACK)(self.back)

    async def open(self, client: AsyncWebClient, body: Body, actor: Actor, meta: Meta, only: str | None = None) -> None:
        """Open the choosing dialog; `only` has that one session ticked."""
        meta = replace(meta, draft=new_id(self._deps.clock.now()), page=0, round=0)
        choosing = await self._deps.met(client, actor, lambda: self._choose(actor, meta, only=only))
        if not choosing.rows and choosing.viewer.is_coach and meta.hat is Hat.CLIENT and only is None:
            # Who takes no sessions but gives some means those, as in the list.
            as_coach = replace(meta, hat=Hat.COACH)
            given = await self._choose(actor, as_coach)
            choosing, meta = (given, as_coach) if given.rows else (choosing, meta)
        await screen.show(client, body, choose_view(choosing, replace(meta, page=choosing.page)))

    async def open_for(
        self, client: AsyncWebClient, body: Body, actor: Actor, hat: Hat, subject: str, session_id: str
    ) -> None:
        """Open the dialog for one session; when it cannot be canceled any more, its details say why."""
        home = from_home(body)
        meta = Meta(hat=hat, subject=subject, home=home)
        try:
            await self.open(client, body, actor, meta, session_id)
        except NotYours:
            view = await details_for(self._deps, client, actor, session_id, home=home)
            await screen.show(client, body, view)

    async def from_button(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Open the dialog from the list, or from the App Home, where the button says the hat."""
        actor = parse.actor(body, context)
        if parse.surface(body) == "modal":
            meta = parse.meta(body)
        else:
            hat = Hat.COACH if parse.value(body) == Hat.COACH else Hat.CLIENT
            meta = Meta(hat=hat, subject=actor.user_id, home=True)
        await self.open(client, body, actor, meta)
        await ack()

    async def from_session(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Open the dialog from a session's details."""
        _, hat, session_id = parse.menu(parse.value(body))
        subject = parse.meta(body).subject
        await self.open_for(client, body, parse.actor(body, context), hat, subject, session_id)
        await ack()

    async def fold(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Fold the sessions away for Keep, and bring them back with their picks for Cancel and Reschedule."""
        actor, meta = parse.actor(body, context), parse.draft_meta(body)
        mode = parse.chosen(body, Block.MODE)
        if parse.first_block(body, Block.SESSIONS) is not None:
            await self._remember(await self._with_reason(body, await self._choice(body, actor, meta)))
        choosing = await self._choose(actor, meta)
        meta = replace(meta, round=meta.round + 1, page=choosing.page)
        view = await self._view(actor, choosing, meta, keep=mode == MODE_KEEP, move=mode == MODE_MOVE)
        await screen.redraw(client, body, view)
        await ack()

    async def turn(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Show another page with all picks kept, or pick all or none."""
        actor, meta = parse.actor(body, context), parse.draft_meta(body)
        pressed = parse.action(body).get("action_id")
        choice = await self._with_reason(body, await self._choice(body, actor, meta))
        move = parse.chosen(body, Block.MODE) == MODE_MOVE
        if pressed in {Action.CHOOSE_ALL, Action.CHOOSE_NONE}:
            everything = await self._all_ids(actor, meta, movable=move)
            # What the draft holds from pages that are gone by now is let go as well.
            held = (await self._choose(actor, meta)).draft.picked
            picked = everything[:MAX_PER_ACTION] if pressed == Action.CHOOSE_ALL else []
            choice = replace(choice, offered=[*choice.offered, *everything, *held], picked=picked)
        notice = None
        try:
            await self._remember(choice)
        except TooManyPicked as error:
            notice = words_for(error, "", await self._deps.say_to(actor))
        step = {Action.CHOOSE_EARLIER: -1, Action.CHOOSE_LATER: 1}.get(Action(str(pressed)), 0)
        page = meta.page if notice else max(0, meta.page + step)
        choosing = await self._choose(actor, replace(meta, page=page))
        if notice:
            # Not saved, so show what was ticked: nobody should have to do it again.
            offered = set(choice.offered)
            kept = [p for p in choosing.draft.picked if p not in offered]
            choosing = replace(choosing, draft=replace(choosing.draft, picked=(*kept, *choice.picked)))
        meta = replace(meta, page=choosing.page, round=meta.round + 1)
        await screen.redraw(client, body, await self._view(actor, choosing, meta, notice=notice, move=move))
        await ack()

    async def submit_choice(self, ack: AsyncAck, body: dict[str, Any], context: Context) -> None:
        """Quote what was picked, or end the dialog when everything is kept."""
        actor, meta = parse.actor(body, context), parse.draft_meta(body)
        if parse.chosen(body, Block.MODE) == MODE_KEEP:
            await ack()
            return
        choice = await self._choice(body, actor, meta)
        if parse.chosen(body, Block.MODE) == MODE_MOVE:
            await ack(response_action="update", view=await self._begin_moving(body, choice, meta))
            return
        try:
            quoted = await cancel.quote_choice(self._deps.store, self._deps.clock, choice)
        except CannotCancel as error:
            await ack(response_action="update", view=await self._without(choice, meta, error))
            return
        except ReasonRequired as error:
            if parse.state(body, Block.REASON) is not None:
                raise
            # There was nowhere to write one: the dialog comes back with the field.
            await self._remember(choice)
            choosing = await self._choose(actor, meta)
            meta = replace(meta, round=meta.round + 1, page=choosing.page)
            notice = words_for(error, "", say_for(choosing.viewer.person.locale))
            view = choose_view(choosing, meta, notice=notice, must_say=True)
            await ack(response_action="update", view=view)
            return
        await ack(response_action="update", view=confirm_view(quoted, meta))

    async def submit_confirmation(
        self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient
    ) -> None:
        """Cancel under the terms shown, or show the new ones."""
        actor, meta = parse.actor(body, context), parse.draft_meta(body)
        command = cancel.Confirm(actor=actor, draft_id=meta.draft, seal=meta.seal)
        try:
            done = await cancel.confirm(self._deps.store, self._deps.clock, command)
        except CoachingError as error:
            self._deps.count("cancel", "conflict" if isinstance(error, ChangedMeanwhile) else "refused")
            raise
        if isinstance(done, cancel.Quoted):
            self._deps.count("cancel", "conflict")
            await ack(response_action="update", view=confirm_view(done, meta))
            return
        if not done.again:
            self._deps.count("cancel", "done")
        await ack(response_action="update", view=result_view(done, meta))
        if meta.home:
            self._deps.later(self._publish_home(client, actor), "publish home")

    async def back(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Go back from the quote to choosing, with everything still picked."""
        actor, meta = parse.actor(body, context), parse.draft_meta(body)
        choosing = await self._choose(actor, meta)
        meta = replace(meta, round=meta.round + 1, page=choosing.page)
        await screen.redraw(client, body, await self._view(actor, choosing, meta))
        await ack()

    async def again(self, actor: Actor, meta: Meta) -> Json:
        """Return the choosing dialog as it was before moving began, with everything still picked."""
        choosing = await self._choose(actor, replace(meta, page=0))
        return choose_view(choosing, replace(meta, round=meta.round + 1, page=choosing.page), move=True)

    async def _begin_moving(self, body: Body, choice: cancel.Choice, meta: Meta) -> Json:
        """Go on to new times; what cannot be moved is let go, and the dialog says so."""
        choice = await self._with_reason(body, choice)
        draft = await cancel.save_choice(self._deps.store, self._deps.clock, choice)
        try:
            return await self._move.begin(choice.actor, meta, draft.picked)
        except CannotMove as error:
            left = [session_id for session_id in draft.picked if session_id not in error.why]
            key = f"{choice.request_key}:left"
            await self._remember(replace(choice, request_key=key, offered=draft.picked, picked=left))
            choosing = await self._choose(choice.actor, meta)
            meta = replace(meta, round=meta.round + 1, page=choosing.page)
            notice = await self._lost(choice, choosing, error)
            return choose_view(choosing, meta, notice=notice, move=True)

    async def _with_reason(self, body: Body, choice: cancel.Choice) -> cancel.Choice:
        """Keep the reason that was typed before, where the dialog shows no field for it: one may come back to it."""
        if parse.first_block(body, Block.REASON) is not None:
            return choice
        async with self._deps.store.read(choice.actor.workspace_id) as queries:
            draft = await queries.drafts.find(choice.draft_id, choice.actor.user_id)
        return choice if draft is None else replace(choice, reason=draft.reason, refund_late=draft.refund_late)

    async def _without(self, choice: cancel.Choice, meta: Meta, error: CannotCancel) -> Json:
        """Choose again without what cannot be canceled any more; the rest stays picked."""
        await self._remember(
            replace(
                choice,
                offered=[*choice.offered, *error.why],
                picked=[session_id for session_id in choice.picked if session_id not in error.why],
            )
        )
        choosing = await self._choose(choice.actor, meta)
        meta = replace(meta, round=meta.round + 1, page=choosing.page)
        notice = await self._lost(choice, choosing, error)
        return await self._view(choice.actor, choosing, meta, notice=notice)

    async def _lost(self, choice: cancel.Choice, choosing: browse.Choosing, error: CannotCancel | CannotMove) -> str:
        """Say which sessions left the choice, and why or by whom."""
        async with self._deps.store.read(choice.actor.workspace_id) as queries:
            gone = await queries.sessions.by_ids(list(error.why))
        reader, moving = reader_for(choosing.viewer, gone, choosing.now), isinstance(error, CannotMove)
        lines = lost_lines([(s, error.why[s.id]) for s in gone[:10]], reader, moving=moving)
        say = reader.say
        head = (
            say.plural(
                "{n} session cannot be moved. Nothing was moved; choose again.",
                "{n} sessions cannot be moved. Nothing was moved; choose again.",
                len(gone),
            )
            if moving
            else words_for(error, "", say)
        )
        return "\n".join([head, *lines])

    async def _view(
        self,
        actor: Actor,
        choosing: browse.Choosing,
        meta: Meta,
        *,
        keep: bool = False,
        move: bool = False,
        notice: str | None = None,
    ) -> Json:
        """Draw the choosing dialog; what is picked on other pages may ask for a reason that this page does not."""
        here = {row.session.id for row in choosing.rows}
        elsewhere = [session_id for session_id in choosing.draft.picked if session_id not in here]
        must_say = False
        if elsewhere and choosing.hat is not Hat.COACH:
            async with self._deps.store.read(actor.workspace_id) as queries:
                sessions = await queries.sessions.by_ids(elsewhere)
                policies = await queries.terms.by_ids({s.policy_id for s in sessions})
            must_say = any(policy.reason is ReasonRule.REQUIRED for policy in policies.values())
        return choose_view(choosing, meta, keep=keep, move=move, notice=notice, must_say=must_say)

    async def _remember(self, choice: cancel.Choice) -> None:
        await cancel.save_choice(self._deps.store, self._deps.clock, choice)

    async def _choose(self, actor: Actor, meta: Meta, only: str | None = None) -> browse.Choosing:
        return await browse.choose(
            self._deps.store,
            self._deps.clock,
            actor,
            draft_id=meta.draft,
            hat=meta.hat,
            subject_id=meta.subject,
            page=meta.page,
            only=only,
        )

    async def _all_ids(self, actor: Actor, meta: Meta, *, movable: bool = False) -> list[str]:
        """Return the ids of everything that one action may cancel (or move), soonest first."""
        first = await self._choose(actor, replace(meta, page=0))
        rows = list(first.rows)
        for page in range(1, min(first.pages, -(-MAX_PER_ACTION // browse.CHOOSE_PAGE))):
            rows += (await self._choose(actor, replace(meta, page=page))).rows
        return [row.session.id for row in rows if row.movable or not movable]

    async def _choice(self, body: Body, actor: Actor, meta: Meta) -> cancel.Choice:
        offered, picked = parse.offered(body, Block.SESSIONS)
        if offered is None:
            # What the page offers is known here as well; the action judges whose the picks are.
            offered = [row.session.id for row in (await self._choose(actor, meta)).rows] + picked
        return cancel.Choice(
            actor=actor,
            request_key=parse.request_key(body),
            draft_id=meta.draft,
            hat=meta.hat,
            subject_id=meta.subject,
            offered=offered,
            picked=picked,
            reason=parse.typed_text(body, Block.REASON, MAX_REASON),
            refund_late=parse.chosen(body, Block.LATE) != LATE_HOLD,
        )
