"""One fault is planted in a copy of the product, and the tests that run it are asked."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.mutants.changes import Change
from tests.mutants.choice import Map
from tests.mutants.verdict import Verdict

MOST_TESTS = 150


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
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.bench"],
            cwd=copy,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log.open("w"),
            text=True,
        )

    def judge(self, change: Change, known: Map) -> tuple[Verdict, str]:
        """Return what became of a fault, and the test that noticed it. Raises RuntimeError when the tests break down."""
        asked = known.tests(change)[:MOST_TESTS]
        if not asked:
            return Verdict.UNTESTED, ""
        source = (self._root / change.path).read_text()
        question = {
            "path": change.path,
            "changed": change.applied(source),
            "tests": asked,
            "at_import": known.at_import(change),
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
        self._process.stdin.close()
        self._process.wait()
