"""The form for terms: what comes back until when, who may move when, and a preview for one session."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from coaching.actions.policies import OpenTerms
from coaching.credits import ONE_CREDIT
from coaching.outlook import Step, preview
from coaching.policy import (
    FULL,
    LONGEST,
    MOST_FORGIVEN,
    MOST_MONTHS,
    Policy,
    ReasonRule,
    Terms,
    TermsOf,
    TermsScope,
    Tier,
)
from coaching.tiers import MOST_TIERS, tiers_text
from handlers.button_values import scope_value
from handlers.ids import NO, YES, Action, Block, Callback
from handlers.meta import TermsMeta
from handlers.views.kit import (
    Json,
    actions,
    alert,
    button,
    confirm,
    context,
    divider,
    field,
    header,
    modal,
    number_input,
    option,
    radio,
    section,
    text_input,
    typed,
)
from handlers.views.policy_words import forgiven_text, policy_text, reschedule_text
from handlers.views.typed_words import tiers_in
from handlers.views.words import Reader, amount, in_credits, reader_for, span
from language.say import Say, word

AHEAD = timedelta(days=3)
"""How far ahead the preview's session is at first."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOST_MINUTES, MOST_HOURS, MOST_DAYS = LONGEST // MINUTE, LONGEST // HOUR, LONGEST // DAY
MOST_MOVES = 1000
_REASONS = {
    ReasonRule.OFF: word("Not asked"),
    ReasonRule.OPTIONAL: word("Asked, optional"),
    ReasonRule.REQUIRED: word("Asked, required"),
}
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form's input as it was typed, or None is an empty input. Day and time are on the viewer's own clock."""

    tiers: str | None
    reason: str
    late: str
    grace: str | None
    return_period: str | None
    window: str | None
    limit: str | None
    decide: str | None
    undecided: str | None
    forgiven: str | None
    months: str | None
    day: str | None
    time: str | None
    price: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedSession:
    """The session for the preview: its start (aware), its price, and the terms it would be booked under."""

    policy: Policy
    starts_at: datetime
    price: int


def terms_button(scope: TermsScope, say: Say, *, style: str | None = None) -> Json:
    """Return the button that opens the form for the workspace's terms."""
    label = say("Edit the cancellation terms")
    return button(say("Edit"), Action.TERMS_OPEN, scope_value(scope), label=label, style=style)


def filled_in(policy: Policy, say: Say, *, day: date, at: time, price: int) -> Typed:
    """Return the form's input for these terms."""
    return Typed(
        tiers=tiers_text(policy.tiers, tiers_in(say)) or None,
        reason=policy.reason,
        late=YES if policy.late_cancel else NO,
        grace=figure(policy.booking_grace, MINUTE),
        return_period=figure(policy.return_period, DAY),
        window=figure(policy.reschedule_window, HOUR),
        limit=None if policy.reschedule_limit is None else str(policy.reschedule_limit),
        decide=figure(policy.decide_within, DAY),
        undecided=str(policy.undecided_percent),
        forgiven=str(policy.forgiven_times),
        months=str(policy.forgiven_months),
        day=day.isoformat(),
        time=f"{at:%H:%M}",
        price=str(amount(price)),
    )


def first_filled(found: OpenTerms) -> Typed:
    """Return the input of a new form: the current terms, and a session a few days ahead at the next full hour."""
    reader = reader_of(found)
    begins = reader.times.local(found.now + AHEAD).replace(tzinfo=None)
    begins += timedelta(hours=1, minutes=-begins.minute, seconds=-begins.second, microseconds=-begins.microsecond)
    price = found.terms.price or ONE_CREDIT
    return filled_in(found.terms.policy, reader.say, day=begins.date(), at=begins.time(), price=price)


def figure(span: timedelta, unit: timedelta) -> str:
    """Return how many units a span has, as people write numbers, to four decimals."""
    text = f"{Decimal(span // _TICK) / Decimal(unit // _TICK):.4f}"
    return text.rstrip("0").rstrip(".")


def reader_of(found: OpenTerms) -> Reader:
    """Return the admin as a reader, on their own clock."""
    return reader_for(found.viewer, [], found.now)


