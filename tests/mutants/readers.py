"""Who reads what is built while the product is imported: found in the syntax tree, across modules."""

import ast
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

_MIGRATIONS = "storage/migrations/"


class Readers:
    """The functions of the product that read a module's names, directly or by way of other names.

    `at_import` are the lines (path, number) that run when the product is imported.
    """

    def __init__(self, root: Path, at_import: Collection[tuple[str, int]]) -> None:
        self._root, self._at_import = root, at_import
        self._known: dict[tuple[str, tuple[str, ...]], list[tuple[str, range]]] = {}

    def of(self, path: str, names: tuple[str, ...]) -> list[tuple[str, range]]:
        """Return the lines of functions where a change of these names takes effect.

        What a migration puts into a database works wherever its tables are written: there the readers of the module's other
        names stand for it, as of the errors that a trigger raises.
        """
        if (path, names) not in self._known:
            found = self._find(path, names)
            if any(one.startswith(_MIGRATIONS) for one, _ in found):
                others = tuple(sorted(_names(tree(self._root, path)) - set(names)))
                found += [one for one in self._find(path, others) if not one[0].startswith(_MIGRATIONS)]
            self._known[path, names] = found
        return self._known[path, names]

    def _find(self, path: str, names: tuple[str, ...]) -> list[tuple[str, range]]:
        found: list[tuple[str, range]] = []
        seen: set[tuple[str, str]] = set()
        todo = [(path, name) for name in names]
        while todo:
            home, name = todo.pop()
            if (home, name) in seen:
                continue
            seen.add((home, name))
            called = _is_called(tree(self._root, home), name)
            for other, node in _reading(self._root, home, name, called=called):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    functions = list(_functions(node, name, called=called))
                    found += [(other, lines) for lines in functions]
                    if any((other, line) in self._at_import for lines in functions for line in lines) or (
                        isinstance(node, ast.ClassDef) and _in_body(node, name)
                    ):
                        todo.append((other, node.name))
                else:
                    todo += [(other, one) for one in _assigned(node)]
                    found += [(other, lines) for lines in _functions(node, name, called=called)]
        return found


def statement(module: ast.Module, line: int) -> range:
    """Return the lines of the innermost statement that a line is in; of a signature, the function's body."""
    here = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    node = max(here, key=lambda node: node.lineno, default=None)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return _body(node)
    if node is None or hasattr(node, "body") or isinstance(node, ast.Match):
        return range(line, line + 1)
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def around(module: ast.Module, line: int) -> tuple[str, ...]:
    """Return the name of the module's function or class that a line is in, if it is in one."""
    return tuple(
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
    )


@cache
def tree(root: Path, path: str) -> ast.Module:
    """Return the syntax tree of a file below `root`."""
    return ast.parse((root / path).read_text())


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> range:
    return range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)


def _names(module: ast.Module) -> set[str]:
    return {name for node in module.body for name in _assigned(node)}


def _assigned(node: ast.stmt) -> list[str]:
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]


def _is_called(module: ast.Module, name: str) -> bool:
    """Whether a name is of a function or class: a type that is given as such has no effect."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name
        for node in module.body
    )


def _reading(root: Path, home: str, name: str, *, called: bool) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the statements of modules that read (or call) a name of `home`."""
    module = home.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for other in _sources(root):
        statements = [node for node, reads, calls in _uses(root, other) if name in (calls if called else reads)]
        if statements and (other == home or _imports(tree(root, other), module, name)):
            yield from ((other, node) for node in statements)


@cache
def _uses(root: Path, path: str) -> list[tuple[ast.stmt, set[str], set[str]]]:
    """Return a module's statements, each with the names that it reads and those that it calls."""
    return [
        (node, _used(node, called=False), _used(node, called=True))
        for node in tree(root, path).body
        if not isinstance(node, ast.Import | ast.ImportFrom)
    ]


def _used(node: ast.AST, *, called: bool) -> set[str]:
    """Return the names that are read; with `called` only those that are called, or of which an attribute is read."""
    nodes = list(ast.walk(node))
    if called:
        nodes = [
            *(one.func for one in nodes if isinstance(one, ast.Call)),
            *(one.value for one in nodes if isinstance(one, ast.Attribute)),
        ]
    return {
        one.id if isinstance(one, ast.Name) else one.attr for one in nodes if isinstance(one, ast.Name | ast.Attribute)
    }


def _in_body(node: ast.ClassDef, name: str) -> bool:
    """Whether a class reads a name while it is made."""
    inner = [one for one in node.body if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(name in _used(one, called=False) for one in inner)


def _functions(node: ast.stmt, name: str, *, called: bool) -> Iterator[range]:
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and name in _used(one, called=called):
            yield _body(one)


def _imports(there: ast.Module, module: str, name: str) -> bool:
    package, _, last = module.rpartition(".")
    for node in ast.walk(there):
        if isinstance(node, ast.ImportFrom) and (
            (node.module == module and any(one.name == name for one in node.names))
            or (node.module == package and any(one.name == last for one in node.names))
        ):
            return True
    return False


@cache
def _sources(root: Path) -> list[str]:
    return sorted(
        str(path.relative_to(root)) for room in ("coaching", "storage") for path in (root / room).rglob("*.py")
    )
