"""What is broken, in an admin's App Home: a row for each thing, with the button that mends it."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from coaching.business import LOST_WITHIN, REMOVED, Staff, Trouble, TroubleKind
from coaching.first_steps import Step
from coaching.sessions import Person
from coaching.stakeholders import is_channel
from handlers.ids import Action
from handlers.views.kit import Json, actions, button, context, header, section
from handlers.views.news.admins import LOCKED, mend_words
from handlers.views.person_key import person_key
from handlers.views.words import Reader
from language.say import Say

MOST = 8
"""Rows in Home: it has other parts."""
NAMED = 3
"""Coaches without hours who have a row of their own."""


def trouble_part(staff: Staff, reader: Reader) -> list[Json]:
    """Return what is broken, the most urgent first, and nothing if nothing is."""
    say = reader.say
    # Hours are one of the first steps, until some coach has them.
    idle = [] if staff.first_steps and Step.HOURS not in staff.first_steps.done else _idle(staff, reader)
    if not staff.troubles and not idle:
        return []
    # Admins see the addresses of people who are known by nothing else.
    reader = replace(reader, sees_mail=True)
    rows = [block for one in _first(staff.troubles) for block in _blocks(one, reader)]
    if staff.more or len(staff.troubles) > MOST:
        rows.append(context(say("There is more of this. It shows here once these are settled.")))
    return [header(say("To put right")), *rows, *idle]


def _first(troubles: Sequence[Trouble]) -> list[Trouble]:
    """Return as many as Home shows, in their order: the first of each kind, then the second, so that none is missing."""
    of_kind: Counter[TroubleKind] = Counter()
    turns = []
    for place, one in enumerate(troubles):
        turns.append((of_kind[one.kind], place))
        of_kind[one.kind] += 1
    return [troubles[place] for place in sorted(place for _, place in sorted(turns)[:MOST])]


def _idle(staff: Staff, reader: Reader) -> list[Json]:
    """Return the coaches without hours: the first ones with a button, the others by name."""
    say = reader.say
    own, others = staff.without_hours[:NAMED], staff.without_hours[NAMED:]
    rows = []
    for coach in own:
        label = say("Edit the hours of {coach}", coach=reader.plain_name(coach))
        edit = button(say("Edit hours"), Action.HOURS, coach.id, label=label)
        rows.append(section(say("{coach} has no hours to book yet.", coach=f"*{reader.name(coach)}*"), edit))
    if others:
        names = say.listed(map(reader.name, others), besides=staff.idle - len(staff.without_hours))
        none = say("No hours to book yet: {coaches}. Set them in the set-up, in each coach's menu.", coaches=names)
        rows.append(section(none))
    return rows


def _blocks(one: Trouble, reader: Reader) -> list[Json]:
    """Return what shows one trouble: a row, and its buttons if it has several."""
    if one.kind is TroubleKind.LOST and one.person is not None:
        show = _details(one, reader)
        return [_row(one, reader), actions([_send_again(one, one.person, reader), *([show] if show else [])])]
    return [_row(one, reader)]


def _send_again(one: Trouble, person: Person, reader: Reader) -> Json:
    say = reader.say
    label = say("Send the message to {person} again", person=reader.plain_name(person, 30))
    return button(
        say("Send again"), Action.SEND_AGAIN, json.dumps([person.id, one.session_id], ensure_ascii=False), label=label
    )


def too_late_words(say: Say) -> str:
    """Say that nothing is left that could be sent again."""
    return say("There is nothing left to send there: it is too late for that message, or it was sent again already.")


def _row(one: Trouble, reader: Reader) -> Json:
    say = reader.say
    match one.kind:
        case TroubleKind.COACH_LEFT:
            ahead = say("No session with them is ahead.")
            if one.ahead:
                ahead = say.plural(
                    "{n} session with them is still booked.", "{n} sessions with them are still booked.", one.ahead
                )
            return _said(say("{coach} has left Slack", coach=_name(one, reader)), [ahead], _leaves(one, reader))
        case TroubleKind.CLIENT_LEFT:
            ahead = say.plural(
                "{n} session of theirs is still booked.", "{n} sessions of theirs are still booked.", one.ahead
            )
            return _said(say("{client} has left Slack", client=_name(one, reader)), [ahead], _details(one, reader))
        case TroubleKind.CHANNEL:
            channel = f"<#{one.channel}>"
            title = say("Alerts for {coach} cannot be posted in {channel}", coach=_name(one, reader), channel=channel)
            lines = [_since(one, reader), mend_words(channel, one.code, say)]
            return _said(title, lines, _coach_button(one, say("Edit"), "edit", reader))
        case TroubleKind.MAIL:
            mend = say(
                "Whoever runs this app finds out what to change with {command}.", command="`python -m bot doctor`"
            )
            lines = [_since(one, reader), say.sentences(say.of(LOCKED.get(one.code, LOCKED[None])), mend)]
            return _said(say("Mails cannot be sent at present"), lines)
        case TroubleKind.CAME_BACK:
            title = say("Mails to {person} come back", person=_name(one, reader))
            lines = [_since(one, reader), _until(one, reader)]
            return _said(title, lines)
    title = say("A message to {person} could not be delivered", person=_name(one, reader))
    days = say.duration(LOST_WITHIN.days, "day")
    mend = say("Send it again once they can be reached, or tell them another way. This is shown for {time}.", time=days)
    return _said(title, [_since(one, reader), mend])


def _said(title: str, lines: list[str], accessory: Json | None = None) -> Json:
    return section("\n".join([f":warning: *{title}*", *filter(None, lines)]), accessory)


def _since(one: Trouble, reader: Reader) -> str:
    if one.since is None:
        return ""
    return reader.say("Last seen on {time}.", time=reader.instant(one.since))


def _until(one: Trouble, reader: Reader) -> str:
    """Say what mends an address, and who does it."""
    if one.person is not None and one.person.in_slack:
        return reader.say("They hear nothing by mail until they change the address in their Slack profile.")
    return reader.say("They hear nothing until they come to Slack. Please tell them another way, and invite them.")


def _name(one: Trouble, reader: Reader) -> str:
    person = one.person or Person("")
    return f"<#{person.id}>" if is_channel(person.id) else reader.name(person)


def _leaves(one: Trouble, reader: Reader) -> Json | None:
    """Return the button that takes a coach off the list, or shows the next session of one who is off it."""
    if one.code == REMOVED:
        return _details(one, reader)
    return _coach_button(one, reader.say("Remove…"), "remove", reader)


def _coach_button(one: Trouble, text: str, verb: str, reader: Reader) -> Json | None:
    if one.person is None:
        return None
    who = reader.plain_name(one.person)
    return button(text, Action.SETUP_COACH_MENU, f"{verb}:{person_key(one.person.id)}", label=who)


def _details(one: Trouble, reader: Reader) -> Json | None:
    """Return the button that shows the session that this is about."""
    if one.session_id is None:
        return None
    return button(reader.say("Show session"), Action.RECORD, one.session_id)
