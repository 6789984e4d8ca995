"""Who else is told about a coach or a session type: the form (K7)."""

from collections.abc import Iterator, Sequence

from coaching.actions.stakeholders import AlsoTold
from coaching.stakeholders import MAX_STAKEHOLDERS, NewsOf
from handlers.ids import Action, Block, Callback
from handlers.views.kit import GROUP, OPTION, Json, checkboxes, context, field, modal, mrkdwn, section, typed
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
            *_present(told.channels),
            field(
                "More channels" if told.channels else "Channels",
                channels,
                Block.TOLD_CHANNELS,
                hint=f"Up to {MAX_STAKEHOLDERS} in all. Invite me to each with /invite @Sessions: I cannot post where I am not.",
                optional=True,
            ),
            context("They can read along, not decide. Nobody is told twice, and clients not about their own sessions."),
        ],
        metadata=f"{told.of}:{told.of_id}",
        submit="Save",
        close="Back",
    )


def _present(channels: Sequence[str]) -> Iterator[Json]:
    """The channels that are told, each to be ticked to end that: a picker would hide those that this admin cannot see."""
    for number, start in enumerate(range(0, len(channels), GROUP)):
        part = channels[start : start + GROUP]
        options = [{"text": mrkdwn(f"<#{channel}>", OPTION), "value": channel} for channel in part]
        label = "Stop telling (continued)" if start else "Stop telling"
        hint = "These channels are told now, and stay so unless you tick them."
        yield field(label, checkboxes(Action.INPUT, options), f"{Block.TOLD_DROP}:{number}", hint=hint, optional=True)
