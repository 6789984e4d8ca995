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
_UNSPACED = "\u1100"
"""The first character of Hangul, which kana and Han follow: in these scripts words are written together."""


@dataclass(frozen=True, slots=True, eq=False)
class HourWords:
    """The words that may be written in weekly hours, folded (`texts.folded`), and how days and "closed" are shown."""

    days: Mapping[str, tuple[int, ...]]
    closed: Collection[str]
    to: Collection[str]
    also: Collection[str]
    fillers: Collection[str]
    token: re.Pattern[str]
    joined: re.Pattern[str]
    wide: tuple[str, ...]
    short: tuple[str, ...]
    shut: str

    def parts(self, word: str) -> list[str]:
        """Return the words that are written together where no spaces are used, as in 月曜日から金曜日, or none."""
        found = self.joined.findall(word)
        return found if len(found) > 1 and "".join(found) == word else []


def hour_words(
    wide: Sequence[str],
    short: Sequence[str],
    names: Sequence[tuple[int, str]] = (),
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
    own_closed, own_to, own_also, own_fillers = (_folded(some) for some in (closed, to, also, fillers))
    return HourWords(
        days=_DAY_WORDS | own,
        closed=_CLOSED | own_closed,
        to=_TO | own_to,
        also=_AND | own_also,
        fillers=_FILLERS | own_fillers,
        token=_token((name for _, name in (*enumerate(wide), *names)), a_is_to="a" in own_to),
        joined=_joined({*own, *own_closed, *own_to, *own_also, *own_fillers}),
        wide=tuple(wide),
        short=tuple(name.rstrip(".") for name in short),
        shut=closed[0],
    )


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(folded(word) for word in words)


def _variants(name: str) -> set[str]:
    """Return the forms in which a name is typed: the first word of "segunda-feira" is enough, and 月曜 for 月曜日."""
    plain = folded(name).rstrip(".")
    return {plain, plain.partition("-")[0], re.sub("曜日$", "曜", plain)}


def _joined(words: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of one of these words, the longest first, if its script is written without spaces."""
    found = sorted((word for word in words if word and min(word) >= _UNSPACED), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found)) or r"(?!)")


def _token(names: Iterable[str], *, a_is_to: bool) -> re.Pattern[str]:
    """Return the pattern of the next word, time or mark.

    Where "a" means "to", it means a.m. only next to its number: 9a.
    """
    joined = sorted({form for name in names if "-" in name for form in (re.escape(name), re.escape(folded(name)))})
    bare = "" if a_is_to else r"\s*"
    return re.compile(
        rf"""\s*(?:
          (?P<time>(?P<hour>\d{{1,2}})(?:[:.h：時时點点시]?(?P<minute>\d{{2}})[分분]?|[h時时點点시])?(?![\d:])
            (?:\s*(?P<half>[ap])\.?m\b\.?|{bare}(?P<bare>[ap])\b)?)
        | (?P<word>every\s+day|{"".join(f"{name}|" for name in joined)}[^\W\d_]+)\.?
        | (?P<dash>[-‐‑‒–—−~～〜])
        | (?P<comma>[,;&+/.、，；・])
        | (?P<colon>[:：])
        )\s*""",
        re.VERBOSE | re.IGNORECASE,
    )


ENGLISH = hour_words(DAYS, _SHORT)
