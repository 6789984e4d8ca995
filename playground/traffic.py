"""The traffic between the workspace and the app, newest last, for the inspector and for tests."""

import time
from collections import deque
from itertools import count

from playground.feed import Feed
from playground.json_types import Json, JsonObject


class Traffic:
    """A bounded log of requests to the app, Web API calls and uses of response_urls."""

    def __init__(self, feed: Feed, *, keep: int = 2000) -> None:
        self._feed = feed
        self._entries: deque[JsonObject] = deque(maxlen=keep)
        self._ids = count(1)

    def add(self, direction: str, kind: str, name: str, **fields: Json) -> JsonObject:
        """Store one exchange.

        Args:
            direction: `to_app` or `from_app`.
            kind: `command`, `interactive`, `event`; or `api`, `response_url`.
            name: the command, interaction type, event type or Web API method.
            fields: `status`, `ms`, `ok`, `error`, `messages`, `request`, `response`, `user`, and others.
        """
        entry: JsonObject = {
            "id": next(self._ids),
            "at": time.time(),
            "direction": direction,
            "kind": kind,
            "name": name,
            **fields,
        }
        self._entries.append(entry)
        brief = {
            k: entry.get(k) for k in ("id", "direction", "kind", "name", "ok", "status", "ms", "error", "messages")
        }
        self._feed.emit("traffic", entry=brief)
        return entry

    def since(self, entry_id: int) -> list[JsonObject]:
        """Return the stored entries after this id, oldest first."""
        return [entry for entry in self._entries if entry["id"] > entry_id]

    def clear(self) -> None:
        """Delete all entries."""
        self._entries.clear()
