"""The question to a mail address that an admin named as a stakeholder (K7)."""

from coaching.news.stakeholders import AddressAsked
from handlers.views.kit import typed
from handlers.views.letter import Facts, Letter, Small, letter
from handlers.views.news.to_coaches import TYPES_NAMED
from language.say import say_for


@letter.register
def address_asked(told: AddressAsked) -> Letter:
    """To an address: whose news it would get, and that nothing comes without a yes."""
    say = say_for(told.viewer.person.locale)
    rows = [say("An admin wants to tell you by mail when sessions are booked, moved or canceled.")]
    if told.coaches:
        coaches = say.listed([typed(one, 60) for one in told.coaches], TYPES_NAMED)
        rows.append(say("Sessions of: {coaches}", coaches=coaches))
    if told.types:
        types = say.listed([typed(one, 60) for one in told.types], TYPES_NAMED)
        rows.append(say("Kinds of sessions: {types}", types=types))
    small = say("You can change your mind at any time.")
    return Letter(title=say("May we write to you about sessions?"), body=[Facts(rows), Small([small])])
