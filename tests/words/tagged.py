"""Languages that anybody can tell apart: in `de` every message of the catalogue begins with ‹de›.

Words of the command are English ones but where a test gives others: they are typed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

from babel import Locale

from handlers.views import kit, times
from language import catalogue
from language.catalogue import FILE, form_names
from language.say import say_for
from tests.words.catalogues import WORDS, new, present, text_of

_TAG = re.compile(r"‹(\w+)›")
_KEPT = (say_for, times._times, kit.bare, kit.typed)


def write(folder: Path, *languages: str, **commands: str) -> None:
    """Write a complete catalogue of each language; `commands` are their words of the command, by the English ones."""
    for language in languages:
        path = folder / language / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_catalogue(language, tuple(sorted(commands.items()))))


@cache
def _catalogue(language: str, commands: tuple[tuple[str, str], ...]) -> bytes:
    found, forms, typed = new(language), len(form_names(Locale.parse(language))), dict(commands)
    for message in present():
        if not message.id:
            continue
        if message.context == WORDS:
            found.add(message.id, typed.get(message.id, message.id), context=WORDS)
        elif isinstance(message.id, list | tuple):
            one, many = (f"‹{language}›{text}" for text in message.id)
            found.add(message.id, (one, *[many] * (forms - 1)) if forms > 1 else (many,), context=message.context)
        else:
            found.add(message.id, f"‹{language}›{message.id}", context=message.context)
    return text_of(found)


def heard(text: str) -> set[str]:
    """Return the languages in which something of a text is said."""
    return set(_TAG.findall(text))


@contextmanager
def speaking(folder: Path) -> Iterator[None]:
    """Speak the languages whose catalogues lie in a folder."""
    _forget()
    try:
        with patch.object(catalogue, "FOLDER", folder):
            yield
    finally:
        _forget()


def _forget() -> None:
    for one in _KEPT:
        one.cache_clear()
