"""Finds every message that code says, and what is wrong with how it is said there.

`say("…")`, `say.title("…")`, `say.meant("context", "…")`, `say.plural("one", "many", n)` and `say.plural_title(…)` on anything
named `say`, `word("…")` for tables, and the words of errors that carry them. The words are written out where they
are said: what is put together cannot be translated.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.words.placeholders import placeholders
from tests.words.rooms import TITLE, rooms, too_long

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("coaching", "handlers", "bot/delivery", "language", "web")
"""Where people are spoken to. `coaching` says only what is wrong with what somebody chose; the edge translates it."""
_WRONG = {"BadSetting": 1, "BadInput": 1, "BadPolicy": 0, "bad_hours": 0}
"""Errors that carry their words, and the place of these."""
_LITERALS = {"say": 1, "title": 1, "meant": 2, "plural": 2, "plural_title": 2, "word": 1}
"""How many words of a call are written out."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as a line of code says it: `names` fill its placeholders, None where a table hands it on.

    `room`: so many characters Slack shows there, as far as code tells.
    """

    path: str
    line: int
    message: str
    many: str | None = None
    context: str | None = None
    names: frozenset[str] | None = None
    room: int | None = None

    @property
    def place(self) -> str:
        """Where it is said."""
        return f"{self.path}:{self.line}"


def everything() -> tuple[list[Said], list[str]]:
    """Return all messages of the product, and what is wrong."""
    said: list[Said] = []
    wrong: list[str] = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            found, faults = messages(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
            said += found
            wrong += faults
    return said, wrong


def messages(code: str, path: str) -> tuple[list[Said], list[str]]:
    """Return the messages of one file, and what is wrong with them."""
    said: list[Said] = []
    wrong: list[str] = []
    tree = ast.parse(code)
    room = rooms(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name | ast.Attribute) and _name(node.func) in _WRONG:
            found, faults = _in_errors(node, path)
            said += found
            wrong += faults
            continue
        how = _how(node)
        if how is None:
            continue
        texts = [_literal(one) for one in node.args[: _LITERALS[how]]]
        if len(texts) < _LITERALS[how] or None in texts:
            wrong.append(f"{path}:{node.lineno}: the words of a message are written out where it is said")
            continue
        one = _said(how, [text for text in texts if text is not None], node, path)
        one = replace(one, room=TITLE if one.context == "title" else room.get(node))
        said.append(one)
        wrong += [f"{one.place}: {fault}" for fault in _faults(one, node)]
        if one.room is not None and any(too_long(text, one.room) for text in texts if text is not None):
            wrong.append(f"{one.place}: Slack shows {one.room} characters of it")
    return said, wrong


def _how(node: ast.Call) -> str | None:
    """Return which way of saying a call is; None for any other."""
    func = node.func
    if isinstance(func, ast.Name):
        return {"say": "say", "self": "say", "word": "word"}.get(func.id)
    if not isinstance(func, ast.Attribute):
        return None
    if func.attr == "say":
        return "say"
    return func.attr if func.attr in _LITERALS and _is_say(func.value) else None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _in_errors(node: ast.Call, path: str) -> tuple[list[Said], list[str]]:
    """Return what an error says: one clause, or one of two."""
    place = _WRONG[_name(node.func)]
    words = node.args[place] if len(node.args) > place else None
    if words is None or _name(words) == "message":
        return [], []  # The class itself, and what hands an error's own words on.
    several = node.args[place + 1 :]
    texts = [_literal(one) for one in ([words.body, words.orelse] if isinstance(words, ast.IfExp) else [words])]
    if None in texts or None in map(_literal, several) or len(several) > 1:
        return [], [f"{path}:{node.lineno}: the words of an error are written out where it is raised"]
    names = frozenset(one.arg for one in node.keywords if one.arg is not None)
    many = _literal(several[0]) if several else None
    said = [Said(path, node.lineno, text, many, names=names) for text in texts if text is not None]
    return said, [f"{one.place}: {fault}" for one in said for fault in _faults(one, node)]


def _is_say(node: ast.expr) -> bool:
    """Whether something says: anything named `say`, and Say itself."""
    return (isinstance(node, ast.Name) and node.id in {"say", "self"}) or _name(node) == "say"


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _said(how: str, texts: list[str], node: ast.Call, path: str) -> Said:
    context = {"title": "title", "plural_title": "title", "meant": texts[0]}.get(how)
    many = texts[1] if how in {"plural", "plural_title"} else None
    message = texts[1] if how == "meant" else texts[0]
    names = None if how == "word" else frozenset(one.arg for one in node.keywords if one.arg is not None)
    if many is not None and names is not None:
        names |= {"n"}
    return Said(path, node.lineno, message, many, context, names)


def _faults(one: Said, node: ast.Call) -> Iterator[str]:
    try:
        needed = set(placeholders(one.message)) | set(placeholders(one.many or ""))
    except ValueError as error:
        yield str(error)
        return
    if any(keyword.arg is None for keyword in node.keywords):
        yield "placeholders are filled by name, one by one"
    elif one.names is not None and one.many is not None and not needed - {"n"} <= one.names:
        yield f"nothing fills {', '.join(sorted(needed - one.names))}"
    elif one.names is not None and one.many is None and needed != one.names:
        yield f"placeholders {sorted(needed)} and values {sorted(one.names)} differ"
    if one.many is not None and _name(node.func) in _WRONG:
        if one.names is not None and "n" not in one.names:
            yield "the number that picks the form is n"
    elif one.many is not None and len(node.args) != 3:
        yield "the number that picks the form comes third"
    if not one.message.strip() or one.message != one.message.strip():
        yield "a message begins and ends with words: a space at its edge says that it is a fragment"


def needless(said: list[Said]) -> Iterator[str]:
    """Return messages that one place says with plural forms and another without: a catalogue has one entry for both."""
    forms: dict[tuple[str, str | None], Said] = {}
    for one in said:
        other = forms.setdefault((one.message, one.context), one)
        if other.many != one.many:
            yield f"{one.place}: said with other plural forms at {other.place}"
