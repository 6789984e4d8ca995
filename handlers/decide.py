"""Decisions about late cancellations: refund anyway, keep, or refund a part, with a note (K3)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from coaching.actions.decide import Decided, DecideLate, catch_up, decide_late, undecided
from coaching.errors import BadPart, ChangedMeanwhile, CoachingError
from coaching.sessions import MAX_REASON, Actor, Person
from coaching.stakeholders import is_channel
from handlers import parse, screen
from handlers.amounts import credits_of
from handlers.deps import Deps, Publish
from handlers.ids import MAX_VALUE, VERDICT_ALL, VERDICT_NONE, VERDICT_PART, Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import LateMeta
from handlers.press import Press, on_action, on_submit
from handlers.records import after_change, beneath, from_home, in_record, page_under, redraw_record
from handlers.views.decide import before_words, decide_view, decided_words
from handlers.views.kit import clip_lines
from handlers.views.message import message_view
from handlers.views.outdated import offered, outdated
from handlers.views.times import times_for
from handlers.views.words import Reader
from handlers.waiting import settled


class DecideFeature:
    """The decision buttons in alerts and records."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    @on_action(Action.LATE_REFUND, Action.LATE_KEEP, Action.LATE_REFUND_ALL, Action.LATE_KEEP_ALL, Action.LATE_STAYS)
    async def decide(self, press: Press) -> None:
        """Carry out a decision once. The relay edits the alert."""
        pressed, value = press.action_id, parse.value(press.body, MAX_VALUE)
        ids = [value] if pressed in {Action.LATE_REFUND, Action.LATE_KEEP} else parse.ids(value)
        refund, later = pressed in {Action.LATE_REFUND, Action.LATE_REFUND_ALL}, pressed == Action.LATE_STAYS
        decided = await self._carry_out(DecideLate(actor=press.actor, session_ids=ids, refund=refund, later=later))
        if in_record(press) or page_under(press):
            home = from_home(press)
            await press.redraw(await after_change(self._deps, press, ids[0], home=home))
            if home:
                self._deps.later(self._publish_home(press.client, press.actor), "publish home")
            await press.ack()
            return
        text = decided_words(decided, await self._reader(press.actor, decided.now))
        if not await settled(self._deps, press, self._publish_home, text):
            self._deps.later(press.whisper(text), "answer a decision")
            again = not (decided.decided or decided.overdue)
            self._deps.later(self._catch_up(press, ids, again=again), "bring a message up to date")
        await press.ack()

    @on_action(Action.LATE_DECIDE, Action.LATE_RETURN)
    async def open(self, press: Press) -> None:
        """Open the dialog for the sessions that the button names."""
        ids = parse.ids(parse.value(press.body, MAX_VALUE))
        later = press.action_id == Action.LATE_RETURN
        found = await undecided(self._deps.store, self._deps.clock, press.actor, ids, later=later)
        still = tuple(session.id for session in found.open)
        meta = replace(beneath(press, ids[0]), ids=still, later=later)
        await press.show(decide_view(found, meta))
        if found.before and not later:
            self._deps.later(self._catch_up(press, ids, again=True), "bring a message up to date")
        await press.ack()

    @on_submit(Callback.LATE_DECIDE)
    async def submit(self, press: Press) -> None:
        """Decide as the dialog says, and show the result."""
        meta = LateMeta.load(press.body)
        verdict, amount = parse.chosen(press.body, Block.VERDICT), parse.typed_text(press.body, Block.PART, 64)
        if verdict not in {VERDICT_ALL, VERDICT_PART, VERDICT_NONE} or (meta.later and verdict == VERDICT_NONE):
            raise parse.BadRequest("no verdict")
        if verdict != VERDICT_PART and amount is not None:
            say = await self._deps.say_to(press.actor)
            words = say("You wrote a part. Choose Refund a part above, or clear this field.")
            await press.ack(response_action="errors", errors={Block.PART: words})
            return
        command = DecideLate(
            actor=press.actor,
            session_ids=meta.ids,
            refund=verdict != VERDICT_NONE,
            part=await self._part(press.actor, meta, amount) if verdict == VERDICT_PART else None,
            note=parse.typed_text(press.body, Block.NOTE, MAX_REASON),
            later=meta.later,
        )
        decided = await self._carry_out(command)
        reader = await self._reader(press.actor, decided.now)
        say = reader.say
        title = say.title("Decided") if decided.decided else say.title("Decided already")
        await press.replace(message_view(title, decided_words(decided, reader), say))
        self._deps.later(redraw_record(self._deps, press, meta), "redraw a record")
        if meta.home:
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    async def _catch_up(self, press: Press, ids: Collection[str], *, again: bool) -> None:
        """Remove from a pressed message what was decided before.

        The relay edits it, or this method if no edit reaches it.
        """
        place = parse.message(press.body)
        if place is None:
            return
        found = parse.message_blocks(press.body)
        every = offered(found).union(ids)
        caught_up = await catch_up(self._deps.store, self._deps.clock, press.actor, every, place, again=again)
        settled, now = caught_up.sessions, caught_up.now
        if not settled:
            return
        in_channel = is_channel(place[0])
        reader = await (
            self._of_channel(press.actor, settled[0].coach, now) if in_channel else self._reader(press.actor, now)
        )
        blocks = outdated(found, settled, reader)
        if blocks is None:
            return
        text = clip_lines([before_words(session, reader) for session in settled], 2900, reader.say)
        if press.respond.response_url:
            await screen.said(press.respond(text=text, blocks=blocks, replace_original=True))
        else:
            await press.client.chat_update(channel=place[0], ts=place[1], text=text, blocks=blocks)

    async def _carry_out(self, command: DecideLate) -> Decided:
        try:
            decided = await decide_late(self._deps.store, self._deps.clock, command)
        except CoachingError as error:
            self._deps.count("decide", "conflict" if isinstance(error, ChangedMeanwhile) else "refused")
            raise
        self._deps.count("decide", "done" if decided.decided else "refused")
        return decided

    async def _part(self, actor: Actor, meta: LateMeta, amount: str | None) -> int:
        """Return the typed part, in hundredths. Raises BadPart if it is not a number of credits."""
        try:
            return credits_of(amount or "", Block.PART, 1)
        except BadInput:
            found = await undecided(self._deps.store, self._deps.clock, actor, meta.ids, later=meta.later)
            raise BadPart(0, found.least_kept) from None

    async def _reader(self, actor: Actor, now: datetime) -> Reader:
        """Return a reader for the person who decides. It has no clock, because these words contain no times."""
        say = await self._deps.say_to(actor)
        return _on_no_clock(Person(actor.user_id, locale=str(say.locale)), now)

    async def _of_channel(self, actor: Actor, coach: Person, now: datetime) -> Reader:
        """Return the reader of an alert in a channel: it has the coach's language, whoever pressed the button."""
        async with self._deps.store.read(actor.workspace_id) as queries:
            found = await queries.people.viewer(coach.id)
        return _on_no_clock(replace(coach, locale=found.person.locale), now)


def _on_no_clock(person: Person, now: datetime) -> Reader:
    return Reader(person, times_for(person), now, sees_mail=True)