def terms_form(
    found: OpenTerms, held: Typed, round_: int = 0, *, asked: PreviewedSession | None = None, wrong: str | None = None
) -> Json:
    """Build the form for a scope with its input.

    Slack keeps text typed into an input of the same name. A new `round_` changes the names. The preview is about
    `asked`, or says what is `wrong` (mrkdwn) with the input.
    """
    terms, say = found.terms, reader_of(found).say

    def block(name: Block) -> str:
        return f"{name}:{round_}"

    def figures(label: str, name: Block, value: str | None, most: int, hint: str | None = None) -> Json:
        return field(label, number_input(Action.INPUT, value, most), block(name), hint=hint)

    reasons = [option(say.of(words), rule) for rule, words in _REASONS.items()]
    late = [option(say("Sessions can still be canceled"), YES), option(say("Sessions can no longer be canceled"), NO)]
    blocks = [
        *_whose(terms, say),
        section(say("*Now:* {terms}", terms=policy_text(terms.policy, say, yours=False))),
        field(
            say("What comes back until when"),
            text_input(Action.INPUT, initial=held.tiers, most=500, multiline=True),
            block(Block.TIERS),
            hint=_steps_hint(say),
            optional=True,
        ),
        field(say("When nothing would come back"), radio(Action.INPUT, late, held.late), block(Block.LATE_CANCEL)),
        *_forgiveness(held, block, say),
        figures(
            say("Minutes after booking in which canceling is always free"), Block.GRACE, held.grace, MOST_MINUTES,
            say("Until the start at most; 0 for none."),
        ),
        field(say("Reason for canceling"), radio(Action.INPUT, reasons, held.reason), block(Block.REASON_RULE)),
        figures(
            say("Hours before the start until which clients can reschedule"), Block.MOVE_WINDOW, held.window, MOST_HOURS,
            say("0 means until the start. Coaches can always move a session."),
        ),
        field(
            say("How often clients can reschedule a session"),
            number_input(Action.INPUT, held.limit, MOST_MOVES, decimals=False),
            block(Block.MOVE_LIMIT),
            hint=say("Leave it empty for as often as they like; 0 for not at all."),
            optional=True,
        ),
        figures(
            say("Days a coach has to decide on an exception"), Block.DECIDE_DAYS, held.decide, MOST_DAYS,
            say("A client whose cancellation returned less than everything can ask for one."),
        ),
        field(
            say("Percent that comes back if nobody decides"),
            number_input(Action.INPUT, held.undecided, FULL, decimals=False),
            block(Block.UNDECIDED),
            hint=say("Of what the cancellation kept."),
        ),
        figures(
            say("Days for which credits can be used that come back after they expired"), Block.RETURN_DAYS,
            held.return_period, MOST_DAYS,
        ),
        divider(),
        header(say("Preview")),
        field(say("Day of the session"), _picker("date", held.day), block(Block.PREVIEW_DAY), optional=True),
        field(say("Time it starts"), _picker("time", held.time), block(Block.PREVIEW_TIME), optional=True),
        field(
            say("Price in credits"),
            text_input(Action.INPUT, initial=held.price, most=20),
            block(Block.PREVIEW_PRICE),
            optional=True,
        ),
        actions([button(say("Preview"), Action.TERMS_PREVIEW, label=say("Preview what this session would return when"))]),
        *_shown(found, asked, wrong),
        context(say("Terms count for sessions booked from now on; sessions keep the terms they were booked under.")),
    ]  # fmt: skip
    metadata = TermsMeta(round_, terms.scope)
    submit, close = say.title("Save"), say.title("Back")
    return modal(say.title("Cancellation terms"), Callback.TERMS, blocks, metadata=metadata, submit=submit, close=close)


def _forgiveness(held: Typed, block: Callable[[Block], str], say: Say) -> list[Json]:
    return [
        field(
            say("How many late cancellations of a client are forgiven"),
            number_input(Action.INPUT, held.forgiven, MOST_FORGIVEN, decimals=False),
            block(Block.FORGIVEN_TIMES),
            hint=say("Everything comes back by itself then; 0 for none."),
        ),
        field(
            say("In how many months they are counted"),
            number_input(Action.INPUT, held.months, MOST_MONTHS, least=1, decimals=False),
            block(Block.FORGIVEN_MONTHS),
            hint=say("Counted back from the moment of canceling."),
        ),
    ]


