"""Whether every message says what the database holds: each is put into words once more and compared."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.delivery.compose import compose
from coaching.news.notice import NoticeState
from handlers.views.news import render
from playground.workspace import Workspace
from storage import Engines
from storage.claims import claimed
from storage.repositories.base import Transaction
from storage.repositories.deliveries import DeliveryReads
from tests.storm.practice import HOME_LINK, WORKSPACE


async def outdated(engines: Engines, rows: Sequence[Any], slack: Workspace) -> list[str]:
    """Return the messages that read otherwise than they would now."""
    sent = [claimed(row) for row in rows if row.state == NoticeState.SENT and row.sent_revision is not None]
    async with engines.reader.connect() as connection:
        now = datetime.now(UTC)
        composed = await compose(
            DeliveryReads(Transaction(connection, {}), WORKSPACE),
            sent,
            now,
            unlinked_again=60,
            home_link=HOME_LINK,
            reaches=lambda person: person.in_slack,
        )
    found = []
    for parcel in composed.parcels:
        channel = slack.channels.get(parcel.target)
        message = channel.messages.get(parcel.ts or "") if channel is not None else None
        should = str(render(parcel.announcement)["text"])
        if message is not None and message.text != should:
            odd = sorted(set(message.text.splitlines()) ^ set(should.splitlines()))
            found.append(f"{parcel.rows[0].key}: {' | '.join(odd)[:300]}")
    return found
