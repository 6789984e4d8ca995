"""Errors of the Web API and of people's actions."""

from collections.abc import Sequence

from playground.json_types import Json


class ApiError(Exception):
    """Slack's error code, with messages about arguments if Slack gives any."""

    def __init__(self, code: str, messages: Sequence[str] = (), **extra: Json) -> None:
        super().__init__(code)
        self.code = code
        self.messages = list(messages)
        self.extra = extra


class PersonError(Exception):
    """A person cannot do this: it is not on their screen, or Slack's own client would not allow it."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
