"""Whether a message goes out in Slack, by mail, or both: as its reader has chosen, at the time when it is sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.delivery.parcels import Parcel, by_mail, by_slack, dropped, lost
from bot.mail_addresses import address_of
from coaching.addresses import is_address
from coaching.news.announcement import MailOffer
from coaching.news.cancellations import CoachAlert
from coaching.news.kinds import KINDS
from coaching.notifications import MAIL_ONLY, RECEIPTS, Preferences, Ways, usual
from coaching.sessions import Person
from coaching.stakeholders import is_channel
from coaching.why import Why
from storage.claims import Claimed, Outcome


def as_wanted(parcel: Parcel, chosen: Preferences | None, reader: Person, now: datetime) -> Parcel | Sequence[Outcome]:
    """Return the message as its reader wants it, or the outcomes of its notices if it goes out by the other medium.

    `chosen` is what they have chosen, if they have. What asks for a decision is always in Slack too, and a coach's
    channel gets what it gets. A message that may have arrived stays where it is.
    """
    row, wants = parcel.rows[0], chosen or usual(reader)
    ways = wants.ways
    if row.by_mail:
        # A stakeholder's address has said yes to copies, whatever it wants to hear about sessions of its own.
        if ways.by_mail or _to_an_address(row):
            return parcel if wants.invitations else replace(parcel, invites=False)
        return [not_by_mail(one, reader, Why.NOT_WANTED, now) for one in parcel.rows]
    kind = KINDS[row.kind]
    asked = ways.by_mail and kind.mailed and reader.in_slack and address_of(reader) is not None
    if not asked or row.is_edit or is_channel(row.recipient):
        return parcel
    only = ways is Ways.MAIL and parcel.target == row.recipient and not kind.asks
    if only and not any(one.ambiguous for one in parcel.rows):
        return [by_mail(one) for one in parcel.rows]
    return replace(parcel, repeated=True)


def unless_known(parcel: Parcel) -> Parcel | Sequence[Outcome]:
    """Drop an alert for a coach who canceled and would get it where their own receipt is. A mail that they want goes out.

    In their channel others read it too.
    """
    row, told = parcel.rows[0], parcel.announcement
    here = not row.by_mail and not row.is_edit and parcel.target == row.recipient
    if not (here and isinstance(told, CoachAlert) and told.has_own_receipt) or any(
        one.ambiguous for one in parcel.rows
    ):
        return parcel
    return [by_mail(one) if parcel.repeated else dropped(one, Why.OWN_RECEIPT) for one in parcel.rows]


def with_offer(parcel: Parcel, chosen: Preferences | None) -> Parcel:
    """Return a receipt with the question whether its reader wants mails too, if it is the first or asked it before."""
    row, viewer = parcel.rows[0], parcel.announcement.viewer
    person, asked_in = viewer.person, viewer.mail_asked_in
    here = row.kind in RECEIPTS and not row.by_mail and person.id == row.recipient and person.in_slack
    if not here or asked_in not in {None, row.key} or address_of(person) is None:
        return parcel
    if chosen is None:
        # What went out without it stays without it.
        offer = MailOffer.OPEN if asked_in == row.key or not row.is_edit else None
    else:
        offer = MailOffer.ACCEPTED if asked_in == row.key and chosen.ways.by_mail else None
    return replace(parcel, announcement=replace(parcel.announcement, mail_offer=offer))


def turned_off(row: Claimed, chosen: Preferences | None) -> bool:
    """Return whether a notice is a reminder of a kind that its reader does not want. What is out already stays."""
    return chosen is not None and row.kind in chosen.unwanted and not row.is_edit and not row.ambiguous


def _to_an_address(row: Claimed) -> bool:
    return is_address(row.recipient) and (row.copy_of is not None or row.kind in MAIL_ONLY)


def not_by_mail(row: Claimed, reader: Person, why: Why, now: datetime) -> Outcome:
    """Have a mail that cannot or must not be sent go out in Slack, or give it up.

    One that stands beside a message in Slack is given up, and so is one that may have arrived: it would be told twice.
    """
    back = reader.in_slack and row.repeats is None and not row.ambiguous
    return by_slack(row) if back else lost(row, why, now)
