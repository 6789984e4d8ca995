"""Amounts, people, policies and states in words, the same wherever they are shown."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from coaching import zones
from coaching.credits import ONE_CREDIT, Grant
from coaching.localtime import LocalDay
from coaching.naming import twins, visible
from coaching.packages import CREDITS
from coaching.records import Viewer
from coaching.sessions import SYSTEM_ID, Decision, Hat, Money, Person, Session
from handlers.views.kit import NAME, bare, typed
from handlers.views.slack_dates import dated, time_of_day
from handlers.views.times import Times, times_for
from language.say import Say, word

USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
_DECIDED = {
    Decision.REFUNDED: word("{outcome} (refunded anyway)"),
    Decision.PARTLY: word("{outcome} (refunded in part)"),
    Decision.KEPT: word("{outcome} (kept)"),
}
_DECIDED_BY_TIME = {
    Decision.REFUNDED: word("{outcome} (refunded anyway: nobody decided in time)"),
    Decision.PARTLY: word("{outcome} (refunded in part: nobody decided in time)"),
    Decision.KEPT: word("{outcome} (kept: nobody decided in time)"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of a view: their clock, whether they may see e-mail addresses, and whether times need a DST mark.

    `coaches` means that they are on the list of coaches, and so decide about the sessions they give. `namesakes` are
    the ids of people who share their name with another person in the view. Their names get an addition. `several` means
    that others read the same words: times are in Slack's own format then, which follows each of them.
    """

    person: Person
    times: Times
    now: datetime
    sees_mail: bool = False
    coaches: bool = False
    mark_dst: bool = False
    namesakes: frozenset[str] = frozenset()
    several: bool = False

    @property
    def say(self) -> Say:
        """The messages in the reader's language."""
        return self.times.say

    def when(self, session: Session) -> str:
        """Return a session's time on the reader's clock."""
        return self.between(session.starts_at, session.ends_at)

    def between(self, start: datetime, end: datetime) -> str:
        """Return a time from an instant to another on the reader's clock."""
        if not self.several:
            return self.times.when(start, end, self.now, mark=self.mark_dst)
        begins = dated(start, self.times.instant(start, self.now))
        return self.times.range(begins, time_of_day(end, self.times.clock(end)))

    def instant(self, at: datetime, *, exact: bool = False) -> str:
        """Return an instant on the reader's clock: to the minute, or with `exact` to the second if it has seconds."""
        at = at.replace(microsecond=0) if exact else at.replace(second=0, microsecond=0)
        text = self.times.instant(at, self.now, mark=self.mark_dst)
        return dated(at, text) if self.several else text

    def last_day(self, grant: Grant) -> str | None:
        """Return until when a grant can be used: a day of its owner's calendar, or an instant if given as one."""
        return self.ends(grant.expires_at, grant.last_day)

    def ends(self, at: datetime | None, day: LocalDay | None) -> str | None:
        """Return the end of credits, as a day if one was meant, or None if they do not expire."""
        if day is not None:
            return self.times.days_of(day.day, day.day, day.zone, self.now)
        return self.instant(at) if at else None

    def zone_line(self, sessions: Sequence[Session]) -> str:
        """Return the zone of the displayed times."""
        return self.zone_of(_instants(sessions) or [self.now])

    def zone_if_needed(self, sessions: Sequence[Session]) -> list[str]:
        """Return the zone of the displayed times where the reader may take another one for it, else nothing.

        That is where their own zone is not known, the clocks change in between, or a session has another clock.
        """
        own = self.mark_dst or zones.known(self.person.time_zone) is None
        other = any(
            one.starts_at.astimezone(zones.first_known(one.time_zone)).utcoffset()
            != self.times.local(one.starts_at).utcoffset()
            for one in sessions
        )
        return [self.zone_line(sessions)] if own or other else []

    def zone_of(self, instants: Iterable[datetime]) -> str:
        """Return the zone of these instants."""
        return self.say("Times are in {zone}.", zone=self.times.zone_line(instants))

    def name(self, person: Person) -> str:
        """Return a person in mrkdwn: their name, else a mention, else "somebody"."""
        if person.name and visible(person.name):
            mark = self._mark(person)
            return f"{typed(person.name)} {typed(mark)}" if mark else typed(person.name)
        if USER_ID.fullmatch(person.id):
            return f"<@{person.id}>"
        if self.sees_mail and not person.in_slack and person.address:
            return typed(person.email or person.id.removeprefix("mail:"))
        return self.say("somebody")

    def plain_name(self, person: Person, most: int = NAME) -> str:
        """Return a person in plain text: their name, else their id, which at least distinguishes them."""
        if person.name and visible(person.name):
            mark = self._mark(person)
            return f"{bare(person.name, max(1, most - len(mark) - 1))} {mark}" if mark else bare(person.name, most)
        if USER_ID.fullmatch(person.id):
            return person.id
        if self.sees_mail and not person.in_slack and person.address:
            return bare(person.email or person.id.removeprefix("mail:"))
        return self.say("somebody")

    def _mark(self, person: Person) -> str:
        """Return the addition that distinguishes a person from a namesake, in parentheses, or nothing."""
        if person.id not in self.namesakes:
            return ""
        mail = person.email if self.sees_mail else None
        return f"({mail or (person.id if person.in_slack else self.say('not in Slack yet'))})"


