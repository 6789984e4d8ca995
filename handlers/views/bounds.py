"""Booking on the page of a link: what it is held to, and how to go on where that is not possible."""

from coaching.actions.slots import Booking
from coaching.bounds import Bounds
from coaching.workspace import SessionType
from handlers.views.command_words import Command, as_typed
from handlers.views.kit import Json, alert, section, typed
from handlers.views.paying import kind_words, shared_words
from handlers.views.words import Reader, amount, contact_or_admin, in_credits


def told(booking: Booking, reader: Reader) -> Json:
    """Return the coach and the type: they cannot be chosen."""
    say = reader.say
    lines = [f"*{say('Coach')}*", *(reader.name(one) for one in booking.coaches)]
    lines += [f"*{say('Session')}*", *(typed(kind_words(one, say)) for one in booking.types)]
    return section("\n".join(lines))


def nothing(booking: Booking, bounds: Bounds, reader: Reader) -> str:
    """Say that the coach or the type cannot be booked any more, and how to go on (mrkdwn)."""
    say, command = reader.say, _command(reader)
    contact = contact_or_admin(booking.settings.support_contact, say)
    if not booking.coaches:
        why = say("{coach} takes no bookings at the moment.", coach=reader.name(bounds.like.coach))
        how = say("Choose somebody else in Slack: type {command} there.", command=command)
    else:
        why = say("This kind of session cannot be booked any more.")
        how = say("Choose another kind in Slack: type {command} there.", command=command)
        contact = _contact(booking, bounds, reader)
    return say.sentences(why, how if reader.person.in_slack else _write_to(contact, reader))


def too_few(booking: Booking, bounds: Bounds, chosen: SessionType, reader: Reader) -> list[Json]:
    """Return what is missing of what pays on this page, and how to go on."""
    say = reader.say
    price, missing = in_credits(chosen.price, say), amount(booking.missing)
    have = in_credits(chosen.price - booking.missing, say)
    if bounds.like.package is not None:
        words = say.plural(
            "On this page only {package} pays. This costs {price} and {have} can be used for it: {n} credit missing.",
            "On this page only {package} pays. This costs {price} and {have} can be used for it: {n} credits missing.",
            missing,
            package=typed(bounds.like.package.name),
            price=price,
            have=have,
        )
    elif bounds.sources:
        words = say.plural(
            "On this page only the credits that paid for your session pay. This costs {price} and {have} can be used for it: "
            "{n} credit missing.",
            "On this page only the credits that paid for your session pay. This costs {price} and {have} can be used for it: "
            "{n} credits missing.",
            missing,
            price=price,
            have=have,
        )
    else:
        words = say("Your session needed no credits. This costs {price}, and no credits pay on this page.", price=price)
    how = _write_to(_contact(booking, bounds, reader), reader)
    if reader.person.in_slack:
        how = say("Choose other credits, or ask for some, in Slack: type {command} there.", command=_command(reader))
    shared = shared_words(booking.grants, say)
    return [alert(say.sentences(words, shared, say("Nothing can be booked here.")), say), section(how)]


def _command(reader: Reader) -> str:
    return f"`{as_typed(reader.say, Command.BOOK)}`"


def _write_to(contact: str, reader: Reader) -> str:
    return reader.say("To go on, write to {contact}.", contact=contact)


def _contact(booking: Booking, bounds: Bounds, reader: Reader) -> str:
    """Return whom a client asks who is not in Slack (mrkdwn): the support contact, else the coach."""
    if booking.settings.support_contact:
        return contact_or_admin(booking.settings.support_contact, reader.say)
    return reader.name(bounds.like.coach)
