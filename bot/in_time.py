"""Calls to Slack from a request: none takes longer than what is left of the request's time."""

from typing import Any

import aiohttp

from coaching import deadline

CALL_SECONDS = 2.0
"""How long one call may take where there is that much left, or no deadline."""


class InTime:
    """An aiohttp session, as far as Slack's client uses one, whose calls each get what is left when they begin.

    Bolt makes a client of its own for every request and hands it the session, so this is where all of them pass.
    """

    def __init__(self, session: aiohttp.ClientSession, seconds: float = CALL_SECONDS) -> None:
        self._session = session
        self._seconds = seconds

    @property
    def closed(self) -> bool:
        """Whether the session is closed."""
        return self._session.closed

    def request(self, method: str, url: str, **arguments: Any) -> Any:  # noqa: ANN401 - aiohttp's own
        """Begin a call. Raises OutOfTime, a TimeoutError, when the request has no time left for one."""
        arguments["timeout"] = aiohttp.ClientTimeout(total=deadline.left(self._seconds))
        return self._session.request(method, url, **arguments)
