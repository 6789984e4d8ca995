"""The form about terms: what comes back until when, who may move when, and what a given session would return."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from coaching.actions.policies import OpenTerms
from coaching.credits import ONE_CREDIT
from coaching.outlook import Step, preview
from coaching.policy import FULL, LONGEST, Policy, ReasonRule, Terms, TermsOf, TermsScope
from coaching.tiers import MOST_TIERS, tiers_text
from handlers.ids import NO, YES, Action, Block, Callback
from handlers.views.asked import fallback
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
from handlers.views.words import Reader, come, count, in_credits, number, policy_text, reader_for, reschedule_text, span

TITLE = "Cancellation terms"
AHEAD = timedelta(days=3)
"""How far ahead the session lies that the preview begins with."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOST_MINUTES, MOST_HOURS, MOST_DAYS = LONGEST // MINUTE, LONGEST // HOUR, LONGEST // DAY
MOST_MOVES = 1000
REASON_WORDS = {
    ReasonRule.OFF: "Not asked",
    ReasonRule.OPTIONAL: "Asked, optional",
    ReasonRule.REQUIRED: "Asked, required",
}
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the form, as it was typed; None is an empty input. Day and time are on the viewer's own clock."""

    tiers: str | None
    reason: str
    late: str
    grace: str | None
    return_period: str | None
    window: str | None
    limit: str | None
    decide: str | None
    undecided: str | None
    day: str | None
    time: str | None
    price: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The session that the preview is about: its start (aware), its price, and the terms it would be booked under."""

    policy: Policy
    starts_at: datetime
    price: int


def scope_value(scope: TermsScope) -> str:
    """Return what names a scope in a button's value: "type:ID"."""
    return f"{scope.of}:{scope.id}"


def terms_button(scope: TermsScope, name: str | None = None) -> Json:
    """The button that opens the form for the workspace, a session type or a package."""
    label = f"Edit the cancellation terms of {name}" if name else "Edit the cancellation terms"
    return button("Terms…" if name else "Edit", Action.TERMS_OPEN, scope_value(scope), label=label)


def terms_kind(policy_id: str | None, inherits: str = "Workspace terms") -> str:
    """Whose terms a session type or package has, for its line in a list."""
    return "Own terms" if policy_id else inherits


def filled_in(policy: Policy, *, day: date, at: time, price: int) -> Typed:
    """Return what the form says about these terms."""
    return Typed(
        tiers=tiers_text(policy.tiers) or None,
        reason=policy.reason,
        late=YES if policy.late_cancel else NO,
        grace=figure(policy.booking_grace, MINUTE),
        return_period=figure(policy.return_period, DAY),
        window=figure(policy.reschedule_window, HOUR),
        limit=None if policy.reschedule_limit is None else str(policy.reschedule_limit),
        decide=figure(policy.decide_within, DAY),
        undecided=str(policy.undecided_percent),
        day=day.isoformat(),
        time=f"{at:%H:%M}",
        price=number(price).replace(",", ""),
    )


def first_filled(found: OpenTerms) -> Typed:
    """Return what a new form holds: the terms in force, and a session a few days ahead at the next full hour."""
    begins = reader_of(found).times.local(found.now + AHEAD).replace(tzinfo=None)
    begins += timedelta(hours=1, minutes=-begins.minute, seconds=-begins.second, microseconds=-begins.microsecond)
    price = found.terms.price or ONE_CREDIT
    return filled_in(found.terms.policy, day=begins.date(), at=begins.time(), price=price)


def figure(span: timedelta, unit: timedelta) -> str:
    """Return how many units a span has, as people write numbers, to four decimals."""
    text = f"{Decimal(span // _TICK) / Decimal(unit // _TICK):.4f}"
    return text.rstrip("0").rstrip(".")


def reader_of(found: OpenTerms) -> Reader:
    """Return how the admin reads: on their own clock."""
    return reader_for(found.viewer, [], found.now)


