"""A modal with a single message."""

from handlers.ids import Callback
from handlers.views.kit import Json, modal, section
from language.say import Say


def message_view(title: str, text: str, say: Say, *, clear: bool = False) -> Json:
    """Return a modal with one message (mrkdwn, with typed text already made harmless)."""
    return modal(title, Callback.MESSAGE, [section(text)], close=say.title("Close"), clear_on_close=clear)
