"""Template and catalogues: merged from what is found in code, and what a translation owes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

from coaching.sessions import MAX_PER_ACTION
from coaching.texts import folded
from handlers.views.command_words import Command
from language.catalogue import FILE, FOLDER, form_names, is_done, key_of, plural_header, read, strings_of
from tests.words.extract import Said, everything
from tests.words.glossary import strayed
from tests.words.placeholders import placeholders
from tests.words.rooms import TITLE, too_long

WORDS = "command word"
"""The context of words that are typed after the command."""
TRIED = (0, 1, 2, 5, 21, Decimal("0.5"), Decimal("1.5"), 1_000_000)


def template(said: list[Said]) -> Catalog:
    """Return every message once, with the files that say it, in the order of files."""
    found, room = Catalog(project="Sessions for Slack", fuzzy=False), rooms_of(said)
    for one in said:
        message = one.message if one.many is None else (one.message, one.many)
        flags = ("python-brace-format",) if placeholders(one.message) else ()
        comments = [f"{most} characters at most"] if (most := room.get(key_of(one.message, one.context))) else []
        found.add(message, context=one.context, locations=[(one.path, 0)], flags=flags, auto_comments=comments)
    return found


@cache
def present() -> Catalog:
    """Return every message of the product, found once in a process: reading all code takes about a second."""
    return template(everything()[0])


def rooms_of(said: list[Said]) -> dict[str, int]:
    """Return by `key_of` how many characters Slack shows of a message where there is least room for it, as far as code tells."""
    found: dict[str, int] = {}
    for one in said:
        if one.room is not None:
            key = key_of(one.message, one.context)
            found[key] = min(one.room, found.get(key, one.room))
    return found


def new(language: str) -> Catalog:
    """Return an empty catalogue with its language's plural forms."""
    locale = Locale.parse(language)
    return with_forms(Catalog(locale=locale, project="Sessions for Slack", fuzzy=False), locale)


def with_forms(catalogue: Catalog, locale: Locale) -> Catalog:
    """Give a catalogue the plural forms of Unicode's rule."""
    number, _, expression = plural_header(locale).partition("; ")
    catalogue._num_plurals = int(number.removeprefix("nplurals="))
    catalogue._plural_expr = expression.removeprefix("plural=").rstrip(";")
    return catalogue


def merged(catalogue: Catalog, found: Catalog) -> Catalog:
    """Bring a catalogue up to date: what is new is empty, what changed is fuzzy, what is gone is dropped."""
    catalogue.update(found, keep_user_comments=False)
    catalogue.obsolete.clear()
    return catalogue


def text_of(catalogue: Catalog) -> bytes:
    """Return a catalogue as its file holds it: sorted, so that two changes seldom meet; without lines and dates that age."""
    out = BytesIO()
    write_po(out, catalogue, width=120, sort_output=True, omit_header=False, ignore_obsolete=True, include_lineno=False)
    lines = out.getvalue().decode().split("\n")
    aging = (
        '"POT-Creation-Date',
        '"PO-Revision-Date',
        '"Generated-By',
        '"Report-Msgid',
        '"Last-Translator',
        '"Language-Team',
    )
    kept = [line for line in lines if not line.startswith((*aging, "# ")) and line != "#"]
    return "\n".join(kept).lstrip("\n").encode()


def files() -> list[Path]:
    """Return the catalogues of the repository."""
    return sorted(FOLDER.glob(f"*/{FILE}"))


