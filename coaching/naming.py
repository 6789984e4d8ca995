"""Names of people, session types, packages and pools: when two are one, when one is none, and how to tell twins apart."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

# Drawn as nothing although their categories say letter, symbol or mark: fillers, blanks, joiners and selectors.
_BLANK = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x2800, 0x3164, 0xFFA0, 0x16FE4, 0x1D159))
) | frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)))
)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})


def visible(text: str | None) -> bool:
    """Whether anything of a text can be seen: U+200B, U+3164 or U+2800 alone cannot."""
    return text is not None and any(not _unseen(char) for char in text)


def kept_name(text: str) -> str:
    """Return a name as it is kept: composed, one space between words, nothing unseen at its ends; "" for an invisible one."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not visible(name):
        return ""
    start, end = 0, len(name)
    while _unseen(name[start]):
        start += 1
    # What is unseen at the end may belong to the last character: a heart is red by a selector that follows it.
    while _unseen(name[end - 1]) and not 0xFE00 <= ord(name[end - 1]) <= 0xFE0F:
        end -= 1
    return name[start:end]


@lru_cache(maxsize=8192)
def same_name(text: str) -> str:
    """Return what all spellings of a name share: composed or not, wide or narrow, in any case, with any space around it."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(char for char in folded if char.isspace() or not _unseen(char))
    # Folding can make marks that belong elsewhere: once more, so that the result of a result is itself.
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def twins(names: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the ids, of (id, name), that share their name with another id."""
    named = {(same_name(name), one) for one, name in names}
    count = Counter(name for name, _ in named)
    return frozenset(one for name, one in named if count[name] > 1)


def fitting(label: str, ending: str, most: int) -> str:
    """Return a label with its ending in at most `most` characters: the label is cut, never the ending."""
    room = max(1, most - len(ending))
    return (label if len(label) <= room else f"{label[: room - 1].rstrip()}…") + ending


def told_apart(labels: Sequence[str], hints: Sequence[str], most: int) -> list[str]:
    """Return labels of at most `most` characters, no two the same: those that are get their hint, else a number."""
    result = [fitting(label, "", most) for label in labels]
    for extras in (hints, [str(number) for number in range(1, len(labels) + 1)]):
        count = Counter(same_name(label) for label in result)
        result = [
            fitting(label, f" ({extra})", most) if count[same_name(shown)] > 1 and extra else shown
            for label, shown, extra in zip(labels, result, extras, strict=True)
        ]
    return result


def _unseen(char: str) -> bool:
    return char in _BLANK or unicodedata.category(char) in _UNSEEN
