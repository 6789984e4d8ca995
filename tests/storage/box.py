"""A queue of notices to try: who owns which, and what became of each."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text, update

from coaching.clock import ManualClock
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice, NoticeState
from storage import SqlStore
from storage.claims import Claimed, Outcome
from storage.notices import NoticeQueue
from storage.tables import notices
from tests.support.world import ANNA, WORKSPACE

MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=5)


class Box:
    """A queue with a few words for filling and emptying it."""

    def __init__(self, store: SqlStore, clock: ManualClock) -> None:
        self.store, self.clock, self.queue = store, clock, NoticeQueue(store.engines)
        self._owners = 0

    async def put(self, *keys: str, who: str = ANNA, due: timedelta = timedelta(0), ws: str = WORKSPACE) -> None:
        """Enqueue receipts due `due` from now."""
        now = self.clock.now()
        await self._add([notice(NoticeKind.RECEIPT, key, who, now + due, now + timedelta(days=7)) for key in keys], ws)

    async def remind(self, *keys: str, who: str = ANNA, due: timedelta = timedelta(0)) -> None:
        """Enqueue reminders due `due` from now."""
        now = self.clock.now()
        await self._add(
            [notice(NoticeKind.REMINDER, key, who, now + due, now + timedelta(days=1)) for key in keys], WORKSPACE
        )

    async def _add(self, some: Sequence[Notice], workspace_id: str) -> None:
        async with self.store.write(workspace_id) as uow:
            await uow.notices.add(some)
            await uow.commit()

    async def claim(self, limit: int = 50, *, lease: timedelta = LEASE, **where: object) -> list[Claimed]:
        """Claim under a fresh owner."""
        self._owners += 1
        now = self.clock.now()
        return await self.queue.claim(f"owner{self._owners}", now, lease=lease, limit=limit, **where)  # type: ignore[arg-type]

    async def begin(self, *rows: Claimed) -> dict[tuple[str, str, str], int]:
        """Write down that calls for these leave."""
        return (await self.queue.record([], self.clock.now(), begin=rows, lease=LEASE)).begun

    async def dies(self, *, begun: bool = True) -> None:
        """Claim everything and never be heard of again."""
        rows = await self.claim()
        if begun:
            await self.begin(*rows)
        async with self.store.engines.writer.begin() as connection:
            await connection.execute(text("UPDATE notices SET lease_until = 1 WHERE state = 'leased'"))
        await self.queue.reclaim(self.clock.now())

    async def set(self, key: str, **columns: object) -> None:
        """Change a row as somebody else would."""
        async with self.store.engines.writer.begin() as connection:
            await connection.execute(update(notices).where(notices.c.dedupe_key == key).values(**columns))

    async def row(self, key: str) -> object:
        """A row as it is."""
        async with self.store.engines.reader.connect() as connection:
            return (await connection.execute(notices.select().where(notices.c.dedupe_key == key))).one()


def notice(kind: NoticeKind, key: str, who: str, due: datetime, expires: datetime) -> Notice:
    return Notice(kind=kind, dedupe_key=key, recipient=who, due_at=due, expires_at=expires, cutoff=expires)


def sent(row: Claimed) -> Outcome:
    return Outcome(notice=row, state=NoticeState.SENT, channel="D1", message_ts="1.0", leader_key=row.leader_key)
