"""What a benchmark found: both sides' medians, their ratio, and what was promised."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Promise(Enum):
    """Which side of the bound is good; TOLD is a figure that nothing was promised about."""

    AT_LEAST = ">="
    AT_MOST = "<="
    TOLD = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One line: medians of both sides in `unit`, and the ratio ours / theirs with the least and the most of the rounds."""

    what: str
    ours: float
    theirs: float
    unit: str
    ratio: float
    promise: Promise = Promise.TOLD
    bound: float = 0.0
    note: str = ""
    spread: tuple[float, float] | None = None

    @property
    def missed(self) -> bool:
        """Whether a promise was broken."""
        if self.promise is Promise.AT_LEAST:
            return self.ratio < self.bound
        return self.promise is Promise.AT_MOST and self.ratio > self.bound

    def line(self) -> str:
        """Return the line a person reads."""
        promised = f"promised {self.promise.value} {self.bound:g}" if self.promise is not Promise.TOLD else ""
        verdict = "" if self.promise is Promise.TOLD else "MISSED" if self.missed else "ok"
        sides = f"{self.ours:10,.1f} {self.theirs:10,.1f} {self.unit:<9}"
        told = f"\n{'':4}{self.note}" if self.note else ""
        spread = f"({self.spread[0]:.2f}–{self.spread[1]:.2f})" if self.spread else ""
        return f"{self.what:<78} {sides} {self.ratio:6.2f} {spread:<13} {promised:<14} {verdict}{told}"


HEAD = f"{'':<78} {'ours':>10} {'other':>10} {'':<9} {'ratio':>6}"


def paired(
    what: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    unit: str,
    promise: Promise = Promise.TOLD,
    bound: float = 0.0,
    note: str = "",
) -> Result:
    """Return the result of rounds in which both sides took turns.

    The ratio is the median of the rounds' own ratios: what else the machine does meanwhile slows both sides of a round.
    """
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    medians = statistics.median(ours), statistics.median(theirs)
    spread = min(ratios), max(ratios)
    return Result(what, *medians, unit, statistics.median(ratios), promise, bound, note, spread)
