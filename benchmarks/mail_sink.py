"""A mail server in its own process that takes every mail and keeps none: `python -m benchmarks.mail_sink HTTP_PORT PORT`.

`GET /counts` tells how many mails it took.
"""

import asyncio
import sys
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP


class Sink:
    """Counts what it takes."""

    def __init__(self) -> None:
        self.mails = 0

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - the name it is called by
        self.mails += 1
        return "250 OK"

    async def answer(self, _request: web.BaseRequest) -> web.Response:
        """Any request."""
        return web.json_response({"mails": self.mails})


async def _serve(http_port: int, port: int) -> None:
    sink = Sink()
    runner = web.ServerRunner(web.Server(sink.answer, access_log=None))
    await runner.setup()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, hostname="sink.test", enable_SMTPUTF8=True), "127.0.0.1", port
    )
    await web.TCPSite(runner, "127.0.0.1", http_port).start()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(*map(int, sys.argv[1:])))
