"""From claimed notices to messages: checked again, merged, and loaded from the state they find now."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from coaching import reminders
from coaching.announcements import (
    Announcement,
    CoachAlert,
    Countdown,
    LateDecision,
    Receipt,
    Reminder,
    ReminderItem,
)
from coaching.notices import NoticeKind, NoticeState
from coaching.ports import Viewer
from coaching.sessions import Session, Status
from coaching.workspace import Settings
from storage.notices import Claimed, Outcome, untouched
from storage.repositories.deliveries import DeliveryReads, Shared, step

TOO_LATE = "came too late to be useful"
EDIT_TOO_LATE = "a later change came too late to be shown"
REPLACED = "a later reminder replaced it"
NOTHING_LEFT = "there is nothing left to tell"
DIRECT = "sent as a direct message"
"""How the detail of an alert begins that its channel did not take."""
_WHY = re.compile(rf"{DIRECT}.*\((\w+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message for Slack. `target` is a channel or a person; the first of `rows` leads them; `ts` is set for an edit."""

    workspace_id: str
    rows: tuple[Claimed, ...]
    announcement: Announcement
    target: str
    ts: str | None = None


@dataclass(slots=True)
class Composed:
    """What is to be sent, and what was settled without sending."""

    parcels: list[Parcel] = field(default_factory=list)
    settled: list[Outcome] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Loaded:
    viewers: Mapping[str, Viewer]
    settings: Settings
    now: datetime


def diverted_note(code: str) -> str:
    """Say for the timeline why an alert went to the coach directly; `code` is Slack's word."""
    return f"{DIRECT}: the alert channel could not be posted to ({code})"


async def compose(
    reads: DeliveryReads, workspace_id: str, rows: Sequence[Claimed], now: datetime, *, unlinked_again: float
) -> Composed:
    """Turn one workspace's claimed notices into messages; `now` is business time, `unlinked_again` seconds."""
    done = Composed()
    live = []
    for row in rows:
        if row.expires_at >= now:
            live.append(row)
        elif row.is_edit:
            done.settled.append(_sent_as_it_is(row, EDIT_TOO_LATE))
        else:
            done.settled.append(_dropped(row, TOO_LATE))
    if not live:
        return done
    loaded = _Loaded(
        await reads.viewers(workspace_id, {row.recipient for row in live}), await reads.settings(workspace_id), now
    )
    await _reminders(reads, workspace_id, [r for r in live if r.kind is NoticeKind.REMINDER], loaded, done)
    others = [r for r in live if r.kind is not NoticeKind.REMINDER]
    await _actions(reads, workspace_id, others, loaded, done, unlinked_again)
    done.parcels.sort(key=lambda parcel: (parcel.rows[0].due_at, parcel.rows[0].key))
    return done


def countdown(session: Session, cutoff: datetime, now: datetime) -> Countdown:
    """Say where one session of a reminder message stands at `now`."""
    if session.status is Status.CANCELED:
        return Countdown.CANCELED
    if session.refund_cutoff_at != cutoff:
        return Countdown.MOVED
    if session.reminders_kept:
        return Countdown.KEPT
    return Countdown.CLOSED if now > cutoff else Countdown.OPEN


async def _reminders(
    reads: DeliveryReads, workspace_id: str, rows: Sequence[Claimed], loaded: _Loaded, done: Composed
) -> None:
    if not rows:
        return
    first, edits = [r for r in rows if not r.is_edit], [r for r in rows if r.is_edit]
    shown = await reads.shared(workspace_id, {row.message_key for row in edits})
    ids = {row.session_id or "" for row in first}
    every = ids.union(*({part.session_id for part in parts} for parts in shown.values()))
    sessions = {session.id: session for session in await reads.sessions(workspace_id, every)}
    useful = []
    for row in first:
        why = _useless(sessions.get(row.session_id or ""), row, loaded.now)
        if why is None:
            useful.append(row)
        else:
            done.settled.append(_dropped(row, why))
    steps = dict(await reads.due_steps(workspace_id, ids, loaded.now))
    steps |= {row.key: step(row.session_id or "", _cutoff(row), row.due_at) for row in useful}
    # A moved session's old steps must not stand in for the new ones.
    countable = {
        key: s
        for key, s in steps.items()
        if s.session_id in sessions and sessions[s.session_id].refund_cutoff_at == s.cutoff
    }
    newest = set(reminders.newest_only(list(countable.values()))[0])
    groups: dict[str, list[Claimed]] = defaultdict(list)
    for row in useful:
        if countable[row.key] in newest:
            groups[row.message_key].append(row)
        else:
            done.settled.append(_dropped(row, REPLACED))
    for group in groups.values():
        group.sort(key=lambda row: (row.due_at, row.key))
        items = [_item(sessions, row.session_id or "", _cutoff(row), loaded.now) for row in group]
        done.parcels.append(
            Parcel(
                workspace_id=workspace_id,
                rows=tuple(group),
                announcement=_reminder(loaded, group[0].recipient, items),
                target=group[0].recipient,
            )
        )
    _edited_reminders(workspace_id, edits, shown, sessions, loaded, done)


