"""Tiers as lines that people type: "100% until 24h", "50% 12 hours", "25% until the start"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from coaching.errors import BadPolicy
from coaching.policy import FULL, LONGEST, Tier
from coaching.spans import Spans, UnitNames, span_text, spans_with
from coaching.texts import folded

MOST_TIERS = 5
"""Nobody remembers more steps than this."""
_WORDS = re.compile(
    r"a|and|any|at|back|before|cancel(?:l?ed|l?ing)?|comes?|credits|for|from|if|in|is|least|of|or|paid|refund(?:ed)?|"
    r"return(?:s|ed)?|session(?:'s|s)?|start|the|then|till|time|to|until|up|when|with"
)


@dataclass(frozen=True, slots=True)
class TierWords:
    """How a language writes a tier: `line` with {percent} and {lead}, `at_start` for a tier until the start with {percent}.

    Its words for percent, for no tiers, and for units of time ("w", "d", "h", "m" or "s") are accepted in addition to the
    English ones.
    """

    line: str = "{percent} until {lead}"
    at_start: str = "{percent} until the start"
    percent: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    units: UnitNames = ()


@dataclass(frozen=True, slots=True)
class _Known:
    percent: re.Pattern[str]
    spans: Spans
    nothing: frozenset[str]
    fillers: frozenset[str]
    start: frozenset[str]


ENGLISH = TierWords()


@lru_cache(maxsize=64)
def _known(words: TierWords) -> _Known:
    line, at_start = (frozenset(_words_of(_filled(text, " ", " "))) for text in (words.line, words.at_start))
    percents = "".join(f"|{re.escape(folded(one))}" for one in words.percent)
    return _Known(
        percent=re.compile(rf"(?<![\d.])(\d{{1,9}}(?:\.\d{{1,9}})?)\s*(?:%|per\s?cent\b{percents})"),
        spans=spans_with(words.units),
        nothing=frozenset({"none", "nothing", "no tiers"}) | {folded(one) for one in words.nothing},
        fillers=line | at_start,
        start=frozenset({"start"}) | {word for word in at_start - line if not _WORDS.fullmatch(word)},
    )


def _words_of(text: str) -> list[str]:
    found = (word.strip(".()'") for word in re.findall(r"[^\s•*:=@–→>-]+", folded(text).replace("’", "'")))
    return [word for word in found if word]


def parse_tiers(text: str, words: TierWords = ENGLISH) -> tuple[Tier, ...]:
    """Parse tiers, one to a line (or separated by commas or semicolons), in any order.

    Empty text or "none" means no tiers. A line has a percentage and how long before the start it applies: "start", or a
    sum of weeks, days (24 hours each), hours, minutes and seconds, in English or in `words`. Raises BadPolicy, whose
    message quotes the line and says how to write it.
    """
    lines = [line.strip() for line in re.split(r"[\n,;、；，]+", text) if line.strip(" \t\r•*–-")]
    if len(lines) == 1 and folded(lines[0]) in _known(words).nothing:
        return ()
    if len(lines) > MOST_TIERS:
        raise BadPolicy(
            "at most {n} line, and there are {lines}",
            "at most {n} lines, and there are {lines}",
            n=MOST_TIERS,
            lines=len(lines),
        )
    tiers = sorted((_tier(line, words) for line in lines), key=lambda tier: tier.lead, reverse=True)
    for earlier, later in pairwise(tiers):
        if earlier.lead == later.lead:
            if not later.lead:
                raise BadPolicy("two lines are about the start: keep one of them")
            raise BadPolicy(
                "two lines are about {lead}: keep one of them",
                lead=span_text(later.lead),
            )
        if later.percent >= earlier.percent:
            raise BadPolicy(
                "canceling later must return less: {later} cannot come after {earlier}; change one of the two",
                later=_line(later, words),
                earlier=_line(earlier, words),
            )
    return tuple(tiers)


def tiers_text(tiers: Sequence[Tier], words: TierWords = ENGLISH) -> str:
    """Return tiers as lines; `parse_tiers` with the same words reads back exactly the same tiers."""
    return "\n".join(_line(tier, words) for tier in tiers)


def _line(tier: Tier, words: TierWords) -> str:
    text = words.line if tier.lead else words.at_start
    return _filled(text, f"{tier.percent}%", span_text(tier.lead))


def _filled(line: str, percent: str, lead: str) -> str:
    return line.replace("{percent}", percent).replace("{lead}", lead)


def _tier(line: str, words: TierWords) -> Tier:
    known, plain = _known(words), folded(line)
    shown = f'"{line if len(line) <= 60 else line[:59] + "…"}"'
    percents, rest = known.percent.findall(plain), known.percent.sub(" ", plain)
    spans, rest = known.spans.taken(rest, " ")
    typed = _words_of(rest)
    odd = any(word not in known.fillers and not _WORDS.fullmatch(word) for word in typed)
    if len(percents) != 1 or odd or not (spans or known.start & set(typed)):
        example = _line(Tier(timedelta(hours=24), FULL), words)
        raise BadPolicy("{shown} is not clear: write each line like {example}", shown=shown, example=example)
    percent = Decimal(percents[0])
    if percent != int(percent) or not 0 < percent <= FULL:
        raise BadPolicy(
            "{shown} needs a whole number from 1 to {most}; leave out what returns nothing", shown=shown, most=FULL
        )
    lead = sum(spans, timedelta(0))
    if lead > LONGEST:
        raise BadPolicy(
            "{shown} is more than {n} day before the start",
            "{shown} is more than {n} days before the start",
            shown=shown,
            n=LONGEST.days,
        )
    return Tier(lead, int(percent))
