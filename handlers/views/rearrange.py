"""The dialog about what is booked in a time off: what becomes of each session, the terms of that, and the result."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.actions.cancel import Quoted
from coaching.actions.handover import HANDED_GRACE
from coaching.actions.rearrange import PAGE, Arranging, Rearranged, Terms
from coaching.fates import KEPT, Becomes, Fate
from coaching.sessions import Person, Session
from handlers.ids import Action, Block, Callback
from handlers.off_meta import FateMeta
from handlers.views.confirm import session_blocks, terms_blocks
from handlers.views.handover import own_links
from handlers.views.hats import as_admin
from handlers.views.kit import (
    Json,
    actions,
    alert,
    bare,
    button,
    clip_lines,
    context,
    divider,
    field,
    modal,
    option,
    section,
    select,
)
from handlers.views.list import page_words
from handlers.views.lost import lost_lines
from handlers.views.message import message_view
from handlers.views.refunds import refund_line
from handlers.views.result import came_back
from handlers.views.time_off import Saved, booked_head, left_out
from handlers.views.times import Times, times_for
from handlers.views.undo import undo_button, undo_until
from handlers.views.words import Reader, line, outcome, reader_for, span
from language.say import Say


def fates_view(arranging: Arranging, meta: FateMeta, *, saved: Saved | None = None, notice: str | None = None) -> Json:
    """Build a page of the form. `notice` (mrkdwn) says why it came back, `saved` what was done to the time off."""
    reader = reader_for(arranging.viewer, list(arranging.sessions), arranging.now)
    say, n = reader.say, len(arranging.every)
    if not arranging.sessions:
        words = say.sentences(notice, say("Nothing is booked in it."))
        return message_view(say.title("Booked in a time off"), words, say)
    blocks: list[Json] = [alert(notice, say)] if notice else []
    if arranging.draft.everybodys:
        blocks.append(as_admin(say))
    blocks.append(section(booked_head(saved, n + len(arranging.own) + arranging.more, say)))
    if n > 1:
        blocks.append(section(say("Choose for each, or for all of them at once:"), _for_all(arranging, say)))
    times = times_for(arranging.viewer.person, arranging.zone)
    blocks += [_session(session, arranging, meta, reader, times) for session in arranging.sessions]
    if arranging.pages > 1:
        blocks += _pager(arranging, say)
    blocks.append(
        context(
            say("The coaches are free then, by their hours, and the times are free in the hours of this coach."),
            say("For another time, keep a session here and reschedule it by itself."),
        )
    )
    if arranging.own:
        blocks.append(context(left_out(len(arranging.own), say)))
    if arranging.more:
        blocks.append(context(_more(arranging.more, say)))
    blocks.append(context(reader.zone_line(list(arranging.sessions)), say("Nothing is done before you confirm.")))
    return modal(
        say.title("Booked in a time off"),
        Callback.OFF_CHOOSE,
        blocks,
        metadata=replace(meta, page=arranging.page, seal=""),
        submit=say.title("Continue"),
        close=say.title("Keep them"),
    )


def _more(more: int, say: Say) -> str:
    return say.plural(
        "… and {n} more, for which you come back here.", "… and {n} more, for which you come back here.", more
    )


def _for_all(arranging: Arranging, say: Say) -> Json:
    people = reader_for(arranging.viewer, list(arranging.sessions), arranging.now)
    options = [
        option(say("Keep all of them"), str(KEPT)),
        option(say("Cancel all of them"), str(Fate(Becomes.CANCEL))),
        *(_hand(one, people) for one in arranging.takers_of_all),
    ]
    return select(Action.OFF_ALL, options, placeholder=say("All of them…"))


def _hand(coach: Person, reader: Reader) -> Json:
    words = reader.say("Hand over to {coach}", coach=reader.plain_name(coach))
    return option(words, str(Fate(Becomes.HAND, coach.id)))


def _session(session: Session, arranging: Arranging, meta: FateMeta, reader: Reader, times: Times) -> Json:
    say = reader.say
    stays = [option(say("Keep this session"), str(KEPT)), option(say("Cancel this session"), str(Fate(Becomes.CANCEL)))]
    slots = arranging.free[session.id]
    mark = times.mixed([session.starts_at, *(slot.starts_at for slot in slots)])
    moves = [
        option(
            say("Move to {time}", time=times.when(slot.starts_at, slot.ends_at, arranging.now, mark=mark)),
            str(Fate(Becomes.MOVE, starts_at=slot.starts_at)),
        )
        for slot in slots
    ]
    groups: list[tuple[str, Sequence[Json]]] = [(say("Keep or cancel"), stays)]
    if takers := arranging.takers[session.id]:
        groups.append((say("Another coach"), [_hand(one, reader) for one in takers]))
    if moves:
        groups.append((say("Another time"), moves))
    offered = {one["value"] for _, part in groups for one in part}
    fate = str(arranging.fate(session.id))
    menu = select(
        Action.INPUT, [], chosen=fate if fate in offered else str(KEPT), placeholder=say("Choose"), groups=groups
    )
    label = say(
        "{session} with {person} · {time}",
        session=bare(session.session_type, 60),
        person=reader.plain_name(session.client),
        time=reader.when(session),
    )
    # A new round starts from the draft: the block gets a new id, so that Slack does not keep the old choice.
    return field(label, menu, f"{Block.FATE}:{meta.round}:{session.id}")


def _pager(arranging: Arranging, say: Say) -> list[Json]:
    row = []
    if arranging.page:
        label = say("Earlier sessions; what you chose is kept")
        row.append(button(f"‹ {say('Earlier')}", Action.OFF_EARLIER, label=label))
    if arranging.page + 1 < arranging.pages:
        label = say("Later sessions; what you chose is kept")
        row.append(button(f"{say('Later')} ›", Action.OFF_LATER, label=label))
    first = arranging.page * PAGE + 1
    return [context(page_words(first, len(arranging.sessions), say.number(len(arranging.every)), say)), actions(row)]


def fates_confirm_view(terms: Terms, meta: FateMeta) -> Json:
    """Build the confirmation: what becomes of which session, under which terms, and what comes back in all."""
    reader = reader_for(terms.viewer, [*terms.before, *(one for one, _ in terms.gone)], terms.now)
    say = reader.say
    lost = lost_lines(terms.gone, reader, moving=True)
    if not terms.before:
        words = [say("Something changed while this was open. *Nothing was done* and nothing is left to change."), *lost]
        return message_view(say.title("Nothing to change"), clip_lines(words, 2900, say), say, clear=True)
    blocks: list[Json] = [as_admin(say)] if terms.draft.everybodys else []
    if terms.changed or lost:
        words = [say("Something changed while this was open. *Nothing was done.*"), *lost, say("This is what is left:")]
        blocks.append(alert(clip_lines(words, 2900, say), say))
    if terms.handed:
        blocks += [section(_head_handed(len(terms.handed), say)), *session_blocks(_handed(terms, reader))]
        blocks.append(
            context(
                say(
                    "The times, the prices and what was paid stay. Because the coach changes, each client can cancel with a "
                    "full refund for at least {time}, or until the start.",
                    time=span(HANDED_GRACE, say),
                )
            )
        )
        if linked := [old for old, _ in terms.handed if old.meeting_link]:
            blocks.append(context(own_links(linked, say)))
    if terms.moved:
        blocks += [section(_head_moved(len(terms.moved), say)), *session_blocks(_moved(terms, reader))]
    if terms.canceled:
        quoted = Quoted(
            viewer=terms.viewer,
            draft=terms.draft,
            sessions=terms.canceled,
            policies=terms.policies,
            now=terms.now,
            payments=terms.payments,
        )
        blocks += [*([divider()] if len(blocks) > 1 else []), section(_head_canceled(len(terms.canceled), say))]
        blocks += terms_blocks(quoted, reader, Action.OFF_LATE)
        if (terms.handed or terms.moved) and not terms.quote.at_once:
            blocks.append(context(say("Undo does not take back what was moved or handed over.")))
    label = say("Back to choosing; nothing is changed")
    blocks.append(actions([button(f"‹ {say('Back')}", Action.OFF_BACK, label=label)]))
    blocks.append(
        context(say("Everybody concerned gets one message about all of theirs."), reader.zone_line(terms.before))
    )
    n = len(terms.before)
    return modal(
        say.title("Confirm the changes?"),
        Callback.OFF_CONFIRM,
        blocks,
        metadata=replace(meta, seal=terms.seal),
        submit=say.plural_title("Change {n} session", "Change {n} sessions", n),
        close=say.title("Keep them"),
    )


def _head_handed(n: int, say: Say) -> str:
    return f"*{say.plural('{n} session is handed over:', '{n} sessions are handed over:', n)}*"


def _head_moved(n: int, say: Say) -> str:
    return f"*{say.plural('{n} session is moved:', '{n} sessions are moved:', n)}*"


def _head_canceled(n: int, say: Say) -> str:
    return f"*{say.plural('{n} session is canceled:', '{n} sessions are canceled:', n)}*"


def _handed(terms: Terms, reader: Reader) -> list[str]:
    return [
        "\n".join(
            [
                line(old, reader, other=old.client),
                reader.say("to {coach}", coach=reader.name(new.coach)),
                refund_line(new, terms.policies[new.policy_id], reader),
            ]
        )
        for old, new in terms.handed
    ]


def _moved(terms: Terms, reader: Reader) -> list[str]:
    return [
        "\n".join(
            [
                line(old, reader, other=old.client),
                f"→ *{reader.when(new)}*",
                refund_line(new, terms.policies[new.policy_id], reader),
            ]
        )
        for old, new in terms.moved
    ]


def rearranged_view(done: Rearranged) -> Json:
    """Build the result. A second click in the same dialog shows the same one."""
    every = [*done.canceled, *done.handed, *done.moved]
    reader = reader_for(done.viewer, every, done.now)
    say = reader.say
    blocks: list[Json] = [section(f":white_check_mark: *{say('Done')}*")]
    if done.handed:
        lines = [
            f"{line(one, reader, other=one.client)}\n{reader.say('to {coach}', coach=reader.name(one.coach))}"
            for one in done.handed
        ]
        blocks += [section(_head_handed(len(done.handed), say)), *session_blocks(lines)]
    if done.moved:
        lines = [line(one, reader, other=one.client) for one in done.moved]
        blocks += [section(_head_moved(len(done.moved), say)), *session_blocks(lines)]
    if done.canceled:
        lines = [f"~{line(one, reader, other=one.client)}~\n{outcome(one, reader)}" for one in done.canceled]
        blocks += [section(_head_canceled(len(done.canceled), say)), *session_blocks(lines)]
        blocks.append(section(came_back(done.draft.quote, done.canceled, reader)))
        until = undo_until(list(done.canceled), reader)
        if until is not None and done.draft.action_id is not None:
            blocks.append(actions([undo_button(done.draft.action_id, say)]))
            at = reader.instant(until, exact=True)
            blocks.append(context(say("What is canceled can be undone until {time}, also in the receipt.", time=at)))
    blocks.append(context(say("Everybody concerned gets one message about all of theirs."), reader.zone_line(every)))
    close = say.title("Done")
    return modal(say.title("Sessions changed"), Callback.RESULT, blocks, close=close, clear_on_close=True)
