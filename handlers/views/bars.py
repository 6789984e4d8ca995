"""Bars of text: how much of a whole is left, booked and used. The words beside them say the same."""

from coaching.packages import Spread

CELLS = 10
"""The most cells in a bar."""
_LEFT, _BOOKED, _USED = "█", "▒", "░"


def bar(given: Spread, unit: int) -> str:
    """Return a bar in mrkdwn, of one cell for each `unit` where there are few: what is left, booked, used."""
    parts = (given.left, given.booked, given.used)
    whole = sum(parts)
    if not whole:
        return ""
    exact = unit > 0 and whole <= CELLS * unit and not any(part % unit for part in parts)
    cells = [part // unit for part in parts] if exact else _shared(parts, whole)
    return f"`{_LEFT * cells[0]}{_BOOKED * cells[1]}{_USED * cells[2]}`"


def _shared(parts: tuple[int, ...], whole: int) -> list[int]:
    """Share the cells in proportion. What there is has a cell at least."""
    cells = [max(1, part * CELLS // whole) if part else 0 for part in parts]
    cells[cells.index(max(cells))] += CELLS - sum(cells)
    return cells
