"""Says messages in the reader's language: whole sentences, with numbers, lists and dates in the form of their locale.

In code a message is its English text, written out where it is used, so that `make words` finds it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache, reduce
from typing import NewType

from babel import Locale

from language import figures
from language.catalogue import Catalogue, catalogue_for, form_names, key_of
from language.locales import ENGLISH, UNSPACED, locale_of

_STOPS = {".": tuple(".?!？！"), "。": tuple("。?!？！")}
"""Full stops, each with the marks after which a sentence has none."""
_AFTER_A_VALUE = tuple(f"}}{stop}" for stop in _STOPS)
"""How a message goes on behind a value at the end of a sentence. Few do."""
Value = str | int | Decimal
Word = NewType("Word", str)
"""A message in a table, to be said later."""


def word(message: str) -> Word:
    """Mark a message that is said later with `Say.of`, so that `make words` finds it."""
    return Word(message)


class Say:
    """Says messages in one language. Placeholders are named, and numbers are written as in `locale`.

    If a translation cannot be filled in, the English message is used. `make lint` finds such translations earlier.
    """

    __slots__ = ("_forms", "_look", "_place", "_texts", "locale")

    def __init__(self, locale: Locale, catalogue: Catalogue | None = None) -> None:
        self.locale = locale
        self._texts = catalogue.texts if catalogue else {}
        self._forms = catalogue.forms if catalogue else {}
        self._look = str(locale)
        self._place = lru_cache(maxsize=512)(_places(catalogue.locale if catalogue else ENGLISH))

    def __call__(self, message: str, /, **values: str) -> str:
        """Say a message. Use `plural` if the wording depends on a number, and `number` for any other number."""
        text = self._texts.get(message, message)
        return self._filled(text, message, values) if values else text

    def of(self, message: Word, many: Word | None = None, /, **values: Value) -> str:
        """Say a message from a table, or with `many`, in the plural form for {n}."""
        n = values.get("n")
        if many is not None and n is not None and not isinstance(n, str):
            return self._counted(message, many, n, values)
        return self._filled(self._texts.get(message, message), message, values)

    def title(self, message: str, /, **values: str) -> str:
        """Say the title or the end button of a dialog. Both have room for 24 characters."""
        return self._filled(self._texts.get(key_of(message, "title"), message), message, values)

    def meant(self, context: str, message: str, /, **values: str) -> str:
        """Say a message whose English words have another meaning elsewhere."""
        return self._filled(self._texts.get(key_of(message, context), message), message, values)

    def plural(self, one: str, many: str, n: int | Decimal, /, **values: Value) -> str:
        """Say a message in the plural form for `n`, which fills {n}: "1 session", "1.5 credits"."""
        return self._counted(one, many, n, values)

    def plural_title(self, one: str, many: str, n: int | Decimal, /, **values: Value) -> str:
        """Say a title or an end button that contains a number: "Cancel 3 sessions"."""
        return self._counted(one, many, n, values, "title")

    def _counted(
        self, one: str, many: str, n: int | Decimal, values: dict[str, Value], context: str | None = None
    ) -> str:
        text = english = one if n == 1 else many
        if self._forms and (forms := self._forms.get(key_of(one, context))) is not None:
            place = self._place(n)
            text = forms[place] if place < len(forms) else english
        values["n"] = n
        return self._filled(text, english, values)

    def number(self, value: int | Decimal) -> str:
        """Format a number."""
        return figures.number(value, self._look)

    def percent(self, value: int) -> str:
        """Format a percentage."""
        return figures.percent(value, self._look)

    def money(self, smallest: int, currency: str) -> str:
        """Format an amount given in the currency's smallest unit."""
        return figures.money(smallest, currency, self._look)

    def duration(self, count: int, unit: figures.Unit) -> str:
        """Format a duration in one unit."""
        return figures.duration(count, unit, self._look)

    def ago(self, past: timedelta) -> str:
        """Format how long ago something was: "2 hours ago"."""
        return figures.ago(max(60, int(past.total_seconds()) // 60 * 60), self._look)

    def sentences(self, *parts: str | None) -> str:
        """Join sentences, skipping empty ones."""
        return ("" if self.locale.language in UNSPACED else " ").join(part for part in parts if part)

    def clauses(self, *parts: str) -> str:
        """Join clauses, none of which is a sentence: "a; b; c"."""
        return (
            reduce(lambda before, after: self("{before}; {after}", before=before, after=after), parts) if parts else ""
        )

    def phrases(self, *parts: str) -> str:
        """Join the phrases of one sentence: "a, then b, then c"."""
        return (
            reduce(lambda before, after: self("{before}, {after}", before=before, after=after), parts) if parts else ""
        )

    def listed(self, names: Iterable[str], most: int | None = None, *, besides: int = 0) -> str:
        """Format a list with each name once. Names beyond `most`, and `besides` those given, are only counted."""
        found = tuple(dict.fromkeys(names))
        if most is not None and len(found) > most:
            found, besides = found[:most], besides + len(found) - most
        if besides:
            found = (*found, self.plural("{n} more", "{n} more", besides))
        return figures.every(found, self._look) if found else ""

    def either(self, names: Iterable[str]) -> str:
        """Format a list of alternatives: "a, b, or c"."""
        found = tuple(dict.fromkeys(names))
        return figures.either(found, self._look) if found else ""

    def _filled(self, text: str, english: str, values: Mapping[str, Value]) -> str:
        if not values:
            return text
        shown = {name: v if isinstance(v, str) else figures.number(v, self._look) for name, v in values.items()}
        return _filled(text, english, shown)


def _filled(text: str, english: str, values: dict[str, str]) -> str:
    try:
        for stop in _AFTER_A_VALUE:
            if stop in text:
                return _one_stop(text, values)
        return text.format_map(values)
    except (LookupError, ValueError, AttributeError, TypeError):
        return english.format_map(_Left(values))


def _one_stop(text: str, values: dict[str, str]) -> str:
    """Fill a message. A sentence whose end is a value with a mark, such as "24 déc.", ends with that mark alone."""
    for name, value in values.items():
        for stop, marks in _STOPS.items():
            if value.endswith(marks):
                text = text.replace(f"{{{name}}}{stop}", f"{{{name}}}")
    return text.format_map(values)


def _places(language: Locale) -> Callable[[int | Decimal], int]:
    """Return a function from a number to the index of its plural form."""
    rule, names = language.plural_form, form_names(language)
    return lambda n: names.index(rule(n))


class _Left(dict[str, object]):
    """Leaves unfilled placeholders as they are."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


IN_ENGLISH = Say(ENGLISH)


@lru_cache(maxsize=256)
def say_for(name: str | None) -> Say:
    """Return the Say for a locale, by Slack's name or Unicode's.

    If the language has no complete catalogue, the words are English and the numbers and dates follow the country.
    """
    locale = locale_of(name)
    catalogue = catalogue_for(locale)
    if catalogue is None and locale.language != "en":
        return Say(locale_of(f"en_{locale.territory}"))
    return Say(locale, catalogue)
