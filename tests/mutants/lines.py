"""The map of who runs which line: made by running the rooms once, and kept."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from tests.mutants import pace
from tests.mutants.choice import ROOMS, SECOND, WITHOUT, Map

_KEPT = "kept.json"


@dataclass(frozen=True, slots=True)
class _Kept:
    """Of which product and of which tests (digests) the map is, and from how many runs."""

    product: str = ""
    tests: dict[str, str] = field(default_factory=dict)
    runs: int = 0


def look(root: Path, work: Path, workers: int) -> Map:
    """Return the map that is kept in `work`, brought up to date: where tests changed those are run, where the product did, all.

    Raises RuntimeError when they cannot be run. A test that fails by itself is no obstacle: it is asked without the fault
    too, and judges nothing.
    """
    product = _digest(path for room in ("coaching", "storage") for path in (root / room).rglob("*.py"))
    tests = {
        str(path.relative_to(root)): _digest([path])
        for room in ROOMS
        for path in (root / "tests" / room).rglob("test_*.py")
    }
    kept = _kept(work)
    if kept.product != product:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        kept = _Kept(product)
    if changed := sorted(name for name, digest in tests.items() if kept.tests.get(name) != digest):
        _run(root, work, kept.runs, changed, workers)
        kept = _Kept(product, tests, kept.runs + 1)
        (work / _KEPT).write_text(json.dumps(asdict(kept)))
    computed: dict[str, float] = {}
    for number in range(kept.runs):
        computed |= json.loads((work / f"computed{number}.json").read_text())
    return Map(root, [work / f"coverage{number}" for number in range(kept.runs)], computed)


def _kept(work: Path) -> _Kept:
    try:
        return _Kept(**json.loads((work / _KEPT).read_text()))
    except FileNotFoundError:
        return _Kept()


def _run(root: Path, work: Path, number: int, files: Sequence[str], workers: int) -> None:
    settings = work / "coveragerc"
    settings.write_text("[run]\nsource = coaching,storage\nconcurrency = greenlet,thread\nrelative_files = true\n")
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-n", str(workers), "-p", "tests.mutants.pace", *WITHOUT[:-1]),
        f"{WITHOUT[-1]} and not {SECOND}",
        *("--cov", "--cov-context=test", f"--cov-config={settings}", "--cov-report=", *files),
    ]
    environment = {
        **os.environ,
        "COVERAGE_FILE": str(work / f"coverage{number}"),
        pace.PLACE: str(work / f"computed{number}.json"),
    }
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RuntimeError(f"the tests cannot be run:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path}\0".encode() + path.read_bytes())
    return digest.hexdigest()