def _steps_hint(say: Say) -> str:
    words = tiers_in(say)
    return say.sentences(
        say(
            "One line for each step, like “{all}” and “{half}”: so long before the start. m, h, d and w will do.",
            all=tiers_text([Tier(timedelta(hours=24), FULL)], words),
            half=tiers_text([Tier(timedelta(hours=12), FULL // 2)], words),
        ),
        say.plural(
            "At most {n} line; leave it empty if nothing ever comes back.",
            "At most {n} lines; leave it empty if nothing ever comes back.",
            MOST_TIERS,
        ),
    )


def _picker(kind: str, value: str | None) -> Json:
    element: Json = {"type": f"{kind}picker", "action_id": Action.INPUT}
    if value is not None:
        element[f"initial_{kind}"] = value
    return element


def _whose(terms: Terms, say: Say) -> list[Json]:
    if terms.scope.of is TermsOf.WORKSPACE:
        return []
    package, name = terms.scope.of is TermsOf.PACKAGE, f"*{typed(terms.name or '')}*"
    if not terms.own:
        inherited = (
            say("This package has its session type's or the workspace's terms. Save to give it terms of its own.")
            if package
            else say("This session type has the workspace's terms. Save to give it terms of its own.")
        )
        return [section(f"{name}\n{inherited}")]
    words = (
        say(
            "Sessions booked from now on get its session type's or the workspace's terms. Those that are booked keep theirs."
        )
        if package
        else say("Sessions booked from now on get the workspace's terms. Those that are booked keep theirs.")
    )
    drop = button(
        say("Use the session type's terms") if package else say("Use the workspace's terms"),
        Action.TERMS_DROP,
        scope_value(terms.scope),
        confirm=confirm(say("Drop its own terms?"), words, say("Drop them"), say.meant("terms", "Keep them")),
    )
    own = say("This package has terms of its own.") if package else say("This session type has terms of its own.")
    return [section(f"{name}\n{own}"), actions([drop])]


def _shown(found: OpenTerms, asked: PreviewedSession | None, wrong: str | None) -> list[Json]:
    reader = reader_of(found)
    if wrong is not None:
        return [alert(wrong, reader.say)]
    if asked is None:
        return []
    steps = preview(asked.policy, starts_at=asked.starts_at, booked_at=found.now, price=asked.price)
    instants = [found.now, *(step.until for step in steps)]
    reader = replace(reader, mark_dst=reader.times.mixed(instants))
    return [
        section("\n".join(preview_lines(asked, steps, reader))),
        context(
            reader.say.sentences(reader.zone_of(instants), reader.say("Each is the last moment that still counts."))
        ),
    ]


def preview_lines(asked: PreviewedSession, steps: Sequence[Step], reader: Reader) -> list[str]:
    """Return what a session booked now would return when, in lines of mrkdwn."""
    policy, say, start = asked.policy, reader.say, reader.instant(asked.starts_at, exact=True)
    head = say("Booked now for {time}, at {price}:", time=start, price=in_credits(asked.price, say))
    lines = [f"*{head}*"]
    for step in steps:
        if step.until <= reader.now:
            continue  # over at the very moment of the booking
        if step.blocked is not None:
            # This step ends at the start, and the same holds after the start, so one line covers both.
            break
        lines.append(f"• {_step(step, asked, reader)}")
    if steps[-1].blocked is None:
        lines.append(f"• {say('After the start: it can no longer be canceled')}")
    elif len(lines) > 1:
        lines.append(f"• {say('After that: it can no longer be canceled')}")
    else:
        lines.append(f"• {say('From the booking on: it can no longer be canceled')}")
    if any(step.percent * asked.price % FULL for step in steps):
        lines.append(say("Amounts are rounded up to a hundredth of a credit, for the client."))
    if policy.forgives and any(step.returned < asked.price and step.until > reader.now for step in steps):
        lines.append(forgiven_text(policy, say))
    lines.append(_moves(asked, reader))
    if any(step.returned < asked.price and step.blocked is None and step.until > reader.now for step in steps):
        time = _days(policy.decide_within, say)
        lines.append(_undecided(policy.undecided_percent, time, say))
    return lines


def _undecided(percent: int, time: str, say: Say) -> str:
    """Say what comes back if nobody decides about an exception within the policy's time."""
    if percent == 0:
        return say(
            "If its client asks for an exception and nobody decides within {time}, nothing more comes back.", time=time
        )
    if percent == FULL:
        return say(
            "If its client asks for an exception and nobody decides within {time}, all that was kept comes back.",
            time=time,
        )
    return say(
        "If its client asks for an exception and nobody decides within {time}, {percent} of what was kept comes back.",
        time=time,
        percent=say.percent(percent),
    )


def _days(time: timedelta, say: Say) -> str:
    """Return the time in days if it is whole days, as the form asks for it."""
    return span(time, say) if time % DAY else say.duration(time // DAY, "day")


def _step(step: Step, asked: PreviewedSession, reader: Reader) -> str:
    say, at = reader.say, reader.instant(step.until, exact=True)
    back = _back(step, asked.policy, say)
    if step.until == asked.starts_at:
        return say("Until the start, {time}: {back}", time=at, back=back)
    return say("Until {time}: {back}", time=at, back=back)


def _back(step: Step, policy: Policy, say: Say) -> str:
    if not step.returned:
        return say("nothing comes back, though it can still be canceled")
    how = say.percent(step.percent) if step.percent < FULL else say("everything")
    if step.grace:
        how = say("{share}, within {time} of booking", share=how, time=span(policy.booking_grace, say))
    return say.plural(
        "{n} credit comes back ({share})", "{n} credits come back ({share})", amount(step.returned), share=how
    )


def _moves(asked: PreviewedSession, reader: Reader) -> str:
    policy, say = asked.policy, reader.say
    closes = asked.starts_at - policy.reschedule_window
    if policy.reschedule_limit == 0:
        return reschedule_text(policy, say)
    if closes <= reader.now:
        return say("Its client cannot reschedule it: that is too close to the start.")
    until = reader.instant(closes, exact=True)
    if policy.reschedule_limit is None:
        return say("Its client can reschedule it until {time}.", time=until)
    return say.plural(
        "Its client can reschedule it until {time}, up to {n} time.",
        "Its client can reschedule it until {time}, up to {n} times.",
        policy.reschedule_limit,
        time=until,
    )
