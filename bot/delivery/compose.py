"""Turns claimed notices into messages. Each notice is checked again and written from the current state."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.delivery.copies import coach_of, reader_of, unwanted
from bot.delivery.news.family import Loaded, News
from bot.delivery.news.registry import LOADS
from bot.delivery.parcels import Composed, Parcel, by_mail, dropped, expired, later, sent_as_it_is
from bot.delivery.wanted import as_wanted, not_by_mail, turned_off, unless_known, with_offer
from coaching.news.announcement import Announcement, ToCoach
from coaching.news.kinds import KINDS, TO_COACHES, Family
from coaching.notifications import RECEIPTS, REMINDERS, Preferences
from coaching.sessions import ERASED, Person
from coaching.stakeholders import Stakeholder, is_channel
from coaching.why import Why
from storage.claims import Claimed, Outcome, untouched
from storage.repositories.deliveries import DeliveryReads

_A_MOMENT = timedelta(microseconds=1)
Reaches = Callable[[Person], bool]
HELD_SECONDS = 1.0
"""Seconds between two looks at news of a session whose cancellation can still be undone."""


@dataclass(frozen=True, slots=True)
class _Places:
    """Where news for coaches goes: their alert channels, which of them left Slack, and their stakeholders."""

    channels: Mapping[str, str | None]
    left: Collection[str]
    named: Collection[Stakeholder]

    def channel_for(self, row: Claimed) -> str | None:
        """Return the alert channel to which a notice goes, or None if it goes to its recipient."""
        in_channel = row.kind in TO_COACHES and row.copy_of is None and not row.by_mail
        return self.channels.get(row.recipient) if in_channel else None


async def compose(
    reads: DeliveryReads,
    rows: Sequence[Claimed],
    now: datetime,
    *,
    unlinked_again: float,
    reaches: Reaches,
    home_link: str | None = None,
    mail: bool = False,
) -> Composed:
    """Turn one workspace's claimed notices into messages.

    `now` is business time. A recipient whom the channel cannot reach yet is tried again after `unlinked_again` seconds,
    or gets a mail where there is `mail`. `home_link` opens the app's Home, if it is known.
    """
    done = Composed()
    live = _useful(rows, now, done)
    if not live:
        return done
    settings = await reads.workspace.settings()
    people = await reads.batch.viewers({row.recipient for row in live} | {coach_of(row) for row in live})
    loaded = Loaded(
        reads.workspace_id,
        {who: viewer.speaking(settings.language) for who, viewer in people.items()},
        settings,
        now,
        home_link,
        {(row.action_id or "", row.recipient) for row in live},
    )
    families: dict[Family, list[Claimed]] = defaultdict(list)
    for row in live:
        families[KINDS[row.kind].family].append(row)
    news = {family: await LOADS[family](reads, some, loaded) for family, some in families.items()}
    places = await _places(reads, live, news)
    asked = {row.recipient for row in live if _may_have_chosen(row, mail=mail)}
    ways = await reads.notifications.chosen(asked) if asked else {}
    for family, some in families.items():
        for group in _messages(some, news[family], places, ways, done):
            who = group[0].recipient
            told: Parcel | Sequence[Outcome] = _message(group, news[family], places, loaded)
            if isinstance(told, Parcel) and who in asked:
                told = as_wanted(told, ways.get(who), people[who].person, now)
            if isinstance(told, Parcel):
                told = unless_known(told)
            if isinstance(told, Parcel) and mail and who in asked:
                told = with_offer(told, ways.get(who))
            if not isinstance(told, Parcel):
                done.settled += told
            elif told.ts is None and told.target == group[0].recipient and not reaches(told.announcement.viewer.person):
                reader = told.announcement.viewer.person
                done.settled += [_unreached(row, reader, unlinked_again, now, mail=mail) for row in group]
            else:
                done.parcels.append(told)
    done.parcels = await _with_answers(reads, done.parcels)
    # New messages come before edits: an edit notifies nobody and can wait.
    done.parcels.sort(key=lambda parcel: (parcel.rows[0].due_at, parcel.ts is not None, parcel.rows[0].key))
    return done


async def _with_answers(reads: DeliveryReads, parcels: list[Parcel]) -> list[Parcel]:
    """Note in mails to which coaches no answer may be sent: mails to them come back."""
    coaches = {session.coach.id for parcel in parcels if parcel.rows[0].by_mail for session in parcel.about}
    back = await reads.mails.coming_back(coaches) if coaches else ()
    return [replace(one, coming_back=back) for one in parcels] if back else parcels


def _may_have_chosen(row: Claimed, *, mail: bool) -> bool:
    """Return whether it matters for a notice what its reader has chosen."""
    if row.is_edit:
        return mail and row.kind in RECEIPTS
    return mail or row.by_mail or row.kind in REMINDERS


def _useful(rows: Sequence[Claimed], now: datetime, done: Composed) -> list[Claimed]:
    """Return the notices that are still worth delivering. The others are given up into `done`."""
    live = []
    for row in rows:
        if row.recipient.startswith(ERASED):
            done.settled.append(sent_as_it_is(row, Why.NO_PLACE) if row.is_edit else dropped(row, Why.NOTHING_LEFT))
        elif row.expires_at >= now:
            live.append(row)
        elif row.is_edit:
            done.settled.append(sent_as_it_is(row, Why.EDIT_TOO_LATE))
        else:
            done.settled.append(expired(row, now))
    return live


def _unreached(row: Claimed, reader: Person, again: float, now: datetime, *, mail: bool) -> Outcome:
    """Hand a notice that the channel cannot deliver to the other one, or keep it until its reader appears."""
    if row.by_mail:
        return not_by_mail(row, reader, Why.CAME_BACK if reader.mails_come_back else Why.NO_ADDRESS, now)
    return by_mail(row) if mail else untouched(row, again)


async def _places(reads: DeliveryReads, rows: Sequence[Claimed], news: Mapping[Family, News]) -> _Places:
    coaches = {coach_of(row) for row in rows if row.kind in TO_COACHES}
    copied = [row for row in rows if not row.is_edit and row.copy_of is not None]
    types = {session.type_id for row in copied for session in news[KINDS[row.kind].family].about(row)}
    return _Places(
        await reads.coaches.alert_channels(coaches) if coaches else {},
        await reads.coaches.left(coaches),
        await reads.stakeholders.of({coach_of(row) for row in copied}, types) if copied else (),
    )


def _messages(
    rows: Iterable[Claimed], news: News, places: _Places, ways: Mapping[str, Preferences], done: Composed
) -> Iterable[tuple[Claimed, ...]]:
    """Group notices by the message that they share. Notices that are no longer wanted are dropped into `done`."""
    groups: dict[tuple[str, bool], list[Claimed]] = defaultdict(list)
    for row in rows:
        # What goes to a coach's channel is their team's too.
        if places.channel_for(row) is None and turned_off(row, ways.get(row.recipient)):
            done.settled.append(dropped(row, Why.REMINDER_OFF))
        elif why := unwanted(row, places.channels, places.named) or news.useless(row):
            done.settled.append(dropped(row, why))
        else:
            groups[row.message_key, row.is_edit].append(row)
    return [tuple(sorted(group, key=lambda row: (row.due_at, row.key))) for group in groups.values()]


def _message(rows: tuple[Claimed, ...], news: News, places: _Places, loaded: Loaded) -> Parcel | list[Outcome]:
    """Return the message that these notices share, or their outcomes if there is no message."""
    row = rows[0]
    copied = row.copy_of is not None
    channel = places.channel_for(row)
    target = row.channel if row.is_edit else (channel or row.recipient)
    if target is None or (row.is_edit and row.message_ts is None):
        return [sent_as_it_is(one, Why.NO_PLACE) for one in rows]
    if row.by_mail and (until := _undo_ends(row, news, loaded.now)):
        # A mail cannot be edited, so it waits for what can still be undone, and then tells what is left.
        return [later(one, until) for one in rows]
    if news.waits(row) or _may_come_back(row, news, loaded.now):
        return [untouched(one, HELD_SECONDS) for one in rows]
    told = news.tell(rows, loaded.viewers[row.recipient])
    if row.by_mail and isinstance(told, Announcement) and told.taken_back:
        told = Why.TAKEN_BACK
    if isinstance(told, Why):
        return [sent_as_it_is(one, told) if one.is_edit else dropped(one, told) for one in rows]
    if isinstance(told, ToCoach):
        # A message that went to the coach directly is in a direct conversation. Slack's ids of those begin with D.
        direct = not is_channel(row.recipient) and (target == row.recipient or target.startswith("D"))
        diverted = row.diverted_why if row.is_edit and direct else None
        told = replace(
            told,
            in_channel=not direct,
            unreachable_channel=channel if diverted else None,
            unreachable_why=diverted,
        )
        if copied:
            coach = loaded.viewers[coach_of(row)].person
            reader = reader_of(row, loaded.viewers, loaded.settings.language)
            told = replace(told, viewer=reader, copy_of=coach, by_type=row.only_types is not None)
    return Parcel(
        workspace_id=loaded.workspace_id,
        rows=rows,
        announcement=told,
        target=target,
        ts=row.message_ts if row.is_edit else None,
        gone=row.recipient in places.left,
        about=[session for one in rows for session in news.about(one)] if row.by_mail else (),
    )


def _may_come_back(row: Claimed, news: News, now: datetime) -> bool:
    """Return whether news is held back because one of its sessions was canceled and that can still be undone.

    If somebody else canceled, a client's own messages are not edited before then either.
    """
    # What tells of that cancellation itself is no edit yet, and is withdrawn if it is undone.
    if (row.is_edit or KINDS[row.kind].undo is None) and any(
        session.client.id == row.recipient and session.cancellation.told_later(row.recipient, now)
        for session in news.about(row)
        if session.cancellation is not None
    ):
        return True
    if not KINDS[row.kind].held or (row.is_edit and row.kind not in TO_COACHES):
        return False
    return _undo_ends(row, news, now) is not None


def _undo_ends(row: Claimed, news: News, now: datetime) -> datetime | None:
    """Return from when on no cancellation of the notice's sessions can be undone, or None if none can be now."""
    ended = [session.cancellation.undo_until for session in news.about(row) if session.cancellation is not None]
    last = max((until for until in ended if until is not None and now <= until), default=None)
    return None if last is None else last + _A_MOMENT
