"""What the set-up and its forms read: what they show, and nothing else."""

import re
from collections.abc import Awaitable, Callable

import pytest

from coaching.actions import packages, policies, setup, stakeholders
from coaching.actions.access import check_admin
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly
from coaching.policy import TermsOf, TermsScope
from coaching.records import Viewer
from coaching.sessions import Actor
from coaching.stakeholders import NewsOf
from storage import SqlStore
from storage.repositories.people import PeopleReads
from storage.tables import metadata
from tests.statements.recorder import recording
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE, World

ADA = Actor(WORKSPACE, ADMIN)
FORMS: dict[str, tuple[Callable[[World, Actor], Awaitable[object]], set[str]]] = {
    "settings": (lambda w, who: setup.open_settings(w.store, who), {"workspaces", "policies"}),
    "admins": (lambda w, who: setup.open_admins(w.store, who), set()),
    "types": (lambda w, who: setup.open_types(w.store, who), {"session_types", "session_type_coaches"}),
    "coaches": (lambda w, who: setup.open_coaches(w.store, who), {"coaches"}),
    "offered": (lambda w, who: packages.open_offered(w.store, who), {"session_types", "session_type_coaches"}),
    "package": (lambda w, who: packages.open_package(w.store, who, "none"), {"packages", "session_types"}),
    "pool": (lambda w, who: packages.open_pool(w.store, who, "none"), {"pools"}),
}

DIALOGS: dict[str, Callable[[World, Actor], Awaitable[object]]] = {
    "empty": lambda w, who: check_admin(w.store, who),
    "set-up": lambda w, who: setup.open_setup(w.store, w.clock, who),
    "catalogue": lambda w, who: packages.open_catalogue(w.store, who),
    "terms": lambda w, who: policies.open_terms(w.store, w.clock, who, TermsScope(TermsOf.WORKSPACE)),
    "told": lambda w, who: stakeholders.open_told(w.store, w.clock, who, NewsOf.COACH, COACH),
}


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    """Return a practice with everybody in it."""
    made = World(store, clock)
    await made.people()
    return made


async def read_by(world: World, read: Callable[[World, Actor], Awaitable[object]]) -> set[tuple[str, str]]:
    """Return the statements of a read, each with a table that it reads from."""
    with recording() as found:
        await read(world, ADA)
    return {
        (text, table)
        for text in found[world.store.engines.dialect]
        for table in re.findall(r"(?:FROM|JOIN)\s+(\w+)", text)
        if table in metadata.tables
    }


@pytest.mark.parametrize("form", FORMS)
async def test_a_form_reads_what_it_shows(world: World, form: str) -> None:
    read, shown = FORMS[form]
    always = await read_by(world, lambda w, who: check_admin(w.store, who))
    more = await read_by(world, read) - always
    assert {table for _, table in more} - {"members", "admins"} == shown


@pytest.mark.parametrize("form", [*FORMS, *DIALOGS])
async def test_who_opens_a_form_is_read_once(world: World, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    read, asked = PeopleReads.viewer, list[str]()

    async def noted(people: PeopleReads, user_id: str) -> Viewer:
        asked.append(user_id)
        return await read(people, user_id)

    monkeypatch.setattr(PeopleReads, "viewer", noted)
    await (DIALOGS[form] if form in DIALOGS else FORMS[form][0])(world, ADA)
    assert asked.count(ADMIN) == 1


@pytest.mark.parametrize("form", FORMS)
async def test_a_form_is_for_admins(world: World, form: str) -> None:
    with pytest.raises(AdminsOnly):
        await FORMS[form][0](world, Actor(WORKSPACE, ANNA))


async def test_an_empty_form_is_for_admins(world: World) -> None:
    with pytest.raises(AdminsOnly):
        await check_admin(world.store, Actor(WORKSPACE, ANNA))


async def test_the_set_up_knows_more_of_the_coaches_on_its_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "COACHES_PAGE", 1)
    for coach in (COACH, OTHER_COACH):
        async with world.store.write(WORKSPACE) as uow:
            await uow.stakeholders.save(NewsOf.COACH, coach, [ANNA])
            await uow.commit()
    for page, coach in enumerate((COACH, OTHER_COACH)):
        found = await setup.open_setup(world.store, world.clock, ADA, page)
        assert found.total == 2
        assert [one.person.id for one in found.coaches] == [coach]
        assert found.also_told == {(NewsOf.COACH, coach): [ANNA]}
    beyond = await setup.open_setup(world.store, world.clock, ADA, 7)
    assert [one.person.id for one in beyond.coaches] == [OTHER_COACH]
