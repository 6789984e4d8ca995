"""The choosing dialog: which sessions, and why."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from coaching.actions.browse import CHOOSE_PAGE, Choosing, Row
from coaching.policy import ReasonRule
from coaching.sessions import MAX_PER_ACTION, MAX_REASON, Hat
from handlers.ids import (
    LATE_HOLD,
    LATE_RETURN,
    MODE_CANCEL,
    MODE_KEEP,
    MODE_MOVE,
    Action,
    Block,
    Callback,
)
from handlers.meta import Meta
from handlers.views.hats import acting
from handlers.views.kit import (
    GROUP,
    Json,
    actions,
    alert,
    bare,
    button,
    clip,
    context,
    field,
    modal,
    option,
    radio,
    section,
    text_input,
    typed,
)
from handlers.views.message import message_view
from handlers.views.named_terms import named_terms
from handlers.views.refunds import short_terms
from handlers.views.words import Reader, count, listed, policy_text, reader_for, reschedule_text

NAMED = 3
"""Clients that the label of a group names."""

TITLE, MOVE_TITLE, KEEP_TITLE = "Cancel sessions", "Reschedule sessions", "Keep sessions"


def choose_view(
    choosing: Choosing,
    meta: Meta,
    *,
    keep: bool = False,
    move: bool = False,
    notice: str | None = None,
    must_say: bool = False,
) -> Json:
    """Build the choosing dialog; `notice` goes on top.

    With `keep` everything but the question is folded away; with `move` only what can be moved is offered. `must_say`:
    something that is picked, here or on another page, asks for a reason.
    """
    if not choosing.rows and not choosing.draft.picked:
        return nothing_view(choosing)
    reader = reader_for(choosing.viewer, [row.session for row in choosing.rows], choosing.now)
    blocks: list[Json] = []
    if notice:
        blocks.append(alert(notice))
    blocks.extend(acting(choosing.hat, choosing.viewer, choosing.subject, reader))
    blocks.append(_mode(MODE_KEEP if keep else MODE_MOVE if move else MODE_CANCEL))
    if keep:
        blocks.append(context("Nothing will change. Your sessions stay booked."))
        return modal(KEEP_TITLE, Callback.CHOOSE, blocks, metadata=meta.dump(), submit="Done")
    if move:
        blocks.extend(_to_move(choosing, meta, reader))
        return modal(MOVE_TITLE, Callback.CHOOSE, blocks, metadata=meta.dump(), submit="Continue")
    blocks.extend(_groups(choosing.rows, choosing, meta, reader))
    if choosing.total > GROUP:
        blocks.extend(_paging(choosing))
    blocks.extend(_terms(choosing.rows, reader, yours=choosing.hat is Hat.CLIENT))
    reason = _reason(choosing, must_say=must_say)
    if reason:
        blocks.append(reason)
    # What nothing was paid for in credits returns none, late or not.
    late = [row for row in choosing.rows if row.session.price and choosing.now > row.session.refund_cutoff_at]
    if choosing.hat is Hat.COACH and (late or not choosing.draft.refund_late):
        blocks.append(_late_choice(choosing.draft.refund_late, several=_several_clients(choosing)))
    elif late:
        blocks.append(context(_late_words(choosing.support_contact, yours=choosing.hat is Hat.CLIENT)))
    blocks.append(context(reader.zone_line([row.session for row in choosing.rows])))
    return modal(TITLE, Callback.CHOOSE, blocks, metadata=meta.dump(), submit="Continue")


def nothing_view(choosing: Choosing) -> Json:
    """Say that there is nothing to cancel, and what to do."""
    words = "There is no session that can be canceled right now."
    if choosing.hat is not Hat.COACH:
        words += " A session can be canceled until it starts. If one should have been here, ask its coach"
        words += f" or {typed(choosing.support_contact, 200)}." if choosing.support_contact else "."
    return message_view(TITLE, words)


def _to_move(choosing: Choosing, meta: Meta, reader: Reader) -> Iterable[Json]:
    movable = [row for row in choosing.rows if row.movable]
    yield from _groups(movable, choosing, meta, reader)
    if choosing.total > GROUP:
        yield from _paging(choosing)
    others = len(choosing.rows) - len(movable)
    if others:
        which = "here" if choosing.pages > 1 else "of yours"
        cannot = "cannot be rescheduled by yourself" if choosing.hat is Hat.CLIENT else "cannot be rescheduled"
        yield context(f"{count(others)} {which} {cannot}; each one's details say why, and whom to ask.")
    texts = named_terms(movable, reschedule_text, reader)
    if texts and choosing.hat is not Hat.COACH:
        yield section("*Reschedule Policy*\n" + "\n".join(texts))
    yield context(reader.zone_line([row.session for row in choosing.rows]))


def _mode(chosen: str) -> Json:
    options = [
        option("Cancel sessions", MODE_CANCEL),
        option("Reschedule sessions", MODE_MOVE),
        option("Keep them as they are", MODE_KEEP),
    ]
    return field(
        "How would you like to update the sessions?",
        radio(Action.CHOOSE_MODE, options, chosen),
        Block.MODE,
        dispatch=True,
    )


def _groups(offered: Sequence[Row], choosing: Choosing, meta: Meta, reader: Reader) -> Iterable[Json]:
    """Check boxes by package, then singles, at most ten to a group."""
    picked = set(choosing.draft.picked)
    rows = sorted(offered, key=_package_key)
    groups = [(package, list(members)) for (_, package, _), members in groupby(rows, key=_package_key)]
    often = Counter(package for package, _ in groups)
    number = 0
    for package, group in groups:
        label = bare(package) if package else "Single sessions"
        if choosing.hat is Hat.COACH and often[package] > 1:
            # Several clients bought the same: whose it is tells them apart.
            label += f" · {listed((reader.plain_name(row.session.client) for row in group), NAMED)}"
        for start in range(0, len(group), GROUP):
            part = [_choice(row, reader, choosing.hat) for row in group[start : start + GROUP]]
            element: Json = {"type": "checkboxes", "action_id": Action.CHOOSE_SESSIONS, "options": part}
            ticked = [item for item in part if item["value"] in picked]
            if ticked:
                element["initial_options"] = ticked
            block_id = f"{Block.SESSIONS}:{meta.round}:{choosing.page}:{number}"
            yield field(f"{label} (continued)" if start else label, element, block_id, optional=True)
            number += 1


def _package_key(row: Row) -> tuple[bool, str, str]:
    package = row.session.package
    # Packages by name, then singles.
    return (False, package.name, package.grant_id) if package else (True, "", "")


def _choice(row: Row, reader: Reader, hat: Hat) -> Json:
    session = row.session
    other = session.client if hat is Hat.COACH else session.coach
    terms = short_terms(session, row.policy, reader, hat)
    when = reader.when(session)
    # Slack allows 75 characters: the time must survive a long name, and so must the terms.
    what = clip(bare(session.session_type), max(12, 72 - len(when)))
    who = reader.plain_name(other, max(10, 70 - len(terms)))
    return option(f"{what} · {when}", session.id, f"{who} · {terms}")


def _paging(choosing: Choosing) -> Iterable[Json]:
    row = []
    if choosing.page:
        row.append(button("‹ Earlier", Action.CHOOSE_EARLIER, label="Earlier sessions; picks are kept"))
    if choosing.page < choosing.pages - 1:
        row.append(button("Later ›", Action.CHOOSE_LATER, label="Later sessions; picks are kept"))
    most = min(choosing.total, MAX_PER_ACTION)
    words = "Pick all" if choosing.total <= MAX_PER_ACTION else f"Pick the first {most}"
    row.append(button(words, Action.CHOOSE_ALL, label=f"Pick {count(most)}"))
    if choosing.draft.picked:
        row.append(button("Pick none", Action.CHOOSE_NONE))
    yield actions(row)
    first = choosing.page * CHOOSE_PAGE + 1
    words = f"{first}–{first + len(choosing.rows) - 1} of {choosing.total:,}"
    if choosing.draft.picked:
        here = {row.session.id for row in choosing.rows}
        others = sum(1 for session_id in choosing.draft.picked if session_id not in here)
        words += f" · {len(choosing.draft.picked)} picked so far"
        if others:
            words += f", {others} of them on other pages"
    yield context(words)


def _terms(rows: Sequence[Row], reader: Reader, *, yours: bool) -> Iterable[Json]:
    lines = named_terms(rows, lambda policy: policy_text(policy, yours=yours), reader)
    if lines:
        title = "Cancellation Policy" if len(lines) == 1 else "Cancellation Policies"
        yield section(f"*{title}*\n" + "\n".join(lines))


def _reason(choosing: Choosing, *, must_say: bool) -> Json | None:
    rules = {row.policy.reason for row in choosing.rows}
    if must_say:
        rules.add(ReasonRule.REQUIRED)
    coach = choosing.hat is Hat.COACH
    whose = "your" if choosing.hat is Hat.CLIENT else "the"
    if rules <= {ReasonRule.OFF} and not coach and not choosing.draft.reason:
        # Shown while something is typed, though: it may be meant for sessions on another page.
        return None
    required = rules == {ReasonRule.REQUIRED} and not coach
    hint = None
    if coach:
        hint = f"Your client{'s' if _several_clients(choosing) else ''} will see it."
    elif not required:
        hint = (
            f"Needed for some of these sessions; {whose} coach will see it."
            if ReasonRule.REQUIRED in rules
            else f"{whose.capitalize()} coach will see it."
        )
    element = text_input(Action.CHOOSE_REASON, initial=choosing.draft.reason, most=MAX_REASON, multiline=True)
    return field("Reason", element, Block.REASON, hint=hint, optional=not required)


def _several_clients(choosing: Choosing) -> bool:
    return len({row.session.client.id for row in choosing.rows}) > 1


def _late_choice(refund_late: bool, *, several: bool) -> Json:
    who = "Your clients get" if several else "Your client gets"
    options = [
        option("Return everything", LATE_RETURN, f"{who} back all they paid, late or not"),
        option(
            "Keep what the policy keeps", LATE_HOLD, "They return what the client's own cancellation would return now"
        ),
    ]
    chosen = LATE_RETURN if refund_late else LATE_HOLD
    return field(
        "Sessions whose full refund has ended",
        radio(Action.CHOOSE_LATE, options, chosen),
        Block.LATE,
        hint="The next step shows what comes back for each.",
    )


def _late_words(support_contact: str | None, *, yours: bool) -> str:
    words = "*Where full refund has ended* you can still cancel, but what the policy keeps is not returned."
    words += " You can ask for an exception afterwards" if yours else " The client can ask for an exception afterwards"
    return words + (f"; if nobody answers, ask {typed(support_contact, 200)}." if support_contact else ".")
