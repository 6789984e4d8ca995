"""Who is told what, straight from the rows."""

from sqlalchemy import select

from coaching.news.kinds import NoticeKind
from storage import SqlStore
from storage.tables import notices


async def told(store: SqlStore, kind: NoticeKind) -> list[tuple[str, str | None]]:
    """Return recipient and subject of the notices of a kind, by when they are due."""
    query = select(notices.c.recipient, notices.c.about_id, notices.c.copy_of).where(notices.c.kind == kind)
    async with store.engines.reader.connect() as connection:
        rows = await connection.execute(query.order_by(notices.c.due_at, notices.c.recipient))
        return [(row.recipient, row.copy_of or row.about_id) for row in rows]
