"""A coach decides about late cancellations: refund anyway, keep, or a part of it, with a note (K3)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions.decide import Decided, DecideLate, catch_up, decide_late, undecided
from coaching.errors import BadPart, ChangedMeanwhile, CoachingError
from coaching.sessions import MAX_REASON, Actor, Person
from coaching.stakeholders import is_channel
from handlers import parse, screen
from handlers.amounts import credits_of
from handlers.deps import Deps
from handlers.ids import MAX_VALUE, VERDICT_ALL, VERDICT_NONE, VERDICT_PART, Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import LateMeta
from handlers.records import details_for, from_home, record_under, redraw_record
from handlers.views.decide import before_words, decide_view, decided_words
from handlers.views.kit import clip_lines
from handlers.views.message import message_view
from handlers.views.outdated import offered, outdated
from handlers.views.times import times_for
from handlers.views.words import Reader

Context = Mapping[str, Any]


class DecideFeature:
    """The decisions in alerts and records."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def register(self, app: AsyncApp) -> None:
        """Listen to the buttons and to the dialog that one of them opens."""
        for action_id in (Action.LATE_REFUND, Action.LATE_KEEP, Action.LATE_REFUND_ALL, Action.LATE_KEEP_ALL):
            app.action(action_id)(self.decide)
        app.action(Action.LATE_DECIDE)(self.open)
        app.action(Action.LATE_RETURN)(self.open)
        app.action(Action.LATE_STAYS)(self.decide)
        app.view(Callback.LATE_DECIDE)(self.submit)

    async def decide(
        self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Carry out a decision once; the alert itself is edited by whoever delivers notices."""
        actor = parse.actor(body, context)
        pressed, value = parse.action(body).get("action_id"), parse.value(body, MAX_VALUE)
        ids = [value] if pressed in {Action.LATE_REFUND, Action.LATE_KEEP} else parse.ids(value)
        refund, later = pressed in {Action.LATE_REFUND, Action.LATE_REFUND_ALL}, pressed == Action.LATE_STAYS
        decided = await self._carry_out(DecideLate(actor=actor, session_ids=ids, refund=refund, later=later))
        if parse.surface(body) == "modal":
            view = await details_for(self._deps, client, actor, ids[0], home=from_home(body))
            await screen.redraw(client, body, view)
        else:
            text = decided_words(decided, await self._reader(actor))
            self._deps.later(screen.whisper(client, respond, body, text), "answer a decision")
            again = not (decided.decided or decided.overdue)
            self._deps.later(
                self._catch_up(client, respond, body, actor, ids, again=again), "bring a message up to date"
            )
        await ack()

    async def open(
        self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Open the dialog about the sessions that the button names."""
        actor, ids = parse.actor(body, context), parse.ids(parse.value(body, MAX_VALUE))
        later = parse.action(body).get("action_id") == Action.LATE_RETURN
        found = await undecided(self._deps.store, self._deps.clock, actor, ids, later=later)
        record, under = record_under(body, ids[0])
        still = tuple(session.id for session in found.open)
        meta = LateMeta(ids=still, record=record, under=under, home=from_home(body), later=later)
        await screen.show(client, body, decide_view(found, meta))
        if found.before and not later:
            self._deps.later(
                self._catch_up(client, respond, body, actor, ids, again=True), "bring a message up to date"
            )
        await ack()

    async def submit(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Decide as the dialog says, and show what that settled."""
        actor, meta = parse.actor(body, context), parse.late_meta(body)
        verdict, amount = parse.chosen(body, Block.VERDICT), parse.typed_text(body, Block.PART, 64)
        if verdict not in {VERDICT_ALL, VERDICT_PART, VERDICT_NONE} or (meta.later and verdict == VERDICT_NONE):
            raise parse.BadRequest("no verdict")
        if verdict != VERDICT_PART and amount is not None:
            say = await self._deps.say_to(actor)
            words = say("You wrote a part. Choose Refund a part above, or clear this field.")
            await ack(response_action="errors", errors={Block.PART: words})
            return
        command = DecideLate(
            actor=actor,
            session_ids=meta.ids,
            refund=verdict != VERDICT_NONE,
            part=await self._part(actor, meta, amount) if verdict == VERDICT_PART else None,
            note=parse.typed_text(body, Block.NOTE, MAX_REASON),
            later=meta.later,
        )
        decided = await self._carry_out(command)
        reader = await self._reader(actor)
        say = reader.say
        title = say.title("Decided") if decided.decided else say.title("Decided already")
        await ack(response_action="update", view=message_view(title, decided_words(decided, reader), say))
        self._deps.later(redraw_record(self._deps, client, body, actor, meta), "redraw a record")

    async def _catch_up(
        self,
        client: AsyncWebClient,
        respond: AsyncRespond,
        body: dict[str, Any],
        actor: Actor,
        ids: Collection[str],
        *,
        again: bool,
    ) -> None:
        """Take out of a pressed message what was decided before: edited by the relay, or here where no edit reaches it."""
        place = parse.message(body)
        if place is None:
            return
        found = parse.message_blocks(body)
        every = offered(found).union(ids)
        settled = await catch_up(self._deps.store, self._deps.clock, actor, every, place, again=again)
        if not settled:
            return
        in_channel = is_channel(place[0])
        reader = await (self._of_channel(actor, settled[0].coach) if in_channel else self._reader(actor))
        blocks = outdated(found, settled, reader)
        if blocks is None:
            return
        text = clip_lines([before_words(session, reader) for session in settled], 2900, reader.say)
        if respond.response_url:
            await screen.said(respond(text=text, blocks=blocks, replace_original=True))
        else:
            await client.chat_update(channel=place[0], ts=place[1], text=text, blocks=blocks)

    async def _carry_out(self, command: DecideLate) -> Decided:
        try:
            decided = await decide_late(self._deps.store, self._deps.clock, command)
        except CoachingError as error:
            self._deps.count("decide", "conflict" if isinstance(error, ChangedMeanwhile) else "refused")
            raise
        self._deps.count("decide", "done" if decided.decided else "refused")
        return decided

    async def _part(self, actor: Actor, meta: LateMeta, amount: str | None) -> int:
        """Return the part that was written, in hundredths. Raises BadPart for what is no number of credits."""
        try:
            return credits_of(amount or "", Block.PART, 1)
        except BadInput:
            found = await undecided(self._deps.store, self._deps.clock, actor, meta.ids, later=meta.later)
            raise BadPart(0, found.least_kept) from None

    async def _reader(self, actor: Actor) -> Reader:
        """Return whoever decides: on no clock, as these words name no times."""
        say = await self._deps.say_to(actor)
        return self._on_no_clock(Person(actor.user_id, locale=str(say.locale)))

    async def _of_channel(self, actor: Actor, coach: Person) -> Reader:
        """Return who reads an alert in a channel, whoever presses it: the coach's language counts there."""
        async with self._deps.store.read(actor.workspace_id) as queries:
            found = (await queries.people.viewer(coach.id)).person.locale
            locale = found or (await queries.workspace.settings()).language
        return self._on_no_clock(replace(coach, locale=locale))

    def _on_no_clock(self, person: Person) -> Reader:
        return Reader(person, times_for(person), self._deps.clock.now(), sees_mail=True)
