"""Calls to Slack during a request: none takes longer than the request's remaining time."""

from typing import Any

import aiohttp

from coaching import deadline

CALL_SECONDS = 2.0
"""Seconds that one call may take if the request has that much left or has no deadline."""


class InTime:
    """An aiohttp session, as far as Slack's client uses one. Each call is limited to the time left when it starts.

    Bolt makes a client of its own for every request and gives it this session, so all its calls pass here.
    """

    def __init__(self, session: aiohttp.ClientSession, seconds: float = CALL_SECONDS) -> None:
        self._session = session
        self._seconds = seconds

    @property
    def closed(self) -> bool:
        """Whether the session is closed."""
        return self._session.closed

    def request(self, method: str, url: str, **arguments: Any) -> Any:  # noqa: ANN401 - aiohttp's own
        """Start a call. Raises OutOfTime, a TimeoutError, if the request has no time left for one."""
        arguments["timeout"] = aiohttp.ClientTimeout(total=deadline.left(self._seconds))
        return self._session.request(method, url, **arguments)
