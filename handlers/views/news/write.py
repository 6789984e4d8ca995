"""From an announcement to its letter: each family registers the functions that write its own."""

from functools import singledispatch

from coaching.news.announcement import Announcement
from handlers.views.letter import Letter


@singledispatch
def letter(told: Announcement) -> Letter:
    """Return the letter of an announcement."""
    raise TypeError(f"no letter says {type(told).__name__}")