def terms_form(
    found: OpenTerms, held: Typed, round_: int = 0, *, asked: Asked | None = None, wrong: str | None = None
) -> Json:
    """Build the form for a scope with what is typed in it.

    Slack keeps what somebody typed in an input of the same name; a new `round_` names them anew. The preview is about
    `asked`, or says what is `wrong` (mrkdwn) with what is typed.
    """
    terms = found.terms

    def block(name: Block) -> str:
        return f"{name}:{round_}"

    def amount(label: str, name: Block, value: str | None, most: int, hint: str | None = None) -> Json:
        return field(label, number_input(Action.INPUT, value, most), block(name), hint=hint)

    reasons = [option(words, rule) for rule, words in REASON_WORDS.items()]
    late = [option("Sessions can still be canceled", YES), option("Sessions can no longer be canceled", NO)]
    blocks = [
        *_whose(terms),
        section(f"*Now:* {policy_text(terms.policy, yours=False)}"),
        field(
            "What comes back until when",
            text_input(Action.INPUT, initial=held.tiers, most=500, multiline=True),
            block(Block.TIERS),
            hint=(
                "One line for each step, like “100% until 24h” and “50% until 12h”: so long before the start. m, h, d and w "
                f"will do. At most {MOST_TIERS} lines; leave it empty if nothing ever comes back."
            ),
            optional=True,
        ),
        field("When nothing would come back", radio(Action.INPUT, late, held.late), block(Block.LATE_CANCEL)),
        amount(
            "Minutes after booking in which canceling is always free", Block.GRACE, held.grace, MOST_MINUTES,
            "Until the start at most; 0 for none.",
        ),
        field("Reason for canceling", radio(Action.INPUT, reasons, held.reason), block(Block.REASON_RULE)),
        amount(
            "Hours before the start until which clients can reschedule", Block.MOVE_WINDOW, held.window, MOST_HOURS,
            "0 means until the start. Coaches can always move a session.",
        ),
        field(
            "How often clients can reschedule a session",
            number_input(Action.INPUT, held.limit, MOST_MOVES, decimals=False),
            block(Block.MOVE_LIMIT),
            hint="Leave it empty for as often as they like; 0 for not at all.",
            optional=True,
        ),
        amount(
            "Days a coach has to decide on an exception", Block.DECIDE_DAYS, held.decide, MOST_DAYS,
            "A client whose cancellation returned less than everything can ask for one.",
        ),
        field(
            "Percent that comes back if nobody decides",
            number_input(Action.INPUT, held.undecided, FULL, decimals=False),
            block(Block.UNDECIDED),
            hint="Of what the cancellation kept.",
        ),
        amount(
            "Days for which credits can be used that come back after they expired", Block.RETURN_DAYS,
            held.return_period, MOST_DAYS,
        ),
        divider(),
        header("Preview"),
        field("Day of the session", _picker("date", held.day), block(Block.PREVIEW_DAY), optional=True),
        field("Time it starts", _picker("time", held.time), block(Block.PREVIEW_TIME), optional=True),
        field(
            "Price in credits",
            text_input(Action.INPUT, initial=held.price, most=20),
            block(Block.PREVIEW_PRICE),
            optional=True,
        ),
        actions([button("Preview", Action.TERMS_PREVIEW, label="Preview what this session would return when")]),
        *_shown(found, asked, wrong),
        context("Terms count for sessions booked from now on; sessions keep the terms they were booked under."),
    ]  # fmt: skip
    metadata = f"{round_}:{scope_value(terms.scope)}"
    return modal(TITLE, Callback.TERMS, blocks, metadata=metadata, submit="Save", close="Back")


def _picker(kind: str, value: str | None) -> Json:
    element: Json = {"type": f"{kind}picker", "action_id": Action.INPUT}
    if value is not None:
        element[f"initial_{kind}"] = value
    return element


