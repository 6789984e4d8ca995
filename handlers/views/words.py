"""Amounts, people, policies and states in words; the same words wherever they are shown."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision

from coaching.causes import Blocked
from coaching.credits import ONE_CREDIT, Grant
from coaching.localtime import LocalDay
from coaching.naming import twins, visible
from coaching.policy import FULL, Policy
from coaching.records import Viewer
from coaching.sessions import SYSTEM_ID, Decision, Hat, Money, Person, Session, Status
from handlers.views.kit import NAME, bare, typed
from handlers.views.times import Times, times_for

USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a view: their clock, whether they may see e-mail addresses, and whether times need a DST mark.

    `coaches`: they are on the list of coaches, and so decide about the sessions they give. `namesakes` are the ids of people
    who share their name with somebody else in the view: their names are told apart.
    """

    person: Person
    times: Times
    now: datetime
    sees_mail: bool = False
    coaches: bool = False
    mark_dst: bool = False
    namesakes: frozenset[str] = frozenset()

    def when(self, session: Session) -> str:
        """When a session is, on the reader's clock."""
        return self.times.when(session.starts_at, session.ends_at, self.now, mark=self.mark_dst)

    def instant(self, at: datetime, *, exact: bool = False) -> str:
        """An instant on the reader's clock: to the minute, or to the second where `exact` matters and there are some."""
        at = at.replace(microsecond=0) if exact else at.replace(second=0, microsecond=0)
        return self.times.instant(at, self.now, mark=self.mark_dst)

    def last_day(self, grant: Grant) -> str | None:
        """Until when a grant can be used: a day of its owner's calendar, or an instant where it was given as one."""
        return self.ends(grant.expires_at, grant.last_day)

    def ends(self, at: datetime | None, day: LocalDay | None) -> str | None:
        """The end of credits, as a day where one was meant; None: they have none."""
        if day is not None:
            return self.times.days_of(day.day, day.day, day.zone, self.now)
        return self.instant(at) if at else None

    def zone_line(self, sessions: Sequence[Session]) -> str:
        """The zone of the times shown."""
        return f"Times are in {self.times.zone_line(_instants(sessions) or [self.now])}."

    def name(self, person: Person) -> str:
        """A person in mrkdwn: their name, else a mention, else nobody in particular."""
        if person.name and visible(person.name):
            return typed(person.name) + typed(self._mark(person))
        if USER_ID.fullmatch(person.id):
            return f"<@{person.id}>"
        if self.sees_mail and not person.in_slack:
            return typed(person.email or person.id.removeprefix("mail:"))
        return "somebody"

    def plain_name(self, person: Person, most: int = NAME) -> str:
        """A person in plain text: their name, else their id, which at least tells them apart."""
        if person.name and visible(person.name):
            mark = self._mark(person)
            return bare(person.name, max(1, most - len(mark))) + mark
        if USER_ID.fullmatch(person.id):
            return person.id
        if self.sees_mail and not person.in_slack:
            return bare(person.email or person.id.removeprefix("mail:"))
        return "somebody"

    def _mark(self, person: Person) -> str:
        """What tells a person from another one of their name, in parentheses; nothing where there is no other."""
        if person.id not in self.namesakes:
            return ""
        mail = person.email if self.sees_mail else None
        return f" ({mail or (person.id if person.in_slack else 'not in Slack yet')})"


def reader_for(viewer: Viewer, sessions: Sequence[Session], now: datetime) -> Reader:
    """Return how this viewer reads: in their zone, else the first session's, else UTC."""
    times = times_for(viewer.person, *(s.time_zone for s in sessions[:1]))
    return Reader(
        person=viewer.person,
        times=times,
        now=now,
        sees_mail=viewer.is_coach or viewer.is_admin,
        coaches=viewer.is_coach,
        mark_dst=times.mixed(_instants(sessions)),
        namesakes=namesakes((one for s in sessions for one in (s.client, s.coach)), viewer.person),
    )


def namesakes(people: Iterable[Person], reader: Person) -> frozenset[str]:
    """Return the ids of those, the reader aside, who share their name with another of them."""
    return twins((one.id, one.name) for one in people if one.name and one.id != reader.id)


