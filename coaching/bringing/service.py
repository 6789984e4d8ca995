"""Bringing a file in that somebody uploaded in Slack: what is read of it, what would be made, and what was made.

The file stays in Slack. Each step fetches it again, so that nothing of it is kept here between two steps.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from coaching.bringing.file_map import FileMap
from coaching.bringing.questions import Question
from coaching.imports import Problem
from coaching.sessions import Actor

SHOWN_LINES = 5
SHOWN_PROBLEMS = 20
MOST_BYTES = 5 * 2**20
"""A bigger file comes in at the command line."""


class NotFetched(StrEnum):
    """Why a file cannot be had."""

    GONE = "gone"
    NOT_THEIRS = "not theirs"
    TOO_BIG = "too big"
    NO_SCOPE = "no scope"
    SILENT = "silent"


class FileUnavailable(Exception):
    """Slack does not give the file."""

    def __init__(self, why: NotFetched) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file as it was found. `own`: it has our columns, so that nothing has to be said of them.

    `known`: what was said of such columns before, or what a documented export has. `coaches`: by the key of a name that
    only one of them has.
    """

    key: str
    names: Sequence[str] = ()
    examples: Sequence[Sequence[str]] = ()
    known: FileMap | None = None
    coaches: Mapping[str, str]
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookLine:
    """A session as it will be, from a line of the file. `starts_at` is on the clock of its zone; `price` is in hundredths."""

    line: int
    starts_at: datetime
    minutes: int
    client: str
    coach: str
    session_type: str
    package: str | None
    price: int
    canceled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many there are, and how many of them are new."""

    sessions: int
    already_here: int
    clients: int
    new_clients: int
    coaches: int
    new_coaches: int
    types: int
    new_types: int
    packages: int
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What would be made of a file, or was made. With `bad` lines nothing is made; the first of them are in `problems`.

    `now` is when it was looked at (UTC).
    """

    now: datetime
    counts: Counts | None
    left_out: int = 0
    bad: int = 0
    problems: Sequence[tuple[int, Problem]] = ()
    first: Sequence[OutlookLine] = ()


class Step(StrEnum):
    """How far an import is."""

    READING = "reading"
    CHECKING = "checking"
    WRITING = "writing"


Progress = Callable[[Step, int], Awaitable[None]]
"""Told now and then how far an import is, and how many lines it has read."""


class BringsIn(Protocol):
    """Reads files from Slack and makes sessions of them. `client` is Slack's. Every method raises FileUnavailable, BadFile."""

    async def allowed(self, client: Any) -> bool:  # noqa: ANN401 - this package knows nothing of Slack
        """Return whether the app may read files in forms."""
        ...

    async def opened(self, client: Any, actor: Actor, file_id: str) -> Opened:  # noqa: ANN401
        """Return what the file is."""
        ...

    async def asked(self, client: Any, actor: Actor, file_id: str, found: FileMap) -> Sequence[Question]:  # noqa: ANN401
        """Return what is still open."""
        ...

    async def outlook(self, client: Any, actor: Actor, file_id: str, found: FileMap | None) -> Outlook:  # noqa: ANN401
        """Return what would be made."""
        ...

    async def made(
        self,
        client: Any,  # noqa: ANN401
        actor: Actor,
        file_id: str,
        found: FileMap | None,
        progress: Progress,
    ) -> Outlook:
        """Make it. Raises AdminsOnly if the actor is no admin any more, before anything is written."""
        ...
