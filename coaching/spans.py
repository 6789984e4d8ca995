"""Spans of time that people type: "24h", "2 hours", "1.5 days"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from coaching.texts import folded

UnitNames = tuple[tuple[str, str], ...]
"""A language's words for units of time, each with "w", "d", "h", "m" or "s"."""

UNITS: Mapping[str, timedelta] = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_TICK = timedelta(microseconds=1)
_ENGLISH = r"w|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?"


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Reads spans in a language's units and in English ones, from folded text (`texts.folded`)."""

    pattern: re.Pattern[str]
    units: Mapping[str, str]

    def taken(self, plain: str, instead: str) -> tuple[list[timedelta], str]:
        """Return the spans of a text, and the text with `instead` in the place of each."""
        found = self.pattern.findall(plain)
        spans = [_exactly(number, self.units.get(unit, unit[0])) for number, unit in found]
        return spans, self.pattern.sub(lambda _: instead, plain)


@lru_cache(maxsize=64)
def spans_with(names: UnitNames = ()) -> Spans:
    """Return what reads spans in these units, in addition to the English ones."""
    units = {folded(name): unit for name, unit in names}
    own = "".join(f"{re.escape(name)}|" for name in sorted(units, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\d.])(\d{{1,6}}(?:\.\d{{1,6}})?)\s*({own}{_ENGLISH})(?![a-z])")
    return Spans(pattern, units)


def span_text(span: timedelta) -> str:
    """Return an exact span as "24h", "1h 30m" or "7d", and "" for none. Days are used only for whole days, above three."""
    left, parts = span, []
    for unit in "dhms":
        size = UNITS[unit]
        if unit == "d" and (span <= timedelta(days=3) or span % size):
            continue
        if unit == "s":
            if left:
                parts.append(f"{Decimal(left // _TICK) / 1_000_000:f}s")
        elif left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return " ".join(parts)


def _exactly(number: str, unit: str) -> timedelta:
    """Return a span without floating point, so that what was written is what is shown again."""
    return int(Decimal(number) * (UNITS[unit] // _TICK)) * _TICK
