"""`demo` as a newcomer runs it: where its page is."""

import asyncio
import re
import signal
import sys
from pathlib import Path

from bot.demo.demo import PREFERRED_PORT
from tests.support import patience

ROOT = Path(__file__).resolve().parents[2]


async def test_port_0_is_any_free_port_and_not_the_usual_one() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", "0", cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(patience.SECONDS):
            while not (found := re.search(rb"Open +http://[^ ]+:(\d+)", line := await process.stdout.readline())):
                assert line, "the demo ended before it said where it is"
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
    assert int(found[1]) != PREFERRED_PORT
