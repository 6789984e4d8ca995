"""Newer blocks, each with the blocks that say the same where Slack does not take it.

A view says what it shows, such as `kit.alert(…)`. The block has both forms, so a view stays a function of values.
`fitted` chooses the form at the edge, where it is known what the workspace takes (`handlers.known_blocks`).
"""

from collections.abc import Collection, Sequence
from typing import Any

NONE: frozenset[str] = frozenset()
"""Takes no newer block: the form that every Slack takes."""


class Newer(dict[str, Any]):
    """A newer block, as Slack takes it. `older` says the same where Slack does not.

    `kind` is the newer block that it stands or falls with, which is its own type unless it accompanies another.
    """

    __slots__ = ("kind", "older")

    def __init__(self, block: dict[str, Any], older: Sequence[dict[str, Any]], kind: str | None = None) -> None:
        super().__init__(block)
        self.older = older
        self.kind: str = block["type"] if kind is None else kind


def fitted(content: dict[str, Any], takes: Collection[str]) -> dict[str, Any]:
    """Return a view or message in the form for a Slack that takes these kinds of newer blocks."""
    blocks = content.get("blocks")
    if not blocks or not any(type(block) is Newer and block.kind not in takes for block in blocks):
        return content
    return {**content, "blocks": fitted_blocks(blocks, takes)}


def fitted_blocks(blocks: Sequence[dict[str, Any]], takes: Collection[str]) -> list[dict[str, Any]]:
    """Return blocks in the form for a Slack that takes these kinds of newer blocks."""
    chosen: list[dict[str, Any]] = []
    for block in blocks:
        if type(block) is Newer and block.kind not in takes:
            chosen += block.older
        else:
            chosen.append(block)
    return chosen


def kinds(content: dict[str, Any]) -> frozenset[str]:
    """Return the kinds of newer blocks in a view or message."""
    return frozenset(block.kind for block in content.get("blocks") or () if type(block) is Newer)


def in_all(blocks: Sequence[dict[str, Any]]) -> int:
    """Return how many blocks these are in the form that has more of them."""
    return sum(max(1, len(block.older)) if type(block) is Newer else 1 for block in blocks)


def clipped(blocks: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Return the first blocks that are at most `most` in either form."""
    kept = list(blocks)
    while in_all(kept) > most:
        kept.pop()
    return kept
