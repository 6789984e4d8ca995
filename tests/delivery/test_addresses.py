"""Stakeholders by mail: asked once, told nothing before a yes, and what a stakeholder in Slack is told after it (K7)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.delivery.channels.mail import MailChannel, Sender
from bot.delivery.channels.mail_server import MailServer
from bot.delivery.invitations import Invitations
from bot.delivery.relay import Relay
from bot.mail_addresses import Mailbox
from bot.mail_settings import parse_url
from bot.mailing import ways
from coaching.actions import address_answers
from coaching.actions.stakeholders import answer_for, open_told, save_told
from coaching.addresses import ANSWER_WITHIN
from coaching.errors import NotYours
from coaching.ids import new_id
from coaching.notifications import Preferences, Ways
from coaching.sessions import Actor, Hat, Person
from coaching.stakeholders import NewsOf
from coaching.workspace import Settings
from handlers.views.mail import write_mail
from storage.tables import members, stakeholder_addresses
from tests.delivery.conftest import FAST, Stage
from tests.delivery.test_mail import PAT_ID, Post
from tests.support.post_office import PostOffice
from tests.support.world import ADMIN, BORIS, COACH, WORKSPACE
from web.links import Links

pytestmark = pytest.mark.plain  # the mails are read as people get them
DAY = timedelta(days=1)
OLGA, OLGA_ID = "olga@example.org", "mail:olga@example.org"
LINKS = Links("secret", "https://sessions.example.com")
ADA = Actor(WORKSPACE, ADMIN)
ASKED = "May we write to you about sessions?"
BOOKED = "Ada Admin (admin) booked a session with Carla Coach for somebody"


class Addressed(Post):
    """The practice, whose mails lead to pages."""

    links = LINKS

    def relay(self, pace: Any = FAST) -> Relay:
        """The relay that sends mails with links; not running yet."""
        sender = Mailbox("sessions@example.com", "Sessions")
        brings = Invitations(self.stage.store, sender, LINKS)
        channel = MailChannel(self.server, Sender(sender, "coach"), write_mail, ways(None, brings, LINKS), brings.parts)
        return Relay(self.stage.store.engines, self.stage.clock, channel, metrics=self.stage.metrics, pace=pace)

    async def name(self, *addresses: str, of: NewsOf = NewsOf.COACH, of_id: str = COACH, ask: bool = True) -> None:
        """An admin names these addresses, and no others."""
        clock = self.stage.clock
        given: dict[str, Any] = {"people": [], "channels": [], "addresses": addresses, "ask": ask}
        await save_told(self.stage.store, clock, ADA, new_id(clock.now()), of, of_id, **given)

    async def answer(self, token: str, wanted: bool | None) -> address_answers.Answered:
        """Follow a link, and say yes or no there."""
        found = LINKS.read_copies(token.rpartition("/")[2])
        assert found is not None
        workspace_id, address_id, asked_at = found
        return await address_answers.by_link(
            self.stage.store, self.stage.clock, workspace_id, address_id, asked_at=asked_at, wanted=wanted
        )

    def link(self, number: int = -1) -> str:
        """The page to which a mail leads."""
        text = self.office.to(OLGA)[number].text
        return text[text.index("https://sessions.example.com/copies/") :].split(")")[0].split()[0]

    async def agreed(self) -> None:
        """Olga is named, is asked, and says yes."""
        await self.name(OLGA_ID)
        await self.drain()
        await self.answer(self.link(), wanted=True)


async def known(post: Post) -> dict[str, str]:
    async with post.stage.store.engines.reader.connect() as connection:
        rows = await connection.execute(select(stakeholder_addresses.c.address_id, stakeholder_addresses.c.consent))
        return {row.address_id: row.consent for row in rows}


@pytest.fixture
async def post(stage: Stage) -> AsyncIterator[Addressed]:
    """Pat is a client who is known by e-mail only."""
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.know_of([PAT_ID])
        await uow.commit()
    await stage.world.open()
    office = PostOffice()
    async with office.serving():
        server = MailServer(parse_url(f"smtp://127.0.0.1:{office.port}"))
        yield Addressed(stage, office, server)
        await server.close()


async def test_an_address_is_asked_once_and_gets_nothing_before_its_yes(post: Addressed) -> None:
    await post.name(OLGA_ID)
    await post.name(OLGA_ID)
    await post.book()
    await post.drain()
    [asked] = post.office.to(OLGA)
    assert asked.mail["Subject"] == ASKED
    assert "Sessions of: Carla Coach" in asked.text
    assert "You get this once, because an admin named this address." in asked.text
    assert asked.mail["List-Unsubscribe"] is None
    assert "Pat" not in asked.text, "no client is named"
    assert not await post.stage.rows(copy_of=COACH)


async def test_after_its_yes_it_is_told_what_a_stakeholder_in_slack_is_told(post: Addressed) -> None:
    await post.agreed()
    session = await post.book()
    await post.drain()
    await post.coach_cancels(session)
    await post.drain()
    assert post.subjects(OLGA)[1:] == [BOOKED, "Carla Coach canceled 1 session with somebody"]
    told = post.office.to(OLGA)[1]
    assert "You are told what Carla Coach is told." in told.text
    assert "an admin named this address, and it was confirmed" in told.text
    assert told.mail["List-Unsubscribe"] == f"<{LINKS.no_copies(WORKSPACE, OLGA_ID)}>"
    assert told.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/s/" not in told.text, "the session is not theirs to cancel"
    assert "text/calendar" not in told.octets.decode(errors="replace"), "nor is the appointment"
    assert "/sessions" not in told.text.replace("https://sessions", "")
    [row] = await post.stage.rows(recipient=OLGA_ID, kind="coach_booked")
    assert (row.state, row.medium, row.copy_of) == ("sent", "mail", COACH)


async def test_a_reason_that_channels_may_not_show_is_not_mailed(post: Addressed) -> None:
    await post.stage.world.settings(Settings(reason_in_channel=False, undo_window=timedelta(0)))
    await post.agreed()
    session = await post.book(DAY * 9)
    quoted = await post.stage.world.quote(session, who=COACH, hat=Hat.COACH, reason="A family matter")
    await post.stage.world.confirm(quoted)
    await post.drain()
    last = post.office.to(OLGA)[-1]
    assert "canceled" in last.mail["Subject"]
    assert "family" not in last.text + last.html


async def test_one_click_ends_it_and_what_waits_is_not_sent(post: Addressed) -> None:
    await post.agreed()
    await post.book()
    await post.drain()
    await post.book(DAY * 6)
    no = post.office.to(OLGA)[-1].mail["List-Unsubscribe"].strip("<>")
    assert (await post.answer(no, wanted=False)).may_agree
    await post.drain()
    assert len(post.subjects(OLGA)) == 2
    dropped = await post.stage.rows(recipient=OLGA_ID, state="dropped")
    assert [row.why for row in dropped] == ["not_named"]
    await post.book(DAY * 7)
    await post.drain()
    assert len(post.subjects(OLGA)) == 2
    await post.answer(no, wanted=True)
    await post.book(DAY * 8)
    await post.drain()
    assert len(post.subjects(OLGA)) == 3


async def test_who_wants_no_mails_about_own_sessions_is_still_told_as_a_stakeholder(post: Addressed) -> None:
    await post.agreed()
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.notifications.choose(OLGA_ID, Preferences(Ways.SLACK), post.stage.clock.now())
        await uow.commit()
    await post.book()
    await post.drain()
    assert post.subjects(OLGA) == [ASKED, BOOKED]


async def test_what_comes_back_is_said_in_the_set_up_and_naming_it_anew_tries_again(post: Addressed) -> None:
    await post.agreed()
    post.office.refuses[OLGA] = "550 5.1.1 no such user"
    await post.book()
    await post.drain()
    await post.book(DAY * 6)
    await post.drain()
    rows = await post.stage.rows(recipient=OLGA_ID, kind="coach_booked")
    assert [row.state for row in rows] == ["failed", "dropped"]
    store, clock = post.stage.store, post.stage.clock
    [one] = (await open_told(store, clock, ADA, NewsOf.COACH, COACH)).addresses
    assert one.came_back
    post.office.refuses.clear()
    post.stage.clock.advance(DAY)
    await post.name(OLGA_ID)
    assert (await open_told(store, clock, ADA, NewsOf.COACH, COACH)).addresses[0].came_back, "it was named all the time"
    await post.name()
    await post.name(OLGA_ID)
    [one] = (await open_told(store, clock, ADA, NewsOf.COACH, COACH)).addresses
    assert not one.came_back
    await post.drain()
    assert post.subjects(OLGA) == [ASKED, ASKED]


async def test_an_admin_answers_for_an_address_and_nobody_is_asked_where_there_is_no_page(post: Addressed) -> None:
    await post.name(OLGA_ID, ask=False)
    await post.drain()
    assert not post.office.to(OLGA)
    store, clock = post.stage.store, post.stage.clock
    found = await answer_for(store, clock, ADA, "yes", NewsOf.COACH, COACH, OLGA_ID)
    [one] = found.addresses
    assert one.by is not None
    assert one.by.id == ADMIN
    await post.book()
    await post.drain()
    assert post.subjects(OLGA) == [BOOKED]


async def test_the_question_ends_with_its_time_and_a_new_one_makes_the_old_link_void(post: Addressed) -> None:
    await post.name(OLGA_ID)
    await post.drain()
    first = post.link()
    post.stage.clock.advance(ANSWER_WITHIN + timedelta(seconds=1))
    with pytest.raises(NotYours):
        await post.answer(first, wanted=True)
    await post.name(OLGA_ID)
    await post.drain()
    assert post.subjects(OLGA) == [ASKED, ASKED]
    with pytest.raises(NotYours):
        await post.answer(first, wanted=True)
    await post.answer(post.link(), wanted=True)
    assert await known(post) == {OLGA_ID: "confirmed"}


async def test_an_address_that_is_named_nowhere_is_forgotten_and_its_links_lead_nowhere(post: Addressed) -> None:
    await post.agreed()
    link = post.link()
    await post.book()
    await post.name()
    await post.drain()
    assert post.subjects(OLGA) == [ASKED]
    assert await known(post) == {OLGA_ID: "waiting"}, "its question counts for a day if it is named again"
    with pytest.raises(NotYours):
        await post.answer(link, wanted=True)
    post.stage.clock.advance(DAY)
    await post.name("mail:pat@example.org")
    await post.name()
    assert await known(post) == {"mail:pat@example.org": "waiting"}
    with pytest.raises(NotYours):
        await post.answer(link, wanted=True)
    with pytest.raises(NotYours):
        await post.answer(LINKS.no_copies(WORKSPACE, OLGA_ID), wanted=False)


async def test_an_address_that_is_removed_and_named_again_is_asked_once_a_day_and_its_link_counts(
    post: Addressed,
) -> None:
    for _ in range(3):
        await post.name(OLGA_ID)
        await post.drain()
        await post.name()
        post.stage.clock.advance(timedelta(hours=7))
    await post.name(OLGA_ID)
    await post.drain()
    assert post.subjects(OLGA) == [ASKED]
    await post.answer(post.link(), wanted=True)
    await post.name()
    await post.name(OLGA_ID)
    assert await known(post) == {OLGA_ID: "waiting"}, "being named again needs a yes again"
    await post.answer(post.link(), wanted=True)
    assert await known(post) == {OLGA_ID: "confirmed"}
    post.stage.clock.advance(DAY)
    await post.name()
    await post.name(OLGA_ID)
    await post.drain()
    assert post.subjects(OLGA) == [ASKED, ASKED]


async def test_an_address_that_is_removed_and_named_again_before_the_mail_left_gets_one_mail(post: Addressed) -> None:
    await post.name(OLGA_ID)
    await post.name()
    post.stage.clock.advance(DAY)
    await post.name("mail:pat@example.org")  # which forgets the first question
    await post.name()
    await post.name(OLGA_ID)
    await post.drain()
    assert post.subjects(OLGA) == [ASKED]
    await post.answer(post.link(), wanted=True)
    assert await known(post) == {OLGA_ID: "confirmed"} | {"mail:pat@example.org": "waiting"}
    [first, _] = sorted(await post.stage.rows(recipient=OLGA_ID, kind="address_asked"), key=lambda row: row.due_at)
    assert (first.state, first.why) == ("dropped", "settled")


async def test_a_question_that_was_dropped_because_the_address_was_removed_is_asked_when_it_is_named_again(
    post: Addressed,
) -> None:
    await post.name(OLGA_ID)
    await post.name()
    await post.drain()
    assert not post.office.to(OLGA)
    post.stage.clock.advance(timedelta(seconds=1))
    await post.name(OLGA_ID)
    await post.drain()
    assert post.subjects(OLGA) == [ASKED]


async def test_an_address_that_was_named_before_there_was_a_page_is_asked_when_it_is_saved_again(
    post: Addressed,
) -> None:
    await post.name(OLGA_ID, ask=False)
    store, clock = post.stage.store, post.stage.clock
    [one] = (await open_told(store, clock, ADA, NewsOf.COACH, COACH)).addresses
    assert not one.asked_by_mail
    post.stage.clock.advance(timedelta(seconds=1))
    for _ in range(2):
        await post.name(OLGA_ID)
        await post.drain()
        post.stage.clock.advance(timedelta(seconds=1))
    [one] = (await open_told(store, clock, ADA, NewsOf.COACH, COACH)).addresses
    assert one.asked_by_mail
    assert post.subjects(OLGA) == [ASKED]
    await post.answer(post.link(), wanted=True)


async def test_a_question_that_waits_is_not_sent_when_the_address_was_removed_or_has_answered(post: Addressed) -> None:
    await post.name(OLGA_ID)
    await post.name()
    await post.drain()
    await post.name(OLGA_ID)
    await answer_for(post.stage.store, post.stage.clock, ADA, "yes", NewsOf.COACH, COACH, OLGA_ID)
    await post.drain()
    assert not post.office.to(OLGA)


@pytest.mark.parametrize(("wanted", "hears"), [(True, True), (None, True), (False, False)])
async def test_whoever_appears_in_slack_is_told_there_unless_they_said_no(
    post: Addressed, wanted: bool | None, hears: bool
) -> None:
    await post.name(OLGA_ID)
    await post.drain()
    if wanted is not None:
        await post.answer(post.link(), wanted=wanted)
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.people.save(Person(BORIS, "Boris Novak", OLGA), post.stage.clock.now())
        await uow.people.link(OLGA_ID, BORIS)
        await uow.commit()
    await post.book()
    await post.drain()
    assert post.subjects(OLGA) == [ASKED]
    assert bool(post.stage.posts(BORIS)) is hears
    assert await known(post) == ({} if hears else {OLGA_ID: "declined"})
    async with post.stage.store.engines.reader.connect() as connection:
        assert not list(await connection.execute(select(members.c.id).where(members.c.id == OLGA_ID)))
