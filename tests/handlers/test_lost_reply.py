"""A commit that nobody answers, through signed HTTP: what happened is shown, and nothing happens twice."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from coaching.actions import retire
from coaching.clock import ManualClock
from coaching.sessions import Status
from playground.person import Person
from storage.repositories.coaches import CoachWrites
from tests.handlers.booking import COACHING, booked, offers, opens
from tests.handlers.conftest import Stage, served
from tests.support.databases import Databases
from tests.support.proxy import Proxy
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE

COMMIT = b"COMMIT;"  # as the driver says it; "COMMITTED" is a word of BEGIN
SILENT = 4.0
"""How long a silent commit is waited for, in seconds; the request has time beside it, so that a busy machine can look up."""


@pytest.fixture
async def stage(databases: Databases, clock: ManualClock, proxied_url: str) -> AsyncIterator[Stage]:
    async with served(databases, clock, url=proxied_url, wait_seconds=SILENT) as stage:
        await stage.world.grant(ANNA, 1000)
        await offers(stage, COACHING)
        await opens(stage)
        yield stage


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


@pytest.mark.parametrize("silently", [False, True], ids=["reset", "silence"])
async def test_a_booking_whose_answer_got_lost_is_shown_and_made_once(
    stage: Stage, proxy: Proxy, silently: bool
) -> None:
    anna = stage.person()
    await anna.command("/sessions book")
    await anna.choose("11:00 – 11:50 AM")
    proxy.lose_reply(COMMIT, silently=silently)
    await anna.submit()
    assert proxy.lost.is_set()
    assert "Booked" in shown(anna)
    assert len(await booked(stage)) == 1
    assert await stage.world.balance() == 900


async def test_every_step_of_a_cancellation_goes_on_where_its_answer_got_lost(stage: Stage, proxy: Proxy) -> None:
    session = await stage.world.book(timedelta(days=2))
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.tick("Coaching · Wed, Nov 18, 10:00 – 10:50 AM")
    for title in ("Confirm cancellation?", "Sessions canceled"):
        proxy.lose_reply(COMMIT)
        await anna.submit()
        assert proxy.lost.is_set()
        assert anna.modal is not None
        assert anna.modal.title in {title, title.replace("Sessions", "Session")}
    assert (await stage.session(session.id)).status is Status.CANCELED
    assert await stage.world.balance() == 1000


async def test_a_form_whose_answer_got_lost_says_that_it_is_done(stage: Stage, proxy: Proxy) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.click("Packages and credits")
    await ada.click("Add pool")
    await ada.fill("Company", "Acme")
    await ada.fill("Contact", ADMIN)
    await ada.fill("People who book from it", [ANNA])
    proxy.lose_reply(COMMIT)
    await ada.submit()
    assert proxy.lost.is_set()
    assert ada.modal is not None
    assert (ada.modal.title, "It is done; only the answer got lost" in shown(ada)) == ("It is done", True)


@pytest.mark.parametrize("which", [1, 2, 3], ids=["first", "last", "afterwards"])
async def test_a_coach_is_removed_as_a_whole_whichever_of_several_commits_is_not_answered(
    stage: Stage, proxy: Proxy, which: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retire, "MAX_PER_ACTION", 1)
    await stage.world.grant(BORIS)
    booked = [await stage.world.book(timedelta(days=2)), await stage.world.book(timedelta(days=3), client=BORIS)]
    before = await stage.world.balance(), await stage.world.balance(BORIS)
    looked: list[str] = []
    ids_ahead = CoachWrites.ids_ahead

    async def losing(self: CoachWrites, coach_id: str, now: datetime, most: int) -> list[str]:
        looked.append(coach_id)
        if len(looked) == which:
            proxy.lose_reply(COMMIT)
        return await ids_ahead(self, coach_id, now, most)

    monkeypatch.setattr(CoachWrites, "ids_ahead", losing)
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.choose("Remove", near="Carla Coach")
    await ada.choose("Cancel all 2")
    await ada.submit()
    assert proxy.lost.is_set()
    assert "2 sessions are canceled." in shown(ada)
    assert {(await stage.session(s.id)).status for s in booked} == {Status.CANCELED}
    assert (await stage.world.balance(), await stage.world.balance(BORIS)) == (before[0] + 100, before[1] + 100)
    async with stage.store.read(WORKSPACE) as queries:
        assert not await queries.coaches.listed([COACH])


async def test_where_nobody_can_tell_the_words_say_so(stage: Stage, proxy: Proxy) -> None:
    anna = stage.person()
    await anna.command("/sessions book")
    await anna.choose("11:00 – 11:50 AM")
    proxy.lose_reply(COMMIT)
    losing = proxy.lost

    async def silence() -> None:
        await losing.wait()
        proxy.silence(new=True)

    stage.spawn(silence())
    await anna.submit()
    assert "we cannot say whether it was done" in shown(anna)
    assert "nothing was changed" not in json.dumps([view.text for view in anna.modals])
    proxy.speak()
    await anna.close()
    await anna.submit()  # the very same dialog, once more
    assert "Booked" in shown(anna)
    assert len(await booked(stage)) == 1
    assert await stage.world.balance() == 900
