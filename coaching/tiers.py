"""Tiers as lines that people type: "100% until 24h", "50% 12 hours", "25% until the start"."""

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from coaching.errors import BadPolicy
from coaching.policy import FULL, LONGEST, Tier

MOST_TIERS = 5
"""More steps than this nobody keeps in mind."""
_TICK = timedelta(microseconds=1)
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_PERCENT = re.compile(r"(?<![\d.])(\d{1,9}(?:\.\d{1,9})?)\s*(?:%|per\s?cent\b)", re.IGNORECASE)
_SPAN = re.compile(
    r"(?<![\d.])(\d{1,6}(?:\.\d{1,6})?)\s*"
    r"(w|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)(?![a-z])",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"a|and|any|at|back|before|cancel(?:l?ed|l?ing)?|comes?|credits|for|from|if|in|is|least|of|or|paid|refund(?:ed)?|"
    r"return(?:s|ed)?|session(?:'s|s)?|start|the|then|till|time|to|until|up|when|with"
)
_EXAMPLE = "100% until 24h"


def parse_tiers(text: str) -> tuple[Tier, ...]:
    """Read tiers, one to a line (or separated by commas or semicolons), in any order; nothing or "none" is none.

    A line has a percentage and how long before the start it counts: weeks, days (24 hours each), hours, minutes, seconds,
    added up, or "start". Raises BadPolicy, whose message quotes the line and says how to write it.
    """
    lines = [line.strip() for line in re.split(r"[\n,;]+", text) if line.strip(" \t\r•*–-")]
    if [line.casefold() for line in lines] in (["none"], ["nothing"], ["no tiers"]):
        return ()
    if len(lines) > MOST_TIERS:
        raise BadPolicy(
            "at most {n} line, and there are {lines}",
            "at most {n} lines, and there are {lines}",
            n=MOST_TIERS,
            lines=len(lines),
        )
    tiers = sorted((_tier(line) for line in lines), key=lambda tier: tier.lead, reverse=True)
    for earlier, later in pairwise(tiers):
        if earlier.lead == later.lead:
            raise BadPolicy(
                "two lines are about {lead}: keep one of them",
                lead=span_text(later.lead),
            )
        if later.percent >= earlier.percent:
            raise BadPolicy(
                "canceling later must return less: {later} cannot come after {earlier}; change one of the two",
                later=_line(later),
                earlier=_line(earlier),
            )
    return tuple(tiers)


def tiers_text(tiers: Sequence[Tier]) -> str:
    """Return tiers as lines; `parse_tiers` reads back exactly the same."""
    return "\n".join(_line(tier) for tier in tiers)


def span_text(span: timedelta) -> str:
    """Return "24h", "90m" as "1h 30m", "7d": exact, and days only beyond three of them."""
    if not span:
        return "the start"
    left, parts = span, []
    for unit in "dhms":
        size = _UNITS[unit]
        if unit == "d" and (span <= timedelta(days=3) or span % size):
            continue
        if unit == "s":
            if left:
                parts.append(f"{Decimal(left // _TICK) / 1_000_000:f}s")
        elif left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return " ".join(parts)


def _line(tier: Tier) -> str:
    return f"{tier.percent}% until {span_text(tier.lead)}"


def _tier(line: str) -> Tier:
    shown = f'"{line if len(line) <= 60 else line[:59] + "…"}"'
    percents, rest = _PERCENT.findall(line), _PERCENT.sub(" ", line)
    spans, rest = _SPAN.findall(rest), _SPAN.sub(" ", rest)
    words = [word.strip(".()'") for word in re.findall(r"[^\s•*:=@–→>-]+", rest.casefold())]
    odd = any(word and not _WORDS.fullmatch(word) for word in words)
    if len(percents) != 1 or odd or not (spans or "start" in words):
        raise BadPolicy("{shown} is not clear: write each line like {example}", shown=shown, example=_EXAMPLE)
    percent = Decimal(percents[0])
    if percent != int(percent) or not 0 < percent <= FULL:
        raise BadPolicy(
            "{shown} needs a whole number from 1 to {most}; leave out what returns nothing", shown=shown, most=FULL
        )
    lead = sum((_exactly(number, unit) for number, unit in spans), timedelta(0))
    if lead > LONGEST:
        raise BadPolicy(
            "{shown} is more than {n} day before the start",
            "{shown} is more than {n} days before the start",
            shown=shown,
            n=LONGEST.days,
        )
    return Tier(lead, int(percent))


def _exactly(number: str, unit: str) -> timedelta:
    """Return a span without going through floating point, so that what was written comes back."""
    return int(Decimal(number) * (_UNITS[unit[0].lower()] // _TICK)) * _TICK
