"""A person's screen as values: messages, modals, the App Home, and the position of elements on them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playground import render
from playground.blocks import elements_of
from playground.json_types import Json, JsonObject
from playground.render import Reader


@dataclass(frozen=True, slots=True)
class Surface:
    """A message or view with blocks."""

    data: JsonObject
    reader: Reader

    @property
    def blocks(self) -> list[JsonObject]:
        """The blocks in Slack's form."""
        return list(self.data["blocks"])

    @property
    def values(self) -> JsonObject:
        """What this person has filled in, as in `state.values`."""
        return dict(self.data["values"])

    @property
    def warning(self) -> str | None:
        """The small warning that Slack shows if the app did not answer."""
        warning = self.data.get("warning")
        return None if warning is None else str(warning)

    @property
    def lines(self) -> list[str]:
        """The lines that this person reads."""
        return render.lines(self.blocks, self.reader, self.values, self.data.get("errors"))

    @property
    def text(self) -> str:
        """All lines as one text."""
        return "\n".join(self.lines)

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons among the blocks."""
        return [
            render.text_of(element["text"], self.reader)
            for block in self.blocks
            for element, _ in elements_of(block)
            if element["type"] in ("button", "workflow_button", "icon_button")
        ]

    @property
    def target(self) -> JsonObject:
        """How the control API identifies this."""
        return {"view_id": self.data["id"]}

    def __str__(self) -> str:
        return self.text


class SeenMessage(Surface):
    """A message. Without blocks, its text is shown."""

    @property
    def lines(self) -> list[str]:
        """The lines that this person reads."""
        if self.data["blocks"]:
            return render.lines(self.blocks, self.reader, self.values)
        return render.mrkdwn(self.data["text"], self.reader).splitlines()

    @property
    def fallback(self) -> str:
        """The top-level text, which notifications show and screen readers read."""
        return render.mrkdwn(self.data["text"], self.reader)

    @property
    def ts(self) -> str:
        """The message's id in its channel."""
        return str(self.data["ts"])

    @property
    def sender(self) -> str:
        """The sender's name."""
        return str(self.data["user_name"])

    @property
    def pings(self) -> list[str]:
        """The targets it notifies beyond those in the conversation: `channel`, user ids."""
        return list(self.data["pings"])

    @property
    def ephemeral(self) -> bool:
        """Whether only this person sees it."""
        return bool(self.data["ephemeral"])

    @property
    def target(self) -> JsonObject:
        """How the control API identifies this."""
        return {"channel": self.data["channel"], "ts": self.data["ts"]}


class SeenView(Surface):
    """A modal or the App Home."""

    @property
    def id(self) -> str:
        """The view's id."""
        return str(self.data["id"])

    @property
    def title(self) -> str:
        """The title at the top."""
        return render.text_of(self.data.get("title"), self.reader)

    @property
    def submit(self) -> str | None:
        """The label of the submit button, if there is one."""
        return render.text_of(self.data["submit"], self.reader) if self.data.get("submit") else None

    @property
    def close(self) -> str:
        """The label of the close button, or Slack's own if the app gives none."""
        return render.text_of(self.data["close"], self.reader) if self.data.get("close") else "Cancel"

    @property
    def callback_id(self) -> str:
        """The app's name for this view."""
        return str(self.data["callback_id"])

    @property
    def errors(self) -> dict[str, str]:
        """Errors shown under inputs, by block id."""
        return dict(self.data["errors"])


@dataclass(frozen=True, slots=True)
class Spot:
    """An element found on a surface."""

    surface: Surface
    index: int
    block: JsonObject
    element: JsonObject

    @property
    def target(self) -> JsonObject:
        """How the control API identifies it."""
        ids = {"block_id": self.block["block_id"], "action_id": self.element["action_id"]}
        return {**self.surface.target, **ids}

    @property
    def value(self) -> JsonObject:
        """What is filled in there."""
        kept: JsonObject = self.surface.values.get(self.block["block_id"], {}).get(self.element["action_id"], {})
        return kept


def find(surface: Surface, wanted: Callable[[JsonObject, JsonObject], bool], near: str | None) -> list[Spot]:
    """Return the elements that are `wanted(block, element)`. With `near`, only the closest ones.

    An element is near if its own block contains the words. Otherwise it must be below such a block, with no divider or
    header in between, and the closest one counts.
    """
    blocks = surface.blocks
    spots = [
        Spot(surface, index, block, element)
        for index, block in enumerate(blocks)
        for element, _ in elements_of(block)
        if "action_id" in element and wanted(block, element)
    ]
    if near is None:
        return spots
    ranked = [(distance, spot) for spot in spots if (distance := _distance(surface, blocks, spot, near)) is not None]
    closest = min((distance for distance, _ in ranked), default=None)
    return [spot for distance, spot in ranked if distance == closest]


def _distance(surface: Surface, blocks: list[JsonObject], spot: Spot, near: str) -> int | None:
    for back, index in enumerate(range(spot.index, -1, -1)):
        block = blocks[index]
        if near in "\n".join(render.block_lines(block, surface.reader)):
            return back
        if back and block["type"] in ("divider", "header"):
            return None
    return None


def options_of(element: JsonObject) -> Iterator[Json]:
    """Yield the options that an element shows."""
    yield from element.get("options", ())
    for group in element.get("option_groups", ()):
        yield from group["options"]
