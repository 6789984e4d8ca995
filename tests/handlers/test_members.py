"""Only members of this workspace or organization have rights from Slack or are linked: outsiders, bots and the gone are not."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.directory import Directory
from coaching.mail_ids import pending_id
from coaching.sessions import Person, Session
from handlers.members import known
from playground.errors import PersonError
from playground.workspace import User
from storage.tables import members
from tests.handlers.conftest import Stage
from tests.support.imports import Importer
from tests.support.world import ADMIN, ANNA, WORKSPACE

OLGA, MAIL = "U0OLGA", "olga@example.com"
H = timedelta(hours=1)


@pytest.fixture
def olga(stage: Stage) -> User:
    """Somebody of another organization, an admin there, whose e-mail an import brought."""
    stage.pg.workspace.users[OLGA] = User(
        OLGA, "olga", "Olga Outside", email=MAIL, tz="Europe/Oslo", is_admin=True, team="T0ELSE"
    )
    return stage.pg.workspace.users[OLGA]


@pytest.fixture
async def imported(stage: Stage) -> Session:
    """A session under Olga's e-mail."""
    await stage.world.grant(pending_id(MAIL))
    return await stage.world.book(48 * H, client=pending_id(MAIL))


def shown(user: User, **bent: Any) -> dict[str, Any]:
    """The user object of an event."""
    said = {"id": user.id, "team_id": user.team or WORKSPACE, "is_admin": user.is_admin, "tz": user.tz}
    return said | {"profile": {"real_name": user.real_name, "email": user.email}} | bent


async def heard(stage: Stage, kind: str, user: Mapping[str, Any]) -> None:
    """Let an event of Slack's arrive."""
    event_id = f"Ev{len(stage.pg.traffic.since(0))}{kind}{sorted(user)}"[:60]
    body = {"type": "event_callback", "team_id": WORKSPACE, "event_id": event_id, "event": {"type": kind, "user": user}}
    assert (await stage.deliver(body, "event")).status == 200


async def rights(stage: Stage, who: str) -> bool:
    async with stage.store.read(WORKSPACE) as queries:
        return (await queries.people.viewer(who)).is_admin


async def rows(stage: Stage) -> int:
    async with stage.store.engines.reader.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(members))).scalar_one()


@pytest.mark.parametrize("kind", ["user_change", "team_join"])
@pytest.mark.parametrize(
    "bent", [{}, {"team_id": WORKSPACE}, {"team_id": WORKSPACE, "enterprise_user": {"teams": [WORKSPACE]}}]
)
async def test_an_outsider_is_not_linked_and_has_no_rights_whatever_the_event_claims(
    stage: Stage, olga: User, imported: Session, kind: str, bent: dict[str, Any]
) -> None:
    await heard(stage, kind, shown(olga, **bent))
    assert (await stage.session(imported.id)).client.id == pending_id(MAIL)
    assert not await rights(stage, OLGA)


async def test_an_outsider_who_opens_the_app_is_not_linked_and_no_admin(
    stage: Stage, olga: User, imported: Session
) -> None:
    await stage.person(OLGA).home()
    await stage.settled()
    assert (await stage.session(imported.id)).client.id == pending_id(MAIL)
    assert not await rights(stage, OLGA)


async def looked(stage: Stage) -> None:
    """The directory has asked Slack about everybody it does not know well enough."""

    async def client_for(_workspace: str) -> Any:
        return stage.client

    await Directory(stage.store, client_for, clock=stage.clock).look()


async def test_the_directory_finds_no_outsider_by_e_mail(stage: Stage, olga: User, imported: Session) -> None:
    await looked(stage)
    assert stage.calls("users.lookupByEmail") == 1
    assert (await stage.session(imported.id)).client.id == pending_id(MAIL)
    assert not await rights(stage, OLGA)


async def test_the_directory_takes_back_rights_that_an_outsider_has_from_earlier(stage: Stage, olga: User) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        met = stage.clock.now() - timedelta(days=2)
        await uow.people.save(Person(OLGA, olga.real_name, is_admin=True), met)
        await uow.commit()
    assert await rights(stage, OLGA)
    await looked(stage)
    assert not await rights(stage, OLGA)


