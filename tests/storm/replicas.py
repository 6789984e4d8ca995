"""`python -m bot serve`, one process or several, to be killed, stopped and started again; and the balancer before them."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import aiohttp

from tests.support.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0


class Replica:
    """One `serve`, always at the same port; its log, of all its lives, is `log`."""

    def __init__(self, number: int, settings: Mapping[str, str], directory: Path) -> None:
        self.port = free_port()
        self.log = directory / f"serve{number}.log"
        keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._settings = {**keep, "LOG_FORMAT": "json", "PORT": str(self.port), **settings}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and return once it says that it is ready. Raises RuntimeError when it ends or does not get ready."""
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "serve",
                cwd=ROOT, env=self._settings, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        end = time.monotonic() + _START_SECONDS
        while not await self.ready():
            if self._process.returncode is not None or time.monotonic() > end:
                raise RuntimeError(f"a replica did not get ready:\n{self.log.read_text()[-3000:]}")
            await asyncio.sleep(0.02)

    async def ready(self) -> bool:
        """Whether it answers 200 at /readyz."""
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(2)) as http,
                http.get(f"http://127.0.0.1:{self.port}/readyz") as answer,
            ):
                return answer.status == 200
        return False

    async def kill(self) -> None:
        """End it as the kernel does when memory runs out: at once, without a word."""
        if self._process is not None and self._process.returncode is None:
            self.signal(signal.SIGKILL)
            await self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)


class Balancer:
    """Hands each connection from Slack to a replica that listens, in turn; `port` is where Slack finds the bot."""

    def __init__(self, replicas: Sequence[Replica]) -> None:
        self.port = 0
        self._replicas = list(replicas)
        self._open: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Balancer"]:
        """Balance until the block ends."""
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._open:
                task.cancel()
            if self._open:
                await asyncio.wait(self._open)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        behind: asyncio.StreamWriter | None = None
        try:
            for _ in self._replicas:
                self._replicas.append(chosen := self._replicas.pop(0))
                with contextlib.suppress(OSError):
                    answers, behind = await asyncio.open_connection("127.0.0.1", chosen.port)
                    break
            if behind is not None:
                there, back = (asyncio.create_task(_pump(*ends)) for ends in ((reader, behind), (answers, writer)))
                try:
                    await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    there.cancel()
                    back.cancel()
                    await asyncio.wait({there, back})
        except asyncio.CancelledError:
            pass  # asyncio's streams log a task that ends canceled as an error
        finally:
            for end in (writer, behind):
                if end is not None:
                    end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
