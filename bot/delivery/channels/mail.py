"""The mail channel: a parcel as a mail to one person."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.delivery.channels.channel import Channel, Delivered, Refused, Reply
from bot.delivery.channels.mail_envelope import CalendarPart, Envelope, wire
from bot.delivery.channels.mail_server import NO_ADDRESS, MailServer
from bot.delivery.channels.slack import LEFT
from bot.delivery.parcels import Parcel
from bot.mail_addresses import Mailbox, address_of, mailbox
from bot.mail_settings import ReplyTo
from coaching.news.announcement import Announcement, ToCoach
from coaching.news.notice import Medium
from coaching.sessions import Person
from handlers.views.mail import Mail, WayIn

Write = Callable[[Announcement, WayIn], Mail]
"""Puts an announcement into a mail's words."""
WaysIn = Callable[[Parcel], Awaitable[WayIn]]
"""Returns where the reader of a mail can cancel, reschedule and change what is sent to them."""
CalendarParts = Callable[[Parcel, Mailbox], Awaitable[Sequence[CalendarPart]]]
"""Returns the invitations that go out with a mail to this address."""


async def no_way(parcel: Parcel) -> WayIn:
    """Know of no way in: the mail says whom to write to."""
    del parcel
    return WayIn()


async def no_calendar(parcel: Parcel, to: Mailbox) -> Sequence[CalendarPart]:
    """Send no invitations."""
    del parcel, to
    return ()


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: the address of the business, and whom an answer reaches."""

    mailbox: Mailbox
    answers: ReplyTo = "support"


@dataclass(slots=True)
class MailChannel(Channel):
    """Delivers parcels by mail. `write` supplies the words."""

    server: MailServer
    sender: Sender
    write: Write
    ways: WaysIn = no_way
    calendar: CalendarParts = no_calendar
    called: str = field(default="the mail server", init=False)
    medium: Medium = field(default=Medium.MAIL, init=False)

    def reaches(self, person: Person) -> bool:
        """Return whether an address of this person is known that can be written to."""
        return address_of(person) is not None

    async def deliver(self, parcel: Parcel, seconds: float) -> Delivered:
        """Send one mail, in at most `seconds`. Raises what `write` raises, before anything is sent."""
        told = parcel.announcement
        to = address_of(told.viewer.person)
        if to is None:
            return Delivered(Refused(NO_ADDRESS))
        if isinstance(told, ToCoach) and parcel.gone:
            return Delivered(Refused(LEFT))
        reader = Mailbox(to, told.viewer.person.name or "")
        calendar = await self.calendar(parcel, reader)
        way = replace(await self.ways(parcel), leaves_calendars=any(part.method == "CANCEL" for part in calendar))
        envelope = Envelope(
            sender=self.sender.mailbox,
            to=reader,
            key=f"{parcel.workspace_id} {parcel.rows[0].message_key}",
            at=told.now,
            threads=[f"{parcel.workspace_id} {session.id}" for session in parcel.about],
            reply_to=self._reply_to(parcel),
            unsubscribe=(way.unsubscribe,) if way.unsubscribe else (),
            calendar=calendar,
        )
        octets = wire(envelope, self.write(told, way))
        return Delivered(await self.server.send(self.sender.mailbox.address, to, octets, seconds))

    async def probe(self, workspace_id: str, seconds: float) -> Reply:
        """Ask the mail server something harmless. It is the same for every workspace."""
        del workspace_id
        return await self.server.probe(seconds)

    def _reply_to(self, parcel: Parcel) -> Mailbox | None:
        """Return whom an answer reaches: the coach of all sessions in it, else the support contact, as it is set."""
        told = parcel.announcement
        if self.sender.answers == "nobody":
            return None
        coaches = {session.coach.id: session.coach for session in parcel.about}
        if self.sender.answers == "coach" and len(coaches) == 1:
            [coach] = coaches.values()
            address = address_of(coach)
            if address is not None and coach.id not in {told.viewer.person.id, *parcel.coming_back}:
                return Mailbox(address, coach.name or "")
        return mailbox(told.settings.support_contact or "")