async def test_what_is_imported_after_an_outsider_was_met_is_not_theirs(
    stage: Stage, olga: User, tmp_path: Path
) -> None:
    await stage.person(OLGA).home()
    await stage.settled()
    async with stage.store.read(WORKSPACE) as queries:
        assert (await queries.people.viewer(OLGA)).member
    url = stage.store.engines.writer.url.render_as_string(hide_password=False)
    importer = Importer(url, tmp_path, stage.clock)
    assert await importer.rows({"session_id": "S1", "client": MAIL}) == 0, importer.said
    assert (await stage.session("S1")).client.id == pending_id(MAIL)


async def test_an_admin_named_here_keeps_what_they_were_given(stage: Stage, olga: User) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN, OLGA])
        await uow.commit()
    await heard(stage, "user_change", shown(olga, is_admin=False))
    assert await rights(stage, OLGA)


async def test_a_member_of_ours_is_linked_by_an_event(stage: Stage, olga: User, imported: Session) -> None:
    olga.team = None
    await heard(stage, "team_join", shown(olga))
    assert (await stage.session(imported.id)).client.id == OLGA
    assert await rights(stage, OLGA)


@pytest.mark.parametrize("bent", [{"deleted": True}, {"is_bot": True}])
async def test_bots_and_who_has_left_are_not_linked(
    stage: Stage, olga: User, imported: Session, bent: dict[str, Any]
) -> None:
    olga.team, olga.deleted, olga.is_bot = None, "deleted" in bent, "is_bot" in bent
    await heard(stage, "user_change", shown(olga, **bent))
    assert (await stage.session(imported.id)).client.id == pending_id(MAIL)
    assert not await rights(stage, OLGA)


@pytest.mark.parametrize(
    ("user", "workspace", "ours"),
    [
        ({"team_id": "T1"}, "T1", True),
        ({"team_id": "T2"}, "T1", False),
        ({"team_id": "T1", "is_stranger": True}, "T1", False),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E1", "teams": ["T1", "T2"]}}, "T1", True),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E1", "teams": ["T2"]}}, "T1", False),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E1", "teams": ["T2"]}}, "E1", True),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E2", "teams": ["T2"]}}, "E1", False),
        ({}, "T1", True),  # a stand-in that says nothing of workspaces
    ],
)
def test_where_somebody_belongs_is_read_from_their_user_object(
    user: dict[str, Any], workspace: str, *, ours: bool
) -> None:
    found = known({"id": "U1", "is_admin": True} | user, workspace)
    assert found is not None
    assert (found.ours, found.person.is_admin, found.may_be_linked) == (ours, ours, ours)


async def test_changes_of_people_who_have_nothing_to_do_with_coaching_store_nothing(stage: Stage) -> None:
    before = await rows(stage)
    stage.pg.workspace.users["U0ELSE"] = User(
        "U0ELSE", "else", "Somebody Else", email="else@example.com", is_admin=True
    )
    for kind in ("team_join", "user_change"):
        await heard(stage, kind, shown(stage.pg.workspace.users["U0ELSE"]))
    assert await rows(stage) == before
    assert stage.calls("users.info") == 0


async def test_a_change_that_we_keep_nothing_of_writes_nothing(stage: Stage) -> None:
    async def fetched() -> Any:
        statement = select(members.c.fetched_at).where(members.c.id == ANNA)
        async with stage.store.engines.reader.connect() as connection:
            return (await connection.execute(statement)).scalar_one()

    anna = shown(stage.pg.workspace.users[ANNA])
    await heard(stage, "user_change", anna)
    seen = await fetched()
    await heard(stage, "user_change", anna | {"profile": anna["profile"] | {"status_text": "riding a train"}})
    assert await fetched() == seen


async def test_outsiders_cannot_type_our_commands(stage: Stage, olga: User) -> None:
    with pytest.raises(PersonError, match="cannot run commands"):
        await stage.person(OLGA).command("/sessions")


async def test_an_admin_of_whom_slack_says_nothing_now_stays_one(stage: Stage, olga: User, imported: Session) -> None:
    olga.team = None
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save(Person(OLGA, olga.real_name, is_admin=True), stage.clock.now())
        await uow.commit()
    stage.pg.faults.add({"kind": "server_error", "method": "users.info"})
    # An e-mail that an import waits for has Slack asked about them.
    await heard(stage, "user_change", shown(olga))
    assert await rights(stage, OLGA)
    assert (await stage.session(imported.id)).client.id == pending_id(MAIL)
