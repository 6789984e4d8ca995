"""The form for the stakeholders of a coach or a session type (K7)."""

from collections.abc import Iterator, Sequence

from coaching.actions.stakeholders import AlsoTold
from coaching.stakeholders import MAX_STAKEHOLDERS, NewsOf
from handlers.ids import Action, Block, Callback
from handlers.meta import NewsMeta
from handlers.views.kit import GROUP, OPTION, Json, checkboxes, context, field, modal, mrkdwn, section, typed
from handlers.views.setup import CHANNELS
from language.say import Say, say_for


def told_form(told: AlsoTold) -> Json:
    """Build the form that names the people and channels."""
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
                    "Up to {n}, each by direct message.", "Up to {n}, each by direct message.", MAX_STAKEHOLDERS
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
