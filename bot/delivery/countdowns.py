"""Reminder messages: checked against the session they find, merged, and edited when one of theirs changes (R2, R4)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.delivery.parcels import Composed, Loaded, Parcel, dropped, sent_as_it_is
from coaching import reminders as rules
from coaching.news.reminders import Countdown, Reminder, ReminderItem
from coaching.policy import Policy
from coaching.sessions import Session, Status
from coaching.why import Why
from storage.notices import Claimed
from storage.repositories.deliveries import DeliveryReads, Shared, step


def countdown(session: Session, cutoff: datetime, now: datetime) -> Countdown:
    """Say where one session of a reminder message stands at `now`."""
    if session.status is Status.CANCELED:
        return Countdown.CANCELED
    if session.refund_cutoff_at != cutoff:
        return Countdown.MOVED
    if session.reminders_kept:
        return Countdown.KEPT
    return Countdown.CLOSED if now > cutoff else Countdown.OPEN


async def reminders(
    reads: DeliveryReads, workspace_id: str, rows: Sequence[Claimed], loaded: Loaded, done: Composed
) -> None:
    if not rows:
        return
    first, edits = [r for r in rows if not r.is_edit], [r for r in rows if r.is_edit]
    shown = await reads.shared(workspace_id, {row.message_key for row in edits})
    ids = {row.session_id or "" for row in first}
    every = ids.union(*({part.session_id for part in parts} for parts in shown.values()))
    sessions = {session.id: session for session in await reads.sessions(workspace_id, every)}
    policies = await reads.policies(workspace_id, {session.policy_id for session in sessions.values()})
    useful = []
    for row in first:
        why = _useless(sessions.get(row.session_id or ""), row, loaded.now)
        if why is None:
            useful.append(row)
        else:
            done.settled.append(dropped(row, why))
    steps = dict(await reads.due_steps(workspace_id, ids, loaded.now))
    steps |= {row.key: step(row.session_id or "", _cutoff(row), row.due_at) for row in useful}
    # A moved session's old steps must not stand in for the new ones.
    countable = {
        key: s
        for key, s in steps.items()
        if s.session_id in sessions and sessions[s.session_id].refund_cutoff_at == s.cutoff
    }
    newest = set(rules.newest_only(list(countable.values()))[0])
    groups: dict[str, list[Claimed]] = defaultdict(list)
    for row in useful:
        if countable[row.key] in newest:
            groups[row.message_key].append(row)
        else:
            done.settled.append(dropped(row, Why.NEWER_REMINDER))
    for group in groups.values():
        group.sort(key=lambda row: (row.due_at, row.key))
        items = [_item(sessions, policies, row.session_id or "", _cutoff(row), loaded.now) for row in group]
        done.parcels.append(
            Parcel(
                workspace_id=workspace_id,
                rows=tuple(group),
                announcement=_reminder(loaded, group[0].recipient, items),
                target=group[0].recipient,
            )
        )
    _edited_reminders(workspace_id, edits, shown, sessions, policies, loaded, done)


def _edited_reminders(
    workspace_id: str,
    edits: Sequence[Claimed],
    shown: Mapping[str, list[Shared]],
    sessions: Mapping[str, Session],
    policies: Mapping[str, Policy],
    loaded: Loaded,
    done: Composed,
) -> None:
    messages: dict[str, list[Claimed]] = defaultdict(list)
    for row in edits:
        messages[row.message_key].append(row)
    for key, group in messages.items():
        latest = {part.session_id: part for part in sorted(shown.get(key, ()), key=lambda part: part.due_at)}
        items = [_item(sessions, policies, part.session_id, part.cutoff, loaded.now) for part in latest.values()]
        lead = group[0]
        if not items or lead.channel is None or lead.message_ts is None:
            done.settled += [sent_as_it_is(row, Why.NO_PLACE) for row in group]
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


def _reminder(loaded: Loaded, recipient: str, items: Iterable[ReminderItem]) -> Reminder:
    soonest_first = sorted(items, key=lambda item: (item.session.starts_at, item.session.id))
    return Reminder(
        viewer=loaded.viewers[recipient], settings=loaded.settings, items=tuple(soonest_first), now=loaded.now
    )


def _item(
    sessions: Mapping[str, Session], policies: Mapping[str, Policy], session_id: str, cutoff: datetime, now: datetime
) -> ReminderItem:
    session = sessions[session_id]
    state = countdown(session, cutoff, now)
    return ReminderItem(session=session, policy=policies[session.policy_id], cutoff=cutoff, state=state)


def _useless(session: Session | None, row: Claimed, now: datetime) -> Why | None:
    return Why.NOTHING_LEFT if session is None else rules.stale(session, _cutoff(row), now)


def _cutoff(row: Claimed) -> datetime:
    return row.cutoff or row.expires_at
