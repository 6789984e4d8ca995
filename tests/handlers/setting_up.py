"""What tests of the set-up share: what is set, who is a coach, which session types there are."""

from datetime import timedelta

from coaching.workspace import SessionType, Settings
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, WORKSPACE

H = timedelta(hours=1)


async def in_set_up(stage: Stage) -> Person:
    """Return Ada, with the set-up open."""
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    return ada


async def settings(stage: Stage) -> Settings:
    async with stage.store.read(WORKSPACE) as queries:
        return await queries.workspace.settings()


async def coaches(stage: Stage) -> dict[str, str | None]:
    async with stage.store.read(WORKSPACE) as queries:
        return {coach.person.id: coach.alert_channel for coach in await queries.coaches.all()}


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def types(stage: Stage) -> list[SessionType]:
    async with stage.store.read(WORKSPACE) as queries:
        return await queries.catalogue.session_types()
