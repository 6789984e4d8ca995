"""Greetings: what the app is for, and buttons to begin with."""

from coaching.news.greetings import Answer, Welcome
from coaching.sessions import Hat
from handlers.ids import Action
from handlers.views.command_words import Command, as_typed
from handlers.views.kit import Json, button, typed
from handlers.views.letter import Buttons, Facts, Letter, Small, letter
from language.say import Say, say_for


@letter.register
def welcome(told: Welcome) -> Letter:
    """To whoever opens the app for the first time."""
    say = say_for(told.viewer.person.locale)
    rows = [
        say("Here you see what is booked with your coaches, and until when each session is refundable."),
        say("Cancel what no longer fits: you read what comes back before you confirm, and it comes back by itself."),
    ]
    if told.viewer.is_coach:
        rows.append(say("As a coach you see the sessions you give, and set the hours in which you can be booked."))
    return Letter(
        title=say("Welcome"),
        sign=":wave:",
        body=[Facts(rows), Buttons(_buttons(say)), Small(_more(told.home_link, say))],
    )


@letter.register
def answer(told: Answer) -> Letter:
    """To whoever wrote to the app."""
    say, contact = say_for(told.viewer.person.locale), told.settings.support_contact
    rows = [say("Nobody reads what is written here, and it is not stored. These buttons help:")]
    small = _more(told.home_link, say)
    if contact:
        small = [say("For anything else, ask {contact}.", contact=typed(contact, 200)), *small]
    return Letter(title=say("I am an app"), body=[Facts(rows), Buttons(_buttons(say)), Small(small)])


def _buttons(say: Say) -> list[Json]:
    return [
        button(say("My sessions"), Action.HOME_LIST, style="primary", label=say("Show your sessions")),
        button(say("Cancel several…"), Action.CANCEL_OPEN, str(Hat.CLIENT), label=say("Choose sessions to cancel")),
        button(say.meant("verb", "Schedule"), Action.SCHEDULE, label=say("Schedule a session")),
    ]


def _more(home_link: str | None, say: Say) -> list[str]:
    more = say("{command} says what else you can do.", command=f"`{as_typed(say, Command.HELP)}`")
    return [more] if home_link is None else [say("<{link}|Open your Home tab>.", link=home_link), more]
