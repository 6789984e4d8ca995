"""What a mail brings along besides its words: invitations for the reader's calendar, and the way in to its sessions."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.delivery.channels.mail_envelope import CalendarPart
from bot.delivery.parcels import Parcel
from bot.mail_addresses import Mailbox
from calendars.appointment import Address
from calendars.parts import cancellation, invitation
from coaching.news.announcement import Announcement, ToCoach
from coaching.news.cancellations import CoachAlert
from coaching.news.handovers import CoachHanded
from coaching.news.kinds import KINDS, Family
from coaching.ports import Store
from coaching.sessions import Hat, Session, Status
from handlers.views.appointments import appointment
from handlers.views.mail import Possible
from handlers.views.words import reader_for
from web.links import Links, Way

IN_CALENDARS = frozenset({Family.BOOKINGS, Family.CANCELLATIONS, Family.MOVES, Family.HANDOVERS, Family.MEETINGS})
"""News of these families change what is in a calendar."""


@dataclass(frozen=True, slots=True)
class Invitations:
    """Makes them from what is true when the mail leaves. Without `links` there is no page to lead to."""

    store: Store
    sender: Mailbox
    links: Links | None

    async def parts(self, parcel: Parcel, to: Mailbox) -> Sequence[CalendarPart]:
        """Return a part for each session of the mail: as it is now, whatever the mail's news was.

        The number in it is the session's version, so a calendar that got a later mail first ignores an earlier one.
        """
        told = parcel.announcement
        if not parcel.invites or KINDS[parcel.rows[0].kind].family not in IN_CALENDARS:
            return []
        theirs = [(session, hat) for session in parcel.about if (hat := hat_of(told, session)) is not None]
        # Out of the calendar of who gave them.
        gone = [session for session in parcel.about if gave(told, session)]
        theirs += [(session, Hat.COACH) for session in gone]
        if not theirs:
            return []
        async with self.store.read(parcel.workspace_id) as queries:
            policies = await queries.terms.by_ids({session.policy_id for session, _ in theirs})
        parts = []
        for session, hat in theirs:
            if (
                session.status is not Status.CANCELED
                and session not in gone
                and (session.status is not Status.SCHEDULED or told.now > session.ends_at)
            ):
                continue
            reader = reader_for(told.viewer, [session], told.now)
            one = appointment(
                session,
                policies[session.policy_id],
                reader,
                hat,
                stamp=told.now,
                way_in=self._way(parcel, session),
            )
            organizer = Address(reader.plain_name(session.coach), self.sender.address)
            attendee = Address(to.name or to.address, to.address)
            canceled = session.status is Status.CANCELED or session in gone
            make = cancellation if canceled else invitation
            text = make(one, organizer=organizer, attendee=attendee)
            parts.append(CalendarPart(text, "CANCEL" if canceled else "REQUEST"))
        return parts

    def change(self, parcel: Parcel) -> str | None:
        """Return the address of the page on which the reader cancels or moves a session of the mail, or None."""
        ahead = _ahead(parcel)
        return self._way(parcel, ahead[0]) if ahead else None

    def again(self, parcel: Parcel) -> str | None:
        """Return the address of the page on which a client books again what is canceled, or None. It ends with the session."""
        told = parcel.announcement
        canceled = [
            session
            for session in parcel.about
            if session.status is Status.CANCELED and told.now <= session.ends_at and hat_of(told, session) is Hat.CLIENT
        ]
        return self._way(parcel, max(canceled, key=lambda one: one.ends_at)) if canceled else None

    def _way(self, parcel: Parcel, session: Session) -> str | None:
        if self.links is None or hat_of(parcel.announcement, session) is None:
            return None
        person = parcel.announcement.viewer.person.id
        return self.links.way_in(Way(parcel.workspace_id, person, session.id))


def possible(parcel: Parcel) -> Possible | None:
    """Return what the reader can still do about the sessions of a mail."""
    told = parcel.announcement
    if any(hat_of(told, session) is not None for session in _ahead(parcel)):
        return Possible.CHANGE
    clients = any(hat_of(told, session) is Hat.CLIENT for session in parcel.about)
    return Possible.BOOK_AGAIN if clients else None


def _ahead(parcel: Parcel) -> Sequence[Session]:
    now = parcel.announcement.now
    return [one for one in parcel.about if one.status is Status.SCHEDULED and now <= one.starts_at]


def gave(told: Announcement, session: Session) -> bool:
    """Return whether the reader is told that they no longer give a session, and does not give it again by now."""
    if not isinstance(told, CoachHanded | CoachAlert) or told.copy_of is not None:
        return False
    hands = told.gave if isinstance(told, CoachHanded) else any(one.id == session.id for one, _ in told.moves)
    return hands and hat_of(told, session) is None


def hat_of(told: Announcement, session: Session) -> Hat | None:
    """Return the reader's role in a session, or None: stakeholders get news of sessions that are not theirs."""
    if isinstance(told, ToCoach) and told.copy_of is not None:
        return None
    who = told.viewer.person.id
    return Hat.CLIENT if who == session.client.id else Hat.COACH if who == session.coach.id else None
