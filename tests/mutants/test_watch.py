"""How much somebody computed or waited is told from what a busy machine did to them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.mutants.watch import LOOK_SECONDS, Spent, Watch
from tests.support import patience


@contextmanager
def running(script: str) -> Iterator[Watch]:
    """A session of its own."""
    process = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    try:
        yield Watch(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(watch: Watch, enough: Callable[[Spent], bool]) -> Spent:
    end = time.monotonic() + patience.SECONDS
    while not enough(spent := watch.spent()):
        assert time.monotonic() < end, spent
        time.sleep(LOOK_SECONDS)
    return spent


def test_whoever_computes_does_not_wait_however_often_others_get_their_turn() -> None:
    rivals = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        with running("while True: pass") as watch:
            spent = until(watch, lambda spent: spent.computed > 1.0)
            assert spent.waited < spent.computed
            watch.begin()
            assert watch.spent() == Spent()
    finally:
        for rival in rivals:
            rival.kill()
            rival.wait()


def test_whoever_waits_does_not_compute_and_a_child_of_theirs_that_does_counts() -> None:
    with running("import time; time.sleep(600)") as watch:
        assert until(watch, lambda spent: spent.waited > 1.0).computed < 1.0
    busy = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    with running(busy) as watch:
        spent = until(watch, lambda spent: spent.computed > 1.0)
        assert spent.waited < spent.computed
