"""The first steps of a new workspace: what is done, what comes next, and the button that opens its form."""

from coaching.first_steps import FirstSteps, Step
from coaching.policy import Policy, TermsScope
from handlers.ids import Action
from handlers.views.kit import Json, button, context, header, plain, section
from handlers.views.news.admins import mend_words
from handlers.views.person_key import person_key
from handlers.views.policies import terms_button
from handlers.views.policy_words import policy_text
from handlers.views.words import Reader
from language.say import Say, word

_DONE = {
    Step.COACHES: word("Coaches are named."),
    Step.CHANNELS: word("Alerts go to a channel."),
    Step.HOURS: word("There are hours to book."),
    Step.TYPES: word("There are session types."),
    Step.TERMS: word("The cancellation terms are set."),
    Step.CREDITS: word("Clients can pay for sessions."),
}


def first_steps_part(found: FirstSteps | None, policy: Policy, reader: Reader) -> list[Json]:
    """Return the steps to the first session, and nothing once it is there. `policy`: the workspace's terms."""
    if found is None:
        return []
    say = reader.say
    number = say.plural("{n} step is left.", "{n} steps are left.", len(Step) - len(found.done))
    words = say("They lead to the first session. This list goes away by itself then.")
    rows = [_done(step, say) if step in found.done else _open(step, found, policy, reader) for step in Step]
    return [header(say("First steps")), context(say.sentences(number, words)), *rows]


def leads(found: FirstSteps | None, step: Step) -> bool:
    """Return whether the button for this is among the first steps, so that it is needed nowhere else in the view."""
    return found is not None and step not in found.done


def _done(step: Step, say: Say) -> Json:
    return context(f":white_check_mark: {say.of(_DONE[step])}")


def _open(step: Step, found: FirstSteps, policy: Policy, reader: Reader) -> Json:
    say = reader.say
    style = "primary" if step is found.next else None
    match step:
        case Step.COACHES:
            title = say("Name the coaches")
            what = say("Coaches give sessions. You can be one yourself.")
            accessory: Json | None = button(say("Add coach"), Action.SETUP_ADD_COACH, style=style)
        case Step.CHANNELS:
            title, what, accessory = say("Choose where alerts go"), *_channel(found, style, reader)
        case Step.HOURS:
            title, what, accessory = say("Enter hours to book"), *_hours(found, style, reader)
        case Step.TYPES:
            title = say("Say what can be booked")
            what = say("A session type has a name, a length and a price in credits.")
            accessory = button(say("Add session type"), Action.SETUP_ADD_TYPE, style=style)
        case Step.TERMS:
            title = say("Set the cancellation terms")
            what = say.sentences(policy_text(policy, say, yours=False), say("Save them, if they suit you as they are."))
            accessory = terms_button(TermsScope(), say, style=style)
        case Step.CREDITS:
            title = say("Let clients pay for sessions")
            what = say("They pay with credits. Sell packages of them, or give credits to a person or a company.")
            accessory = _credits(found, style, say)
        case Step.SESSION:
            title, what, accessory = say("Book the first session"), *_session(found, say)
    return section(f"{_mark(step, found)}*{title}*\n{what}", accessory)


def _mark(step: Step, found: FirstSteps) -> str:
    return ":arrow_right: " if step is found.next else ""


def _channel(found: FirstSteps, style: str | None, reader: Reader) -> tuple[str, Json | None]:
    say, coach = reader.say, found.listener
    if coach is None:
        return say("This comes after the first coach."), None
    if found.refused is not None:
        channel = f"<#{found.refused}>"
        refuses = say("Alerts for {coach} cannot be posted in {channel}", coach=reader.name(coach), channel=channel)
        what = f"{refuses}\n{mend_words(channel, found.why, say)}"
    else:
        what = say(
            "{coach} gets alerts directly now, which is fine too. For a channel, invite the bot there with {command}.",
            coach=reader.name(coach),
            command="`/invite @Sessions`",
        )
    label = say("Choose where alerts for {coach} go", coach=reader.plain_name(coach))
    value = f"edit:{person_key(coach.id)}"
    return what, button(say("Choose channel"), Action.SETUP_COACH_MENU, value, label=label, style=style)


def _hours(found: FirstSteps, style: str | None, reader: Reader) -> tuple[str, Json | None]:
    say, coach = reader.say, found.idle
    if coach is None:
        return say("This comes after the first coach."), None
    what = say("Clients can book {coach} then. Coaches can also do it themselves.", coach=reader.name(coach))
    label = say("Edit the hours of {coach}", coach=reader.plain_name(coach))
    return what, button(say("Edit hours"), Action.HOURS, coach.id, label=label, style=style)


def _credits(found: FirstSteps, style: str | None, say: Say) -> Json:
    """Return the button to the form for a package, or for credits while there is no session type to sell packages of."""
    if Step.TYPES in found.done:
        return button(say("Add package"), Action.PACKAGE_ADD, style=style)
    return button(say("Give credits…"), Action.CREDITS_GIVE, style=style)


def _session(found: FirstSteps, say: Say) -> tuple[str, Json | None]:
    if not found.bookable:
        what = say(
            "This comes after hours and a session type. Sessions from elsewhere can come at any time: {command}.",
            command="`python -m bot import FILE.csv`",
        )
        return what, None
    what = say(
        "Choose a client and book for them. Sessions from elsewhere come with {command}.",
        command="`python -m bot import FILE.csv`",
    )
    who: Json = {"type": "users_select", "action_id": Action.FIRST_BOOK, "placeholder": plain(say("Choose a client"))}
    return what, who
