"""Words of the booking dialog about what cannot be booked: who is gone or does not give it, and how to go on."""

from datetime import timedelta

from coaching.actions.slots import Booking, FreeTime
from coaching.sessions import Hat, Person
from coaching.workspace import Audience, Settings
from handlers.views.command_words import Command, as_typed
from handlers.views.kit import typed
from handlers.views.times import times_for
from handlers.views.words import Reader, contact_or_admin, namesakes
from language.say import Say


def booking_reader(booking: Booking) -> Reader:
    """Return the words of whoever sees the booking dialog."""
    free = booking.free
    zones = [free.availability.time_zone] if free else []
    person = booking.viewer.person
    sees_mail = booking.viewer.is_coach or booking.viewer.is_admin
    return Reader(
        person=person,
        times=times_for(person, *zones),
        now=booking.now,
        sees_mail=sees_mail,
        namesakes=namesakes(booking.coaches, person),
    )


def gone_words(gone: Person, booking: Booking, *, left: bool) -> str:
    """Say that the wanted coach cannot be booked, and who is chosen in their place, if anyone (mrkdwn).

    `left` means that the coach was removed or has left, and cannot be asked either.
    """
    reader = booking_reader(booking)
    say, name = reader.say, reader.name(gone)
    words, instead = say("{coach} takes no bookings at the moment.", coach=name), None
    ask = name
    if left:
        words = say("{coach} takes no bookings any more.", coach=name)
        ask = contact_or_admin(booking.settings.support_contact, say)
    if booking.coach is not None:
        instead = say(
            "{other}, the only other coach, is chosen for now. Choose a time with them, or ask {contact}.",
            other=reader.name(booking.coach),
            contact=ask,
        )
    elif booking.coaches:
        instead = say("Nobody is chosen instead. Choose somebody else, or ask {contact}.", contact=ask)
    return say.sentences(words, instead)


def not_given_words(coach: Person, booking: Booking) -> str:
    """Say that the wanted coach does not give what is to be booked, and who is chosen in their place, if anyone (mrkdwn)."""
    reader = booking_reader(booking)
    say = reader.say
    words = say("{coach} does not give this kind of session.", coach=reader.name(coach))
    if booking.coach is not None:
        other = reader.name(booking.coach)
        return say.sentences(words, say("{other}, the only coach who does, is chosen for now.", other=other))
    return say.sentences(words, say("Choose a coach who does, or another kind of session."))


def nothing_free(free: FreeTime, booking: Booking, reader: Reader) -> str:
    """Say that a coach has no free time, and how to go on."""
    say, whom = reader.say, _whom(free.coach, booking.settings, reader)
    if free.coach.id == booking.viewer.person.id:
        own = say.plural(
            "You have no free time in the next {n} day.",
            "You have no free time in the next {n} days.",
            -(-free.availability.horizon // timedelta(days=1)),
        )
        command = f"`{as_typed(say, Command.HOURS)}`"
        return say.sentences(own, say("Give more hours with {command}.", command=command))
    words = say.plural(
        "{coach} has no free time in the next {n} day.",
        "{coach} has no free time in the next {n} days.",
        -(-free.availability.horizon // timedelta(days=1)),
        coach=reader.name(free.coach),
    )
    if len(booking.coaches) > 1:
        return say.sentences(words, say("Choose another coach, or ask {contact}.", contact=whom))
    return say.sentences(words, say("Ask {contact}.", contact=whom))


def _whom(coach: Person | None, settings: Settings, reader: Reader) -> str:
    asked = [reader.name(coach)] if coach else []
    if settings.support_contact:
        asked.append(typed(settings.support_contact, 200))
    return reader.say.either(asked) or reader.say("a workspace admin")


def nothing(booking: Booking, hat: Hat, say: Say) -> str:
    """Say that nothing can be booked, and what has to be done first."""
    viewer = booking.viewer
    setup, hours = f"`{as_typed(say, Command.SETUP)}`", f"`{as_typed(say, Command.HOURS)}`"
    if booking.coaches and booking.some_types and hat is Hat.COACH:
        none = say("You give none of the kinds of sessions that are set up.")
        how = (
            say("Choose yourself for one in {command}.", command=setup)
            if viewer.is_admin
            else say("Ask a workspace admin to name you for one.")
        )
        return say.sentences(none, how)
    if booking.coaches and booking.some_types:
        whom = contact_or_admin(booking.settings.support_contact, say)
        none = say("There is no kind of session here that you can book by yourself.")
        return say.sentences(none, say("Ask {contact} to book one for you.", contact=whom))
    if booking.coaches:
        how = (
            say("Add one in {command}.", command=setup) if viewer.is_admin else say("Ask a workspace admin to add one.")
        )
        return say.sentences(say("Nothing can be booked yet: no kind of session is set up."), how)
    if viewer.is_coach and hat is Hat.COACH:
        how = say("Say when you can be booked with {command}.", command=hours)
        return say.sentences(say("You give no hours to book yet."), how)
    if viewer.is_coach:
        how = say("Say when you can be booked with {command}.", command=hours)
    elif viewer.is_admin:
        how = say(
            "Set them in {setup}, in each coach's menu, or have coaches type {command}.", setup=setup, command=hours
        )
    elif contact := booking.settings.support_contact:
        how = say("Ask {contact} to book one for you.", contact=typed(contact, 200))
    else:
        how = say("Ask your coach or a workspace admin to book one for you.")
    return say.sentences(say("Nobody gives hours to book yet."), how)


def full_words(booking: Booking, reader: Reader) -> str:
    """Say that the client has as many sessions of the chosen type booked as they may have, and how to go on."""
    say, whom = reader.say, _whom(booking.coach, booking.settings, reader)
    words = say.plural(
        "You have {n} of these sessions booked, and no more can be booked at a time.",
        "You have {n} of these sessions booked, and no more can be booked at a time.",
        booking.booked or 0,
    )
    how = say("Book the next one after it has taken place, cancel one first, or ask {contact}.", contact=whom)
    return say.sentences(words, how)


def unbound_words(booking: Booking, say: Say) -> str | None:
    """Say to a coach or an admin who books for somebody which limits of the chosen type do not bind them, if any."""
    kind = booking.session_type
    if kind is None:
        return None
    who: str | None = None
    if kind.bookable_by is Audience.CREDITS:
        who = say("Only people with credits book this by themselves.")
    elif kind.bookable_by is Audience.NAMED:
        who = say("Only named clients book this by themselves.")
    most: str | None = None
    if kind.at_most is not None:
        most = say.plural(
            "Clients who book by themselves have at most {n} of these at a time.",
            "Clients who book by themselves have at most {n} of these at a time.",
            kind.at_most,
        )
    return say.sentences(who, most, say("This does not bind you.")) if who or most else None
