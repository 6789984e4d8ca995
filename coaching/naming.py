"""Names of people, session types, packages and pools: equality, visibility, and labels that tell equal ones apart."""

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
    """Return whether anything of a text can be seen. U+200B, U+3164 or U+2800 alone cannot."""
    return text is not None and any(not _unseen(char) for char in text)


def kept_name(text: str) -> str:
    """Return a name as it is stored: composed (NFC), one space between words, no invisible characters at its ends.

    Returns "" for a name that is invisible altogether.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not visible(name):
        return ""
    start, end = 0, len(name)
    while _unseen(name[start]):
        start += 1
    # An invisible character at the end may belong to the last visible one: a variation selector makes a heart red.
    while _unseen(name[end - 1]) and not 0xFE00 <= ord(name[end - 1]) <= 0xFE0F:
        end -= 1
    return name[start:end]


@lru_cache(maxsize=8192)
def same_name(text: str) -> str:
    """Return the form that all spellings of a name share, whatever their composition, width, case and outer space."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(char for char in folded if char.isspace() or not _unseen(char))
    # Removing characters can leave marks uncomposed. Normalize again, so that the function is idempotent.
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def twins(names: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the ids whose name another id has too; `names` are (id, name)."""
    named = {(same_name(name), one) for one, name in names}
    count = Counter(name for name, _ in named)
    return frozenset(one for name, one in named if count[name] > 1)


def fitting(label: str, ending: str, most: int) -> str:
    """Return `label` and `ending` in at most `most` characters. The label is cut, never the ending."""
    room = max(1, most - len(ending))
    return (label if len(label) <= room else f"{label[: room - 1].rstrip()}…") + ending


def told_apart(labels: Sequence[str], hints: Sequence[str], most: int) -> list[str]:
    """Return distinct labels of at most `most` characters.

    Equal ones get their hint, and a number if that is not enough.
    """
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
