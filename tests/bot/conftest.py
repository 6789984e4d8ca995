"""A web app served for real on a free port, and a client that signs as Slack does."""

import io
import time
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.signatures import sign

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


class Slack:
    """Sends signed requests to a server on this machine."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session = session
        self.base = f"http://127.0.0.1:{port}"

    def headers(
        self, body: bytes, *, at: float | None = None, content_type: str = "application/json"
    ) -> dict[str, str]:
        timestamp = str(int(time.time() if at is None else at))
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(SECRET.encode(), timestamp, body),
            "Content-Type": content_type,
        }

    async def send(self, body: bytes, *, content_type: str = "application/json", **extra: str) -> tuple[int, str]:
        headers = {**self.headers(body, content_type=content_type), **extra}
        async with self.session.post(f"{self.base}/slack/events", data=io.BytesIO(body), headers=headers) as response:
            return response.status, await response.text()

    async def form(self, fields: dict[str, str]) -> tuple[int, str]:
        return await self.send(urlencode(fields).encode(), content_type="application/x-www-form-urlencoded")

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.session.get(f"{self.base}{path}", headers=headers) as response:
            return response.status, await response.text()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
