"""What the set-up says of coaches and of session types alike: who gets copies of their news, and which channels took none.

And who was taken off the list of coaches.
"""

from collections.abc import Sequence

from coaching.actions.setup import Setup
from coaching.addresses import is_address
from coaching.naming import told_apart
from coaching.stakeholders import NewsOf, is_channel
from handlers.ids import Action
from handlers.views.kit import OPTION, Json, option, section, select
from handlers.views.news.admins import mend_words
from handlers.views.words import Reader
from language.say import Say

IN_OPTION = 150
"""The most characters of an option's value. Only an e-mail address can be longer."""
CHANNELS_NAMED = 3
"""The most channels that are named in a list of stakeholders."""


def refusing(setup: Setup, whose: tuple[NewsOf, str], reader: Reader) -> list[str]:
    """Return a line for each channel that gets copies and took none lately, with what to do."""
    lines, say = [], reader.say
    for channel in setup.also_told.get(whose, ()):
        if refused := setup.refused.get(channel):
            day = reader.times.day(refused.at, reader.now)
            took = say("{channel} took no copy on {day}.", channel=f"<#{channel}>", day=day)
            lines.append(f":warning: {say.sentences(took, mend_words(f'<#{channel}>', refused.code, say))}")
    return lines


def also_told(targets: Sequence[str], say: Say) -> str:
    """Return "also told: 2 people, #ops" (mrkdwn) for the stakeholders of a coach or a session type, or nothing."""
    channels = [f"<#{target}>" for target in targets if is_channel(target)]
    addresses = sum(map(is_address, targets))
    people, more = len(targets) - len(channels) - addresses, len(channels) - CHANNELS_NAMED
    parts = [say.plural("{n} person", "{n} people", people)] if people else []
    if addresses:
        parts.append(say.plural("{n} e-mail address", "{n} e-mail addresses", addresses))
    parts += channels[:CHANNELS_NAMED]
    if more > 0:
        parts.append(say.plural("{n} more channel", "{n} more channels", more))
    return say("also told: {who}", who=say.listed(parts)) if parts else ""


def former_section(setup: Setup, reader: Reader) -> Json:
    """Return those who were taken off the list, with the menu that brings one of them back."""
    say, number = reader.say, len(setup.former)
    former = [one.person for one in setup.former if len(one.person.id) <= IN_OPTION]
    labels = told_apart([reader.plain_name(one) for one in former], [one.email or "" for one in former], OPTION)
    options = [option(label, one.id) for label, one in zip(labels, former, strict=True)]
    menu = select(Action.SETUP_COACH_BACK, options, placeholder=say("Bring back…")) if options else None
    gone = say.plural("{n} coach was taken off the list.", "{n} coaches were taken off the list.", number)
    return section(say.sentences(gone, say("What they had stays: sessions, hours, channel.")), menu)
