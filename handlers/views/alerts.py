"""The coach's alert: what was canceled, and what is theirs to decide (K1, K2, K3)."""

import re
from collections.abc import Sequence
from dataclasses import replace

from coaching.news.cancellations import CoachAlert
from coaching.sessions import Decision, Hat, Session
from handlers.ids import COMMAND, Action
from handlers.views.asked import asked_of, asked_words
from handlers.views.coach_buttons import all_buttons, late_buttons
from handlers.views.copies import all_of_it, why_told, with_whom
from handlers.views.kit import MESSAGE_BLOCKS, Json, actions, button, context, section, verbatim
from handlers.views.messages import BUDGET, IN_ALL, SHORTENED, characters, message, packed
from handlers.views.words import Reader, canceled_late, count, lateness, line, outcome, reader_for

ONE_BY_ONE = 10
"""Up to so many sessions have a section of their own, with the record beside it."""
DECISIONS_SHOWN = 15
BRIEFLY = 2000
"""Characters of session lines where the decisions below say most of it again."""
REST = 1500
"""Characters kept for what stands under the decisions: deciding all at once, what was asked, the zone."""
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")


def coach_alert(told: CoachAlert) -> Json:
    """To a coach: who canceled what, late or in time, why, and the decisions that are open.

    A stakeholder's copy says the same, with nothing to press: only the coach and admins decide.
    """
    sessions = list(told.sessions)
    reader = reader_for(replace(told.viewer, is_coach=True), sessions, told.now)
    plain = replace(reader, mentions=False)
    every = [s for s in sessions if s.cancellation and s.cancellation.decision is Decision.OPEN]
    # One place to decide: what was asked about is decided in the request's own message, which notified the coach.
    undecided = [s for s in every if not asked_of(s)]
    own = told.copy_of is None
    blocks: list[Json] = [section(f"*{_title(told, sessions, reader)}*")]
    text: list[str | list[str]] = [_title(told, sessions, plain), [_words(s, plain) for s in sessions]]
    single = len(sessions) <= ONE_BY_ONE
    if single:
        for session in sessions:
            blocks.append(section(_words(session, reader), _record(session, reader) if own else None))
            if own and session in undecided:
                blocks.append(actions(late_buttons(session, reader)))
    else:
        # What is to be decided is listed once more, each with its buttons.
        budget = BRIEFLY if own and undecided else BUDGET
        blocks.extend(packed([_words(s, reader) for s in sessions], more=all_of_it(told), budget=budget))
    reason = _shown_reason(told, sessions)
    if reason:
        blocks += [section("*Reason*"), verbatim(reason)]
    elif _hidden_reason(told, sessions):
        words = "A reason was given; it is in the record." if own else "A reason was given; the coach can read it."
        blocks.append(context(words))
        text.append(words)
    tail, asked = _tail(told, sessions, reader), asked_words(sessions, reader)
    if undecided and not own:
        late = f"{canceled_late(undecided)}:"
        blocks.append(section(f"{late} {with_whom(told, reader)} decides whether what was kept goes back."))
        text.append(f"{late} {with_whom(told, plain)} decides whether what was kept goes back.")
    elif undecided:
        words = f"{canceled_late(undecided)}: you decide whether what was kept goes back."
        text.append(words)
        blocks.append(section(f":warning: {words}"))
        if not single:
            room = MESSAGE_BLOCKS - len(blocks) - len(tail) - len(asked) - 3
            used = characters(blocks) - max(len(reason or "") - SHORTENED, 0)
            blocks += _decisions(undecided, reader, room=room, most=IN_ALL - used - REST)
        if len(undecided) > 1:
            blocks.append(actions(all_buttons(undecided, reader)))
    theirs = [s for s in every if (one := asked_of(s)) and not one.by_admins]
    pointer = _elsewhere(len(theirs) if own else 0)
    blocks += [section(f":hourglass_flowing_sand: {words}") for words in pointer]
    blocks += [context(words) for words in asked]
    text += [*pointer, *asked_words(sessions, plain)]
    ending = [*_tail_text(tail), *why_told(told, plain)]
    return message([*text, *ending], [*blocks, *tail, *(context(w) for w in why_told(told, reader))], reason=reason)


