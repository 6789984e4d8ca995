"""The control API from Python: plain calls, faults, traffic and waiting for events."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import aiohttp

from playground.errors import PersonError
from playground.json_types import Json, JsonObject

PATIENCE = 30.0
"""Seconds after which something expected counts as missing, even on a busy machine."""


class ControlClient:
    """A client of a playground's `/control/…` at `url`, usable as an async context manager."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()

    async def disconnect(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(self, method: str, path: str, body: Json = None, query: JsonObject | None = None) -> JsonObject:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        shown = {name: str(value) for name, value in (query or {}).items()}
        url = f"{self._url}/control/{path}"
        async with self._session.request(method, url, json=body, params=shown) as response:
            answer: JsonObject = await response.json()
        if not answer["ok"]:
            raise PersonError(answer["error"], answer["message"])
        return answer

    async def get(self, path: str, **query: Json) -> JsonObject:
        """Send a GET request.

        Raises:
            PersonError: the request was refused.
        """
        return await self._call("GET", path, query=query)

    async def post(self, path: str, body: Json = None) -> JsonObject:
        """Send a POST request.

        Raises:
            PersonError: the request was refused.
        """
        return await self._call("POST", path, body)

    async def traffic(self, since: int = 0, **like: Json) -> list[JsonObject]:
        """Return the exchanges after `since` whose fields equal those in `like`, oldest first."""
        entries: list[JsonObject] = (await self.get("traffic", since=since))["entries"]
        return [entry for entry in entries if all(entry.get(name) == value for name, value in like.items())]

    async def fault(self, kind: str, **spec: Json) -> JsonObject:
        """Switch a fault on: `rate_limited`, `server_error`, `lost_reply` or `slow` (see README)."""
        fault: JsonObject = (await self.post("faults", {"kind": kind, **spec}))["fault"]
        return fault

    async def mend(self) -> None:
        """Switch all faults off."""
        await self._call("DELETE", "faults")

    async def reset(self) -> None:
        """Restore the seed."""
        await self.post("reset")

    async def wait_for_event(
        self,
        wanted: Callable[[JsonObject], bool],
        *,
        since: int,
        timeout: float = PATIENCE,  # noqa: ASYNC109
    ) -> JsonObject:
        """Wait for a change after `since` that is `wanted`.

        Raises:
            TimeoutError: none came within `timeout` seconds.
        """
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            answer = await self.get("changes", since=since, timeout=left)
            for event in answer["events"]:
                if wanted(event):
                    found: JsonObject = event
                    return found
            since = answer["seq"]
        raise TimeoutError(f"the change waited for did not come within {timeout} s")
