"""People known by e-mail only hear by mail what others read in Slack; nothing here is patched."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.authorize import Home
from bot.delivery.channels.mail import MailChannel, Sender
from bot.delivery.channels.mail_server import MailServer
from bot.delivery.channels.slack import SlackChannel
from bot.delivery.invitations import Invitations
from bot.delivery.relay import Relay
from bot.delivery.retry import Pace
from bot.mail_addresses import Mailbox
from bot.mail_settings import parse_url
from bot.mailing import ways
from coaching.actions import book, cancel, notifications, undo
from coaching.notifications import Preferences, Ways
from coaching.sessions import Actor, Hat, Session
from coaching.workspace import Settings
from handlers.views.mail import write_mail
from handlers.views.news import render
from tests.delivery.conftest import FAST, Stage
from tests.support.post_office import PostOffice
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE
from web.links import Links

DAY = timedelta(days=1)
PAT, PAT_ID = "pat@example.org", "mail:pat@example.org"
WINDOW = timedelta(seconds=60)
BOOKED = "Your session is booked, by Ada Admin (admin)"
CANCELED = "Ada Admin (admin) canceled 1 session for you"
COACHES = "Ada Admin (admin) booked a session with you for Anna Lee"
pytestmark = pytest.mark.plain  # the mails are read as people get them


@dataclass
class Post:
    """The practice with a client who is known by e-mail only, and a mail server."""

    stage: Stage
    office: PostOffice
    server: MailServer

    def relay(self, pace: Pace = FAST) -> Relay:
        """The relay that sends mails; not running yet."""
        sender = Mailbox("sessions@example.com", "Sessions")
        brings = Invitations(self.stage.store, sender, None)
        channel = MailChannel(self.server, Sender(sender, "coach"), write_mail, ways(None, brings))
        return Relay(self.stage.store.engines, self.stage.clock, channel, metrics=self.stage.metrics, pace=pace)

    def slack_relay(self) -> Relay:
        """The relay of Slack's notices, beside one for mail."""
        channel = SlackChannel(self.stage.client_for, render)
        return Relay(self.stage.store.engines, self.stage.clock, channel, pace=FAST, mail=True)

    async def drain(self) -> None:
        """Let both relays deliver what is due."""
        await self.slack_relay().drain()
        await self.relay().drain()
        await self.slack_relay().drain()

    async def book(
        self, ahead: timedelta = DAY * 5, *, client: str = PAT_ID, coach: str = COACH, told: bool = True
    ) -> Session:
        """The coach books for the client, which confirms, or nothing is said (`told`)."""
        command = book.Book(
            actor=Actor(WORKSPACE, ADMIN),
            role=Hat.ADMIN,
            client_id=client,
            coach_id=coach,
            session_type="Coaching",
            starts_at=self.stage.clock.now() + ahead,
            length=timedelta(minutes=15),
            time_zone="America/New_York",
            price=0,
            within_hours=told,
        )
        return await book.book(self.stage.store, self.stage.clock, command)

    async def coach_cancels(self, *sessions: Session) -> cancel.Canceled:
        quoted = await self.stage.world.quote(*sessions, who=COACH, hat=Hat.COACH)
        done = await self.stage.world.confirm(quoted)
        assert isinstance(done, cancel.Canceled)
        return done

    async def admin_cancels(self, session: Session) -> str:
        """An admin cancels for the client, which can be undone. Return the action's id."""
        quoted = await self.stage.world.quote(session, who=ADMIN, hat=Hat.ADMIN, subject=PAT_ID)
        done = await self.stage.world.confirm(quoted)
        assert isinstance(done, cancel.Canceled)
        assert done.sessions[0].cancellation is not None
        return done.sessions[0].cancellation.action_id

    def subjects(self, who: str = PAT) -> list[str]:
        return [one.mail["Subject"] for one in self.office.to(who)]


@pytest.fixture
async def post(stage: Stage) -> AsyncIterator[Post]:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.know_of([PAT_ID])
        await uow.commit()
    await stage.world.open()
    office = PostOffice()
    async with office.serving():
        server = MailServer(parse_url(f"smtp://127.0.0.1:{office.port}"))
        yield Post(stage, office, server)
        await server.close()


