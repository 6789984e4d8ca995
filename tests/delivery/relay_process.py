"""A relay as its own process, to be killed: `python -m tests.delivery.relay_process DATABASE_URL API_URL`.

NOW is its clock, LEASE for how many seconds what it claims is left to it.
"""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.channels.slack import SlackChannel, open_session, write_client
from bot.delivery.relay import Relay
from coaching.clock import ManualClock
from handlers.views.news import render
from storage import create_engines
from tests.delivery.conftest import FAST, TOKEN
from tests.support import patience


async def main(database_url: str, api_url: str) -> None:
    """Deliver until killed."""
    async with open_session() as session:

        async def client_for(_workspace_id: str) -> AsyncWebClient:
            return write_client(TOKEN, api_url, session)

        pace = replace(FAST, lease=float(os.environ["LEASE"]), send_timeout=600.0, reclaim=60.0)
        clock = ManualClock(datetime.fromisoformat(os.environ["NOW"]))
        async with Relay(
            create_engines(database_url, wait_seconds=patience.FOR_DATABASE),
            clock,
            SlackChannel(client_for, render),
            pace=pace,
        ).running():
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