def _whose(terms: Terms) -> list[Json]:
    if terms.scope.of is TermsOf.WORKSPACE:
        return []
    package = terms.scope.of is TermsOf.PACKAGE
    kind, above = (
        ("package", "its session type's or the workspace's") if package else ("session type", "the workspace's")
    )
    name = typed(terms.name or "")
    if not terms.own:
        return [section(f"*{name}*\nThis {kind} has {above} terms. Save to give it terms of its own.")]
    words = f"Sessions booked from now on get {above} terms. Those that are booked keep theirs."
    drop = button(
        "Use the session type's terms" if package else "Use the workspace's terms",
        Action.TERMS_DROP,
        scope_value(terms.scope),
        confirm=confirm("Drop its own terms?", words, "Drop them", "Keep them"),
    )
    return [section(f"*{name}*\nThis {kind} has terms of its own."), actions([drop])]


def _shown(found: OpenTerms, asked: Asked | None, wrong: str | None) -> list[Json]:
    if wrong is not None:
        return [alert(wrong)]
    if asked is None:
        return []
    reader = reader_of(found)
    steps = preview(asked.policy, starts_at=asked.starts_at, booked_at=found.now, price=asked.price)
    instants = [found.now, *(step.until for step in steps)]
    reader = replace(reader, mark_dst=reader.times.mixed(instants))
    return [
        section("\n".join(preview_lines(asked, steps, reader))),
        context(f"Times are in {reader.times.zone_line(instants)}. Each is the last moment that still counts."),
    ]


def preview_lines(asked: Asked, steps: Sequence[Step], reader: Reader) -> list[str]:
    """What a session booked now would return when, in lines of mrkdwn."""
    policy, start = asked.policy, reader.instant(asked.starts_at, exact=True)
    lines = [f"*Booked now for {start}, at {in_credits(asked.price)}:*"]
    last = steps[-1]
    for step in steps:
        if step.until <= reader.now:
            continue  # Over in the very moment of the booking.
        if step.blocked is not None:
            # It ends with the start, and after the start it is the same: one line says both.
            break
        until = f"the start, {start}" if step.until == asked.starts_at else reader.instant(step.until, exact=True)
        lines.append(f"• Until {until}: {_back(step, policy)}")
    since = "After the start" if last.blocked is None else "After that" if len(lines) > 1 else "From the booking on"
    lines.append(f"• {since}: it can no longer be canceled")
    if any(step.percent * asked.price % FULL for step in steps):
        lines.append("Amounts are rounded up to a hundredth of a credit, for the client.")
    lines.append(_moves(asked, reader))
    if any(step.returned < asked.price and step.blocked is None and step.until > reader.now for step in steps):
        rest = fallback(policy.undecided_percent)
        lines.append(
            f"If its client asks for an exception and nobody decides within {_days(policy.decide_within)}, {rest}."
        )
    return lines


def _days(time: timedelta) -> str:
    """As the form asks for it: in days where it is whole ones."""
    return span(time) if time % DAY else count(time // DAY, "day")


def _back(step: Step, policy: Policy) -> str:
    if not step.returned:
        return "nothing comes back, though it can still be canceled"
    how = f"{step.percent}%" if step.percent < FULL else "everything"
    if step.grace:
        how += f", within {span(policy.booking_grace)} of booking"
    return f"{in_credits(step.returned)} {come(step.returned)} back ({how})"


def _moves(asked: Asked, reader: Reader) -> str:
    policy = asked.policy
    closes = asked.starts_at - policy.reschedule_window
    if policy.reschedule_limit == 0:
        return reschedule_text(policy)
    if closes <= reader.now:
        return "Its client cannot reschedule it: that is too close to the start."
    often = "" if policy.reschedule_limit is None else f", up to {count(policy.reschedule_limit, 'time')}"
    return f"Its client can reschedule it until {reader.instant(closes, exact=True)}{often}."