async def test_a_client_known_by_email_only_hears_by_mail_and_nothing_goes_to_slack(post: Post) -> None:
    await post.book()
    before = len(post.stage.posts())
    await post.drain()
    [got] = post.office.to(PAT)
    assert got.mail["Subject"] == BOOKED
    assert got.mail["From"] == "Sessions <sessions@example.com>"
    assert got.mail["Reply-To"].addresses[0].addr_spec == f"{COACH.lower()}@example.com"
    assert got.mail["Auto-Submitted"] == "auto-generated"
    assert "Coaching" in got.text
    assert "Carla Coach" in got.text
    assert "write to your coach" in got.text
    assert "/sessions" not in got.text, "there is nowhere to type it"
    assert "<@" not in got.text + got.html
    assert "<strong>" in got.html
    for fetched in ("<script", "src=", "@import", "url(", "<iframe", "<img"):
        assert fetched not in got.html, "nothing is fetched"
    assert len(post.stage.posts()) == before + 1, "only the coach hears in Slack"
    [row] = await post.stage.rows(recipient=PAT_ID, kind="booked")
    assert (row.state, row.medium) == ("sent", "mail")


async def test_one_sessions_mails_are_one_thread_and_each_has_an_id_of_its_own(post: Post) -> None:
    session = await post.book()
    await post.drain()
    await post.coach_cancels(session)
    post.stage.clock.advance(WINDOW)
    await post.drain()
    booked, canceled = (one.mail for one in post.office.to(PAT))
    assert booked["References"] == canceled["References"]
    assert booked["Message-ID"] != canceled["Message-ID"]
    assert "canceled" in canceled["Subject"]


async def test_a_mail_waits_until_it_can_no_longer_be_undone(post: Post) -> None:
    await post.stage.world.settings(Settings(undo_window=WINDOW, start_reminder=None))
    session = await post.book()
    await post.drain()
    await post.admin_cancels(session)
    await post.drain()
    assert post.subjects() == [BOOKED], "the cancellation may still be taken back"
    post.stage.clock.advance(WINDOW)
    await post.drain()
    assert post.subjects() == [BOOKED], "at the end of the window itself, too"
    post.stage.clock.advance(timedelta(seconds=1))
    await post.drain()
    assert post.subjects() == [BOOKED, CANCELED]
    assert "undo" not in post.office.to(PAT)[-1].text.lower()


async def test_what_was_undone_in_time_is_not_mailed(post: Post) -> None:
    await post.stage.world.settings(Settings(undo_window=WINDOW, start_reminder=None))
    session = await post.book()
    await post.drain()
    action_id = await post.admin_cancels(session)
    await post.drain()
    command = undo.Undo(actor=Actor(WORKSPACE, ADMIN), action_id=action_id)
    await undo.undo(post.stage.store, post.stage.clock, command)
    post.stage.clock.advance(WINDOW * 2)
    await post.drain()
    assert post.subjects() == [BOOKED]
    [row] = await post.stage.rows(recipient=PAT_ID, kind="receipt")
    assert (row.state, row.why) == ("dropped", "taken_back")


async def test_a_mail_is_never_sent_again_because_its_session_changed(post: Post) -> None:
    session = await post.book()
    await post.drain()
    await post.coach_cancels(session)
    await post.drain()
    await post.drain()
    assert post.subjects() == [BOOKED, "Carla Coach canceled 1 session with you"]


async def test_whoever_appears_in_slack_hears_there_and_not_twice(post: Post) -> None:
    session = await post.book()
    await post.drain()
    await post.coach_cancels(session)
    async with post.stage.store.write(WORKSPACE) as uow:
        person = replace(session.client, id=ANNA)
        await uow.people.link(PAT_ID, person.id)
        await uow.commit()
    await post.drain()
    assert post.subjects() == [BOOKED]
    assert any("canceled" in one.text for one in post.stage.posts(ANNA))


