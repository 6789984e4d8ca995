"""The words of news: a file for each family. Each function makes one kind of announcement a letter."""

from dataclasses import replace

from coaching.news.announcement import Announcement
from handlers.views.kit import Json
from handlers.views.letter import letter
from handlers.views.mail_offer import offer_of
from handlers.views.news import (  # noqa: F401 - each import registers its letters
    admins,
    bookings,
    cancellations,
    credits,
    days,
    decisions,
    greetings,
    handovers,
    meetings,
    moves,
    outcomes,
    own_receipts,
    reminders,
    roles,
    stakeholders,
)

__all__ = ["render"]


def render(told: Announcement) -> Json:
    """Return the message of any announcement, as the arguments of chat.postMessage or chat.update."""
    said = letter(told)
    return replace(said, body=[*said.body, *offer_of(told)]).message() if told.mail_offer else said.message()
