"""Newer blocks, each with the blocks that say the same where Slack does not take it.

A view says what it shows, such as `kit.alert(…)`. The block has both forms, so a view stays a function of values.
`fitted` chooses the form at the edge, where it is known what the workspace takes (`handlers.known_blocks`).
"""

from collections.abc import Collection, Sequence
from typing import Any

NONE: frozenset[str] = frozenset()
"""Takes no newer block: the form that every Slack takes."""


class Newer(dict[str, Any]):
    """A newer block, as Slack takes it. `older` says the same where Slack does not."""

    __slots__ = ("older",)

    def __init__(self, block: dict[str, Any], older: Sequence[dict[str, Any]]) -> None:
        super().__init__(block)
        self.older = older


def fitted(content: dict[str, Any], takes: Collection[str]) -> dict[str, Any]:
    """Return a view or message in the form for a Slack that takes these kinds of newer blocks."""
    blocks = content.get("blocks")
    if not blocks or not any(type(block) is Newer and block["type"] not in takes for block in blocks):
        return content
    return {**content, "blocks": fitted_blocks(blocks, takes)}


def fitted_blocks(blocks: Sequence[dict[str, Any]], takes: Collection[str]) -> list[dict[str, Any]]:
    """Return blocks in the form for a Slack that takes these kinds of newer blocks."""
    chosen: list[dict[str, Any]] = []
    for block in blocks:
        if type(block) is Newer and block["type"] not in takes:
            chosen += block.older
        else:
            chosen.append(block)
    return chosen


def kinds(content: dict[str, Any]) -> frozenset[str]:
    """Return the kinds of newer blocks in a view or message."""
    return frozenset(block["type"] for block in content.get("blocks") or () if type(block) is Newer)