def _instants(sessions: Sequence[Session]) -> list[datetime]:
    """What a view of sessions shows: starts and cutoffs, which may lie on different sides of a clock change."""
    return [at for session in sessions for at in (session.starts_at, session.refund_cutoff_at)]


def number(hundredths: int) -> str:
    """Return "1", "1.5" or "0.25"."""
    text = f"{Decimal(hundredths) / 100:,.2f}"
    return text.rstrip("0").rstrip(".")


def in_credits(hundredths: int) -> str:
    """Return "1 credit" or "1.5 credits"."""
    return f"{number(hundredths)} credit{'' if hundredths == 100 else 's'}"


def in_more_credits(hundredths: int) -> str:
    """Return "1 more credit" or "0.1 more credits": what came back besides what had before."""
    return f"{number(hundredths)} more credit{'' if hundredths == ONE_CREDIT else 's'}"


def come(hundredths: int) -> str:
    """Return the verb that goes with an amount: one credit comes, two come."""
    return "comes" if hundredths == 100 else "come"


@lru_cache(maxsize=256)
def money(amount: Money) -> str:
    """Return "$120.00"; an unknown currency is shown by its code."""
    value = Decimal(amount.cents).scaleb(-get_currency_precision(amount.currency))
    return format_currency(value, amount.currency, locale="en_US").replace("\u00a0", " ")


def count(n: int, thing: str = "session") -> str:
    """Return "1 session" or "3 sessions"."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def span(duration: timedelta) -> str:
    """Return "24 hours", "90 minutes" or "7 days": elapsed time, so a day is only named beyond three."""
    minutes = round(duration.total_seconds() / 60)
    for size, word, least in ((1440, "day", 4320), (60, "hour", 60)):
        if minutes > least - 1 and minutes % size == 0 and not (word == "day" and minutes == 4320):
            return count(minutes // size, word)
    return count(minutes, "minute")


def about(duration: timedelta) -> str:
    """Return "about 2 hours": how far off something is, for people."""
    minutes = max(0, round(duration.total_seconds() / 60))
    if minutes < 2:
        return "about a minute"
    if minutes < 60:
        return f"about {count(minutes, 'minute')}"
    hours = round(minutes / 60)
    if hours < 72:
        return f"about {count(hours, 'hour')}"
    return f"about {count(round(hours / 24), 'day')}"


@lru_cache(maxsize=256)
def policy_text(policy: Policy, *, yours: bool) -> str:
    """A policy in plain sentences, for whoever pays (`yours`) or for others."""
    paid = "you paid" if yours else "that was paid"
    parts = []
    for tier in policy.tiers:
        share = f"everything {paid} comes back" if tier.percent == FULL else f"{tier.percent}% comes back"
        lead = f"at least {span(tier.lead)} before the start" if tier.lead else "any time before the start"
        parts.append(f"{lead} and {share}")
    sentences = []
    if parts:
        sentences.append(f"Cancel {'; '.join(parts)}.")
        if policy.tiers[-1].lead:
            late = (
                "nothing comes back, though you can still cancel until the start"
                if policy.late_cancel
                else "the session can no longer be canceled"
            )
            sentences.append(f"After that, {late}.")
    elif policy.late_cancel:
        sentences.append("Canceling returns nothing, though you can cancel until the start.")
    else:
        sentences.append("Sessions cannot be canceled.")
    if policy.booking_grace:
        sentences.append(f"Within {span(policy.booking_grace)} of booking, canceling always returns everything.")
    return " ".join(sentences)


@lru_cache(maxsize=256)
def reschedule_text(policy: Policy) -> str:
    """When and how often a policy lets a client move a session, in plain sentences."""
    if policy.reschedule_limit == 0:
        return "Sessions cannot be rescheduled by their clients."
    lead = (
        f"at least {span(policy.reschedule_window)} before the start" if policy.reschedule_window else "until the start"
    )
    often = "" if policy.reschedule_limit is None else f", up to {count(policy.reschedule_limit, 'time')}"
    return f"Reschedule {lead}{often}."


def package(session: Session, clean: bool = True) -> str | None:
    """Return "Leadership 10-pack (Acme's pool) · 3 of 10", for mrkdwn or (not `clean`) for plain text."""
    place = session.package
    if place is None:
        return None
    shown = typed if clean else bare
    name = shown(place.name) + (f" ({shown(place.pool)}'s pool)" if place.pool else "")
    return f"{name} · {place.position} of {place.size}"


def outcome(session: Session, reader: Reader) -> str:
    """What came back of a canceled session, where its late decision stands, and that it was late.

    "Late" is said of a client's own cancellation and of an admin's for them: when a coach is late, the client is not; nor is
    who gets what a step of the terms returns.
    """
    ended = session.cancellation
    by_client = ended is not None and ended.role in {Hat.CLIENT, Hat.ADMIN}
    late = ended is not None and by_client and bool(session.price) and ended.nothing_back
    return ("late: " if late else "") + came_back(session, reader)


def came_back(session: Session, reader: Reader) -> str:
    """What came back of a canceled session, and where its late decision stands."""
    ended = session.cancellation
    if ended is None:
        return "canceled"
    if not session.price:
        return "paid outside credits" if session.money else "no credits were paid"
    kept = session.price - ended.returned
    if not kept:
        text = f"{in_credits(ended.returned)} returned"
    elif ended.returned:
        text = f"{number(ended.returned)} of {in_credits(session.price)} returned"
    else:
        text = f"{in_credits(session.price)} not returned"
    if ended.role in {Hat.CLIENT, Hat.ADMIN}:
        return f"{text}{decision_words(session, reader)}"
    if not kept or ended.role is not Hat.COACH:
        return text
    who = "you" if ended.by.id == reader.person.id else reader.name(ended.by)
    return f"{text} ({'the rest ' if ended.returned else ''}kept by {who})"


def kept_by_coach(sessions: Iterable[Session]) -> Session | None:
    """Return the first session of which a coach's own cancellation kept something, None: there is none."""
    for session in sessions:
        ended = session.cancellation
        if ended is not None and ended.role is Hat.COACH and ended.returned < session.price:
            return session
    return None