def _elsewhere(asked: int) -> list[str]:
    """Say where sessions are decided about which an exception was asked for; nothing where there are none."""
    words = f"{count(asked)} to decide in the message about the exception, which follows this one."
    return [words] if asked else []


def _title(told: CoachAlert, sessions: Sequence[Session], reader: Reader) -> str:
    number = count(len(sessions))
    ended = sessions[0].cancellation if sessions else None
    if ended is None:
        return f"{number} canceled"
    clients = list(dict.fromkeys(reader.name(s.client) for s in sessions))
    whose = clients[0] if len(clients) == 1 else count(len(clients), "client")
    coach = with_whom(told, reader)
    by = "You" if ended.by.id == reader.person.id else reader.name(ended.by)
    if ended.role is Hat.CLIENT:
        return f"{by} canceled {number} with {coach}"
    if ended.role is Hat.COACH or (told.copy_of is None and by == "You"):
        return f"{by} canceled {number} with {whose}"
    return f"{by} (admin) canceled {number} with {coach} for {whose}"


def _words(session: Session, reader: Reader) -> str:
    ended = session.cancellation
    words = f"{line(session, reader, other=session.client)}\n{lateness(session)} · "
    words += outcome(session, reader).removeprefix("late: ")
    if session.reschedules:
        words += f" · rescheduled {count(session.reschedules, 'time')} before"
    if ended and ended.rebooked_at:
        words += f"\n*Rebooked:* {reader.instant(ended.rebooked_at)}"
    return words


def _record(session: Session, reader: Reader) -> Json:
    return button("Record", Action.RECORD, session.id, label=f"Open the record of {reader.when(session)}")


def _decisions(undecided: Sequence[Session], reader: Reader, *, room: int, most: int) -> list[Json]:
    """The first decisions with their buttons: in at most `room` blocks and, but for the first, `most` characters."""
    blocks: list[Json] = []
    for session in undecided[: max(1, min(DECISIONS_SHOWN, (room - 1) // 2))]:
        one = [
            section(line(session, reader, other=session.client), _record(session, reader)),
            actions(late_buttons(session, reader)),
        ]
        most -= characters(one)
        if most < 0 and blocks:
            break
        blocks += one
    rest = len(undecided) - len(blocks) // 2
    if rest:
        blocks.append(context(f"{rest} more to decide; they follow here as you decide these."))
    return blocks


def _shown_reason(told: CoachAlert, sessions: Sequence[Session]) -> str | None:
    ended = sessions[0].cancellation if sessions else None
    # A copy goes to people that the client does not know of: what a channel may not show, they may not see.
    others = told.in_channel or told.copy_of is not None
    if ended is None or (others and not told.settings.reason_in_channel):
        return None
    return ended.reason


def _hidden_reason(told: CoachAlert, sessions: Sequence[Session]) -> bool:
    return _shown_reason(told, sessions) is None and any(s.cancellation and s.cancellation.reason for s in sessions)


def _tail(told: CoachAlert, sessions: Sequence[Session], reader: Reader) -> list[Json]:
    return [
        context(words)
        for words in (*direct_hint(told.unreachable_channel, told.unreachable_why), reader.zone_line(sessions))
    ]


def direct_hint(channel: str | None, why: str | None) -> list[str]:
    """Why news comes directly and how to get it in the channel (`why` is Slack's word); nothing where it came as it should."""
    if channel is None or not _CHANNEL.fullmatch(channel):
        return []
    return [f"This comes to you directly because {_unreachable(f'<#{channel}>', why)}"]


def _unreachable(channel: str, why: str | None) -> str:
    another = f"Ask an admin to pick another channel in `{COMMAND} setup`."
    if why in {"is_archived", "is_inactive"}:
        return f"{channel} is archived. {another}"
    if why is not None and why.startswith("restricted_action"):
        return f"{channel} does not let apps post. {another}"
    return f"I am not in {channel}. To get alerts there, type `/invite @Sessions` in {channel}."


def _tail_text(tail: Sequence[Json]) -> list[str]:
    return [element["text"] for block in tail for element in block["elements"]]
