"""Messages on their way: what is sent, to whom, and what was settled without sending."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from coaching.announcements import Announcement
from coaching.notices import NoticeState
from coaching.records import Viewer
from coaching.workspace import Settings
from storage.notices import Claimed, Outcome

NOTHING_LEFT = "there is nothing left to tell"
DIRECT = "sent as a direct message"
"""How the detail of an alert begins that its channel did not take."""
WHY = re.compile(rf"{DIRECT}.*\((\w+)\)")
"""Finds Slack's word in such a detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message for Slack. `target` is a channel or a person; the first of `rows` leads them; `ts` is set for an edit.

    `gone`: its coach has left Slack. Slack takes direct messages to somebody who left, and nobody reads them.
    """

    workspace_id: str
    rows: tuple[Claimed, ...]
    announcement: Announcement
    target: str
    ts: str | None = None
    gone: bool = False


@dataclass(slots=True)
class Composed:
    """What is to be sent, and what was settled without sending."""

    parcels: list[Parcel] = field(default_factory=list)
    settled: list[Outcome] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What every message of a workspace is rendered with; `home_link` opens the app's Home, where it is known."""

    viewers: Mapping[str, Viewer]
    settings: Settings
    now: datetime
    home_link: str | None


def diverted_note(code: str) -> str:
    """Say for the timeline why an alert went to the coach directly; `code` is Slack's word."""
    return f"{DIRECT}: the alert channel could not be posted to ({code})"


def dropped(row: Claimed, why: str) -> Outcome:
    """Give a notice up before anything of it was shown."""
    return Outcome(notice=row, state=NoticeState.DROPPED, detail=why, attempts=row.attempts, ambiguous=row.ambiguous)


def sent_as_it_is(row: Claimed, why: str) -> Outcome:
    """Leave a message as it is shown: the edit is given up."""
    return Outcome(notice=row, state=NoticeState.SENT, detail=why, leader_key=row.leader_key, ambiguous=row.ambiguous)
