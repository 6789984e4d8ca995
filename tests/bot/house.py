"""The served app and connections to it, byte by byte."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.metrics import Metrics
from bot.web import create_web_app, serving
from tests.bot.conftest import SECRET, Slack
from tests.support import patience

HEAD = b"POST /slack/events HTTP/1.1\r\nHost: sessions.example\r\n"
ASK = b"GET /healthz HTTP/1.1\r\nHost: sessions.example\r\n\r\n"


class Line:
    """One connection to the server, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        """The next answer: status and head."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length")), 0
        )
        await self._reader.readexactly(length)
        return int(head.split()[1]), head

    async def is_cut(self) -> bool:
        """Wait until the other side ends it; whether nothing came before that."""
        try:
            return await self._reader.read() == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self._writer.transport.abort()


class House:
    """The served app: its port, its figures, and an endpoint that answers when it may."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.metrics = Metrics(CollectorRegistry())
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.came = asyncio.Queue[bytes]()
        self.looks = 0
        self.look_ends = asyncio.Event()
        self.slack = Slack(session, 0)
        self._lines: list[Line] = []

    async def endpoint(self, _request: web.Request, body: bytes) -> web.StreamResponse:
        self.came.put_nowait(body)
        await self.may_answer.wait()
        return web.Response(text="ok")

    async def ready(self) -> Mapping[str, bool | str]:
        self.looks += 1
        await self.look_ends.wait()
        return {}

    async def line(self) -> Line:
        host, port = self.slack.base.removeprefix("http://").split(":")
        line = Line(*await asyncio.open_connection(host, int(port)))
        self._lines.append(line)
        return line

    def signed(self, body: bytes, *, length: int | None = None) -> bytes:
        """The head of a request of Slack's with that body."""
        headers = {**self.slack.headers(body), "Content-Length": str(len(body) if length is None else length)}
        return HEAD + "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"

    async def proven(self) -> Line:
        """A connection that brought a request of Slack's."""
        line = await self.line()
        await line.send(self.signed(b"{}") + b"{}")
        await self.came.get()
        assert (await line.answer())[0] == 200
        return line

    def figure(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    async def until(self, name: str, value: float, **labels: str) -> None:
        """Wait for a figure of the server's."""
        async with asyncio.timeout(patience.SECONDS):
            while self.figure(name, **labels) != value:  # noqa: ASYNC110 - changed by the server
                await asyncio.sleep(0.01)

    def close(self) -> None:
        for line in self._lines:
            line.close()


@asynccontextmanager
async def opened(session: aiohttp.ClientSession) -> AsyncIterator[House]:
    house = House(session)
    app = create_web_app(
        slack=house.endpoint, signing_secret=SECRET, readiness=house.ready, metrics=house.metrics, request_seconds=60
    )
    async with serving(app, "127.0.0.1", 0, metrics=house.metrics, drain_seconds=1) as port:
        house.slack.base = f"http://127.0.0.1:{port}"
        yield house
        house.may_answer.set()
        house.look_ends.set()
        house.close()
