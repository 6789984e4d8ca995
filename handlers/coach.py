"""A coach decides about late cancellations: refund anyway, or keep (K3)."""

from collections.abc import Iterable, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions.decide import Decided, DecideLate, decide_late
from coaching.credits import share
from coaching.errors import ChangedMeanwhile, CoachingError
from coaching.sessions import Actor, Decision, Person, Session
from handlers import parse, screen
from handlers.deps import Deps
from handlers.ids import MAX_VALUE, Action
from handlers.records import details_for, from_home
from handlers.views.kit import clip_lines, typed
from handlers.views.times import times_for
from handlers.views.words import Reader, count, in_credits

Context = Mapping[str, Any]


class CoachFeature:
    """The decisions in alerts and records."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def register(self, app: AsyncApp) -> None:
        """Listen to the four buttons."""
        for action_id in (Action.LATE_REFUND, Action.LATE_KEEP, Action.LATE_REFUND_ALL, Action.LATE_KEEP_ALL):
            app.action(action_id)(self.decide)

    async def decide(
        self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Carry out a decision once; the alert itself is edited by whoever delivers notices."""
        actor = parse.actor(body, context)
        pressed, value = parse.action(body).get("action_id"), parse.value(body, MAX_VALUE)
        ids = parse.ids(value) if pressed in {Action.LATE_REFUND_ALL, Action.LATE_KEEP_ALL} else [value]
        refund = pressed in {Action.LATE_REFUND, Action.LATE_REFUND_ALL}
        command = DecideLate(actor=actor, session_ids=ids, refund=refund)
        try:
            decided = await decide_late(self._deps.store, self._deps.clock, command)
        except CoachingError as error:
            self._deps.count("decide", "conflict" if isinstance(error, ChangedMeanwhile) else "refused")
            raise
        self._deps.count("decide", "done" if decided.decided else "refused")
        if parse.surface(body) == "modal":
            view = await details_for(self._deps, client, actor, ids[0], home=from_home(body))
            await screen.redraw(client, body, view)
        else:
            text = decided_words(decided, actor, self._deps)
            self._deps.later(screen.whisper(client, respond, body, text), "answer a decision")
        await ack()


def decided_words(decided: Decided, actor: Actor, deps: Deps) -> str:
    """Say what a click settled, and what had been settled before it."""
    reader = Reader(Person(actor.user_id), times_for(None), deps.clock.now(), sees_mail=True)
    lines = []
    if decided.decided:
        first = decided.decided[0].cancellation
        number, whom = count(len(decided.decided)), _clients(decided.decided, reader)
        if first and first.decision is Decision.REFUNDED:
            # What the cancellation itself returned is not news; the percentage is still that of the cancellation.
            amount = sum(s.price - share(s.price, s.cancellation.percent) for s in decided.decided if s.cancellation)
            lines.append(f"Refunded anyway: {number}, {in_credits(amount)} back to {whom}. We tell them.")
        else:
            lines.append(f"Kept: {number}. We tell {whom}.")
    lines += [
        f"{typed(session.session_type)} with {reader.name(session.client)}: {_before(session, reader)}"
        for session in decided.before
    ]
    return clip_lines(lines, 2900)


def _before(session: Session, reader: Reader) -> str:
    ended = session.cancellation
    if ended is None or ended.decision in (None, Decision.OPEN):
        return "there is nothing to decide."
    who = f" by {reader.name(ended.decided_by)}" if ended.decided_by else ""
    outcome = "refunded" if ended.decision is Decision.REFUNDED else "kept"
    return f"already decided{who}: {outcome}."


def _clients(sessions: Iterable[Session], reader: Reader) -> str:
    names = list(dict.fromkeys(reader.name(s.client) for s in sessions))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
