"""Tables in messages, which take them where a dialog does not."""

from collections.abc import Sequence

from handlers.views.kit import Json, clip
from handlers.views.letter import IN_ALL
from handlers.views.newer import Newer

PAGE = 10
"""Rows of a table that are shown at once. Its reader turns the pages."""
_CELL = 300


def data_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], letter: Sequence[Json]) -> list[Json]:
    """Return the blocks of a letter with a table (plain texts) in place of all between its title and its small print.

    The table has as many rows as a message holds. Without rows it is the letter.
    """
    cells = [[_cell(text) for text in row] for row in rows]
    room = IN_ALL - sum(map(len, head))
    kept: list[list[Json]] = []
    for row in cells:
        room -= sum(len(cell["text"]) for cell in row)
        if room < 0:
            break
        kept.append(row)
    if not kept:
        return list(letter)
    first, *older, last = letter
    shown: Json = {
        "type": "data_table",
        "caption": title,
        "rows": [[_cell(text) for text in head], *kept],
        "page_size": PAGE,
    }
    return [first, Newer(shown, older), last]


def _cell(text: str) -> Json:
    return {"type": "raw_text", "text": clip(text, _CELL)}
