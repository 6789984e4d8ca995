"""A process for the shutdown test: serves one slow endpoint, and tells on stdout what happens in which order."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.lifecycle import BackgroundTasks, Lifecycle
from bot.metrics import Metrics
from bot.web import create_web_app, serving


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main(secret: str, hang: bool, last_resort: float | None) -> None:
    async with Lifecycle(last_resort=last_resort) as life:
        tasks = BackgroundTasks()

        @asynccontextmanager
        async def database() -> AsyncIterator[None]:
            yield
            say("database closed")

        async def after_the_answer() -> None:
            await asyncio.sleep(0.05)
            say("background work done")

        def block() -> None:
            say("blocked")
            threading.Event().wait()

        async def slack(request: web.Request, body: bytes) -> web.StreamResponse:
            say("request arrived")
            tasks.spawn(after_the_answer(), name="after")
            if last_resort is not None:
                asyncio.get_running_loop().call_soon(threading.Thread(target=block).start)
            await (asyncio.Event().wait() if hang else life.run_until_stopped())
            say("request answered")
            return web.Response(text="answered")

        async def ready() -> Mapping[str, bool | str]:
            return {"process": not life.stopping}

        await life.enter(database())
        (await life.enter(AsyncExitStack())).push_async_callback(tasks.drain)
        app = create_web_app(slack=slack, signing_secret=secret, readiness=ready, metrics=Metrics(CollectorRegistry()))
        port = await life.enter(serving(app, "127.0.0.1", 0, drain_seconds=10.0))
        say(f"port {port}")
        await life.run_until_stopped()
    say("stopped")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], hang="hang" in sys.argv[2:], last_resort=0.2 if "last" in sys.argv[2:] else None))
