"""Getting to know whoever asks: without making them wait, and not for ever."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coaching.sessions import Person
from tests.handlers.conftest import NEWCOMER, Stage
from tests.support.world import ADMIN, WORKSPACE

H = timedelta(hours=1)


async def test_somebody_never_met_sees_their_zone_though_the_database_takes_no_writes(stage: Stage) -> None:
    await stage.world.grant(NEWCOMER)
    await stage.world.book(48 * H, client=NEWCOMER)
    holder = sqlite3.connect(str(stage.store.engines.writer.url.database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    nora = stage.person(NEWCOMER)
    await nora.command("/sessions")
    assert holder.in_transaction  # answered while the file was held
    assert nora.modal is not None
    assert "Wed 18\u00a0Nov, 16:00–16:50" in nora.modal.text
    holder.execute("ROLLBACK")
    holder.close()
    await stage.settled()
    async with stage.store.read(WORKSPACE) as queries:
        viewer = await queries.people.viewer(NEWCOMER)
    assert viewer.member
    assert viewer.person.time_zone == "Europe/Berlin"


async def _admin_met(stage: Stage, ago: timedelta) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        person: Person = replace((await uow.people.viewer(ADMIN)).person, is_admin=True)
        await uow.people.save(person, datetime.now(UTC) - ago)
        await uow.commit()


async def test_an_admin_who_is_none_any_more_is_refused_though_no_event_said_so(stage: Stage) -> None:
    await _admin_met(stage, 2 * H)
    stage.pg.workspace.users[ADMIN].is_admin = False
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    assert ada.modal is None
    assert "Only admins can do that" in (await ada.dms())[-1].text


@pytest.mark.parametrize(("ago", "asked"), [(H / 2, 0), (2 * H, 1)])
async def test_an_admin_is_asked_about_once_an_hour(stage: Stage, ago: timedelta, asked: int) -> None:
    await _admin_met(stage, ago)
    ada = stage.person(ADMIN)
    for _ in range(2):
        await ada.command("/sessions setup")
        assert ada.modal is not None
        await ada.close(everything=True)
    assert stage.calls("users.info") == asked
