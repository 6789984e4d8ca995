"""Texts in code that people read and no catalogue knows: there are none.

A text that people read has words with a space between them, or begins with a capital and is more than an id. What nobody
reads does as well: docstrings, log lines, messages of errors and asserts, names of work that goes on behind an answer. Those
are known by where they stand.
"""

import ast
import re
from collections.abc import Iterator

from tests.words.extract import ROOT

ROOM = "handlers"
_PROSE = re.compile(r"[A-Za-z’']{2,},? [A-Za-z’'*_`{]|^[*~]?[A-Z][a-z]{2,}[*~]?[….:!?]?$|[a-z]: $")
_EMOJI = re.compile(r":[a-z_]+: ?")
PRODUCT = "Sessions"
_UNREAD_CALLS = frozenset({"later", "compile", "fullmatch", "info", "warning", "error", "exception", "debug", "get_logger",
                           "text", "literal", "word", "say", "title", "meant", "plural", "plural_title"})  # fmt: skip


def complaints() -> Iterator[str]:
    """Return every such text with its place, and every function that has a language of its own."""
    for path in sorted((ROOT / ROOM).rglob("*.py")):
        code, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT)
        yield from (f"{name}:{line}: not in the catalogue: {text!r}" for line, text in untranslated(code))
        yield from (
            f"{name}:{line}: who is spoken to is asked of the caller, without a default" for line in forgetful(code)
        )


def forgetful(code: str) -> Iterator[int]:
    """Return the lines of functions that speak a language of their own where nobody says to whom: `say` with a default."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            last = zip([*node.args.posonlyargs, *node.args.args][::-1], node.args.defaults[::-1], strict=False)
            named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if any(one.arg == "say" and default is not None for one, default in [*last, *named]):
                yield node.lineno


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
