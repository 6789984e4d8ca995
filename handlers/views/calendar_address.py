"""The dialog about the secret address under which a person subscribes to their sessions."""

from coaching.actions.calendar_address import CalendarAddress
from handlers.ids import Action, Callback
from handlers.views.kit import Json, actions, button, confirm, context, modal, section
from handlers.views.message import message_view
from handlers.views.words import reader_for
from language.say import Say


def address_view(found: CalendarAddress, base: str) -> Json:
    """Build the dialog. A fresh address is shown in it, this once. `base` is the bot's own web address."""
    reader = reader_for(found.viewer, [], found.now)
    say = reader.say
    blocks = [
        section(
            say(
                "With a secret address your own calendar shows your sessions: those you take and those you give. What is "
                "moved moves there too, and what is canceled disappears."
            )
        )
    ]
    if found.token is not None:
        address = f"{base}/calendar/{found.token}.ics"
        blocks.append(section(f"*{say('Your address')}*\n```{address}```"))
        blocks.append(section(_how(say)))
        blocks.append(context(say("It is shown only now. If you lose it, make a new one here.")))
    elif found.made_at is not None:
        since = say(
            "You have had an address since {time}. It cannot be shown again.", time=reader.instant(found.made_at)
        )
        blocks.append(section(since))
    blocks.append(actions(_buttons(found, say)))
    secret = say("Whoever has the address can see, cancel and reschedule your sessions: share it with nobody.")
    links = say(
        "Each session in the calendar has a link for that. Links stay valid until the session is over, even when the "
        "address is removed."
    )
    slow = say("Most calendars look at it every few hours, some once a day.")
    blocks.append(context(secret, links, slow))
    return modal(say.title("Calendar address"), Callback.CALENDAR, blocks, close=say.title("Close"))


def no_address_view(say: Say) -> Json:
    """Say why there are no addresses here, and whom to ask."""
    words = say("Your own calendar cannot show your sessions yet. Ask a workspace admin: it is not set up here.")
    return message_view(say.title("Calendar address"), words, say)


def _how(say: Say) -> str:
    return "\n".join(
        [
            say("*Google Calendar:* in a browser, under *Other calendars*, choose *From URL* and paste it."),
            say("*Apple Calendar:* choose *New Calendar Subscription* and paste it."),
            say("*Outlook:* choose *Add calendar*, then *Subscribe from web*, and paste it."),
        ]
    )


def _buttons(found: CalendarAddress, say: Say) -> list[Json]:
    if found.made_at is None:
        label = say("Make a secret calendar address")
        return [button(say("Make an address"), Action.CALENDAR_RENEW, style="primary", label=label)]
    replace = confirm(
        say("Make a new address?"),
        say("The address you have now leads nowhere from then on. Calendars that use it no longer show your sessions."),
        say("Make a new one"),
        say("Keep it"),
    )
    remove = confirm(
        say("Remove the address?"),
        say("Calendars that use it no longer show your sessions. Your sessions stay booked."),
        say("Remove it"),
        say("Keep it"),
    )
    return [
        button(
            say("New address…"),
            Action.CALENDAR_RENEW,
            confirm=replace,
            label=say("New address: the one you have leads nowhere then"),
        ),
        button(
            say("Remove address…"),
            Action.CALENDAR_REVOKE,
            style="danger",
            confirm=remove,
            label=say("Remove address: calendars no longer show your sessions"),
        ),
    ]


def address_button(say: Say) -> Json:
    """Return the button of Home that opens the dialog."""
    return button(
        say("Calendar address…"), Action.CALENDAR, label=say("Calendar address: see your sessions in your own calendar")
    )
