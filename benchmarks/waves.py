"""A process that delivers waves of notices, one for each number that it is given."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

from benchmarks.processes import ROOT
from storage import create_engines
from storage.tables import notices


@dataclass(frozen=True, slots=True)
class Wave:
    """How long a wave took and used the processor (seconds), and what the process weighed after it (MB)."""

    took: float
    cpu: float
    resident: float


@dataclass(frozen=True, slots=True)
class Side:
    """The running process."""

    process: asyncio.subprocess.Process

    async def deliver(self, wave: int) -> Wave:
        """Have it deliver one wave. Raises RuntimeError if it ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{wave}\n".encode())
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("the process that delivers ended")
        return Wave(**json.loads(line))


@asynccontextmanager
async def waves_of(module: str, *arguments: object, environment: Mapping[str, str]) -> AsyncIterator[Side]:
    """Run `python -m MODULE ARGUMENTS` until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *map(str, arguments)),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Side(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def sent(url: str) -> int:
    """Return how many notices of a database were sent."""
    engines = create_engines(url)
    try:
        async with engines.reader.connect() as connection:
            statement = select(func.count()).select_from(notices).where(notices.c.state == "sent")
            return int((await connection.execute(statement)).scalar_one())
    finally:
        await engines.dispose()
