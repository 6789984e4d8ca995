"""The benchmarks still run, and count what they claim to count: each raises when work was not done on either side."""

import asyncio
import sys
from pathlib import Path

import pytest

from benchmarks.report import Promise, Result, paired

ROOT = Path(__file__).parents[2]


@pytest.mark.deep
async def test_a_quick_run_measures_both_sides() -> None:
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "benchmarks",
            "--quick",
            "answers",
            "million",
            "book",
            "relay",
            "mail",
            "rules",
            "feed",
            "replicas",
        ),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    for told in (
        "List, sqlite, 1 at a time: bare Bolt",
        "Home of an admin, postgresql",
        "bare aiohttp",
        "Cancel 3 sessions",
        "Undo of 3",
        "Booking dialog",
        "Relay",
        "rules on 2,000 sessions",
        "two replicas, one bot",
    ):
        assert told in output.decode()


def test_a_ratio_is_judged_by_its_own_promise() -> None:
    faster = paired("a", [80, 90, 40], [100, 100, 100], "req/s", Promise.AT_LEAST, 0.6)
    assert (faster.ratio, faster.missed) == (0.8, False)
    assert Result("b", 1, 2, "req/s", 0.5, Promise.AT_LEAST, 0.6).missed
    assert Result("c", 3, 2, "s", 1.5, Promise.AT_MOST, 1.4).missed
    assert not Result("d", 9, 1, "s", 9.0).missed