def reader_for(viewer: Viewer, sessions: Sequence[Session], now: datetime) -> Reader:
    """Return the viewer as a reader: in their zone, else the first session's, else UTC."""
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
    """Return the ids of people, the reader aside, who share their name with another of them."""
    return twins((one.id, one.name) for one in people if one.name and one.id != reader.id)


def _instants(sessions: Sequence[Session]) -> list[datetime]:
    """Return the instants in a view of sessions. Starts and cutoffs may be on different sides of a clock change."""
    return [at for session in sessions for at in (session.starts_at, session.refund_cutoff_at)]


def amount(hundredths: int) -> int | Decimal:
    """Return hundredths of a credit as a number of credits."""
    return hundredths // ONE_CREDIT if hundredths % ONE_CREDIT == 0 else Decimal(hundredths) / ONE_CREDIT


def number(hundredths: int, say: Say) -> str:
    """Return "1", "1.5" or "0.25"."""
    return say.number(amount(hundredths))


@lru_cache(maxsize=1024)
def in_credits(hundredths: int, say: Say) -> str:
    """Return "1 credit" or "1.5 credits"."""
    return say.plural("{n} credit", "{n} credits", amount(hundredths))


def in_more_credits(hundredths: int, say: Say) -> str:
    """Return "1 more credit" or "0.1 more credits": an amount besides what came back before."""
    return say.plural("{n} more credit", "{n} more credits", amount(hundredths))


def money(amount: Money, say: Say) -> str:
    """Return "$120.00". An unknown currency is shown by its code."""
    return say.money(amount.cents, amount.currency)


def in_sessions(n: int, say: Say) -> str:
    """Return "1 session" or "3 sessions"."""
    return say.plural("{n} session", "{n} sessions", n)