def faults(path: Path, found: Catalog, room: Mapping[str, int] = MappingProxyType({})) -> Iterator[str]:
    """Return what a catalogue lacks or has wrong, each with its message; `room` is what `rooms_of` says."""
    try:
        catalogue = read(path)
        locale = Locale.parse(path.parent.parent.name)
    except (OSError, ValueError) as error:
        yield f"{path}: cannot be read: {error}"
        return
    name = path.parent.parent.name
    wanted = {(message.id, message.context) for message in found if message.id}
    present = {(message.id, message.context): message for message in catalogue if message.id}
    for message_id, _ in sorted(wanted - present.keys(), key=str):
        yield f"{name}: missing: {_first(message_id)}; run make words"
    for message_id, _ in sorted(present.keys() - wanted, key=str):
        yield f"{name}: nobody says any more: {_first(message_id)}; run make words"
    yield from (f"{name}: {fault}" for fault in _ambiguous(present.values()))
    for message in present.values():
        if not is_done(message):
            yield f"{name}: {'fuzzy' if message.fuzzy else 'not translated'}: {_first(message.id)}"
        else:
            most = room.get(key_of(_one(message.id), message.context), TITLE if message.context == "title" else None)
            yield from (f"{name}: {fault}: {_first(message.id)}" for fault in _wrong(message, locale, most))
    done = filter(is_done, present.values())
    yield from (f"{name}: {fault}" for fault in strayed(done, name, path.parent.parent))


def _wrong(message: Message, locale: Locale, room: int | None) -> Iterator[str]:
    english = message.id if isinstance(message.id, list | tuple) else (message.id,)
    needed: set[str] = set().union(*map(placeholders, english))
    strings, names = strings_of(message), form_names(locale)
    several = isinstance(message.id, list | tuple)
    if several and len(strings) != len(names):
        yield f"has {len(strings)} plural forms; there are {', '.join(names)}"
        return
    for string in strings:
        yield from _unfit(string, needed, several=several)
    if room is not None:
        # Forms for numbers that no dialog is about, such as millions, may be longer.
        used = {names.index(locale.plural_form(n)) for n in range(MAX_PER_ACTION + 1)} if several else {0}
        for string in (strings[place] for place in sorted(used)):
            if too_long(string, room):
                yield f"is too long, as Slack shows {room} characters: {string!r}"
    for n in TRIED if several else ():
        if locale.plural_form(n) not in names:
            yield f"has no plural form for {n}"


def _unfit(string: str, needed: set[str], *, several: bool) -> Iterator[str]:
    try:
        used = set(placeholders(string))
    except ValueError as error:
        yield str(error)
        return
    if used - needed:
        yield f"has placeholders that nothing fills: {', '.join(sorted(used - needed))}"
    # A form for one thing alone may say "a session" and no number.
    if missing := needed - used - ({"n"} if several else set()):
        yield f"leaves out {', '.join(sorted(missing))}"
    if string != string.strip():
        yield "begins or ends with a space"


def _ambiguous(messages: Iterable[Message]) -> Iterator[str]:
    """Return what is wrong with a language's words of the command: English ones mean the same in every language."""
    meant = {folded(command): str(command) for command in Command}
    for message in messages:
        if message.context != WORDS or not is_done(message):
            continue
        for one in str(message.string).split(","):
            if not re.fullmatch(r"[^\s`<>|@]+", one.strip()):
                yield f"a word of the command is one word: {one.strip()!r}"
            elif (other := meant.setdefault(folded(one.strip()), str(message.id))) != message.id:
                yield f"{one.strip()!r} means {other!r} and {message.id!r} after the command"


def clashes(paths: Iterable[Path]) -> Iterator[str]:
    """Return words of the command that mean one thing in a language and another in the next: all are understood by everybody."""
    meant: dict[str, tuple[str, str]] = {}
    for path in paths:
        name = path.parent.parent.name
        for message in read(path):
            for one in str(message.string).split(",") if message.context == WORDS and is_done(message) else ():
                other, where = meant.setdefault(folded(one.strip()), (str(message.id), name))
                if other != message.id:
                    yield f"{name}: {one.strip()!r} means {message.id!r} after the command, and {other!r} in {where}"


def _one(message_id: Any) -> str:
    return str(message_id[0] if isinstance(message_id, list | tuple) else message_id)


def _first(message_id: object) -> str:
    return repr(_one(message_id))
