"""What a workspace's Slack does with newer blocks, as its answers showed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from coaching.clock import require_utc

ASKED_AGAIN = timedelta(days=7)
"""Slack brings new blocks to workspaces one after the other, so a refusal does not hold forever."""


@dataclass(frozen=True, slots=True)
class KnownBlock:
    """A kind of block on a surface (message, modal, home): whether Slack took it when it last answered, and when.

    `at` is wall time, because it is the age of Slack's answer.
    """

    surface: str
    kind: str
    taken: bool
    at: datetime

    def __post_init__(self) -> None:
        require_utc(self.at)

    def refused(self, now: datetime) -> bool:
        """Return whether Slack is still expected to refuse it. `now` is wall time."""
        return not self.taken and now - self.at < ASKED_AGAIN
