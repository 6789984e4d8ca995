"""Mails bring invitations: whoever applies them has exactly the booked sessions in their calendar, and a way to change them."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.delivery.channels.mail import MailChannel, Sender
from bot.delivery.invitations import Invitations
from bot.delivery.relay import Relay
from bot.delivery.retry import Pace
from bot.mail_addresses import Mailbox
from bot.mailing import ways
from calendars.appointment import uid_of
from coaching.actions import notifications, undo
from coaching.actions.reschedule import MoveSessions, NewTime, move_sessions
from coaching.ids import new_id
from coaching.notifications import Ways
from coaching.sessions import Actor, Hat, Session
from coaching.workspace import Settings
from handlers.views.mail import write_mail
from tests.delivery.conftest import FAST
from tests.delivery.test_mail import PAT, WINDOW, Post, post
from tests.support.calendars import Invited, read
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE
from web.links import Links, Way

__all__ = ["post"]
pytestmark = pytest.mark.plain  # the mails are read as people get them
DAY = timedelta(days=1)
LINKS = Links("a secret of the tests", "https://sessions.example.com")
SENDER = Mailbox("sessions@example.com", "Sessions")


@dataclass
class Inviting(Post):
    """The practice with its mail server, whose mails bring invitations."""

    links: Links | None = LINKS

    def relay(self, pace: Pace = FAST) -> Relay:
        brings = Invitations(self.stage.store, SENDER, self.links)
        channel = MailChannel(self.server, Sender(SENDER, "coach"), write_mail, ways(None, brings), brings.parts)
        return Relay(self.stage.store.engines, self.stage.clock, channel, metrics=self.stage.metrics, pace=pace)

    async def sent(self) -> list[str]:
        """Deliver what is due at the end of the undo window, and return all calendar parts that Pat got inline."""
        self.stage.clock.advance(WINDOW + timedelta(seconds=2))
        await self.drain()
        parts = []
        for got in self.office.to(PAT):
            inline = [
                one for one in got.mail.walk() if one.get_content_type() == "text/calendar" and not one.get_filename()
            ]
            parts += [str(one.get_content()).replace("\r\n", "\n").replace("\n", "\r\n") for one in inline]
        return parts

    async def move(self, session: Session, by: timedelta) -> None:
        """The coach moves a session."""
        async with self.stage.store.read(WORKSPACE) as queries:
            [now] = await queries.sessions.by_ids([session.id])
        times = [NewTime(session.id, now.starts_at, now.starts_at + by)]
        key = new_id(self.stage.clock.now())
        command = MoveSessions(
            actor=Actor(WORKSPACE, COACH), request_key=key, hat=Hat.COACH, subject_id=COACH, times=times
        )
        await move_sessions(self.stage.store, self.stage.clock, command)


@pytest.fixture
def inviting(post: Post) -> Inviting:
    return Inviting(post.stage, post.office, post.server)


async def test_an_event_comes_moves_and_goes(inviting: Inviting) -> None:
    session = await inviting.book()
    [first] = await inviting.sent()
    method, [event] = read(first)
    assert method == "REQUEST"
    assert str(event["UID"]) == uid_of(WORKSPACE, session.id)
    assert str(event["SUMMARY"]) == "Coaching with Carla Coach"
    assert str(event["ATTENDEE"]) == f"mailto:{PAT}"
    assert str(event["ORGANIZER"]) == "mailto:sessions@example.com"
    assert event["ORGANIZER"].params["CN"] == "Carla Coach"
    way = LINKS.way_in(Way(WORKSPACE, f"mail:{PAT}", session.id))
    assert f"Cancel or reschedule: {way}" in str(event["DESCRIPTION"])
    await inviting.move(session, DAY)
    moved = (await inviting.sent())[-1]
    calendar = Invited(remembers=False)
    for text in (first, moved, moved):
        calendar.receive(text)
    assert [one.starts_at for one in calendar.shown.values()] == [session.starts_at + DAY]
    await inviting.coach_cancels(session)
    everything = await inviting.sent()
    assert len(everything) == 3
    calendar.receive(everything[-1])
    assert calendar.shown == {}
    backwards = Invited(remembers=True)
    for text in reversed(everything * 2):
        backwards.receive(text)
    assert backwards.shown == {}


async def test_a_cancellation_that_is_taken_back_in_time_sends_nothing(inviting: Inviting) -> None:
    await inviting.stage.world.settings(Settings(undo_window=WINDOW, start_reminder=None))
    session = await inviting.book()
    before = await inviting.sent()
    action = await inviting.admin_cancels(session)
    await undo.undo(
        inviting.stage.store, inviting.stage.clock, undo.Undo(actor=Actor(WORKSPACE, ADMIN), action_id=action)
    )
    assert await inviting.sent() == before


async def test_a_mail_leads_to_the_page_of_its_session(inviting: Inviting) -> None:
    session = await inviting.book()
    await inviting.sent()
    [got] = inviting.office.to(PAT)
    way = LINKS.way_in(Way(WORKSPACE, f"mail:{PAT}", session.id))
    assert way in got.text
    assert f'href="{way}"' in got.html
    assert [one.get_filename() for one in got.mail.iter_attachments()] == ["invite.ics"]


async def test_without_a_web_address_the_invitation_has_no_way_in(inviting: Inviting) -> None:
    inviting.links = None
    await inviting.book()
    [text] = await inviting.sent()
    assert "Cancel or reschedule" not in text
    assert "write to your coach" in inviting.office.to(PAT)[0].text


@pytest.mark.parametrize("contact", [None, "help@example.com"])
async def test_without_a_web_address_a_cancellation_says_whom_to_write_to_to_book_again(
    inviting: Inviting, contact: str | None
) -> None:
    await inviting.stage.world.settings(Settings(support_contact=contact, start_reminder=None))
    inviting.links = None
    session = await inviting.book()
    await inviting.sent()
    await inviting.coach_cancels(session)
    await inviting.sent()
    got = inviting.office.to(PAT)[-1]
    assert "To cancel or reschedule" not in got.text + got.html
    whom = contact or "your coach"
    assert f"To book again, write to {whom}." in got.text
    assert f"To book again, write to {whom}." in got.html


async def test_a_cancellation_leads_to_the_page_where_the_session_is_booked_again(inviting: Inviting) -> None:
    sessions = [await inviting.book(DAY * days) for days in (5, 6)]
    await inviting.sent()
    await inviting.coach_cancels(*sessions)
    await inviting.sent()
    got = inviting.office.to(PAT)[-1]
    way = LINKS.way_in(Way(WORKSPACE, f"mail:{PAT}", sessions[1].id))
    assert f"Schedule Session ({way})" in got.text
    assert f'<a href="{way}">Schedule Session</a>' in got.html
    assert "Cancel or reschedule" not in got.text


async def test_a_coach_outside_of_slack_is_not_told_to_write_to_their_coach(inviting: Inviting) -> None:
    inviting.links = None
    coach = "mail:cora@example.org"
    async with inviting.stage.store.write(WORKSPACE) as uow:
        await uow.people.know_of([coach])
        await uow.coaches.save(coach, None)
        await uow.commit()
    await inviting.stage.world.open(coach)
    session = await inviting.book(client=ANNA, coach=coach)
    await inviting.sent()
    [booked] = inviting.office.to("cora@example.org")
    assert "your coach" not in booked.text
    await inviting.stage.world.cancel(session)
    await inviting.sent()
    canceled = inviting.office.to("cora@example.org")[-1]
    assert canceled.mail["Subject"] != booked.mail["Subject"]
    assert "write to" not in canceled.text


async def test_a_mail_about_several_sessions_has_a_file_for_each_and_none_inline(inviting: Inviting) -> None:
    sessions = [await inviting.book(DAY * days) for days in (5, 6)]
    booked = await inviting.sent()
    await inviting.coach_cancels(*sessions)
    assert await inviting.sent() == booked
    got = inviting.office.to(PAT)[-1].mail
    files = list(got.iter_attachments())
    assert [one.get_filename() for one in files] == ["invite-1.ics", "invite-2.ics"]
    assert {one.get_param("method") for one in files} == {"CANCEL"}
    calendar = Invited(remembers=False)
    for text in booked:
        calendar.receive(text)
    assert len(calendar.shown) == 2
    for one in files:
        content = one.get_content()
        calendar.receive(
            content.decode() if isinstance(content, bytes) else content.replace("\r\n", "\n").replace("\n", "\r\n")
        )
    assert calendar.shown == {}


async def test_a_mail_that_takes_a_session_out_says_what_some_calendars_do_not_do(inviting: Inviting) -> None:
    session = await inviting.book()
    await inviting.sent()
    await inviting.coach_cancels(session)
    await inviting.sent()
    first, last = inviting.office.to(PAT)
    assert "do not remove a canceled session" not in first.text + first.html
    for form in (last.text, last.html):
        assert "Some calendars do not remove a canceled session by themselves" in form


async def test_whoever_wants_no_invitations_gets_the_words_alone(inviting: Inviting) -> None:
    store, clock, actor = inviting.stage.store, inviting.stage.clock, Actor(WORKSPACE, ANNA)
    await notifications.choose(store, clock, actor, Ways.BOTH)
    await notifications.want_invitations(store, clock, actor, wanted=False)
    session = await inviting.book(client=ANNA)
    await inviting.sent()
    await inviting.coach_cancels(session)
    await inviting.sent()
    mails = inviting.office.to(f"{ANNA.lower()}@example.com")
    assert len(mails) == 2
    assert not [part for one in mails for part in one.mail.walk() if part.get_content_type() == "text/calendar"]
    assert "Some calendars" not in mails[-1].text
    await notifications.want_invitations(store, clock, actor, wanted=True)
    await inviting.book(DAY * 6, client=ANNA)
    await inviting.sent()
    last = inviting.office.to(f"{ANNA.lower()}@example.com")[-1].mail
    assert [part for part in last.walk() if part.get_content_type() == "text/calendar"]
