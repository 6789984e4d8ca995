"""News in words: a file for each family of kinds; each function in it puts one announcement into a letter."""

from coaching.news.announcement import Announcement
from handlers.views.kit import Json
from handlers.views.letter import letter
from handlers.views.news import (  # noqa: F401 - each brings its letters along
    admins,
    bookings,
    cancellations,
    credits,
    decisions,
    moves,
    outcomes,
    reminders,
)

__all__ = ["render"]


def render(told: Announcement) -> Json:
    """Return the message of any announcement, as the arguments of chat.postMessage or chat.update."""
    return letter(told).message()
