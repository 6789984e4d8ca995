"""Who else is told about a coach or a session type: the form (K7)."""

from coaching.actions.stakeholders import AlsoTold
from coaching.stakeholders import MAX_STAKEHOLDERS, NewsOf
from handlers.ids import Action, Block, Callback
from handlers.views.kit import Json, context, field, modal, section, typed
from handlers.views.setup import CHANNELS

TITLE = "Who else is told"


def told_form(told: AlsoTold) -> Json:
    """Name the people and channels that are told."""
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
    if told.channels:
        channels["initial_conversations"] = told.channels
    whose = (
        f"what *{typed(told.name)}* is told: cancellations, bookings, moves"
        if told.of is NewsOf.COACH
        else f"what coaches are told about *{typed(told.name)}* sessions: cancellations, bookings, moves"
    )
    return modal(
        TITLE,
        Callback.SETUP_TOLD,
        [
            section(f"Whoever is named here gets {whose}."),
            field(
                "People",
                people,
                Block.TOLD_PEOPLE,
                hint=f"Up to {MAX_STAKEHOLDERS}, each by direct message.",
                optional=True,
            ),
            field(
                "Channels",
                channels,
                Block.TOLD_CHANNELS,
                hint=f"Up to {MAX_STAKEHOLDERS}. Invite me to each with /invite @Sessions: I cannot post where I am not.",
                optional=True,
            ),
            context("They can read along, not decide. Nobody is told twice, and clients not about their own sessions."),
        ],
        metadata=f"{told.of}:{told.of_id}",
        submit="Save",
        close="Back",
    )
