"""One fault is planted in a copy of the product, and the tests that run it are asked."""

import os
import shutil
import subprocess
import sys
from enum import StrEnum
from itertools import count
from pathlib import Path

from tests.mutants.changes import Change
from tests.mutants.choice import Map

FIRST_SECONDS, IN_ALL_SECONDS = 15.0, 60.0
"""How much of testing a fault gets: the most particular tests first, and as many again as time allows."""
MOST_TESTS = 150
HANGS_AFTER = 180


class Verdict(StrEnum):
    """What became of a fault."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    UNTESTED = "no test runs it"


class Bench:
    """A copy of the product in which one fault at a time is planted."""

    def __init__(self, root: Path, copy: Path) -> None:
        self._root, self._copy = root, copy
        self._ages = count(1)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (root / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, copy / name)

    def judge(self, change: Change, known: Map) -> Verdict:
        """Plant a fault, ask the tests that run it, and take it out again."""
        asked = known.tests(change)[:MOST_TESTS]
        if not asked:
            return Verdict.UNTESTED
        source = (self._root / change.path).read_text()
        self._write(change.path, change.applied(source))
        try:
            for some in _portions(asked, known):
                if not self._passes(some):
                    return Verdict.CAUGHT
        finally:
            self._write(change.path, source)
        return Verdict.SURVIVED

    def _write(self, path: str, source: str) -> None:
        target = self._copy / path
        target.write_text(source)
        # Python tells by size and second of a source whether what it compiled is still good: each version gets its own.
        age = target.stat().st_mtime + 10 * next(self._ages)
        os.utime(target, (age, age))

    def _passes(self, tests: list[str]) -> bool:
        command = [*(sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"), *tests]
        try:
            done = subprocess.run(command, cwd=self._copy, capture_output=True, timeout=HANGS_AFTER, check=False)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def _portions(tests: list[str], known: Map) -> list[list[str]]:
    first: list[str] = []
    rest: list[str] = []
    spent = 0.0
    for test in tests:
        spent += known.seconds(test)
        if spent <= FIRST_SECONDS or not first:
            first.append(test)
        elif spent <= IN_ALL_SECONDS:
            rest.append(test)
    return [some for some in (first, rest) if some]
