"""Pictures and tables in Home: bars of text, and the same numbers as a table or, where Slack takes none, as lines.

Slack's own charts are for messages only.
"""

from collections.abc import Sequence

from handlers.views.kit import Json, clip, context, section
from handlers.views.newer import Newer

CELLS = 20
"""The cells of the longest bar."""
_MARKS = "█▒░"
_CELL = 300
_PAGE = 20


def bars(names: Sequence[str], rows: Sequence[Sequence[float]], legend: Sequence[str]) -> list[Json]:
    """Return a bar for each name (mrkdwn), of at most three parts, all to one scale, and what the parts mean.

    What there is has a cell at least.
    """
    most = max((sum(row) for row in rows), default=0)
    if not most:
        return []
    lines = []
    for name, row in zip(names, rows, strict=True):
        cells = [max(1, round(CELLS * part / most)) if part else 0 for part in row]
        shown = "".join(mark * number for mark, number in zip(_MARKS, cells, strict=False))
        lines.append(f"`{shown}` {name}" if shown else name)
    meaning = " · ".join(f"{mark} {text}" for mark, text in zip(_MARKS, legend, strict=False))
    return [section("\n".join(lines)), context(meaning)]


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], older: Sequence[Json]) -> Newer:
    """Return a table of plain texts. `older` says the same."""
    cells = [[{"type": "raw_text", "text": clip(text, _CELL)} for text in row] for row in (head, *rows)]
    return Newer({"type": "data_table", "caption": title, "rows": cells, "page_size": _PAGE}, older)
