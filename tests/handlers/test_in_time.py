"""Whatever is slow, people are answered in words before Slack gives up, and never told that nothing was done if something was."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from bot.in_time import CALL_SECONDS, InTime
from coaching import deadline
from coaching.clock import ManualClock
from coaching.mail_ids import pending_id
from coaching.sessions import Status
from handlers import deps
from handlers.deps import MEET_SECONDS
from tests.conftest import KINDS
from tests.handlers.conftest import NEWCOMER, Stage, served
from tests.support import patience
from tests.support.databases import Databases
from tests.support.world import ANNA, BORIS

# Seconds are counted here, and none is to be lost in marks.
pytestmark = pytest.mark.plain

H, MAIL = timedelta(hours=1), "nora@example.com"
FAR = "Coaching · Wed, Nov 18, 10:00 – 10:50 AM"
SECONDS = deadline.REQUEST_SECONDS
_WITHIN = deadline.within
LONG = 20_000
"""Milliseconds that Slack takes: no test waits for them."""


class Noted(InTime):
    """Notes what each call may take, and what was left of the request then."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(session)
        self.handed: list[tuple[str, float | None]] = []
        self.seconds = patience.SECONDS
        """What a request may take: all the time there is until it is the test's subject."""

    def within(self, _: float) -> AbstractContextManager[None]:
        return _WITHIN(self.seconds)

    def request(self, method: str, url: str, **arguments: Any) -> Any:
        self.handed.append((url.rsplit("/", 1)[-1], deadline.remaining()))
        return super().request(method, url, **arguments)


@pytest.fixture(params=KINDS)
async def hurried(
    request: pytest.FixtureRequest, databases: Databases, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Stage, Noted]]:
    async with aiohttp.ClientSession() as session:
        noted = Noted(session)
        monkeypatch.setattr(deadline, "within", noted.within)
        async with served(databases, clock, request.param, session=noted, request_seconds=SECONDS) as stage:
            await stage.person(BORIS).command("/sessions help")  # Bolt asks once whose token it is
            noted.handed.clear()
            yield stage, noted
            stage.pg.faults.remove()


async def test_slow_calls_share_one_deadline_and_the_command_is_answered_in_words(hurried: tuple[Stage, Noted]) -> None:
    stage, noted = hurried
    stage.pg.faults.add({"kind": "slow", "ms": LONG})
    nora = stage.person(NEWCOMER)
    noted.seconds = SECONDS
    async with asyncio.timeout(patience.SECONDS):
        while len(noted.handed) < 2:  # on a busy computer the time may be over before anything is called
            noted.handed.clear()
            await nora.command("/sessions")
    [(first, at_first), *later] = noted.handed
    assert first == "users.info"
    assert at_first is not None
    assert at_first <= SECONDS < MEET_SECONDS + CALL_SECONDS, "one after the other they would take longer"
    assert all(left is not None and left <= SECONDS - MEET_SECONDS for _, left in later), "each gets what is left"
    words = (await nora.dms())[-1].text
    assert "nothing was changed" in words.lower()
    assert "again" in words


@pytest.mark.parametrize("kind", KINDS)
async def test_a_newcomer_sees_what_was_imported_for_them_where_slack_takes_its_time_to_say_who_they_are(
    databases: Databases, clock: ManualClock, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deps, "KEEP_SECONDS", 60.0)  # however busy the computer of the test is
    async with served(databases, clock, kind, request_seconds=60.0) as stage:
        await stage.world.grant(pending_id(MAIL))
        await stage.world.book(48 * H, client=pending_id(MAIL))
        slow = stage.pg.faults.add({"kind": "slow", "method": "users.info", "ms": 50, "calls": 1})
        nora = stage.person(NEWCOMER)
        await nora.command("/sessions")
        assert slow.remaining == 0
        assert nora.modal is not None
        assert "Next session · Coaching with Carla Coach" in nora.modal.text
        assert "Wed 18\u00a0Nov, 16:00–16:50" in nora.modal.text


async def test_a_held_database_is_told_of_in_time_and_nothing_was_changed(
    hurried: tuple[Stage, Noted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        deadline, "GRACE_SECONDS", patience.SECONDS
    )  # a busy computer may take longer to find the words
    stage, noted = hurried
    await stage.world.grant(ANNA)
    booked = await stage.world.book(48 * H)
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    noted.seconds = SECONDS
    async with stage.store.engines.writer.connect() as holder:
        await holder.execute(text("UPDATE sessions SET version = version"))
        await anna.submit()
        assert anna.modal is not None
        assert "nothing was changed" in anna.modal.text
        await holder.rollback()
    assert (await stage.session(booked.id)).status is Status.SCHEDULED


async def test_what_was_committed_is_not_said_to_be_undone_when_slack_is_slow_after_it(
    hurried: tuple[Stage, Noted],
) -> None:
    stage, _ = hurried
    await stage.world.grant(ANNA)
    booked = await stage.world.book(48 * H)
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    await anna.submit()
    assert (await stage.session(booked.id)).status is Status.CANCELED
    stage.pg.faults.add({"kind": "slow", "method": "views.update", "ms": LONG, "calls": 1})
    await anna.click("Undo")
    await stage.settled()
    assert (await stage.session(booked.id)).status is Status.SCHEDULED
    await anna.refresh()
    assert anna.modal is not None
    assert "we cannot say whether it was done" in anna.modal.text
    assert "Nothing was changed" not in anna.modal.text
