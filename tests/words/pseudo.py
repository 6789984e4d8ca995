"""A pseudo-language: every word of the catalogue in marks, with accents and 40 % longer, so that what was never said through it
stands out.

The accents are of a kind that no language of ours has, and the marks are characters that nobody sees, so that every story of the
tests can be told in it and still be read in English: Slack's limits are checked with all of them, then they are taken out. What
people typed is in marks as well; it comes through `kit.apart`. What is left outside of marks, but for dates and what is in
Slack's own marks, no translator ever saw.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from handlers.views import kit, letter, zone_names
from handlers.views.kit import TITLE
from language import figures
from language import spoken as languages
from language.catalogue import FILE, form_names
from language.locales import ENGLISH
from playground import answers, browser, mails, methods_chat, response_urls
from playground.views import Views
from tests.words import tagged
from tests.words.catalogues import new, present, text_of

OPEN, CLOSE, LONGER, ACCENT = "\u2063", "\u2064", "\u200b", "\u0332"
_INNERMOST = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
_CUT = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*…")
_UNSEEN = re.compile(f"[{OPEN}{CLOSE}{LONGER}{ACCENT}]")
_CUT_UNSEEN = re.compile(f"{LONGER}+…|{OPEN}…")
_OWN_MARKS = re.compile(r"<[^>]*>|`[^`]*`|:[a-z_]+:|\b[UWTCG]0[A-Z0-9]+\b|[\w.]+@[\w.]+")
_DATES = re.compile(
    r"\b(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?\b|\b(Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\b"
    r"|\b[AaPp][Mm]\b|\bGMT\b"
)
_LETTERS = re.compile(r"\{[^}]*\}|<[^>]*>|`[^`]*`|:[a-z_]+:|&\w+;|([^\W\d_])")
"""Letters, and what is kept as it is: placeholders and Slack's own marks."""
_WORD = re.compile(r"[^\W\d_]{2,}")


