"""What was told against what should have been: doubled, lost, late and out of order."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coaching.news.kinds import NoticeKind
from coaching.news.notice import NoticeState
from tests.storm.practice import UNDO_WINDOW
from tests.storm.pulse import Pulse
from tests.storm.slack import Post
from tests.storm.troubles import Trouble, What

PROMPT_SECONDS = 5.0
"""After it is due, and after whatever stood in its way is over, a message takes so long at most."""
TAKEN_OVER_SECONDS = 20.0
"""With two replicas: after one has died or stands still, until the other has sent what it held."""
WRITTEN_SECONDS = 1.0
"""What is known of a message is written down after a quarter of a second, and a commit takes a moment."""
MUCH_TOO_LATE_SECONDS = 10.0
"""Later than prompt by so much is no busy machine any more."""
_COMMITTED_SECONDS = 3.0
"""What an action does is committed so long after it began at the latest: no order holds before."""
_TO_CLIENTS = {NoticeKind.RECEIPT, NoticeKind.BOOKED, NoticeKind.MOVED, NoticeKind.LATE_DECISION}


@dataclass
class Deliveries:
    """The figures; each list names what is counted."""

    messages: int = 0
    to_clients: int = 0
    doubled: list[str] = field(default_factory=list)
    by_trouble: Counter[int] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)
    long_known: list[str] = field(default_factory=list)
    """Doubled though what became of them had been known long before the trouble, and could have been written down."""
    lost: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    much_too_late: list[str] = field(default_factory=list)
    after_undo: list[str] = field(default_factory=list)
    overtook: list[str] = field(default_factory=list)
    slowest: float = 0.0
    """Seconds between the end of a kill (the replica being up again) and the last client's message that waited for it."""


@dataclass(frozen=True, slots=True)
class _Message:
    row: Any
    first: float
    """When somebody first saw it."""


def weigh(
    rows: Sequence[Any], posts: Sequence[Post], troubles: Sequence[Trouble], pulse: Pulse, *, replicas: int
) -> Deliveries:
    """Compare notices with what Slack got. `rows` are those that were due; a group of one message has one leader."""
    found = Deliveries(messages=sum(post.by_relay for post in posts))
    leaders = [row for row in rows if row.leader_key is None and row.state != NoticeState.DROPPED]
    by_place = {(post.channel, post.ts): post for post in posts}
    recorded = {(row.channel, row.message_ts): row for row in leaders if row.sent_revision is not None}
    earlier: dict[tuple[str, str], float] = {}
    for post in posts:
        if not post.by_relay or (post.channel, post.ts) in recorded:
            continue
        found.doubled.append(f"{post.channel} {post.ts} {post.lines[0] if post.lines else ''}")
        _blame(post, troubles, pulse, found)
        if (place := _same(post, by_place, recorded)) is not None:
            earlier[place] = min(post.at, earlier.get(place, post.at))
    messages = []
    for row in leaders:
        place = (row.channel, row.message_ts)
        if row.state != NoticeState.SENT or row.sent_revision is None or place not in by_place:
            found.lost.append(f"{row.dedupe_key}: {row.state}, {row.why or 'no message of it in Slack'}")
            continue
        if row.sent_revision < row.revision:
            found.lost.append(f"{row.dedupe_key}: its last change is not shown")
        messages.append(_Message(row, min(by_place[place].at, earlier.get(place, by_place[place].at))))
    for message in messages:
        _time(message, troubles, pulse, found, replicas)
    _order(messages, found)
    return found


def _blame(post: Post, troubles: Sequence[Trouble], pulse: Pulse, found: Deliveries) -> None:
    """Find the trouble that a second copy comes from: one that was on, or the nearest."""
    nearest = min(
        range(len(troubles)),
        key=lambda n: max(0.0, troubles[n].began - post.at, post.at - troubles[n].ended),
        default=None,
    )
    if nearest is None:
        found.unexplained.append(f"{post.channel} {post.ts}")
        return
    found.by_trouble[nearest] += 1
    began = troubles[nearest].began
    known = began - post.at - pulse.held_up(post.at, began)
    others = (one for one in troubles if one is not troubles[nearest])
    if known > WRITTEN_SECONDS and not any(one.began < began and one.ended > post.at for one in others):
        found.long_known.append(f"{post.channel} {post.ts}: {known:.1f} s before a {troubles[nearest].what}")


