"""Notifications: each person chooses whether to hear in Slack, by mail, or both."""

from sqlalchemy import delete, select, update

from playground.person import Person
from storage.tables import members, notifications
from tests.handlers.conftest import Stage
from tests.support.world import ANNA, BORIS


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def stored(stage: Stage) -> dict[str, str]:
    async with stage.store.engines.reader.connect() as connection:
        rows = await connection.execute(select(notifications.c.member_id, notifications.c.ways))
        return {row.member_id: row.ways for row in rows}


async def test_a_person_chooses_and_changes_their_mind(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions notifications")
    assert "in Slack" in shown(anna)
    assert await stored(stage) == {}
    await anna.click("Slack and mail")
    assert "in Slack and by mail" in shown(anna)
    assert await stored(stage) == {ANNA: "both"}
    await anna.click("Mail only")
    assert await stored(stage) == {ANNA: "mail"}
    assert anna.modal is not None
    assert "Mail only" not in anna.modal.buttons
    await anna.click("Slack only")
    assert await stored(stage) == {ANNA: "slack"}


async def test_home_leads_there_and_one_persons_choice_is_not_anothers(stage: Stage) -> None:
    anna, boris = stage.person(), stage.person(BORIS)
    for person, label in ((anna, "Slack and mail"), (boris, "Mail only")):
        await person.home()
        await person.click("Notifications…")
        await person.click(label)
    assert await stored(stage) == {ANNA: "both", BORIS: "mail"}


async def test_without_an_address_there_is_nothing_to_choose(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions notifications")
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(update(members).where(members.c.id == ANNA).values(email=None))
    await anna.click("Mail only")
    assert await stored(stage) == {}
    assert "not known" in shown(anna)
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(delete(notifications))
