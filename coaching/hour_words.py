"""The words in which weekly hours are written: the English ones, plus those of one other language."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from coaching.texts import folded

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = tuple(day[:3] for day in DAYS)
_GIVEN_NAMES = {
    "tues": 1, "weds": 2, "thur": 3, "thurs": 3,
    "mo": 0, "tu": 1, "we": 2, "th": 3, "fr": 4, "sa": 5, "su": 6,
}  # fmt: skip
_DAY_WORDS = (
    {name: (day,) for name, day in _GIVEN_NAMES.items()}
    | {name.lower(): (day,) for names in (DAYS, _SHORT) for day, name in enumerate(names)}
    | {f"{name.lower()}s": (day,) for day, name in enumerate(DAYS)}
    | dict.fromkeys(("weekday", "weekdays", "workdays"), (0, 1, 2, 3, 4))
    | dict.fromkeys(("weekend", "weekends"), (5, 6))
    | dict.fromkeys(("daily", "everyday", "every day"), tuple(range(7)))
)
_CLOSED = frozenset({"closed", "off", "none", "unavailable"})
_TO = frozenset({"to", "until", "till", "through"})
_AND = frozenset({"and"})
_FILLERS = frozenset({"from", "at", "on"})


@dataclass(frozen=True, slots=True, eq=False)
class HourWords:
    """The words that may be written in weekly hours, folded (`texts.folded`), and how days and "closed" are shown."""

    days: Mapping[str, tuple[int, ...]]
    closed: Collection[str]
    to: Collection[str]
    also: Collection[str]
    fillers: Collection[str]
    token: re.Pattern[str]
    wide: tuple[str, ...]
    short: tuple[str, ...]
    shut: str

    def days_of(self, word: str) -> list[tuple[int, ...]]:
        """Return the days that a word names. One-character days may be written together, as in 月水金."""
        if found := self.days.get(word):
            return [found]
        each = [self.days.get(char, ()) for char in word]
        return each if all(each) else []


def hour_words(
    wide: Sequence[str],
    short: Sequence[str],
    names: Iterable[tuple[int, str]] = (),
    *,
    closed: Sequence[str] = ("closed",),
    to: Iterable[str] = (),
    also: Iterable[str] = (),
    fillers: Iterable[str] = (),
) -> HourWords:
    """Return the words of a language in addition to the English ones.

    `wide` and `short` are the seven days, Monday first; `names` are other names of days. The first of `closed` is the
    one that is shown. Where a word of the language is also an English one, the language's meaning counts.
    """
    own = {
        variant: (day,)
        for day, name in (
            *names,
            *enumerate(short),
            *((day, f"{name}s") for day, name in enumerate(wide)),
            *enumerate(wide),
        )
        for variant in _variants(name)
    }
    own_to = _folded(to)
    return HourWords(
        days=_DAY_WORDS | own,
        closed=_CLOSED | _folded(closed),
        to=_TO | own_to,
        also=_AND | _folded(also),
        fillers=_FILLERS | _folded(fillers),
        token=_token((name for _, name in (*enumerate(wide), *names)), a_is_to="a" in own_to),
        wide=tuple(wide),
        short=tuple(name.rstrip(".") for name in short),
        shut=closed[0],
    )


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(folded(word) for word in words)


def _variants(name: str) -> set[str]:
    """Return the forms in which a name is typed: the first word of "segunda-feira" is enough."""
    plain = folded(name).rstrip(".")
    return {plain, plain.partition("-")[0]}


def _token(names: Iterable[str], *, a_is_to: bool) -> re.Pattern[str]:
    """Return the pattern of the next word, time or mark.

    Where "a" means "to", it means a.m. only next to its number: 9a.
    """
    joined = sorted({form for name in names if "-" in name for form in (re.escape(name), re.escape(folded(name)))})
    bare = "" if a_is_to else r"\s*"
    return re.compile(
        rf"""\s*(?:
          (?P<time>(?P<hour>\d{{1,2}})(?:[:.h：時时點点시]?(?P<minute>\d{{2}})|[h時时點点시])?(?![\d:])
            (?:\s*(?P<half>[ap])\.?m\b\.?|{bare}(?P<bare>[ap])\b)?)
        | (?P<word>every\s+day|{"".join(f"{name}|" for name in joined)}[^\W\d_]+)\.?
        | (?P<dash>[-‐‑‒–—−~～〜])
        | (?P<comma>[,;&+/.、，；・])
        | (?P<colon>[:：])
        )\s*""",
        re.VERBOSE | re.IGNORECASE,
    )


ENGLISH = hour_words(DAYS, _SHORT)
