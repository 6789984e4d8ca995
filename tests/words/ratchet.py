"""Which files still speak English only: a list that may only grow shorter.

A text that people read has words with a space between them, or begins with a capital and is more than an id. What nobody
reads does as well: docstrings, log lines, messages of errors and asserts, names of work that goes on behind an answer. Those
are known by where they stand.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.words.extract import ROOT

LIST = Path(__file__).with_name("unconverted.txt")
ROOM = "handlers"
_PROSE = re.compile(r"[A-Za-z’']{2,},? [A-Za-z’'*_`{]|^[*~]?[A-Z][a-z]{2,}[*~]?[….:!?]?$|[a-z]: $")
_EMOJI = re.compile(r":[a-z_]+: ?")
PRODUCT = "Sessions"
_UNREAD_CALLS = frozenset({"later", "compile", "fullmatch", "info", "warning", "error", "exception", "debug", "get_logger",
                           "text", "literal", "word", "say", "title", "meant", "plural", "plural_title"})  # fmt: skip


def listed() -> list[str]:
    """Return the files and folders that are not converted yet."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def complaints() -> Iterator[str]:
    """Return what contradicts the list: texts in a file that is not on it, and a file on it without any."""
    known, guilty = listed(), set()
    for path in sorted((ROOT / ROOM).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        entry = next((one for one in known if name == one or (one.endswith("/") and name.startswith(one))), None)
        texts = list(untranslated(path.read_text(encoding="utf-8")))
        if entry is None:
            yield from (f"{name}:{line}: not in the catalogue: {text!r}" for line, text in texts)
        elif texts:
            guilty.add(entry)
    for one in known:
        if one not in guilty:
            yield f"{LIST.name}: {one} is converted; take it off the list"
    if known != sorted(set(known)):
        yield f"{LIST.name}: sort it"


def vocabulary() -> set[str]:
    """Return the words of the files that are not converted yet."""
    known = listed()
    found: set[str] = set()
    for path in (ROOT / ROOM).rglob("*.py"):
        name = str(path.relative_to(ROOT))
        if any(name == one or (one.endswith("/") and name.startswith(one)) for one in known):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.update(re.findall(r"[^\W\d_]{2,}", node.value))
    return found


def untranslated(code: str) -> Iterator[tuple[int, str]]:
    """Return texts with their lines that people read and no catalogue knows."""
    yield from _texts(ast.parse(code))


def _texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Raise | ast.Assert | ast.Compare | ast.Set) or _is_unread(node):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_prose(node.value):
        yield node.lineno, node.value
    for child in node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node):
        if not _is_for_readers_of_code(child):
            yield from _texts(child)


def _is_prose(text: str) -> bool:
    return text != PRODUCT and bool(_PROSE.search(_EMOJI.sub("", text)))


def _is_for_readers_of_code(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_unread(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in _UNREAD_CALLS
