"""A process that has collected every test; each fault is planted in a fork of it, so that asking a test costs the test alone.

`trial.Bench` runs it in a copy of the product and speaks to it in lines of JSON.
"""

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tests.mutants.choice import ROOMS, WITHOUT
from tests.mutants.verdict import Verdict
from tests.mutants.watch import LOOK_SECONDS, Spent, Watch

QUIET_SECONDS = 30.0
"""How much a test may compute, or how long it may wait, before it is measured against itself without the fault."""
ROOM = 8
"""How many times as much as without the fault a test may take with it."""
WARM = "tests/mutants/warm.py"
_OPTIONS = ("-q", "-s", "-p", "no:xdist", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some tests: the one that ended it, if any, and whether it failed or was the last there was time for."""

    test: str = ""
    failed: bool = False
    stopped: bool = False
    spent: Spent = field(default_factory=Spent)


class Reporter:
    """A plugin for pytest that tells the process it was forked from what is being asked."""

    def __init__(self) -> None:
        self.pipe = -1
        self.failed = False
        self.most: float | None = None

    def tell(self, word: str, test: str) -> None:
        """Write a line."""
        os.write(self.pipe, f"{word} {test}\n".encode())

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins."""
        if self.pipe >= 0:
            self.tell("asks", nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Part of a test is over."""
        if report.failed and self.pipe >= 0:
            self.failed = True
            self.tell("fails", report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A test is over."""
        if self.pipe < 0:
            return
        if not self.failed and self.most is not None and time.process_time() > self.most:
            self.tell("stops", nodeid)
            os._exit(0)
        if self.failed:
            os._exit(0)


class Bench:
    """Plants faults, one at a time, and asks tests about them."""

    def __init__(self, session: pytest.Session, reporter: Reporter) -> None:
        self._root = Path.cwd()
        self._reporter = reporter
        self._items = {item.nodeid: item for item in session.items}
        self._ages = count(1)
        self._warm = next(item for item in session.items if item.nodeid.startswith(WARM))
        other = next(item for item in session.items if not item.nodeid.startswith(WARM))
        self._warm.config.hook.pytest_runtest_protocol(item=self._warm, nextitem=other)
        gc.collect()
        self._functions: dict[CodeType, list[FunctionType]] = defaultdict(list)
        for one in gc.get_objects():
            if isinstance(one, FunctionType) and one.__code__.co_filename.startswith(f"{self._root}/"):
                self._functions[one.__code__].append(one)
        gc.freeze()

    def judge(
        self, path: str, changed: str, tests: Sequence[str], *, at_import: bool, most: float | None
    ) -> tuple[Verdict, str]:
        """Say what became of a fault, and by which test; `most` is how much may be computed (CPU seconds), if there is a limit.

        Of a fault that is not finished, the test is the last that was asked.
        """
        source = (self._root / path).read_text()
        fresh = at_import or not self._swaps(path, source, changed)
        asked = [test for test in tests if test in self._items]

        def ask(text: str, some: Sequence[str], quiet: float, most: float | None = None) -> Outcome:
            self._write(path, text)
            try:
                return self._forked(path, source, text, some, quiet, most, fresh=fresh)
            finally:
                self._write(path, source)

        if not asked:
            return Verdict.UNTESTED, ""
        while asked:
            outcome = ask(changed, asked, QUIET_SECONDS, most)
            if not outcome.test:
                return Verdict.SURVIVED, ""
            following = asked[asked.index(outcome.test) + 1 :]
            if outcome.stopped:
                return (Verdict.UNFINISHED, outcome.test) if following else (Verdict.SURVIVED, "")
            # A test may be shy: it judges only if it passes without the fault, now.
            base = ask(source, [outcome.test], 10 * QUIET_SECONDS)
            if not base.test:
                if outcome.failed:
                    return Verdict.CAUGHT, outcome.test
                again = ask(
                    changed, [outcome.test], max(QUIET_SECONDS, ROOM * max(base.spent.computed, base.spent.waited))
                )
                if again.test:
                    return Verdict.HANGS, outcome.test
            asked = following
        return Verdict.SURVIVED, ""

    def _write(self, path: str, source: str) -> None:
        """Plant a fault where processes that tests start read it too."""
        target = self._root / path
        target.write_text(source)
        # Python tells by size and second of a source whether what it compiled is still good: each version gets its own.
        age = target.stat().st_mtime + 10 * next(self._ages)
        os.utime(target, (age, age))

    def _forked(
        self, path: str, was: str, now: str, tests: Sequence[str], quiet: float, most: float | None, *, fresh: bool
    ) -> Outcome:
        reads, writes = os.pipe()
        # What a fork leaves behind goes with it: a server of a database is killed with its files in place.
        throw_away = tempfile.mkdtemp(prefix="fork-")
        Path(throw_away).chmod(0o755)
        child = os.fork()
        if not child:
            os.setsid()
            os.close(reads)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for standard in (0, 1):
                os.dup2(nowhere, standard)
            self._reporter.pipe, self._reporter.most = writes, most
            os.environ["TMPDIR"] = tempfile.tempdir = throw_away
            try:
                if fresh:
                    self._ask_anew(tests)
                else:
                    self._swap(path, was, now)
                    self._ask(tests)
                os._exit(0)
            except BaseException:  # noqa: BLE001 - a fork of a test run: nothing of it may go on
                traceback.print_exc()
                os._exit(1)
        os.close(writes)
        try:
            return _heard(reads, child, tests[0], quiet)
        finally:
            os.close(reads)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            shutil.rmtree(throw_away, ignore_errors=True)

    def _ask(self, tests: Sequence[str]) -> None:
        items = [self._items[test] for test in tests]
        for item, following in zip(items, [*items[1:], self._warm], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def _ask_anew(self, tests: Sequence[str]) -> None:
        """Forget all of our own modules: what a fault changes is decided when they are imported."""
        for name, module in list(sys.modules.items()):
            home = getattr(module, "__file__", None) or ""
            if name != "__main__" and home.startswith(f"{self._root}/") and "/site-packages/" not in home:
                del sys.modules[name]
        code = pytest.main([*_OPTIONS, "-x", *tests], plugins=[self._reporter])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self._reporter.tell("fails", tests[0])

    def _swaps(self, path: str, was: str, now: str) -> bool:
        """Whether a fault is in functions only."""
        return _pairs(self._compiled(path, was), self._compiled(path, now)) is not None

    def _swap(self, path: str, was: str, now: str) -> None:
        for old, new in _pairs(self._compiled(path, was), self._compiled(path, now)) or ():
            for function in self._functions.get(old, ()):
                function.__code__ = new

    def _compiled(self, path: str, source: str) -> CodeType:
        return compile(source, str(self._root / path), "exec", dont_inherit=True)


def _heard(reads: int, child: int, first: str, quiet: float) -> Outcome:
    """Listen to a fork until it ends, or until nothing was heard for `quiet` seconds of computing or waiting."""
    test, failed = first, False
    said = b""
    watch = Watch(child)
    while watch.spent().most() < quiet:
        if not select.select([reads], [], [], LOOK_SECONDS)[0]:
            continue
        if not (some := os.read(reads, 65536)):
            # Not reaped yet: its id, and its group's, stay its own until all of that group is gone.
            ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            if ended is not None and ended.si_status:
                raise RuntimeError(f"a fork of the tests broke down ({ended.si_status}) in {test}")
            return Outcome(test if failed else "", failed, False, watch.spent())
        *lines, said = (said + some).split(b"\n")
        for line in lines:
            word, _, named = line.decode().partition(" ")
            if word == "stops":
                return Outcome(named, stopped=True)
            if not failed:
                test, failed = named, word == "fails"
        watch.begin()
    return Outcome(test, failed, False, watch.spent())


def _pairs(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """Return what becomes of every function below a module or class; none if what runs at import is not the same."""
    if (old.co_code, _plain(old), old.co_names) != (new.co_code, _plain(new), new.co_names):
        return None
    found: list[tuple[CodeType, CodeType]] = []
    for one, other in zip(_inner(old), _inner(new), strict=True):
        below = _functions(one, other) if _is_function(one) else _pairs(one, other)
        if below is None:
            return None
        found += below
    return found


def _functions(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """Return what becomes of a function and of those it makes; none if another function cannot take its place."""
    inner, now = _inner(old), _inner(new)
    if len(inner) != len(now) or old.co_freevars != new.co_freevars:
        return None
    found = [(old, new)]
    for one, other in zip(inner, now, strict=True):
        if (below := _functions(one, other)) is None:
            return None
        found += below
    return found


def _plain(code: CodeType) -> list[object]:
    return [one for one in code.co_consts if not isinstance(one, CodeType)]


def _inner(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & 0x2) and not code.co_name.startswith("<")


class Serving:
    """A plugin for pytest: instead of running what was collected, it waits for faults."""

    def __init__(self, reporter: Reporter, reads: int, writes: int) -> None:
        self._reporter, self._reads, self._writes = reporter, reads, writes

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge one fault per line."""
        bench = Bench(session, self._reporter)
        with os.fdopen(self._reads) as told, os.fdopen(self._writes, "w") as tells:
            for line in told:
                asked = json.loads(line)
                verdict, test = bench.judge(
                    asked["path"], asked["changed"], asked["tests"], at_import=asked["at_import"], most=asked["most"]
                )
                tells.write(json.dumps({"verdict": verdict, "test": test}) + "\n")
                tells.flush()
        return True


def main() -> int:
    """Collect, then serve until nobody asks any more."""
    reads, writes = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)
    reporter = Reporter()
    rooms = [f"tests/{room}" for room in ROOMS]
    return pytest.main([*_OPTIONS, *WITHOUT, WARM, *rooms], plugins=[reporter, Serving(reporter, reads, writes)])


if __name__ == "__main__":
    sys.exit(main())
