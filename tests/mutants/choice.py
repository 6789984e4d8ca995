"""Which tests are asked about a fault: those that run the code it is in, the most particular ones first."""

import ast
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import coverage

from tests.mutants.changes import Change

ROOMS = ("unit", "actions", "storage", "delivery", "handlers")
_NODE = "tests.mutants.nodes"


class Map:
    """Who runs which line of what, and how long each test takes, in seconds."""

    def __init__(self, root: Path, data: Path, times: Path) -> None:
        self._root = root
        self._seconds: dict[str, float] = json.loads(times.read_text())
        recorded = coverage.CoverageData(str(data))
        recorded.read()
        self._runs: dict[str, dict[int, set[str]]] = {}
        self._weight: dict[str, int] = defaultdict(int)
        for name in recorded.measured_files():
            found: dict[int, set[str]] = {}
            for line, contexts in recorded.contexts_by_lineno(name).items():
                tests = {context.rpartition("|")[0] for context in contexts if "|" in context}
                found[line] = tests
                for test in tests:
                    self._weight[test] += 1
            path = Path(name)
            self._runs[str(path.relative_to(root) if path.is_absolute() else path)] = found

    def tests(self, change: Change) -> list[str]:
        """Return the tests that run what a change is in, those first that run least else."""
        found: set[str] = set()
        for path, lines in _where(self._root, change):
            for line in lines:
                found |= self._runs.get(path, {}).get(line, set())
        return sorted(found & self._seconds.keys(), key=lambda test: (self._weight[test], self._seconds[test], test))

    def seconds(self, test: str) -> float:
        """Return how long a test took when it was looked at."""
        return self._seconds[test]


def look(root: Path, work: Path, workers: int) -> Map:
    """Run the rooms once, on SQLite, and write down who runs what. Raises RuntimeError when a test fails without any fault."""
    work.mkdir(parents=True, exist_ok=True)
    settings = work / "coveragerc"
    settings.write_text("[run]\nsource = coaching,storage\nconcurrency = greenlet,thread\nrelative_files = true\n")
    rooms = [f"tests/{room}" for room in ROOMS]
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-n", str(workers), "--dist", "loadgroup", "-p", _NODE),
        *("-m", "not deep and not browser", "-k", "not postgresql", "--junitxml", str(work / "junit.xml")),
        *("--cov", "--cov-context=test", f"--cov-config={settings}", "--cov-report=", *rooms),
    ]
    done = subprocess.run(command, cwd=root, env=_environment(work), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the tests fail before anything is changed:\n{done.stdout[-4000:]}")
    times: dict[str, float] = defaultdict(float)
    for case in ET.parse(work / "junit.xml").iter("testcase"):  # noqa: S314 - pytest wrote it a moment ago
        for known in case.iter("property"):
            if known.get("name") == "nodeid":
                times[str(known.get("value"))] += float(case.get("time") or 0)
    (work / "times.json").write_text(json.dumps(times))
    return Map(root, work / "coverage", work / "times.json")


def _environment(work: Path) -> dict[str, str]:
    return {**os.environ, "COVERAGE_FILE": str(work / "coverage")}


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
def _sources(root: Path) -> list[str]:
    return sorted(
        str(path.relative_to(root)) for room in ("coaching", "storage") for path in (root / room).rglob("*.py")
    )


@cache
def _tree(root: Path, path: str) -> ast.Module:
    return ast.parse((root / path).read_text())
