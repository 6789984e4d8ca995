"""Which tests are asked about a fault: those that run the code it is in, the most particular ones first."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import count
from pathlib import Path

import coverage
import pytest

from tests.mutants.changes import Change

ROOMS = ("unit", "actions", "storage", "delivery", "handlers", "migrations")
WITHOUT = ("-m", "not deep and not browser", "-k", "not postgresql")
"""What of the rooms is left out: long runs, browsers and the second database, which would take their time for every fault."""


class Map:
    """Who runs which line of what."""

    def __init__(self, root: Path, data: Path) -> None:
        self._root = root
        recorded = coverage.CoverageData(str(data))
        recorded.read()
        self._runs: dict[str, dict[int, set[str]]] = {}
        self._at_import: set[tuple[str, int]] = set()
        self._weight: dict[str, int] = defaultdict(int)
        for name in recorded.measured_files():
            path = Path(name)
            relative = str(path.relative_to(root) if path.is_absolute() else path)
            found: dict[int, set[str]] = {}
            for line, contexts in recorded.contexts_by_lineno(name).items():
                tests = {context.rpartition("|")[0] for context in contexts if "|" in context}
                found[line] = tests
                for test in tests:
                    self._weight[test] += 1
                if "" in contexts:
                    self._at_import.add((relative, line))
            self._runs[relative] = found

    def tests(self, change: Change) -> list[str]:
        """Return the tests that run what a change is in: by turns the one whose name says most of it and the one that runs least.

        What no function reads (a table, a list of rules) is a matter of the tests that import its module.
        """
        found: set[str] = set()
        for path, lines in _where(self._root, change):
            for line in lines:
                found |= self._runs.get(path, {}).get(line, set())
        files = _importers(self._root, change.path)
        near = {test for test in self._weight if test.partition("::")[0] in files}
        turns: dict[str, Iterator[int]] = defaultdict(count)
        asked = [
            test
            for _, test in sorted(
                # Of a test with many examples one is asked, and the others when every test has been.
                ((next(turns[test.partition("[")[0]]), test not in near, self._weight[test]), test)
                for test in sorted(found or near, key=lambda test: (self._weight[test], test))
            )
        ]
        words = self._words(asked, _about(self._root, change))
        telling = sorted(asked, key=lambda test: -words[test])
        return list(dict.fromkeys(test for turn in zip(telling, asked, strict=True) for test in turn))

    def _words(self, tests: Sequence[str], about: set[str]) -> dict[str, float]:
        """How much the names of tests say of what a change is about; a word that few of them use says more."""
        said = {test: _stems(test) & about for test in tests}
        often = Counter(word for words in said.values() for word in words)
        return {test: sum(1 / often[word] ** 0.5 for word in words) for test, words in said.items()}

    def at_import(self, change: Change) -> bool:
        """Whether what a change is in has run before the first test does."""
        return (change.path, change.line) in self._at_import


def look(root: Path, work: Path, workers: int) -> Map:
    """Run the rooms once and write down who runs what. Raises RuntimeError when they cannot be run.

    A test that fails by itself is no obstacle: it is asked without the fault too, and judges nothing.
    """
    work.mkdir(parents=True, exist_ok=True)
    settings = work / "coveragerc"
    settings.write_text("[run]\nsource = coaching,storage\nconcurrency = greenlet,thread\nrelative_files = true\n")
    rooms = [f"tests/{room}" for room in ROOMS]
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-n", str(workers), *WITHOUT),
        *("--cov", "--cov-context=test", f"--cov-config={settings}", "--cov-report=", *rooms),
    ]
    done = subprocess.run(command, cwd=root, env=_environment(work), capture_output=True, text=True, check=False)
    if done.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"the tests cannot be run:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return Map(root, work / "coverage")


def _environment(work: Path) -> dict[str, str]:
    return {**os.environ, "COVERAGE_FILE": str(work / "coverage")}


def _about(root: Path, change: Change) -> set[str]:
    """The words of a changed line, of what is around it, and of the names of its function and module."""
    lines = (root / change.path).read_text().splitlines()
    said = [change.path, *lines[max(0, change.line - 3) : change.line + 2]]
    said += [
        node.name
        for node in ast.walk(_tree(root, change.path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.lineno <= change.line <= (node.end_lineno or node.lineno)
    ]
    return _stems(" ".join(said))


def _stems(text: str) -> set[str]:
    return {word[:5].lower() for word in re.findall(r"[A-Za-z]{3,}", text)}


def _where(root: Path, change: Change) -> Iterator[tuple[str, Iterable[int]]]:
    """Where a change takes effect: on its own line in a function; for a constant, in the functions that read it."""
    if not change.names:
        yield change.path, [change.line]
        return
    yield from _readers(root, change.path, change.names)


@cache
def _readers(root: Path, path: str, names: tuple[str, ...]) -> list[tuple[str, range]]:
    found: list[tuple[str, range]] = []
    seen: set[tuple[str, str]] = set()
    todo = [(path, name) for name in names]
    while todo:
        home, name = todo.pop()
        if (home, name) in seen:
            continue
        seen.add((home, name))
        module = home.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for other in _sources(root):
            tree = _tree(root, other)
            if other != home and not _imports(tree, module, name):
                continue
            for node in tree.body:
                reads = any(
                    isinstance(one, ast.Name | ast.Attribute) and _called(one) == name for one in ast.walk(node)
                )
                if not reads:
                    continue
                if isinstance(node, ast.Assign | ast.AnnAssign):
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    todo += [(other, one.id) for t in targets for one in ast.walk(t) if isinstance(one, ast.Name)]
                elif not isinstance(node, ast.Import | ast.ImportFrom):
                    found += [(other, lines) for lines in _functions(node, name)]
    return found


def _functions(node: ast.stmt, name: str) -> Iterator[range]:
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            isinstance(part, ast.Name | ast.Attribute) and _called(part) == name for part in ast.walk(one)
        ):
            yield range(one.body[0].lineno, (one.end_lineno or one.lineno) + 1)


def _called(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _imports(tree: ast.Module, module: str, name: str) -> bool:
    package, _, last = module.rpartition(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (
            (node.module == module and any(one.name == name for one in node.names))
            or (node.module == package and any(one.name == last for one in node.names))
        ):
            return True
    return False


@cache
def _importers(root: Path, path: str) -> frozenset[str]:
    """The tests that import a module or the package it is in."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    tests = [str(one.relative_to(root)) for room in ROOMS for one in (root / "tests" / room).rglob("test_*.py")]
    package = module.rpartition(".")[0]
    return frozenset(
        one
        for one in tests
        if _names(_tree(root, one), module) or ("." in package and _names(_tree(root, one), package))
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


@cache
def _sources(root: Path) -> list[str]:
    return sorted(
        str(path.relative_to(root)) for room in ("coaching", "storage") for path in (root / room).rglob("*.py")
    )


@cache
def _tree(root: Path, path: str) -> ast.Module:
    return ast.parse((root / path).read_text())
