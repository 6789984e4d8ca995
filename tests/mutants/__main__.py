"""`python -m tests.mutants`: plant a seeded sample of faults, and see that the tests notice them."""

import argparse
import random
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from tests.mutants.changes import Change, changes
from tests.mutants.lines import look
from tests.mutants.trial import Benches
from tests.mutants.verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
RULES, PREDICATES = "rules in coaching/", "predicates in storage/"
CPU_SECONDS = 25.0
"""How much of testing a fault gets at first, as a processor counts: a busy machine asks the same tests as a quiet one."""
AT_LEAST = {RULES: 0.95, PREDICATES: 0.90}


def candidates() -> dict[str, list[Change]]:
    """Return every fault that can be planted, by what it is in."""
    rules = [p for p in _below("coaching") if not p.startswith("coaching/ports/")]  # protocols do nothing
    predicates = [p for p in _below("storage") if not p.startswith("storage/migrations/")]
    return {
        RULES: [one for path in rules for one in changes(ROOT, path, predicates=False)],
        PREDICATES: [one for path in predicates for one in changes(ROOT, path, predicates=True)],
    }


def _below(room: str) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / room).rglob("*.py"))


def main(argv: Sequence[str]) -> int:
    """Return 0 when enough of the sample is noticed, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seed", default="1", help="which sample (default: 1)")
    parser.add_argument("--number", type=int, default=100, help="how many of each sort (default: 100)")
    parser.add_argument("--workers", type=int, default=2, help="how many at a time (default: 2)")
    parser.add_argument("--within", default="", help="only files whose path begins so")
    parser.add_argument("--map", type=Path, help="where a map of who runs what is kept between runs")
    given = parser.parse_args(argv)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants") as scratch:
        known = look(ROOT, given.map or Path(scratch) / "map", given.workers)
        print(f"Who runs what is known after {time.monotonic() - began:.0f} s.", flush=True)
        possible = {
            sort: [one for one in found if one.path.startswith(given.within)] for sort, found in candidates().items()
        }
        samples = {
            sort: random.Random(f"{given.seed}{sort}").sample(found, min(given.number, len(found)))
            for sort, found in possible.items()
        }
        by_turns = [one for pair in zip_longest(*samples.values()) for one in pair if one]
        verdicts: dict[Change, Verdict] = {}
        with Benches(ROOT, Path(scratch), known, given.workers) as benches:
            for trial in benches.judged(by_turns, CPU_SECONDS):
                verdicts[trial.change] = trial.verdict
                print(
                    f"{len(verdicts)}/{len(by_turns)} {_told(trial.change, trial.verdict)} ({trial.about})", flush=True
                )
            if left := [one for one in by_turns if verdicts[one] is Verdict.UNFINISHED]:
                print(f"\nA second look at {len(left)} that were not finished, without a limit:", flush=True)
            for trial in benches.judged(left, None):
                verdicts[trial.change] = trial.verdict
                print(f"{_told(trial.change, trial.verdict)} ({trial.about})", flush=True)
            left = [one for one in by_turns if not verdicts[one].noticed and not _harmless(one)]
            print(f"\n{len(left)} that nobody noticed, on the second database:", flush=True)
            for trial in benches.judged(left, CPU_SECONDS, second=True):
                if trial.verdict.noticed:
                    verdicts[trial.change] = trial.verdict
                print(f"{_told(trial.change, trial.verdict)} ({trial.about})", flush=True)
    enough = [_enough(sort, samples[sort], verdicts, len(found)) for sort, found in possible.items()]
    print(f"\n{time.monotonic() - began:.0f} s in all")
    return 0 if all(enough) else 1


def _told(change: Change, verdict: Verdict) -> str:
    was, now = change.lines((ROOT / change.path).read_text())
    return f"{verdict}: {change.path}:{change.line}\n    was {was}\n    now {now}\n   "


def _harmless(change: Change) -> bool:
    """Whether it is listed with the reason why nobody can notice it."""
    listed = tomllib.loads(EQUIVALENT.read_text()).get("change", [])
    known = {(one["path"], one["was"], one["now"]) for one in listed}
    return (change.path, *change.lines((ROOT / change.path).read_text())) in known


def _enough(sort: str, sample: Sequence[Change], verdicts: dict[Change, Verdict], possible: int) -> bool:
    """Sum up one sort: what changes nothing does not count."""
    missed = [one for one in sample if not verdicts[one].noticed and not _harmless(one)]
    caught = sum(verdicts[one].noticed for one in sample)
    counted = caught + len(missed)
    share = caught / counted if counted else 1.0
    print(
        f"\n{sort}: {caught} of {counted} caught ({share:.0%}, at least {AT_LEAST[sort]:.0%} wanted); {possible:,} possible"
    )
    for one in missed:
        print(_told(one, verdicts[one]))
    return share >= AT_LEAST[sort]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
