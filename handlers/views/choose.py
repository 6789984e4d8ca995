"""The choosing dialog: which sessions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from coaching.actions.browse import Row
from coaching.actions.choose import CHOOSE_PAGE, Choosing
from coaching.drafts import Draft
from coaching.sessions import MAX_PER_ACTION, Hat
from handlers.ids import MODE_CANCEL, MODE_HAND, MODE_KEEP, MODE_MOVE, Action, Block, Callback
from handlers.meta import Meta
from handlers.views.hats import acting_in
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
    typed,
)
from handlers.views.list import number_of, page_words
from handlers.views.message import message_view
from handlers.views.named_terms import named_terms
from handlers.views.policy_words import policy_text, reschedule_text
from handlers.views.refunds import short_terms
from handlers.views.words import Reader, reader_for
from language.say import Say, say_for

NAMED = 3
"""The most clients named in the label of a group."""


def choose_view(
    choosing: Choosing,
    meta: Meta,
    *,
    keep: bool = False,
    move: bool = False,
    hand: bool = False,
    notice: str | None = None,
) -> Json:
    """Build the choosing dialog, with `notice` at the top.

    With `keep` only the question is shown. With `move` only movable sessions are offered. With `hand` sessions are
    chosen for another coach.
    """
    if not choosing.rows and not choosing.draft.picked:
        return nothing_view(choosing)
    reader = reader_for(choosing.viewer, [row.session for row in choosing.rows], choosing.now)
    say = reader.say
    blocks: list[Json] = []
    if notice:
        blocks.append(alert(notice, say))
    blocks.extend(acting_in(choosing.draft, choosing.viewer, choosing.subject, reader))
    hand = hand and choosing.hat is not Hat.CLIENT
    mode = MODE_KEEP if keep else MODE_MOVE if move else MODE_HAND if hand else MODE_CANCEL
    blocks.append(_mode(mode, choosing.hat, say))
    if keep:
        blocks.append(context(say("Nothing will change. Your sessions stay booked.")))
        return _dialog(say.title("Keep sessions"), blocks, meta, say.title("Done"), say)
    if move:
        blocks.extend(_to_move(choosing, meta, reader))
        return _dialog(say.title("Reschedule sessions"), blocks, meta, say.title("Continue"), say)
    blocks.extend(_groups(choosing.rows, choosing, meta, reader))
    if choosing.total > GROUP:
        blocks.extend(_paging(choosing, say))
    if hand:
        blocks.append(context(reader.zone_line([row.session for row in choosing.rows])))
        return _dialog(say.title("Hand sessions over"), blocks, meta, say.title("Continue"), say)
    blocks.extend(_terms(choosing.rows, reader, yours=choosing.hat is Hat.CLIENT))
    blocks.append(context(reader.zone_line([row.session for row in choosing.rows])))
    return _dialog(say.title("Cancel sessions"), blocks, meta, say.title("Continue"), say)


def _dialog(title: str, blocks: Sequence[Json], meta: Meta, submit: str, say: Say) -> Json:
    return modal(title, Callback.CHOOSE, blocks, metadata=meta, submit=submit, close=say.title("Close"))


def nothing_view(choosing: Choosing) -> Json:
    """Say that there is nothing to cancel, and what to do."""
    say, contact = say_for(choosing.viewer.person.locale), choosing.support_contact
    words = say("There is no session that can be canceled right now.")
    if choosing.draft.side is not Hat.COACH:
        ask = (
            say("If one should have been here, ask its coach or {contact}.", contact=typed(contact, 200))
            if contact
            else say("If one should have been here, ask its coach.")
        )
        words = say.sentences(words, say("A session can be canceled until it starts."), ask)
    return message_view(say.title("Cancel sessions"), words, say)


def _to_move(choosing: Choosing, meta: Meta, reader: Reader) -> Iterable[Json]:
    movable = [row for row in choosing.rows if row.movable]
    yield from _groups(movable, choosing, meta, reader)
    if choosing.total > GROUP:
        yield from _paging(choosing, reader.say)
    others = len(choosing.rows) - len(movable)
    if others:
        yield context(_immovable(choosing, others, reader.say))
    texts = named_terms(movable, lambda policy: reschedule_text(policy, reader.say), reader)
    if texts and choosing.draft.side is not Hat.COACH:
        yield section("\n".join([f"*{reader.say('Reschedule Policy')}*", *texts]))
    yield context(reader.zone_line([row.session for row in choosing.rows]))


def _immovable(choosing: Choosing, others: int, say: Say) -> str:
    here = choosing.page > 0 or choosing.later
    if choosing.hat is Hat.CLIENT:
        words = (
            say.plural(
                "You cannot reschedule {n} session on this page yourself.",
                "You cannot reschedule {n} sessions on this page yourself.",
                others,
            )
            if here
            else say.plural(
                "You cannot reschedule {n} session yourself.",
                "You cannot reschedule {n} sessions yourself.",
                others,
            )
        )
    elif here:
        words = say.plural(
            "{n} session here cannot be rescheduled.", "{n} sessions here cannot be rescheduled.", others
        )
    else:
        words = say.plural("{n} session cannot be rescheduled.", "{n} sessions cannot be rescheduled.", others)
    return say.sentences(words, say("Each one's details say why, and whom to ask."))


def _mode(chosen: str, hat: Hat, say: Say) -> Json:
    handing = [option(say("Hand sessions over to another coach"), MODE_HAND)] if hat is not Hat.CLIENT else []
    options = [
        option(say("Reschedule sessions"), MODE_MOVE),
        option(say("Cancel sessions"), MODE_CANCEL),
        *handing,
        option(say("Keep them as they are"), MODE_KEEP),
    ]
    return field(
        say("How would you like to update the sessions?"),
        radio(Action.CHOOSE_MODE, options, chosen),
        Block.MODE,
        dispatch=True,
    )


def _groups(offered: Sequence[Row], choosing: Choosing, meta: Meta, reader: Reader) -> Iterable[Json]:
    """Return check boxes by package, then single sessions, at most ten to a group."""
    picked = set(choosing.draft.picked)
    rows = sorted(offered, key=_package_key)
    groups = [(package, list(members)) for (_, package, _), members in groupby(rows, key=_package_key)]
    often = Counter(package for package, _ in groups)
    number = 0
    for package, group in groups:
        label = bare(package) if package else reader.say("Single sessions")
        if choosing.draft.side is Hat.COACH and often[package] > 1:
            # Several clients bought the same package: the clients' names distinguish the groups.
            label += f" · {reader.say.listed((reader.plain_name(row.session.client) for row in group), NAMED)}"
        for start in range(0, len(group), GROUP):
            part = [_choice(row, reader, choosing.draft) for row in group[start : start + GROUP]]
            element: Json = {"type": "checkboxes", "action_id": Action.CHOOSE_SESSIONS, "options": part}
            ticked = [item for item in part if item["value"] in picked]
            if ticked:
                element["initial_options"] = ticked
            block_id = f"{Block.SESSIONS}:{meta.round}:{choosing.page}:{number}"
            shown = reader.say("{package} (continued)", package=label) if start else label
            yield field(shown, element, block_id, optional=True)
            number += 1


def _package_key(row: Row) -> tuple[bool, str, str]:
    package = row.session.package
    # Packages by name, then single sessions.
    return (False, package.name, package.grant_id) if package else (True, "", "")


def _choice(row: Row, reader: Reader, draft: Draft) -> Json:
    session, hat = row.session, draft.hat
    other = session.client if hat is Hat.COACH else session.coach
    terms = short_terms(session, row.policy, reader, draft.side)
    when = reader.when(session)
    # Slack allows 75 characters. The time must survive a long name, and so must the terms.
    what = clip(bare(session.session_type), max(12, 72 - len(when)))
    if draft.everybodys:
        # There is no room for the terms too, and in a coach's place everything comes back unless an admin says otherwise.
        client, coach = (reader.plain_name(one, 35) for one in (session.client, session.coach))
        return option(f"{what} · {when}", session.id, f"{client} · {coach}")
    who = reader.plain_name(other, max(10, 70 - len(terms)))
    return option(f"{what} · {when}", session.id, f"{who} · {terms}")


def _paging(choosing: Choosing, say: Say) -> Iterable[Json]:
    row = []
    if choosing.page:
        label = say("Earlier sessions; picks are kept")
        row.append(button(f"‹ {say('Earlier')}", Action.CHOOSE_EARLIER, label=label))
    if choosing.later:
        row.append(button(f"{say('Later')} ›", Action.CHOOSE_LATER, label=say("Later sessions; picks are kept")))
    most = min(choosing.total, MAX_PER_ACTION)
    words = say("Pick all") if choosing.total <= most else say.plural("Pick the first {n}", "Pick the first {n}", most)
    row.append(button(words, Action.CHOOSE_ALL, label=say.plural("Pick {n} session", "Pick {n} sessions", most)))
    if choosing.draft.picked:
        row.append(button(say("Pick none"), Action.CHOOSE_NONE))
    yield actions(row)
    facts = [page_words(choosing.page * CHOOSE_PAGE + 1, len(choosing.rows), number_of(choosing, say), say)]
    if picked := len(choosing.draft.picked):
        here = {row.session.id for row in choosing.rows}
        others = sum(1 for session_id in choosing.draft.picked if session_id not in here)
        facts.append(say.plural("{n} picked so far", "{n} picked so far", picked))
        if others:
            facts.append(say.plural("{n} of them on another page", "{n} of them on other pages", others))
    yield context(" · ".join(facts))


def _terms(rows: Sequence[Row], reader: Reader, *, yours: bool) -> Iterable[Json]:
    say = reader.say
    lines = named_terms(rows, lambda policy: policy_text(policy, say, yours=yours), reader)
    if lines:
        title = say("Cancellation Policy") if len(lines) == 1 else say("Cancellation Policies")
        yield section("\n".join([f"*{title}*", *lines]))
