"""What a page sends, and what is shown in answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.meta import Meta
from handlers.parse import Body
from handlers.views.kit import Json
from web.page import field_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a page sent: its step, the state it was drawn with, the button with its value, and its fields.

    `mark` is what else the page said of itself. Step, mark and state are signed, the rest is what a browser likes.
    """

    step: str
    mark: str
    state: str
    do: str
    value: str
    fields: Mapping[str, Sequence[str]]

    @property
    def body(self) -> Body:
        """The state as a view of Slack carries it."""
        return {"view": {"private_metadata": self.state}}

    @property
    def meta(self) -> Meta:
        """The state of the dialogs that cancel and move. Raises BadRequest."""
        return Meta.load(self.body)

    def one(self, name: str) -> str | None:
        """Return the content of a field, or None if the page had none."""
        held = self.fields.get(field_of(name))
        return held[0] if held else None

    def text(self, name: str) -> str | None:
        """Return what was typed into a field, without the line ends of browsers, or None if the page had none."""
        typed = self.one(name)
        return None if typed is None else typed.replace("\r\n", "\n").strip()


@dataclass(frozen=True, slots=True)
class Shown:
    """A view to show, what went wrong before it, in mrkdwn, and what the page says of itself besides its state."""

    view: Json
    notice: str | None = None
    mark: str = ""
