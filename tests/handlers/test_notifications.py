"""Notifications: each person chooses whether to hear in Slack, by mail, or both."""

from sqlalchemy import delete, select, update

from coaching.news.announcement import Announcement, MailOffer
from coaching.records import Viewer
from coaching.sessions import Person as Someone
from coaching.workspace import Settings
from handlers.views.letter import Letter
from handlers.views.mail_offer import offer_of
from playground.person import Person
from storage.tables import members, notifications
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH
from tests.words.pseudo import pseudo


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


async def wanted(stage: Stage) -> tuple[bool, str]:
    async with stage.store.engines.reader.connect() as connection:
        row = (await connection.execute(select(notifications.c.invitations, notifications.c.unwanted))).one()
        return bool(row.invitations), row.unwanted


async def marked(stage: Stage, address: str | None) -> None:
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(update(members).where(members.c.id == ANNA).values(refused_address=address))


async def test_each_kind_of_reminder_is_turned_off_and_on_by_itself(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions notifications")
    assert shown(anna).count("You are reminded.") == 3
    assert "decide on a request" not in shown(anna), "she gets none"
    await anna.click("Turn off", value="starting")
    assert await wanted(stage) == (True, "starting")
    assert shown(anna).count("You are reminded.") == 2
    await anna.click("Turn off", value="reminder")
    assert await wanted(stage) == (True, "reminder,starting")
    await anna.click("Turn on", value="starting")
    assert await wanted(stage) == (True, "reminder")


async def test_coaches_and_admins_choose_about_the_reminders_of_their_own_roles(stage: Stage) -> None:
    for who, number in ((COACH, 7), (ADMIN, 4)):
        person = stage.person(who)
        await person.command("/sessions notifications")
        assert shown(person).count("You are reminded.") == number


async def test_invitations_are_a_choice_of_those_who_get_mails(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions notifications")
    assert "Calendar invitations" not in shown(anna)
    await anna.click("Slack and mail")
    assert "Calendar invitations" in shown(anna)
    await anna.click("Turn off", value="invitations")
    assert await wanted(stage) == (False, "")
    assert await stored(stage) == {ANNA: "both"}
    await anna.click("Mail only")
    assert await wanted(stage) == (False, ""), "how she hears is another choice"


async def test_the_calendar_address_is_made_from_here_as_well(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions notifications")
    await anna.click("Calendar address…")
    await anna.click("Make an address")
    assert "/calendar/" in shown(anna)


async def test_an_address_from_which_mails_come_back_is_named_with_what_to_do(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions notifications")
    await anna.click("Mail only")
    await marked(stage, "U0Anna@example.com")
    await anna.command("/sessions notifications")
    assert "Mails to u0anna@example.com came back" in shown(anna)
    assert "in Slack" in shown(anna)
    assert anna.modal is not None
    assert not {"Slack and mail", "Mail only"} & set(anna.modal.buttons)
    await anna.click("Try again")
    assert "by mail" in shown(anna)
    assert "came back" not in shown(anna)


async def test_an_address_that_cannot_be_written_to_is_not_offered(stage: Stage) -> None:
    anna = stage.person()
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(update(members).where(members.c.id == ANNA).values(email="änna@example.com"))
    await anna.command("/sessions notifications")
    assert "No mail can be sent to änna@example.com" in shown(anna)
    assert anna.modal is not None
    assert not {"Slack and mail", "Mail only"} & set(anna.modal.buttons)


async def test_the_question_in_a_receipt_is_answered_there(stage: Stage) -> None:
    anna = stage.person()
    for button, ways, words in (
        ("Yes, mail me too", "both", "in Slack and by mail"),
        ("No thanks", "slack", "in Slack"),
    ):
        offer = Announcement(
            viewer=Viewer(Someone(ANNA, email="anna@example.com"), is_coach=False, is_admin=False),
            settings=Settings(),
            now=stage.clock.now(),
            mail_offer=MailOffer.OPEN,
        )
        blocks = Letter(title=pseudo("Booked"), body=offer_of(offer)).blocks()
        await stage.client.chat_postMessage(channel=ANNA, text=pseudo("Booked"), blocks=blocks)
        await anna.click(button, on=(await anna.dms())[-1])
        await stage.settled()
        assert await stored(stage) == {ANNA: ways}
        assert words in next(one.text for one in reversed(anna.messages) if one.ephemeral)
        async with stage.store.engines.writer.begin() as connection:
            await connection.execute(delete(notifications))


async def test_a_coach_chooses_when_their_agenda_comes_and_turns_it_off_and_others_have_none(stage: Stage) -> None:
    carla, anna = stage.person(COACH), stage.person()
    await carla.command("/sessions notifications")
    assert "In the morning: the sessions that you give, and what waits for you" in shown(carla)
    await carla.choose("7:30 AM")
    async with stage.store.engines.reader.connect() as connection:
        rows = (await connection.execute(select(notifications.c.member_id, notifications.c.agenda_minute))).all()
    assert [tuple(row) for row in rows] == [(COACH, 450)]
    await carla.click("Turn off", near="In the morning")
    assert "When it comes" not in shown(carla)
    await anna.command("/sessions notifications")
    assert "In the morning" not in shown(anna)
