"""`make bench`: measure what was promised, print both sides, and exit with 1 when a promise is missed.

`python -m benchmarks [--quick] [NAME…]` measures some only; `--quick` only tries whether they still run, and judges nothing.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from benchmarks import (
    answers,
    day_change,
    feed,
    import_csv,
    interactions,
    mail,
    playground_page,
    reconciliation,
    relay,
    replicas,
    startup,
)
from benchmarks.report import HEAD, Promise, Result
from benchmarks.world import KINDS

Measure = Callable[..., Awaitable[list[Result]]]
CHEAP: dict[str, Measure] = {
    "answers": answers.measure,
    "million": interactions.measure,
    "book": day_change.measure,
    "relay": relay.measure,
    "mail": mail.measure,
    "replicas": replicas.measure,
    "start": startup.measure,
    "page": playground_page.measure,
    "rules": reconciliation.measure,
    "feed": feed.measure,
}
"""Those that know `quick`."""
LONG: dict[str, Measure] = {f"import-{kind}": partial(import_csv.measure, kind=kind) for kind in KINDS}


async def _measure(name: str, *, quick: bool) -> list[Result]:
    if not quick:
        return await (CHEAP | LONG)[name]()
    results = await CHEAP[name](quick=True)
    return [replace(result, promise=Promise.TOLD) for result in results]


def main(arguments: list[str]) -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CHEAP | LONG))
    parser.add_argument("--quick", action="store_true", help="a few requests each: does it still run?")
    given = parser.parse_args(arguments)
    known = list(CHEAP if given.quick else CHEAP | LONG)
    unknown = [name for name in given.names if name not in known]
    if unknown:
        parser.error(f"{', '.join(unknown)}: not one of {', '.join(known)}")
    began, missed = time.perf_counter(), []
    print(HEAD)
    for name in given.names or known:
        for result in asyncio.run(_measure(name, quick=given.quick)):
            print(result.line(), flush=True)
            missed += [result.what] if result.missed else []
    print(
        f"\n{time.perf_counter() - began:.0f} s; {len(missed)} promises missed"
        + "".join(f"\n  {what}" for what in missed)
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