def contact_or_admin(contact: str | None) -> str:
    """Whom to ask where the coach is not there to be asked (mrkdwn)."""
    return typed(contact, 200) if contact else "a workspace admin"


def ask_about_kept(
    sessions: Iterable[Session], contact: str | None, reader: Reader, gone: Collection[str] = ()
) -> str | None:
    """Say whom a client asks about what their coach kept: the support contact, else the coach, or an admin once they left."""
    session = kept_by_coach(sessions)
    if session is None:
        return None
    there = contact is None and session.coach.id not in gone
    return f"If that is not right, ask {reader.name(session.coach) if there else contact_or_admin(contact)}."


def lateness(session: Session) -> str:
    """Return "In time", "*In part (50%)*" or "*Late*", to stand before what came back."""
    ended = session.cancellation
    if ended is None or not ended.late:
        return "In time"
    return f"*In part ({ended.percent}%)*" if ended.in_part else "*Late*"


def all_late(sessions: Iterable[Session]) -> bool:
    """Whether nothing came back of any by itself; what a step of the terms returned a part of is not called late."""
    return all(s.cancellation is not None and s.cancellation.nothing_back for s in sessions)


def canceled_late(sessions: Sequence[Session]) -> str:
    """Return "3 sessions canceled late" for what is to be decided about, or that a part came back."""
    return f"{count(len(sessions))} canceled {'late' if all_late(sessions) else 'and not fully refunded'}"


def decision_words(session: Session, reader: Reader) -> str:
    """Where the coach's decision on a late cancellation stands, to follow what came back."""
    ended = session.cancellation
    if ended is None or ended.decision is None:
        return ""
    if ended.decision is Decision.OPEN:
        yours = reader.coaches and session.coach.id == reader.person.id
        return ", yours to decide" if yours else ", not decided yet"
    who = ""
    if ended.decided_by is not None:
        who = f" by {_decider(session, ended.decided_by, reader)}"
    how = {Decision.REFUNDED: "refunded anyway", Decision.PARTLY: "refunded in part"}.get(ended.decision, "kept")
    return f" ({how}: nobody decided in time)" if by_time(session) else f" ({how}{who})"