def _edited_reminders(
    workspace_id: str,
    edits: Sequence[Claimed],
    shown: Mapping[str, list[Shared]],
    sessions: Mapping[str, Session],
    loaded: _Loaded,
    done: Composed,
) -> None:
    messages: dict[str, list[Claimed]] = defaultdict(list)
    for row in edits:
        messages[row.message_key].append(row)
    for key, group in messages.items():
        latest = {part.session_id: part for part in sorted(shown.get(key, ()), key=lambda part: part.due_at)}
        items = [_item(sessions, part.session_id, part.cutoff, loaded.now) for part in latest.values()]
        lead = group[0]
        if not items or lead.channel is None or lead.message_ts is None:
            done.settled += [_sent_as_it_is(row, NOTHING_LEFT) for row in group]
            continue
        done.parcels.append(
            Parcel(
                workspace_id=workspace_id,
                rows=tuple(group),
                announcement=_reminder(loaded, lead.recipient, items),
                target=lead.channel,
                ts=lead.message_ts,
            )
        )


async def _actions(
    reads: DeliveryReads,
    workspace_id: str,
    rows: Sequence[Claimed],
    loaded: _Loaded,
    done: Composed,
    unlinked_again: float,
) -> None:
    if not rows:
        return
    touched, found = await reads.sessions_of_actions(workspace_id, {row.action_id or "" for row in rows})
    coaches = {row.recipient for row in rows if row.kind is NoticeKind.COACH_ALERT}
    channels = await reads.alert_channels(workspace_id, coaches) if coaches else {}
    for row in rows:
        ids = touched.get(row.action_id or "", set())
        alert = row.kind is NoticeKind.COACH_ALERT
        mine = [s for s in found if s.id in ids and (s.coach if alert else s.client).id == row.recipient]
        viewer = loaded.viewers[row.recipient]
        channel = channels.get(row.recipient)
        target = row.channel if row.is_edit else (channel or row.recipient)
        if not mine or target is None:
            done.settled.append(_sent_as_it_is(row, NOTHING_LEFT) if row.is_edit else _dropped(row, NOTHING_LEFT))
            continue
        if not row.is_edit and target == row.recipient and not viewer.person.in_slack:
            done.settled.append(untouched(row, unlinked_again))
            continue
        announcement: Announcement
        if alert:
            # A message that went to the coach directly is in a conversation of theirs: Slack's ids of those begin with D.
            direct = target == row.recipient or target.startswith("D")
            diverted = row.is_edit and direct and (row.detail or "").startswith(DIRECT)
            why = _WHY.match(row.detail or "") if diverted else None
            announcement = CoachAlert(
                viewer=viewer,
                settings=loaded.settings,
                sessions=mine,
                now=loaded.now,
                in_channel=not direct,
                unreachable_channel=channel if diverted else None,
                unreachable_why=why[1] if why else None,
            )
        else:
            kind = Receipt if row.kind is NoticeKind.RECEIPT else LateDecision
            announcement = kind(viewer=viewer, settings=loaded.settings, sessions=mine, now=loaded.now)
        done.parcels.append(
            Parcel(
                workspace_id=workspace_id,
                rows=(row,),
                announcement=announcement,
                target=target,
                ts=row.message_ts if row.is_edit else None,
            )
        )


def _reminder(loaded: _Loaded, recipient: str, items: Iterable[ReminderItem]) -> Reminder:
    soonest_first = sorted(items, key=lambda item: (item.session.starts_at, item.session.id))
    return Reminder(
        viewer=loaded.viewers[recipient], settings=loaded.settings, items=tuple(soonest_first), now=loaded.now
    )


def _item(sessions: Mapping[str, Session], session_id: str, cutoff: datetime, now: datetime) -> ReminderItem:
    session = sessions[session_id]
    return ReminderItem(session=session, cutoff=cutoff, state=countdown(session, cutoff, now))


def _useless(session: Session | None, row: Claimed, now: datetime) -> str | None:
    return NOTHING_LEFT if session is None else reminders.stale(session, _cutoff(row), now)


def _cutoff(row: Claimed) -> datetime:
    return row.cutoff or row.expires_at


def _dropped(row: Claimed, why: str) -> Outcome:
    return Outcome(notice=row, state=NoticeState.DROPPED, detail=why, attempts=row.attempts, ambiguous=row.ambiguous)


def _sent_as_it_is(row: Claimed, why: str) -> Outcome:
    """Leave a message as it is shown: the edit is given up."""
    return Outcome(notice=row, state=NoticeState.SENT, detail=why, leader_key=row.leader_key, ambiguous=row.ambiguous)
