"""The words in which weekly hours are written: the English ones, plus those of one other language."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from coaching.texts import folded, unspaced

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
_TIMES: Mapping[str, tuple[int, str | None]] = {"noon": (12, "p"), "midday": (12, "p"), "midnight": (12, "a")}
"""The hour and half of the day of a word. In English "8 to midnight" is as ambiguous as "8 to 12 pm"."""
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
    times: Mapping[str, tuple[int, str | None]]
    halves: Mapping[str, str]
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
    several: Sequence[tuple[tuple[int, ...], str]] = (),
    closed: Sequence[str] = ("closed",),
    to: Iterable[str] = (),
    also: Iterable[str] = (),
    fillers: Iterable[str] = (),
    noon: Iterable[str] = (),
    midnight: Iterable[str] = (),
    halves: Sequence[str] = (),
) -> HourWords:
    """Return the words of a language in addition to the English ones.

    `wide` and `short` are the seven days, Monday first; `names` are other names of days, and `several` are names of
    several days, such as "weekdays". The first of `closed` is the one that is shown. `halves` are the words for am and
    pm if the language writes them before the hour, as in 午後3時. Where a word of the language is
    also an English one, the language's meaning counts.
    """
    own: dict[str, tuple[int, ...]] = {
        variant: (day,)
        for day, name in (
            *names,
            *enumerate(short),
            *((day, f"{name}s") for day, name in enumerate(wide)),
            *enumerate(wide),
        )
        for variant in _variants(name)
    }
    own = {folded(name): days for days, name in several} | own
    others = (tuple(closed), tuple(to), tuple(also), tuple(fillers), tuple(noon), tuple(midnight))
    own_closed, own_to, own_also, own_fillers, own_noon, own_midnight = map(_folded, others)
    return HourWords(
        days=_DAY_WORDS | own,
        closed=_CLOSED | own_closed,
        to=_TO | own_to,
        also=_AND | own_also,
        fillers=_FILLERS | own_fillers,
        halves=dict(zip(halves, "ap", strict=False)),
        times={**dict.fromkeys(own_noon, (12, None)), **dict.fromkeys(own_midnight, (0, None)), **_TIMES},
        token=_token(
            (
                *wide,
                *(name for _, name in names),
                *(name for _, name in several),
                *(one for some in others for one in some),
            ),
            halves,
            a_is_to="a" in own_to,
        ),
        joined=_joined({*own, *own_closed, *own_to, *own_also, *own_fillers, *own_noon, *own_midnight}),
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
    found = sorted((word for word in words if unspaced(word)), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found)) or r"(?!)")


def _phrase(text: str) -> str:
    return r"\s+".join(map(re.escape, text.split()))


def _token(names: Iterable[str], halves: Sequence[str], *, a_is_to: bool) -> re.Pattern[str]:
    """Return the pattern of the next word, time or mark. A name of several words, or with a hyphen, is one word.

    Where "a" means "to", it means a.m. only next to its number: 9a. French writes 9 h 30.
    """
    long = {form for name in names if re.search(r"[^\w.]", name) for form in (_phrase(name), _phrase(folded(name)))}
    phrases = "".join(rf"{one}(?!\w)|" for one in sorted(long, key=len, reverse=True))
    bare = "" if a_is_to else r"\s*"
    before = rf"(?:(?P<before>{'|'.join(map(re.escape, halves))})\s*)?" if halves else "(?P<before>(?!))?"
    return re.compile(
        rf"""\s*(?:
          (?P<time>{before}(?P<hour>\d{{1,2}})
            (?:(?:\sh\s?|h\s)(?P<apart>\d{{2}})(?!\s?[h\d])|(?:[:.h：]|\s?[時时點点시]\s?)?(?P<minute>\d{{2}})(?:\s?[分분])?|h|\s?[時时點点시](?:\s?(?P<thirty>[半반]))?)?
            (?![\d:])(?:\s?(?:h|hs|hrs?)\b\.?)?
            (?:\s*(?P<half>[ap])\.?\s?m\b\.?|{bare}(?P<bare>[ap])\b)?)
        | (?P<word>{phrases}every\s+day|[^\W\d_]+)\.?
        | (?P<dash>[-‐‑‒–—−~～〜])
        | (?P<comma>[,;&+/.、，；・])
        | (?P<colon>[:：])
        )\s*""",
        re.VERBOSE | re.IGNORECASE,
    )


ENGLISH = hour_words(DAYS, _SHORT)
