"""What all messages share: packing many sessions into few blocks, and the text beside the blocks."""

from collections.abc import Sequence

from handlers.views.kit import MESSAGE_BLOCKS, Json, clip_lines, escape, section

BUDGET = 9000
"""Characters of session lines in one message: Slack refuses messages whose blocks are much longer in all."""
BLOCK = 2900
TEXT = 28_000


def packed(lines: Sequence[str], *, more: str, budget: int = BUDGET) -> list[Json]:
    """Return sections that hold as many whole lines as fit, and a last one that says how many did not."""
    blocks: list[Json] = []
    held: list[str] = []
    size = used = 0
    for index, line in enumerate(lines):
        if used + len(line) > budget:
            held.append(f"… and {len(lines) - index} more; {more}.")
            break
        if held and size + len(line) + 2 > BLOCK:
            blocks.append(section("\n\n".join(held)))
            held, size = [], 0
        held.append(line)
        size += len(line) + 2
        used += len(line) + 2
    if held:
        blocks.append(section("\n\n".join(held)))
    return blocks


def message(text: Sequence[str], blocks: Sequence[Json], *, reason: str | None = None) -> Json:
    """Return a message. Formatting marks are taken out of its text: names carry none, so what is left is ours.

    `reason` stands at the end as it was typed, pinging nobody.
    """
    lines = [line.replace("*", "").replace("~", "").replace("`", "").replace("\n", " · ") for line in text if line]
    if reason:
        lines.append(f"Reason: {escape(reason)}")
    return {"text": clip_lines(lines, TEXT), "blocks": list(blocks)[:MESSAGE_BLOCKS]}