def span(duration: timedelta, say: Say) -> str:
    """Return "24 hours", "90 minutes" or "7 days". It is elapsed time, so days are used only beyond three."""
    minutes = round(duration.total_seconds() / 60)
    if minutes > 4320 and minutes % 1440 == 0:
        return say.duration(minutes // 1440, "day")
    if minutes > 59 and minutes % 60 == 0:
        return say.duration(minutes // 60, "hour")
    return say.duration(minutes, "minute")


def about(duration: timedelta, say: Say) -> str:
    """Return "about 2 hours": how far away something is, roughly."""
    minutes = max(0, round(duration.total_seconds() / 60))
    if minutes < 2:
        return say("about a minute")
    hours = round(minutes / 60)
    if minutes < 60:
        length = say.duration(minutes, "minute")
    else:
        length = say.duration(hours, "hour") if hours < 72 else say.duration(round(hours / 24), "day")
    return say("about {length}", length=length)


def package(session: Session, say: Say) -> str | None:
    """Return "Leadership 10-pack (Acme's pool) · 3 of 10", for mrkdwn."""
    place = session.package
    if place is None:
        return None
    name = typed(place.name)
    if place.pool:
        name = say("{package} ({company}'s pool)", package=name, company=typed(place.pool))
    return f"{name} · {say.meant('ordinal', '{n} of {all}', n=say.number(place.position), all=say.number(place.size))}"


def grant_name(label: str, say: Say) -> str:
    """Return the name of credits in mrkdwn: their package's name, or just "Credits"."""
    return say("Credits") if label == CREDITS else typed(label)


def pool_of(company: str, say: Say) -> str:
    """Return "Acme's pool", in mrkdwn."""
    return say("{company}'s pool", company=typed(company))


def outcome(session: Session, reader: Reader) -> str:
    """Return what came back from a canceled session, the state of its late decision, and whether it was late.

    What its terms forgave is called so. Only a client's cancellation, or an admin's for them, is called late, whatever
    was paid for the session. It is not if a coach canceled late, nor if a step of the terms returned a part.
    """
    ended, back = session.cancellation, came_back(session, reader)
    by_client = ended is not None and ended.role in {Hat.CLIENT, Hat.ADMIN}
    late = ended is not None and by_client and ended.nothing_back
    if ended is not None and ended.forgiven:
        return reader.say("late, forgiven: {outcome}", outcome=back)
    return reader.say("late: {outcome}", outcome=back) if late else back


def came_back(session: Session, reader: Reader) -> str:
    """Return what came back from a canceled session, and the state of its late decision."""
    ended, say = session.cancellation, reader.say
    if ended is None:
        return say("canceled")
    if not session.price:
        return say("paid outside credits") if session.money else say("no credits were paid")
    text = returned_words(session, ended.returned, say)
    if ended.role in {Hat.CLIENT, Hat.ADMIN}:
        return with_decision(text, session, reader)
    if ended.returned >= session.price or ended.role is not Hat.COACH:
        return text
    if ended.by.id == reader.person.id:
        some = say("{outcome} (the rest kept by you)", outcome=text)
        return some if ended.returned else say("{outcome} (kept by you)", outcome=text)
    coach = reader.name(ended.by)
    if ended.returned:
        return say("{outcome} (the rest kept by {coach})", outcome=text, coach=coach)
    return say("{outcome} (kept by {coach})", outcome=text, coach=coach)


def returned_words(session: Session, returned: int, say: Say) -> str:
    """Return "1 credit returned", "0.5 of 1 credit returned" or "1 credit not returned"."""
    if returned == session.price:
        return say.plural("{n} credit returned", "{n} credits returned", amount(returned))
    if returned:
        price, part = amount(session.price), amount(returned)
        return say.plural("{part} of {n} credit returned", "{part} of {n} credits returned", price, part=part)
    return say.plural("{n} credit not returned", "{n} credits not returned", amount(session.price))


def contact_or_admin(contact: str | None, say: Say) -> str:
    """Return whom to ask if the coach cannot be asked (mrkdwn)."""
    return typed(contact, 200) if contact else say("a workspace admin")


def lateness(session: Session, say: Say) -> str:
    """Return "In time", "*In part (50%)*" or "*Late*", to be shown before what came back."""
    ended = session.cancellation
    if ended is None or not ended.late:
        return say("In time")
    if ended.forgiven:
        return f"*{say('Late, forgiven by its terms')}*"
    part = say("In part ({percent})", percent=say.percent(ended.percent)) if ended.in_part else say("Late")
    return f"*{part}*"


def all_late(sessions: Iterable[Session]) -> bool:
    """Return whether nothing came back from any session by itself.

    A session with a partial refund is not called late.
    """
    return all(s.cancellation is not None and s.cancellation.nothing_back for s in sessions)


def with_decision(text: str, session: Session, reader: Reader) -> str:
    """Return what came back, with the state of the coach's decision on a late cancellation."""
    ended, say = session.cancellation, reader.say
    if ended is None or ended.decision is None:
        return text
    if ended.decision is Decision.OPEN:
        if reader.coaches and session.coach.id == reader.person.id:
            return say("{outcome}, yours to decide", outcome=text)
        return say("{outcome}, not decided yet", outcome=text)
    if ended.decided_by is None or by_time(session):
        return say.of((_DECIDED if ended.decided_by is None else _DECIDED_BY_TIME)[ended.decision], outcome=text)
    who = _decider(session, ended.decided_by, reader)
    if ended.decision is Decision.REFUNDED:
        return say("{outcome} (refunded anyway by {who})", outcome=text, who=who)
    if ended.decision is Decision.PARTLY:
        return say("{outcome} (refunded in part by {who})", outcome=text, who=who)
    return say("{outcome} (kept by {who})", outcome=text, who=who)


def _decider(session: Session, by: Person, reader: Reader) -> str:
    """Return the name of the person who decided. Anyone but the coach is an admin."""
    name = reader.name(by)
    return name if by.id == session.coach.id else reader.say("{name} (admin)", name=name)


def decided_to_return(session: Session) -> int:
    """Return what the last decision returned, in hundredths, without what had come back before it."""
    ended = session.cancellation
    if ended is None:
        return 0
    return ended.returned_late - (ended.decided_amount if ended.after_all else 0)


def by_time(session: Session) -> bool:
    """Return whether the deadline decided about a late cancellation, and no person did."""
    ended = session.cancellation
    return ended is not None and ended.decided_by is not None and ended.decided_by.id == SYSTEM_ID


def come_in_words(contact: str | None, say: Say) -> str:
    """Say how sessions and credits get here, and whom to ask about missing ones."""
    if contact:
        return say(
            "Workspace admins give credits and bring sessions in. If something is missing, ask {contact}.",
            contact=typed(contact, 200),
        )
    return say("Workspace admins give credits and bring sessions in. If something is missing, ask one of them.")


def acted(person: Person, role: Hat, session: Session | None, reader: Reader) -> str:
    """Return who acted on a session, from the reader's point of view: "you", "Carla Coach", "Ada Admin (admin)".

    This is the only way in which views name an actor, to follow "by". The role is left out only if `session` shows it.
    """
    if role is Hat.SYSTEM or person.id == SYSTEM_ID:
        return "Sessions"
    say = reader.say
    if person.id == reader.person.id:
        return say.meant("by whom", "you")
    name = reader.name(person)
    shown = {Hat.CLIENT: session.client.id, Hat.COACH: session.coach.id} if session else {}
    if shown.get(role) == person.id:
        return name
    return {
        Hat.CLIENT: say("{name} (client)", name=name),
        Hat.COACH: say("{name} (coach)", name=name),
    }.get(role, say("{name} (admin)", name=name))


def line(session: Session, reader: Reader, *, other: Person | None = None) -> str:
    """Return "*Leadership* with Anna · Tue, Nov 24, 3:00 – 3:50 PM"."""
    return f"{with_whom(session, reader, other)} · {reader.when(session)}"


def with_whom(session: Session, reader: Reader, other: Person | None = None) -> str:
    """Return "*Leadership* with Anna"."""
    name = reader.name(other or session.coach)
    return reader.say("*{session}* with {person}", session=typed(session.session_type), person=name)
