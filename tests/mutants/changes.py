"""Every small fault that can be planted in a file: one operator, bound, condition or step of it changed."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """Replace the text between two offsets of a file. `names` are the module's constants that hold it; empty in a function."""

    path: str
    line: int
    start: int
    end: int
    text: str
    names: tuple[str, ...]

    def applied(self, source: str) -> str:
        """Return the file with the fault in it."""
        return source[: self.start] + self.text + source[self.end :]

    def lines(self, source: str) -> tuple[str, str]:
        """Return the changed line as it was and as it is now, without its indentation."""
        begin = source.rfind("\n", 0, self.start) + 1
        stop = source.find("\n", self.end)
        stop = len(source) if stop < 0 else stop
        was = source[begin:stop]
        now = source[begin : self.start] + self.text + source[self.end : stop]
        return " ".join(was.split()), " ".join(now.split())


_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.FloorDiv: ("//", "*"),
}
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "and_": "or_", "or_": "and_", "not_": ""}
_METHODS = {
    "is_": "is_not",
    "is_not": "is_",
    "in_": "not_in",
    "not_in": "in_",
    "least": "greatest",
    "greatest": "least",
}
_SQL = re.compile(r"\b(SELECT|WHERE|EXISTS|UPDATE|INSERT|NEW\.|OLD\.|AND|OR|NOT|IS NULL)\b")
_IN_SQL: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<= )AND(?=[ \n])"), "OR"),
    (re.compile(r"(?<= )OR(?=[ \n])"), "AND"),
    (re.compile(r"\bNOT EXISTS\b"), "EXISTS"),
    (re.compile(r"\bIS NOT NULL\b"), "IS NULL"),
    (re.compile(r"\bIS NULL\b"), "IS NOT NULL"),
    (re.compile(r"\bNOT (?=[a-zA-Z(])(?!EXISTS|NULL)"), ""),
    (re.compile(r"(?<= )<=(?= )"), "<"),
    (re.compile(r"(?<= )>=(?= )"), ">"),
    (re.compile(r"(?<= )<(?= )"), "<="),
    (re.compile(r"(?<= )>(?= )"), ">="),
    (re.compile(r"(?<= )<>(?= )"), "="),
    (re.compile(r"(?<= )=(?= )"), "<>"),
)


def changes(root: Path, path: str, *, predicates: bool) -> list[Change]:
    """Return what can be changed in one Python file below `root`, in order; only conditions where `predicates` are asked for."""
    source = (root / path).read_text()
    # A word for a word is always Python; where something is left out, or stands in a string, it has to be seen.
    found = {
        one
        for one in _File(path, source, predicates=predicates).all()
        if (one.text and not predicates) or _is_python(one.applied(source))
    }
    return sorted(found, key=lambda one: (one.start, one.end, one.text))


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


class _File:
    def __init__(self, path: str, source: str, *, predicates: bool) -> None:
        self._path, self._source, self._predicates = path, source, predicates
        self._starts = [0]
        for line in source.encode().splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._bytes = source.encode()

    def all(self) -> Iterator[Change]:
        for statement in ast.parse(self._source).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                continue
            names = (
                tuple(_bound(statement)) if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) else ()
            )
            yield from self._below(statement, names)

    def _below(self, node: ast.AST, names: tuple[str, ...]) -> Iterator[Change]:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.Raise | ast.Assert) or _is_log(node):
            return
        for start, end, text in self._at(node):
            yield Change(self._path, self._source.count("\n", 0, start) + 1, start, end, text, names)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self._below(child, names)

    def _at(self, node: ast.AST) -> Iterator[tuple[int, int, str]]:
        match node:
            case ast.Compare():
                ends = [node.left, *node.comparators]
                for operator, left, right in zip(node.ops, ends, ends[1:], strict=False):
                    was, now = _COMPARISONS[type(operator)]
                    yield from self._between(left, right, was, now)
            case ast.BoolOp():
                was, now = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
                for left, right in zip(node.values, node.values[1:], strict=False):
                    yield from self._between(left, right, was, now)
            case ast.UnaryOp(op=ast.Not() | ast.Invert()):
                yield self._start(node), self._start(node.operand), ""
            case ast.Call():
                yield from self._called(node)
            case ast.Constant(value=str() as text) if self._predicates and _SQL.search(text):
                yield from self._in_sql(self._start(node), self._end(node))
            case ast.JoinedStr() if self._predicates:
                yield from self._in_sql(self._start(node), self._end(node))
            case _ if not self._predicates:
                yield from self._steps(node)

    def _steps(self, node: ast.AST) -> Iterator[tuple[int, int, str]]:
        match node:
            case ast.BinOp() if type(node.op) in _ARITHMETIC and not isinstance(
                node.left, ast.Constant | ast.JoinedStr
            ):
                was, now = _ARITHMETIC[type(node.op)]
                yield from self._between(node.left, node.right, was, now)
            case ast.Constant(value=bool() as value):
                yield self._start(node), self._end(node), str(not value)
            case ast.Constant(value=int() as value):
                yield self._start(node), self._end(node), str(value + 1)
            case ast.Expr(value=ast.Await(value=ast.Call())):
                yield self._start(node), self._end(node), "pass"

    def _called(self, node: ast.Call) -> Iterator[tuple[int, int, str]]:
        match node.func:
            case ast.Name(id=name) if name in _CALLED:
                yield self._start(node.func), self._end(node.func), _CALLED[name]
            case ast.Attribute(attr=name) if name in _METHODS and self._predicates:
                yield self._end(node.func) - len(name), self._end(node.func), _METHODS[name]
            case ast.Attribute(attr="where") if self._predicates and len(node.args) > 1:
                yield from self._without_each(node.args)
            case _:
                return
        if isinstance(node.func, ast.Name) and node.func.id in ("and_", "or_") and len(node.args) > 1:
            yield from self._without_each(node.args)

    def _without_each(self, given: Sequence[ast.expr]) -> Iterator[tuple[int, int, str]]:
        """Leave out one condition after the other."""
        for one, following in zip(given, [*given[1:], None], strict=True):
            if isinstance(one, ast.Starred):
                continue
            if following is not None:
                yield self._start(one), self._start(following), ""
            elif len(given) > 1:
                yield self._end(given[-2]), self._end(one), ""

    def _in_sql(self, start: int, end: int) -> Iterator[tuple[int, int, str]]:
        text = self._source[start:end]
        for pattern, becomes in _IN_SQL:
            for hit in pattern.finditer(text):
                yield start + hit.start(), start + hit.end(), becomes

    def _between(self, left: ast.expr, right: ast.expr, was: str, now: str) -> Iterator[tuple[int, int, str]]:
        """Replace an operator: parentheses, comments and line ends may stand around it."""
        start, end = self._end(left), self._start(right)
        word = re.escape(was).replace(r"\ ", r"\s+")
        edge = r"\b" if was[0].isalpha() else ""
        if hit := re.search(edge + word + edge, self._source[start:end]):
            yield start + hit.start(), start + hit.end(), now

    def _start(self, node: ast.expr | ast.stmt) -> int:
        return self._offset(node.lineno, node.col_offset)

    def _end(self, node: ast.expr | ast.stmt) -> int:
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        """Turn Python's bytes into a file's characters."""
        return len(self._bytes[: self._starts[line - 1] + column].decode())


def _bound(statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for target in targets:
        yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _is_log(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="log")))):
            return True
    return False