def pseudo(text: str, room: int | None = None) -> str:
    """Return a message as the pseudo-language says it. In a `room`, accents take no place from letters."""
    more = math.ceil(0.4 * len(text))
    letters = [found.end() for found in _LETTERS.finditer(text) if found[1]]
    accents = min(more, len(letters))
    if room is not None:
        accents = 0 if "{" in text else max(0, min(accents, room - len(text) - 3))  # the marks, and one that is cut
    accented = {letters[n * len(letters) // accents] for n in range(accents)}
    said = "".join(ACCENT + char if at in accented else char for at, char in enumerate([*text, ""]))
    return f"{OPEN}{said}{LONGER * (more - accents)}{CLOSE}"


def write(folder: Path) -> None:
    """Write the pseudo-language's catalogue, which every reader of English understands."""
    found = new("en")
    for message in present():
        if not message.id:
            continue
        english = message.id if isinstance(message.id, list | tuple) else (message.id,)
        room = TITLE if message.context == "title" else None
        texts = tuple(pseudo(text, room) for text in english)
        found.add(message.id, texts if len(texts) > 1 else texts[0], context=message.context)
    assert len(form_names(ENGLISH)) == 2
    path = folder / "en" / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text_of(found))


def seen(text: str) -> str:
    """Return what people see of a text."""
    return _UNSEEN.sub("", _CUT_UNSEEN.sub("", text))


def outside(text: str) -> set[str]:
    """Return the words of a text that stand outside of marks."""
    text = _OWN_MARKS.sub(" ", text)
    while (less := _INNERMOST.sub(" ", text)) != text:
        text = less
    return set(_WORD.findall(_DATES.sub(" ", _CUT.sub(" ", text).partition(OPEN)[0])))


def texts_of(node: Any) -> Iterator[str]:
    """Return the texts of blocks that are ours: not what is shown as it was typed."""
    if isinstance(node, list | tuple):
        for one in node:
            yield from texts_of(one)
    elif isinstance(node, Mapping):
        if node.get("type") == "plain_text" and node.get("emoji") is False:
            return
        for name, value in node.items():
            if name in ("text", "accessibility_label", "alt_text") and isinstance(value, str):
                yield value
            elif name not in ("private_metadata", "state"):
                yield from texts_of(value)


def unmarked(node: Any) -> Any:
    """Return a view or message as people see it."""
    if isinstance(node, str):
        return seen(node)
    if isinstance(node, Mapping):
        return {name: unmarked(value) for name, value in node.items()}
    return [unmarked(one) for one in node] if isinstance(node, list | tuple) else node


class Judge:
    """Collects what reached people without having been said through the catalogue."""

    def __init__(self) -> None:
        self.naked: dict[str, set[str]] = {}
        self._said: set[str] = set()

    def look(self, *parts: Any, message: bool = False) -> None:
        """Look at parts of a view, or of a message.

        What a message is changed to may contain what Slack gave back of it: words that were said before.
        """
        for text in texts_of(list(parts)):
            words, lines = outside(text), seen(text).splitlines()
            if words and not (message and self._said.issuperset(lines)):
                self.naked[seen(text)] = words
            elif not words:
                self._said.update(lines)


def _in_marks(write: Callable[..., str]) -> Callable[..., str]:
    """Return what writes as a locale does, in marks: Unicode's translators saw it."""

    def marked(*given: Any) -> Any:
        found = write(*given)
        return f"{OPEN}{found}{CLOSE}" if found else found

    return marked


@contextmanager
def spoken(folder: Path) -> Iterator[Judge]:
    """Speak the pseudo-language to everybody, and judge what the playground shows."""
    judge, apart = Judge(), kit.apart
    set_view, errors = Views._set, answers._checked_errors
    read, body, header = browser.read, mails._body, mails._header
    post, blocks, answer = methods_chat._text, methods_chat._blocks, response_urls.answer_content

    def typed(text: str) -> str:
        return f"{OPEN}{apart(text)}{CLOSE}" if text else text

    def shown(self: Views, view: Any, payload: Any) -> None:
        judge.look(payload)
        set_view(self, view, unmarked(payload))

    def posted(*given: Any) -> Any:
        text = post(*given)
        judge.look({"text": text}, message=True)
        return seen(text)

    def in_blocks(*given: Any) -> Any:
        found = blocks(*given)
        judge.look(found, message=True)
        return unmarked(found)

    def answered(*given: Any) -> Any:
        text, found = answer(*given)
        judge.look({"text": text}, found, message=True)
        return unmarked((text, found))

    def opened(status: int, source: str) -> browser.Seen:
        return read(status, seen(source))

    def mailed(mail: Any, kind: str) -> str | None:
        text = body(mail, kind)
        return None if text is None else seen(text)

    def headed(mail: Any, name: str) -> str:
        return seen(header(mail, name))

    def refused(view: Any, given: Any) -> dict[str, str]:
        judge.look([{"text": words} for words in given.values()] if isinstance(given, Mapping) else [])
        found: dict[str, str] = unmarked(errors(view, given))
        return found

    with (
        tagged.speaking(folder),
        patch.object(kit, "apart", typed),
        patch.object(letter, "apart", typed),
        patch.object(zone_names, "_zone_name", _in_marks(zone_names._zone_name)),
        patch.object(languages, "own_name", _in_marks(languages.own_name)),
        patch.object(figures, "duration", _in_marks(figures.duration)),
        patch.object(figures, "every", _in_marks(figures.every)),
        patch.object(figures, "either", _in_marks(figures.either)),
        patch.object(Views, "_set", shown),
        patch.object(methods_chat, "_text", posted),
        patch.object(methods_chat, "_blocks", in_blocks),
        patch.object(response_urls, "answer_content", answered),
        patch.object(answers, "answer_content", answered),
        patch.object(answers, "_checked_errors", refused),
        patch.object(browser, "read", opened),
        patch.object(mails, "_body", mailed),
        patch.object(mails, "_header", headed),
    ):
        yield judge
