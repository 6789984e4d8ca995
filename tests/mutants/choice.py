"""Which tests are asked about a fault: those that run the code it is in, the closest and quickest first."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from pathlib import Path

import coverage

from tests.mutants import readers
from tests.mutants.changes import Change

ROOMS = ("unit", "actions", "storage", "delivery", "handlers", "migrations")
_PROCESSES = (
    "killed_while",
    "import_killed",
    "kill_doubles",
    "frozen_process",
    "processes_that_start",
    "no_process_goes",
)
WITHOUT = ("-m", "not deep and not browser", "-k", " and ".join(f"not {name}" for name in _PROCESSES))
"""What of the rooms is left out: long runs, browsers and other processes, which would take their time."""
SECOND = "postgresql"
"""The database of which only those are asked whose like on the first one noticed nothing."""
_FIRST_IN_NAME = re.compile(r"(?<=[\[-])sqlite(?=[\]-])")
_LEAST = 0.02
"""What it costs to ask a test that computes nothing (CPU seconds)."""


class Map:
    """Who runs which line of what, and what each test costs."""

    def __init__(self, root: Path, recorded: Iterable[Path], computed: Mapping[str, float]) -> None:
        self._root = root
        self._cost = {test: _LEAST + seconds for test, seconds in computed.items()}
        self._runs: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._at_import: set[tuple[str, int]] = set()
        self._reach: dict[str, int] = defaultdict(int)
        for one in recorded:
            self._read(one)
        self._readers = readers.Readers(root, self._at_import)

    def _read(self, recorded: Path) -> None:
        data = coverage.CoverageData(str(recorded))
        data.read()
        for name in data.measured_files():
            path = Path(name)
            relative = str(path.relative_to(self._root) if path.is_absolute() else path)
            for line, contexts in data.contexts_by_lineno(name).items():
                tests = {context.rpartition("|")[0] for context in contexts if "|" in context}
                self._runs[relative][line] |= tests
                for test in tests:
                    self._reach[test] += 1
                if "" in contexts:
                    self._at_import.add((relative, line))

    def tests(self, change: Change) -> list[str]:
        """Return the tests that run what a change is in: what is close to it and costs little comes first.

        Close is a test whose name speaks of it, whose file imports its module, and that runs little besides. What no function
        reads (a table of words) is a matter of the tests that import its module.
        """
        found: set[str] = set()
        for path, lines in self._where(change):
            for line in lines:
                found |= self._runs.get(path, {}).get(line, set())
        files = _importers(self._root, change.path)
        near = {test for test in self._reach if test.partition("::")[0] in files}
        asked = sorted(found or near)
        words = self._words(asked, _about(self._root, change))

        def worth(test: str) -> float:
            close = words[test] + (test in near) + 300 / (300 + self._reach[test])
            return close / self._cost.get(test, 1.0)

        asked.sort(key=worth, reverse=True)
        turns: dict[str, Iterator[int]] = defaultdict(count)
        # Of a test with many examples one is asked, and the others when every test has been.
        return [
            test for _, test in sorted(((next(turns[t.partition("[")[0]]), t) for t in asked), key=lambda one: one[0])
        ]

    def on_second(self, change: Change) -> list[str]:
        """Return the same tests on the second database, whether there are such or not."""
        tests = self.tests(change)
        return [twin for test in tests if (twin := _FIRST_IN_NAME.sub(SECOND, test)) != test]

    def _words(self, tests: Sequence[str], about: set[str]) -> dict[str, float]:
        """How much the names of tests say of what a change is about; a word that few of them use says more."""
        said = {test: _stems(test) & about for test in tests}
        often = Counter(word for words in said.values() for word in words)
        return {test: sum(1 / often[word] ** 0.5 for word in words) for test, words in said.items()}

    def at_import(self, change: Change) -> bool:
        """Whether what a change is in has run before the first test does."""
        lines = readers.statement(readers.tree(self._root, change.path), change.line)
        return any((change.path, line) in self._at_import for line in lines)

    def _where(self, change: Change) -> Iterator[tuple[str, Iterable[int]]]:
        """Where a change takes effect: on its own lines in a function, and where what was built at import is read."""
        names = change.names
        if not names:
            tree = readers.tree(self._root, change.path)
            yield change.path, readers.statement(tree, change.line)
            if self.at_import(change):
                names = readers.around(tree, change.line)
        if names:
            yield from self._readers.of(change.path, names)


def _about(root: Path, change: Change) -> set[str]:
    """The words of a changed line, of what is around it, and of the names of its function and module.

    In a rule: of its id too.
    """
    source = (root / change.path).read_text()
    said = [change.path, *source.splitlines()[max(0, change.line - 3) : change.line + 2]]
    if (call := _call(readers.tree(root, change.path), change.line)) is not None:
        said += [ast.get_source_segment(source, one) or "" for one in call.keywords if one.arg == "id"]
    said += [
        node.name
        for node in ast.walk(readers.tree(root, change.path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.lineno <= change.line <= (node.end_lineno or node.lineno)
    ]
    return _stems(" ".join(said))


def _call(tree: ast.Module, line: int) -> ast.Call | None:
    """Return the innermost call with an id that a line is in."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
        and any(one.arg == "id" for one in node.keywords)
    ]
    return max(found, key=lambda node: node.lineno, default=None)


def _stems(text: str) -> set[str]:
    return {word[:5].lower() for word in re.findall(r"[A-Za-z]{3,}", text)}


@cache
def _importers(root: Path, path: str) -> frozenset[str]:
    """The tests that import a module or the package it is in."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    tests = [str(one.relative_to(root)) for room in ROOMS for one in (root / "tests" / room).rglob("test_*.py")]
    package = module.rpartition(".")[0]
    return frozenset(
        one
        for one in tests
        if _names(readers.tree(root, one), module) or ("." in package and _names(readers.tree(root, one), package))
    )


def _names(tree: ast.Module, module: str) -> bool:
    package, _, last = module.rpartition(".")
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=given) if given == module or (
                given == package and any(one.name == last for one in node.names)
            ):
                return True
            case ast.Import() if any(one.name == module for one in node.names):
                return True
    return False
