"""Words for people decide nothing, and keys are compared whole: what code needs to know has a column or a type of its own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("coaching", "storage", "handlers", "bot", "benchmarks")
PROSE = {"detail", "note", "reason"}
"""Columns, and attributes of what is loaded from them, that hold what somebody wrote or reads."""
KEYS = {"key", "dedupe_key", "leader_key", "message_key", "request_key"}
PIECES = {
    *("split", "rsplit", "partition", "rpartition", "startswith", "endswith", "removeprefix", "removesuffix"),
    *("find", "index", "match", "fullmatch", "search", "like", "not_like", "ilike", "contains", "regexp_match"),
}
"""Methods that look into a text."""
_SQL_PROSE = re.compile(rf"\b(?:{'|'.join(sorted(PROSE))})\s*(?:=|<>|!=|LIKE\b|NOT LIKE\b|IN\s*\()\s*'", re.IGNORECASE)
_SQL_KEYS = re.compile(
    rf"\b(?:SUBSTR|SUBSTRING|INSTR|STRPOS|SPLIT_PART)\s*\(\s*(?:\w+\.)?(?:{'|'.join(sorted(KEYS))})\b", re.IGNORECASE
)


def _named(node: ast.expr) -> str | None:
    """Return the last name of what is looked at: `detail` of `(row.detail or "")`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.BoolOp(values=[first, *_]):
            return _named(first)
        case ast.Call(func=ast.Attribute(attr="lower" | "casefold" | "strip", value=inner)):
            return _named(inner)
    return None


def _literal(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return bool(text)
        case ast.JoinedStr():
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return any(_literal(part) for part in parts)
    return False


def _compared(node: ast.Compare) -> str | None:
    sides = [node.left, *node.comparators]
    if any(_named(side) in PROSE for side in sides) and any(_literal(side) for side in sides):
        return "words are compared with a literal"
    if any(isinstance(side, ast.Attribute) and side.attr == "why" for side in sides) and any(map(_literal, sides)):
        return "a cause is compared with a word, not with its member"
    inside = any(isinstance(op, ast.In | ast.NotIn) for op in node.ops) and _literal(node.left)
    return "a key is looked into" if inside and any(_named(side) in KEYS for side in node.comparators) else None


def _fault(node: ast.AST) -> str | None:
    match node:
        case ast.Compare():
            return _compared(node)
        case ast.Call(func=ast.Attribute(attr=method, value=of), args=args) if method in PIECES:
            taken = {_named(of), *map(_named, args)} & (PROSE | KEYS)
            return f"a key or words are taken apart by {method}" if taken else None
        case ast.Subscript(value=of, slice=ast.Slice(lower=start)) if start is not None and _named(of) in KEYS:
            return "a key is cut"
        case ast.Constant(value=str(text)):
            return "SQL compares words or cuts a key" if _SQL_PROSE.search(text) or _SQL_KEYS.search(text) else None
    return None


def faults(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and fault of every place that takes a word or a key for data."""
    for node in ast.walk(ast.parse(source)):
        if fault := _fault(node):
            yield node.lineno, fault  # type: ignore[attr-defined]


def _files() -> list[Path]:
    found = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    # Migrations are where what was written so is taken apart for the last time.
    return [path for path in found if "migrations" not in path.parts]


def test_no_words_are_compared_and_no_key_is_taken_apart() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {fault}" for path in _files() for line, fault in faults(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        'if row.detail == "taken back in time": pass',
        'if (row.detail or "").startswith(DIRECT): pass',
        'if "moved" in line.detail: pass',
        'if entry.note in ("a", "b"): pass',
        'if gone.why == "no such type": pass',
        'channel, _, code = (row.detail or "").partition(" ")',
        "found = WHY.match(row.detail or '')",
        'parts = key.split(":")',
        'who = row.key.rpartition(":")[2]',
        'if not row.key.startswith(f"cancel:{session_id}:"): pass',
        "end = row.dedupe_key[-8:]",
        'if ":start" in key: pass',
        'parts = row["dedupe_key"].split(":")',
        "where = notices.c.detail.like('sent%')",
        "query = \"SELECT 1 FROM notices n WHERE n.detail = 'taken back in time'\"",
        'query = f"AND SUBSTR(t.key, 1, LENGTH({start})) = {start}"',
    ],
)
def test_every_such_place_is_found(line: str) -> None:
    assert len(list(faults(line))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "if row.why is Why.TAKEN_BACK: pass",
        'if not row.detail or row.note == "": pass',
        "if row.key == other.key: pass",
        'name = f"issue:{grant_id}"',
        "query = \"SELECT 1 FROM transfers t WHERE t.key <> 'issue:' || t.grant_id\"",
    ],
)
def test_whole_keys_and_codes_may_be_compared(line: str) -> None:
    assert list(faults(line)) == []
