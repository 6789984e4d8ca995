"""What this process has claimed, and its state: ready to send, under way, or over and not yet recorded."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Sequence

from bot.delivery.gate import Way
from bot.delivery.parcels import Parcel
from bot.delivery.retry import Pace
from coaching.news.notice import NoticeState
from storage.claims import Claimed, Outcome, untouched

Lane = tuple[str, str]
"""A workspace and one of its conversations, in which messages go out one at a time."""

_CALL = 0.2
"""Seconds that a call is assumed to take before the first one was made."""
_WAVE = 0.02
"""Seconds that an outcome waits for others at least, while more calls are under way than are over."""


def lane_of(parcel: Parcel) -> Lane:
    """Return the lane in which a parcel waits its turn."""
    return parcel.workspace_id, parcel.conversation


class Tray:
    """Holds every claimed row until its outcome is recorded. Times are monotonic seconds."""

    def __init__(self, pace: Pace, monotonic: Callable[[], float]) -> None:
        self._pace = pace
        self._monotonic = monotonic
        self._owners: Counter[str] = Counter()
        self._claiming: set[str] = set()
        self._ready: deque[Parcel] = deque()
        self._under_way: dict[Lane, Parcel] = {}
        self._done: list[Outcome] = []
        self._over = 0
        """Calls that have ended since outcomes were last recorded."""
        self._known_since: list[float] = []
        self._writing_since: float | None = None
        self._resting: dict[Lane, float] = {}
        self._limits: Counter[Lane] = Counter()
        self._call = _CALL

    # What is held

    @property
    def owners(self) -> list[str]:
        """The names under which rows are held or may be held. A claim that is not answered yet counts."""
        return [*self._owners, *self._claiming]

    @property
    def empty(self) -> bool:
        """Whether nothing is held."""
        return not (self._ready or self._under_way or self._done)

    @property
    def busy(self) -> bool:
        """Whether calls are under way."""
        return bool(self._under_way)

    @property
    def room(self) -> int:
        """How many rows to claim: no more than can be sent within `Pace.ahead`, and 0 while enough are held."""
        batch = int(self._pace.concurrency * self._pace.ahead / max(self._call, 0.001))
        batch = max(self._pace.concurrency, min(self._pace.batch, batch))
        return batch - len(self._ready) if len(self._ready) <= batch // 2 else 0

    def about_to_claim(self, owner: str) -> None:
        """Note that a claim starts: rows may be ours from now on."""
        self._claiming.add(owner)

    def claimed(self, owner: str, rows: Sequence[Claimed]) -> None:
        """Note what a claim returned. A failed claim returns nothing. Rows that it took wait for their lease to end."""
        self._claiming.discard(owner)
        if rows:
            self._owners[owner] += len(rows)

    def add(self, parcels: Iterable[Parcel]) -> None:
        """Put messages in line."""
        self._ready.extend(parcels)

    def holds(self, workspace_id: str) -> bool:
        """Whether a message of this workspace is in line or under way."""
        lanes = (*self._under_way, *(lane_of(parcel) for parcel in self._ready))
        return any(workspace == workspace_id for workspace, _ in lanes)

    # What is sent next

    def choose(self, way: Callable[[str], Way]) -> list[Parcel]:
        """Take out what may be sent now, within the free capacity. What a closed gate holds back is given back."""
        ways = {workspace: way(workspace) for workspace in {parcel.workspace_id for parcel in self._ready}}
        if Way.CLOSED in ways.values():
            self._give_back({workspace for workspace, may in ways.items() if may is Way.CLOSED})
        free = self._pace.concurrency - len(self._under_way)
        now, chosen, passed = self._monotonic(), list[Parcel](), list[Parcel]()
        busy = set(self._under_way)
        self._rested = None
        while self._ready and len(chosen) < free:
            parcel = self._ready.popleft()
            lane = lane_of(parcel)
            alone = ways[parcel.workspace_id] is Way.OPEN or all(parcel.workspace_id != other for other, _ in busy)
            rests_until = self._resting.get(lane, now)
            if alone and lane not in busy and rests_until <= now:
                busy.add(lane)
                chosen.append(parcel)
                continue
            passed.append(parcel)
            if alone and lane not in busy:
                self._rested = rests_until if self._rested is None else min(self._rested, rests_until)
        self._ready.extendleft(reversed(passed))
        return chosen

    def _give_back(self, workspaces: Collection[str]) -> None:
        back = [parcel for parcel in self._ready if parcel.workspace_id in workspaces]
        self._ready = deque(parcel for parcel in self._ready if parcel.workspace_id not in workspaces)
        self.settle(untouched(row) for parcel in back for row in parcel.rows)

    def put_back(self, parcels: Sequence[Parcel]) -> None:
        """Put chosen messages back in front: the start of their calls could not be recorded."""
        self._ready.extendleft(reversed(parcels))

    def begun(self, parcel: Parcel) -> None:
        """Note that a call starts."""
        self._under_way[lane_of(parcel)] = parcel

    def ended(self, parcel: Parcel, results: Sequence[Outcome], seconds: float | None) -> None:
        """Note the outcomes of a message and the `seconds` that its call took, or None if no call was made.

        If the message is to be tried again, the messages behind it in its lane are given back.
        """
        lane = lane_of(parcel)
        del self._under_way[lane]
        self._over += 1
        if seconds is not None:
            self._call += (seconds - self._call) * 0.1
        self.settle(results)
        if any(result.state is NoticeState.PENDING for result in results):
            for behind in [other for other in self._ready if lane_of(other) == lane]:
                self._ready.remove(behind)
                self.settle(untouched(row) for row in behind.rows)

    # How fast

    def rest(self, lane: Lane) -> None:
        """Leave a channel alone for a moment after a message."""
        now = self._monotonic()
        if len(self._resting) > self._pace.batch:
            self._resting = {lane: until for lane, until in self._resting.items() if until > now}
        self._resting[lane] = now + self._pace.channel_rest

    def limited(self, lane: Lane, told: float | None) -> float:
        """Return the seconds that a rate-limited lane waits: as `told` by Slack, and longer each time in a row."""
        self._limits[lane] += 1
        times = self._limits[lane]
        least = min(self._pace.backoff_limit, self._pace.limited * 2.0 ** min(times - 1, 16))
        if told is None:
            return least
        return max(told, least) if times > 1 else told

    def answered(self, lane: Lane) -> None:
        """Note that Slack accepted or refused a message in this lane: it is no longer rate limited."""
        self._limits.pop(lane, None)

    # Recording

    def settle(self, outcomes: Iterable[Outcome]) -> None:
        """Keep outcomes until they are recorded."""
        outcomes = list(outcomes)
        self._done += outcomes
        self._known_since += [self._monotonic()] * len(outcomes)

    def due_in(self) -> float | None:
        """Return the seconds until outcomes have to be recorded, or None if there are none.

        A moment is left for other calls that end soon, until half of them are over: every commit has its price. What
        may be sent next begins in the same commit, and the other half is under way meanwhile.
        """
        if not self._done:
            return None
        if self._over >= len(self._under_way):
            return 0.0
        waits = min(self._pace.flush, max(_WAVE, self._call / 3))
        return max(0.0, self._known_since[0] + waits - self._monotonic())

    def rested_in(self) -> float | None:
        """Return the seconds until a message may go that only its channel's rest holds back, or None if none is."""
        return None if self._rested is None else max(0.0, self._rested - self._monotonic())

    def take_done(self) -> list[Outcome]:
        """Take out the outcomes to record. A call of `recorded` or `unrecorded` must follow."""
        batch, self._done, self._over = self._done, [], 0
        if batch:
            self._writing_since = self._known_since[0]
        self._known_since = []
        return batch

    def recorded(self, batch: Sequence[Outcome]) -> None:
        """Note that outcomes are recorded: their rows are no longer ours."""
        self._writing_since = None
        self._owners.subtract(outcome.notice.owner for outcome in batch)
        self._owners = +self._owners

    def unrecorded(self, batch: list[Outcome]) -> None:
        """Keep outcomes that could not be recorded."""
        if batch:
            since = self._monotonic() if self._writing_since is None else self._writing_since
            self._known_since = [since] * len(batch) + self._known_since
            self._done = batch + self._done
        self._writing_since = None

    def unwritten_for(self) -> float:
        """Return for how many seconds the oldest unrecorded outcome has been known."""
        since = [*self._known_since[:1], *([] if self._writing_since is None else [self._writing_since])]
        return self._monotonic() - min(since) if since else 0.0
