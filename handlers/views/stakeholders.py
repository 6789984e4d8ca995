"""The form for the stakeholders of a coach or a session type (K7)."""

from collections.abc import Iterator, Sequence

from coaching.actions.stakeholders import AlsoTold
from coaching.addresses import ANSWER_WITHIN, Consent, NamedAddress
from coaching.stakeholders import MAX_STAKEHOLDERS, NewsOf
from handlers.ids import Action, Block, Callback
from handlers.meta import NewsMeta
from handlers.views.kit import (
    GROUP,
    OPTION,
    Json,
    button,
    checkboxes,
    confirm,
    context,
    field,
    modal,
    mrkdwn,
    section,
    text_input,
    typed,
)
from handlers.views.setup import CHANNELS
from handlers.views.words import Reader, reader_for
from language.say import Say, say_for

MAX_TYPED = 3000
"""The most characters of typed addresses: what Slack's input takes."""


def told_form(told: AlsoTold, *, mail: bool, asks: bool) -> Json:
    """Build the form that names the people and channels and, where there is `mail`, addresses.

    `asks`: an address is asked by a mail, which leads to a page of the bot.
    """
    people: Json = {
        "type": "multi_users_select",
        "action_id": Action.INPUT,
        "max_selected_items": MAX_STAKEHOLDERS,
    }
    if told.people:
        people["initial_users"] = told.people
    channels: Json = {
        "type": "multi_conversations_select",
        "action_id": Action.INPUT,
        "max_selected_items": MAX_STAKEHOLDERS,
        "filter": CHANNELS,
    }
    say = say_for(told.viewer.person.locale)
    whose = (
        say(
            "Whoever is named here gets what *{coach}* is told: cancellations, bookings, moves.", coach=typed(told.name)
        )
        if told.of is NewsOf.COACH
        else say(
            "Whoever is named here gets what coaches are told about *{session}* sessions: cancellations, bookings, moves.",
            session=typed(told.name),
        )
    )
    return modal(
        say.title("Who else is told"),
        Callback.SETUP_TOLD,
        [
            section(whose),
            field(
                say("People"),
                people,
                Block.TOLD_PEOPLE,
                hint=say.plural(
                    "Up to {n}. Each is told personally.", "Up to {n}. Each is told personally.", MAX_STAKEHOLDERS
                ),
                optional=True,
            ),
            *_present(told.channels, say),
            field(
                say("More channels") if told.channels else say("Channels"),
                channels,
                Block.TOLD_CHANNELS,
                hint=say.plural(
                    "Up to {n} in all. Invite me to each with {command}: I cannot post where I am not.",
                    "Up to {n} in all. Invite me to each with {command}: I cannot post where I am not.",
                    MAX_STAKEHOLDERS,
                    command="/invite @Sessions",
                ),
                optional=True,
            ),
            *(_addresses(told, asks, say) if mail else ()),
            context(
                say("They can read along, not decide. Nobody is told twice, and clients not about their own sessions.")
            ),
        ],
        metadata=NewsMeta(told.of, told.of_id),
        submit=say.title("Save"),
        close=say.title("Back"),
    )


def _present(channels: Sequence[str], say: Say) -> Iterator[Json]:
    """Return the current channels, each with a box to tick to remove it.

    A picker would hide those this admin cannot see.
    """
    for number, start in enumerate(range(0, len(channels), GROUP)):
        part = channels[start : start + GROUP]
        options = [{"text": mrkdwn(f"<#{channel}>", OPTION), "value": channel} for channel in part]
        label = say("Stop telling (continued)") if start else say("Stop telling")
        hint = say("These channels are told now, and stay so unless you tick them.")
        yield field(label, checkboxes(Action.INPUT, options), f"{Block.TOLD_DROP}:{number}", hint=hint, optional=True)


def _addresses(told: AlsoTold, asks: bool, say: Say) -> Iterator[Json]:
    """Return the input of addresses, and what became of each."""
    hint = say("One in each line, up to {n}.", n=say.number(MAX_STAKEHOLDERS))
    first = (
        say("Each is asked by one mail, and gets nothing before it says yes.")
        if asks
        else say("Each gets nothing before you confirm for it here.")
    )
    yield field(
        say("E-mail addresses"),
        text_input(
            Action.INPUT, initial="\n".join(one.address for one in told.addresses), most=MAX_TYPED, multiline=True
        ),
        Block.TOLD_ADDRESSES,
        hint=say.sentences(hint, first),
        optional=True,
    )
    reader = reader_for(told.viewer, (), told.now)
    for one in told.addresses:
        words = f"{typed(one.address)}\n{_state(one, told, asks, reader)}"
        yield section(words, _confirm(one, say) if one.consent is Consent.WAITING else None)


def _state(one: NamedAddress, told: AlsoTold, asks: bool, reader: Reader) -> str:
    say = reader.say
    if one.came_back:
        return say("A mail came back, so nothing is sent there. Remove it, save, and name it again to try once more.")
    match one.consent:
        case Consent.CONFIRMED if one.by is not None:
            return say("Confirmed by {admin}.", admin=reader.name(one.by))
        case Consent.CONFIRMED:
            return say("Confirmed by its owner.")
        case Consent.DECLINED:
            return say("Said no, and gets nothing. Only its owner can change that, by the link in the mail.")
    if not asks:
        return say("Waits until you confirm for it.")
    if one.is_over(told.now):
        return say("Did not answer. Save to ask once more.")
    if not one.asked_by_mail:
        return say("Was not asked yet. Save to ask by mail.")
    until = reader.times.day(one.asked_at + ANSWER_WITHIN, told.now)
    return say("Was asked by mail, and has not answered yet. It can until {day}.", day=until)


def _confirm(one: NamedAddress, say: Say) -> Json:
    question = confirm(
        say("Confirm for them?"),
        say("Your business answers for it that {address} wants these mails.", address=one.address),
        say("Confirm"),
        say("Back"),
    )
    return button(
        say("Confirm for them"),
        Action.TOLD_CONFIRM,
        one.id,
        confirm=question,
        label=say("Confirm for them: {address}", address=one.address),
    )
