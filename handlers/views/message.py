"""A modal that says one thing."""

from handlers.ids import Callback
from handlers.views.kit import Json, modal, section
from language.say import Say


def message_view(title: str, text: str, say: Say, *, clear: bool = False) -> Json:
    """Show one message (mrkdwn, with whatever was typed made harmless before)."""
    return modal(title, Callback.MESSAGE, [section(text)], close=say.title("Close"), clear_on_close=clear)