def _decider(session: Session, by: Person, reader: Reader) -> str:
    """Whoever is not the coach and decides is an admin."""
    name = reader.name(by)
    return name if by.id == session.coach.id else f"{name} (admin)"


def decided_to_return(session: Session) -> int:
    """Return what the last decision returned, beside what had come back before it: that is not news. In hundredths."""
    ended = session.cancellation
    if ended is None:
        return 0
    return ended.returned_late - (ended.decided_amount if ended.after_all else 0)


def by_time(session: Session) -> bool:
    """Whether the deadline decided about a late cancellation, and nobody."""
    ended = session.cancellation
    return ended is not None and ended.decided_by is not None and ended.decided_by.id == SYSTEM_ID


def blocked_words(cause: Blocked) -> str:
    """Why a session cannot be canceled."""
    return {
        Blocked.CANCELED: "it is canceled already",
        Blocked.STARTED: "it has started",
        Blocked.OVER: "it is over",
        Blocked.LATE: "it is too late: its policy allows no late cancellation",
        Blocked.MOVED_OFTEN: "it was moved as often as its policy allows",
        Blocked.NO_COACH: "its coach is on the list of coaches no more",
    }[cause]


def why_gone(session: Session, cause: Blocked, reader: Reader) -> str:
    """Say what happened to a session that left a dialog, and by whom: whoever was slower is told."""
    ended = session.cancellation
    if cause is Blocked.CANCELED and ended is not None:
        return f"canceled by {acted(ended.by, ended.role, session, reader)}, {reader.instant(ended.at)}"
    return blocked_words(cause)


def immovable_words(cause: Blocked) -> str:
    """Why a session cannot be moved."""
    if cause is Blocked.LATE:
        return "it is too close to its start: the time to reschedule it is over"
    return blocked_words(cause)


def come_in_words(contact: str | None) -> str:
    """Say how sessions and credits get here, and whom to ask about missing ones."""
    ask = typed(contact, 200) if contact else "one of them"
    return f"Workspace admins give credits and bring sessions in. If something is missing, ask {ask}."


def listed(names: Iterable[str], most: int) -> str:
    """Return "Anna, Boris and Carla", each named once; beyond `most` the others are counted."""
    found = list(dict.fromkeys(names))
    if len(found) > most:
        return f"{', '.join(found[:most])} and {len(found) - most} more"
    return " and ".join([*([", ".join(found[:-1])] if found[1:] else []), *found[-1:]])


def acted(person: Person, role: Hat, session: Session | None, reader: Reader) -> str:
    """Return who did something to a session, for whoever reads it: "you", "Carla Coach", "Ada Admin (admin)".

    The one way in which views name an actor. As what somebody acted is left out only where `session` says it.
    """
    if role is Hat.SYSTEM or person.id == SYSTEM_ID:
        return "Sessions"
    if person.id == reader.person.id:
        return "you"
    name = reader.name(person)
    shown = {Hat.CLIENT: session.client.id, Hat.COACH: session.coach.id} if session else {}
    return name if shown.get(role) == person.id else f"{name} ({role_words(role)})"


def role_words(hat: Hat) -> str:
    """As what somebody acted, where that matters."""
    return {Hat.CLIENT: "client", Hat.COACH: "coach", Hat.ADMIN: "admin", Hat.SYSTEM: "system"}[hat]


def line(session: Session, reader: Reader, *, other: Person | None = None) -> str:
    """Return "*Leadership* with Anna · Tue, Nov 24, 3:00 – 3:50 PM"."""
    return f"*{typed(session.session_type)}* with {reader.name(other or session.coach)} · {reader.when(session)}"


def meeting_link(session: Session, now: datetime) -> str | None:
    """Return the link to join by, while there is something to join and the link is one a browser opens."""
    link = session.meeting_link
    if link is None or session.status is Status.CANCELED or now > session.ends_at:
        return None
    ok = link.startswith(("https://", "http://")) and len(link) <= 3000 and not re.search(r"[\s<>|\"]", link)
    return link if ok else None
