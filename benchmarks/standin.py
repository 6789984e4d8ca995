"""A stand-in of Slack's Web API in its own process: answers at once and counts. The same for both sides.

`python -m benchmarks.standin PORT`. `GET /counts` tells how often each method was called.
"""

import asyncio
import itertools
import json
import sys
from collections import Counter

from aiohttp import web

WORKSPACE = "T0BENCH"
REASON = "Travelling that week, sorry!"
"""What people type who cancel."""
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_ANSWERS = {
    "auth.test": {
        "ok": True,
        "url": "https://bench.slack.com/",
        "team": "Bench",
        "team_id": WORKSPACE,
        "user": "sessions",
        "user_id": "U0BOT",
        "bot_id": "B0BOT",
    },
    "users.info": {"ok": False, "error": "user_not_found"},
}
_VIEW = {"ok": True, "view": {"id": "V0BENCH", "type": "modal", "hash": "1.x", "root_view_id": "V0BENCH"}}


class StandIn:
    """Answers by method name."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._stamps = itertools.count(1_700_000_000)
        self._known = {name: json.dumps(answer).encode() for name, answer in _ANSWERS.items()}
        self._view = json.dumps(_VIEW).encode()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Any request; the body is read, as Slack would, and only looked at for apologies."""
        sent = await request.read()
        method = request.path.rpartition("/")[2]
        if method == "counts":
            return web.json_response(self._counts)
        self._counts[method] += 1
        self._counts["apologies"] += b"Sorry" in sent  # the title of what says that something did not work
        if method.startswith("views."):
            body = self._view
        elif method.startswith("chat."):
            stamp = f"{next(self._stamps)}.000100"
            body = b'{"ok":true,"channel":"C0BENCH","ts":"%s","message":{"ts":"%s"}}' % (stamp.encode(), stamp.encode())
        else:
            body = self._known.get(method, b'{"ok":true}')
        return web.Response(body=body, headers=_JSON)


async def _serve(port: int) -> None:
    runner = web.ServerRunner(web.Server(StandIn().answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
