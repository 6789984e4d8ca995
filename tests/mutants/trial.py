"""One fault is planted in a copy of the product, and the tests that run it are asked."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.changes import Change
from tests.mutants.choice import Map
from tests.mutants.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one fault; `test` noticed it, or was the last that was asked."""

    change: Change
    verdict: Verdict
    test: str
    seconds: float

    @property
    def about(self) -> str:
        """Who judged, and how long it took."""
        return f"{self.test}, {self.seconds:.0f} s"


class Bench:
    """A copy of the product in which one fault at a time is planted (`bench`)."""

    def __init__(self, root: Path, copy: Path) -> None:
        self._root = root
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
        self._log = copy.parent / f"{copy.name}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.mutants.bench"],
                cwd=copy,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def judge(
        self, change: Change, asked: Sequence[str], *, at_import: bool, most: float | None
    ) -> tuple[Verdict, str]:
        """Return what became of a fault, and the test that noticed it or was asked last; `most` is in CPU seconds.

        Raises RuntimeError when the tests break down.
        """
        if not asked:
            return Verdict.UNTESTED, ""
        source = (self._root / change.path).read_text()
        question = {
            "path": change.path,
            "changed": change.applied(source),
            "tests": list(asked),
            "at_import": at_import,
            "most": most,
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        if not (line := self._process.stdout.readline()):
            raise RuntimeError(f"the tests broke down:\n{self._log.read_text()[-4000:]}")
        answer = json.loads(line)
        return Verdict(answer["verdict"]), answer["test"]

    def close(self) -> None:
        """Let its process end."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Benches(AbstractContextManager["Benches"]):
    """Several copies, which judge at the same time. What was not finished goes on where it ended when it is judged again."""

    def __init__(self, root: Path, scratch: Path, known: Map, number: int) -> None:
        self._known, self._number = known, number
        self._free: SimpleQueue[Bench] = SimpleQueue()
        self._last: dict[Change, str] = {}
        for each in range(number):
            self._free.put(Bench(root, scratch / f"copy{each}"))

    def judged(self, changes: Sequence[Change], most: float | None, *, second: bool = False) -> Iterator[Trial]:
        """Give each verdict as it falls; `most` is how much of testing each gets (CPU seconds), if there is a limit.

        With `second` the tests are asked on the second database.
        """
        with ThreadPoolExecutor(self._number) as pool:
            for done in as_completed([pool.submit(self._judge, change, most, second) for change in changes]):
                trial = done.result()
                if trial.verdict is Verdict.UNFINISHED:
                    self._last[trial.change] = trial.test
                yield trial

    def _judge(self, change: Change, most: float | None, second: bool) -> Trial:
        bench = self._free.get()
        began = time.monotonic()
        try:
            asked = self._known.on_second(change) if second else self._known.tests(change)
            if change in self._last and not second:
                asked = asked[asked.index(self._last[change]) + 1 :]
            verdict, test = bench.judge(change, asked, at_import=self._known.at_import(change), most=most)
            return Trial(change, verdict, test, time.monotonic() - began)
        finally:
            self._free.put(bench)

    def __exit__(self, *raised: object) -> None:
        for _ in range(self._number):
            self._free.get().close()
