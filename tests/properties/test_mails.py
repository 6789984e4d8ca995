"""Whatever the mail server answers, each notice arrives once in the medium that was chosen, and calendars come out right."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from bot.delivery.channels.mail_server import MailServer
from bot.mail_settings import parse_url
from coaching.clock import ManualClock
from storage import SqlStore, create_engines
from tests.conftest import KINDS, START
from tests.delivery.conftest import staged
from tests.delivery.test_addresses import Addressed
from tests.properties.mails import Mails
from tests.support import patience
from tests.support.databases import Databases
from tests.support.post_office import PostOffice

pytestmark = pytest.mark.plain


async def _opened(stack: AsyncExitStack, databases: Databases, kind: str) -> Addressed:
    engines = create_engines(await databases.fresh(kind), wait_seconds=patience.FOR_DATABASE)
    stack.push_async_callback(engines.dispose)
    stage = await stack.enter_async_context(staged(SqlStore(engines), ManualClock(START)))
    office = PostOffice()
    await stack.enter_async_context(office.serving())
    server = MailServer(parse_url(f"smtp://127.0.0.1:{office.port}"))
    stack.push_async_callback(server.close)
    return Addressed(stage, office, server)


def _live(databases: Databases, kind: str, how: settings) -> None:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            post = runner.run(_opened(stack, databases, kind))
            of_kind = type(f"Mails on {kind}", (Mails,), {"runner": runner, "post": post})
            run_state_machine_as_test(of_kind, settings=how)  # type: ignore[no-untyped-call]
        finally:
            runner.run(stack.aclose())


@pytest.mark.parametrize("kind", KINDS)
def test_mails_arrive_once_whatever_the_server_answers(databases: Databases, kind: str) -> None:
    _live(databases, kind, settings(settings.get_profile("quick"), max_examples=5, stateful_step_count=14))


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_mails_arrive_once_in_a_long_life(databases: Databases, kind: str) -> None:
    _live(databases, kind, settings(settings.get_profile("deep"), max_examples=40, stateful_step_count=30))
