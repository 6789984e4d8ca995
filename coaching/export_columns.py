"""What can be exported, and the columns of an export of sessions that come after those of an import."""

from enum import StrEnum

AGREED_LOCALLY = "agreed_locally"
"""In a file of our own export: `yes` where the session was agreed in local time, although its start is written in UTC."""
FURTHER = (
    "starts_local",
    "ends_at",
    "ends_local",
    "outcome",
    "client_name",
    "client_email",
    "coach_name",
    "coach_email",
    "booked_at",
    "refundable_until",
    "reschedules",
    "origin",
    "canceled_at",
    "canceled_by",
    "canceled_as",
    "reason",
    "credits_returned",
)
"""The other columns of our own export, which an import passes over: they tell what happened since."""


class What(StrEnum):
    """What is exported. Each is a file."""

    SESSIONS = "sessions"
    LEDGER = "ledger"
    TIMELINE = "timeline"

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self}.csv"