def _same(
    post: Post, by_place: Mapping[tuple[str, str], Post], recorded: Mapping[tuple[str, str], Any]
) -> tuple[str, str] | None:
    """Find the recorded message that says what this copy says: the words may differ by what passed between them.

    None whose cause came after the copy: two messages of one kind share most of their lines.
    """
    others = [
        by_place[place]
        for place, row in recorded.items()
        if place in by_place and row.channel == post.channel and seconds(row.caused) <= post.at
    ]
    alike = [
        (o.lines[:1] == post.lines[:1], len(set(o.lines) & set(post.lines)), -abs(o.at - post.at), o) for o in others
    ]
    best = max(alike, key=lambda one: one[:3], default=None)
    return (best[3].channel, best[3].ts) if best is not None and best[1] >= min(2, len(post.lines)) else None


def _time(message: _Message, troubles: Sequence[Trouble], pulse: Pulse, found: Deliveries, replicas: int) -> None:
    row, due = message.row, seconds(message.row.first_due)
    if row.kind not in _TO_CLIENTS:
        return
    found.to_clients += 1
    by = max(due, _let_go(message)) + PROMPT_SECONDS
    for trouble in troubles:
        if trouble.began <= message.first and trouble.ended >= due - _COMMITTED_SECONDS:
            one_of_two = replicas > 1 and trouble.what in {What.KILL, What.STILL}
            by = max(by, trouble.began + TAKEN_OVER_SECONDS if one_of_two else trouble.ended + PROMPT_SECONDS)
            if trouble.what is What.KILL and replicas == 1 and due < trouble.ended:
                found.slowest = max(found.slowest, message.first - trouble.ended)
    late = message.first - by - pulse.held_up(due, message.first)
    if late > 0:
        told = f"{row.dedupe_key}: {message.first - due:.1f} s after it was due, {late:.1f} s too late"
        found.late.append(told)
        if late > MUCH_TOO_LATE_SECONDS:
            found.much_too_late.append(told)
    ends = due + UNDO_WINDOW.total_seconds()
    if row.kind == NoticeKind.RECEIPT and message.first > ends:
        found.after_undo.append(f"{row.dedupe_key}: {message.first - ends:.1f} s")


def _let_go(message: _Message) -> float:
    """Return until when it was kept back before it was seen, as what it tells of might have been undone."""
    return max((seconds(until) for since, until in message.row.holds if seconds(since) <= message.first), default=0.0)


def _order(messages: Sequence[_Message], found: Deliveries) -> None:
    """Count messages that somebody saw before an older one of the same conversation."""
    conversations: dict[str, list[_Message]] = defaultdict(list)
    for message in messages:
        conversations[message.row.channel].append(message)
    for conversation in conversations.values():
        for newer in conversation:
            for older in conversation:
                committed = max(seconds(older.row.caused), _let_go(older)) + _COMMITTED_SECONDS
                ready = max(seconds(older.row.first_due), committed)
                if older.row.first_due < newer.row.first_due and ready < newer.first < older.first:
                    found.overtook.append(
                        f"{newer.row.dedupe_key} ({_span(newer)}) came {older.first - newer.first:.1f} s before "
                        f"{older.row.dedupe_key} ({_span(older)})"
                    )
                    break


def _span(message: _Message) -> str:
    """Return when a message was caused, first seen, and recorded as sent: seconds of the clock."""
    times = seconds(message.row.caused), message.first, float(message.row.message_ts)
    return "caused {:.1f}, seen {:.1f}, recorded {:.1f}".format(*(at % 1000 for at in times))


def seconds(at: datetime) -> float:
    """Return Unix seconds."""
    return at.timestamp()
