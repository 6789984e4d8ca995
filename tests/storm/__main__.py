"""`make storm`: one and two replicas on both databases, in one storm each; exit code 1 when a bound is broken."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.storm.report import broken_bounds, details, table
from tests.storm.storm import SKIES, Storm, storm


def main() -> int:
    """Storm, report, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=240, help="of all storms together; each kind of trouble comes anyway"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[f"{kind}{replicas}" for kind, replicas in SKIES], help="one of them alone")
    parser.add_argument("--keep", type=Path, help="a new directory for the logs, to look at afterwards")
    options = parser.parse_args()
    skies = [(kind, replicas) for kind, replicas in SKIES if options.only in (None, f"{kind}{replicas}")]
    storms: list[Storm] = []
    for kind, replicas in skies:
        with tempfile.TemporaryDirectory(prefix="storm-") as made:
            directory = Path(made) if options.keep is None else options.keep / f"{kind}{replicas}"
            directory.mkdir(parents=True, exist_ok=True)
            each = options.seconds / len(SKIES)
            storms.append(asyncio.run(storm(kind, replicas, seconds=each, seed=options.seed, directory=directory)))
        sys.stdout.write(f"{details(storms[-1])}\n")
        sys.stdout.flush()
    sys.stdout.write(f"\nSeed {options.seed}\n{table(storms)}\n")
    return int(any(broken_bounds(one) for one in storms))


if __name__ == "__main__":
    sys.exit(main())
