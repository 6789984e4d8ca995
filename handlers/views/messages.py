"""What all messages share: packing many sessions into few blocks, and the text beside the blocks.

A message is posted once and edited later, so what it says fits the narrower limits of the two: `chat.update` refuses a
text of more than 4,000 characters (`msg_too_long`), which `chat.postMessage` takes; both refuse blocks that hold some
12,000 characters in all (`msg_blocks_too_long`).
"""

from collections.abc import Sequence
from typing import Any

from coaching.texts import unturned
from handlers.views.kit import MESSAGE_BLOCKS, Json, apart, clip, clip_lines, escape, section

MESSAGE_TEXT = 4000
"""Most characters of a message's text, entities counted as they are written."""
IN_ALL = 10_000
"""Most characters that the blocks of a message hold: well under 12,000, for Slack counts what holds the words as well."""
BUDGET = 6000
"""Most characters of session lines in one message."""
BLOCK = 2900
SHORTENED = 600
"""What stays of a reason or note where a message is full; the session's record has all of it."""


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


def message(
    text: Sequence[str | list[str]], blocks: Sequence[Json], *, reason: str | None = None, note: str | None = None
) -> Json:
    """Return a message. Formatting marks are taken out of its text: names carry none, so what is left is ours.

    A list in `text` is what may be shortened: of many sessions the first are named, and how many there are besides; what
    stands around it is always said. `reason` or `note` stands at the end as it was typed, pinging nobody.
    """
    parts = [[_bare(line) for line in part] if isinstance(part, list) else _bare(part) for part in text if part]
    said = ("Reason", reason) if reason else ("Note", note or "")
    return {"text": _fitted(parts, *said), "blocks": _in_all(list(blocks)[:MESSAGE_BLOCKS])}


def _bare(line: str) -> str:
    return line.replace("*", "").replace("~", "").replace("`", "").replace("\n", " · ")


def _fitted(parts: Sequence[str | list[str]], label: str, typed: str) -> str:
    lists = [part for part in parts if isinstance(part, list)]
    named = sum(len(line) + 1 for part in lists for line in part)
    room = MESSAGE_TEXT - sum(len(part) + 1 for part in parts if isinstance(part, str))
    said = _quoted(label, typed, max(room - named, room // 2)) if typed else ""
    room = max(room - len(said) - 1 if said else room, 0)
    lines: list[str] = []
    for part in parts:
        # There is one list at most in what is long; should there be more, they share what room there is.
        lines += [part] if isinstance(part, str) else clip_lines(part, room // len(lists)).split("\n")
    return clip_lines([*lines, said] if said else lines, MESSAGE_TEXT)


def _quoted(label: str, typed: str, most: int) -> str:
    """Return what somebody typed as one line of at most `most` characters; an entity is never cut in two."""
    typed = unturned(typed)
    length = len(typed)
    while len(words := f"{label}: {apart(escape(clip(typed, max(length, 1))))}") > most and length > 1:
        length = min(length - 1, length * most // len(words))
    return words


def _in_all(blocks: list[Json]) -> list[Json]:
    """Return blocks that hold no more than Slack takes: what somebody typed is shortened first, it is in the record."""
    over = characters(blocks) - IN_ALL
    for index, block in enumerate(blocks):
        words = block.get("text", {}).get("text", "") if block["type"] == "section" else ""
        if over > 0 and block.get("text", {}).get("type") == "plain_text" and len(words) > SHORTENED:
            kept = clip(words, max(SHORTENED, len(words) - over))
            blocks[index] = {**block, "text": {**block["text"], "text": kept}}
            over -= len(words) - len(kept)
    return blocks


def characters(node: Any) -> int:  # noqa: ANN401 - any part of a message
    """Return how many characters blocks hold: every `text` that is a string, wherever it stands."""
    if isinstance(node, list):
        return sum(characters(item) for item in node)
    if not isinstance(node, dict):
        return 0
    return sum(
        len(value) if key == "text" and isinstance(value, str) else characters(value) for key, value in node.items()
    )
