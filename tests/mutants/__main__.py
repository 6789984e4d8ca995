"""`python -m tests.mutants`: plant a seeded sample of faults, and see that the tests notice them."""

import argparse
import random
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.changes import Change, changes
from tests.mutants.choice import Map, look
from tests.mutants.trial import Bench, Verdict

ROOT = Path(__file__).resolve().parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
RULES, PREDICATES = "rules in coaching/", "predicates in storage/"
AT_LEAST = {RULES: 0.95, PREDICATES: 0.90}


def candidates() -> dict[str, list[Change]]:
    """Return every fault that can be planted, by what it is in."""
    rules = [p for p in _below("coaching") if p != "coaching/ports.py"]  # protocols do nothing
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
        work = given.map or Path(scratch) / "map"
        if (work / "times.json").exists():
            known = Map(ROOT, work / "coverage", work / "times.json")
        else:
            known = look(ROOT, work, given.workers)
        print(f"Who runs what is known after {time.monotonic() - began:.0f} s.", flush=True)
        benches: SimpleQueue[Bench] = SimpleQueue()
        for number in range(given.workers):
            benches.put(Bench(ROOT, Path(scratch) / f"copy{number}"))
        enough = True
        for sort, all_of_them in candidates().items():
            within = [one for one in all_of_them if one.path.startswith(given.within)]
            sample = random.Random(f"{given.seed}{sort}").sample(within, min(given.number, len(within)))
            enough = _report(sort, len(within), sample, _judged(sample, benches, known, given.workers)) and enough
    print(f"\n{time.monotonic() - began:.0f} s in all")
    return 0 if enough else 1


def _judged(sample: Sequence[Change], benches: "SimpleQueue[Bench]", known: Map, workers: int) -> list[Verdict]:
    def judge(change: Change) -> Verdict:
        bench = benches.get()
        try:
            return bench.judge(change, known)
        finally:
            benches.put(bench)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(judge, sample))


def _report(sort: str, possible: int, sample: Sequence[Change], verdicts: Sequence[Verdict]) -> bool:
    harmless = {
        (one["path"], one["was"], one["now"]) for one in tomllib.loads(EQUIVALENT.read_text()).get("change", [])
    }
    missed: list[str] = []
    counted = caught = 0
    for change, verdict in zip(sample, verdicts, strict=True):
        was, now = change.lines((ROOT / change.path).read_text())
        if verdict is not Verdict.CAUGHT and (change.path, was, now) in harmless:
            continue
        counted += 1
        caught += verdict is Verdict.CAUGHT
        if verdict is not Verdict.CAUGHT:
            missed.append(f"{change.path}:{change.line}: {verdict}\n    was {was}\n    now {now}")
    share = caught / counted if counted else 1.0
    print(
        f"\n{sort}: {caught} of {counted} caught ({share:.0%}, at least {AT_LEAST[sort]:.0%} wanted); {possible:,} possible"
    )
    print("\n".join(missed), flush=True)
    return share >= AT_LEAST[sort]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