async def test_a_coach_known_by_email_only_hears_by_mail_unless_their_channel_does(post: Post) -> None:
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(PAT_ID, None)
        await uow.commit()
    await post.stage.world.open(PAT_ID)
    await post.book(client=ANNA, coach=PAT_ID)
    await post.drain()
    assert post.subjects() == [COACHES]
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(PAT_ID, "C0COACH")
        await uow.commit()
    await post.book(DAY * 6, client=ANNA, coach=PAT_ID)
    await post.drain()
    assert len(post.subjects()) == 1
    assert any(COACHES in one.text for one in post.stage.posts("C0COACH"))


async def test_reminders_come_by_mail_and_near_ones_share_one(post: Post) -> None:
    await post.stage.world.settings(Settings(start_reminder=None))
    first = await post.book(DAY * 10, told=False)
    second = await post.book(DAY * 10 + timedelta(minutes=20), coach=OTHER_COACH, told=False)
    await post.drain()
    post.stage.clock.set(first.refund_cutoff_at - DAY)
    await post.drain()
    [reminder] = post.office.to(PAT)
    assert reminder.mail["Subject"] == "Do you keep these 2 sessions?"
    assert len(reminder.mail["References"].split()) == 2
    rows = await post.stage.rows(kind="reminder", state="sent", medium="mail")
    assert {row.session_id for row in rows} == {first.id, second.id}


async def test_without_mail_whoever_is_known_by_email_only_waits_as_before(post: Post) -> None:
    await post.book()
    relay = Relay(post.stage.store.engines, post.stage.clock, SlackChannel(post.stage.client_for, render), pace=FAST)
    await relay.drain()
    [row] = await post.stage.rows(recipient=PAT_ID, kind="booked")
    assert (row.state, row.medium, row.attempts) == ("pending", "slack", 0)
    assert not post.office.mails


async def test_whoever_said_no_gets_no_mail_and_their_record_says_why(post: Post) -> None:
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.notifications.choose(PAT_ID, Preferences(Ways.SLACK), post.stage.clock.now())
        await uow.commit()
    await post.book()
    await post.drain()
    assert not post.office.mails
    [row] = await post.stage.rows(recipient=PAT_ID, kind="booked")
    assert (row.state, row.why) == ("dropped", "not_wanted")


async def test_every_mail_can_be_ended_by_one_click_where_there_is_a_web_address(post: Post) -> None:
    links = Links("secret", "https://sessions.example.com")
    sender = Mailbox("sessions@example.com")
    brings = Invitations(post.stage.store, sender, links)
    channel = MailChannel(post.server, Sender(sender), write_mail, ways(None, brings, links), brings.parts)
    await post.book()
    await Relay(post.stage.store.engines, post.stage.clock, channel, pace=FAST).drain()
    [got] = post.office.to(PAT)
    address = got.mail["List-Unsubscribe"].strip("<>")
    assert links.read_no_mail(address.rpartition("/")[2]) == (WORKSPACE, PAT_ID)
    assert got.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in got.html
    assert address in got.text


@pytest.mark.parametrize("workspace_id", [WORKSPACE, None, "T0OTHER"])
async def test_a_members_mail_leads_to_notifications_in_their_own_slack(post: Post, workspace_id: str | None) -> None:
    links = Links("secret", "https://sessions.example.com")
    brings = Invitations(post.stage.store, Mailbox("sessions@example.com"), links)
    home = Home(workspace_id, "T0TEST", "A1")
    channel = MailChannel(
        post.server, Sender(Mailbox("sessions@example.com")), write_mail, ways(home, brings, links), brings.parts
    )
    await notifications.choose(post.stage.store, post.stage.clock, Actor(WORKSPACE, ANNA), Ways.BOTH)
    await post.book(client=ANNA)
    await post.book(DAY * 6)
    await post.slack_relay().drain()
    await Relay(post.stage.store.engines, post.stage.clock, channel, pace=FAST).drain()
    [to_anna] = post.office.to("u0anna@example.com")
    [to_pat] = post.office.to(PAT)
    for form in (to_anna.text, to_anna.html):
        assert ("Notifications" in form) == (workspace_id != "T0OTHER")
        assert ("https://slack.com/app_redirect?app=A1" in form) == (workspace_id != "T0OTHER")
        assert "No more mails" in form
    assert "Notifications" not in to_pat.text, "there is no Slack to open it in"
