"""Members hear as they have chosen when a message is sent: in Slack, by mail, or both."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.actions import notifications
from coaching.notifications import Preferences, Ways
from coaching.sessions import Actor
from coaching.workspace import Settings
from storage.tables import members, notices
from tests.delivery.conftest import FAST
from tests.delivery.test_mail import BOOKED, COACHES, DAY, WINDOW, Post, post
from tests.support.invariants import check_invariants
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE

__all__ = ["post"]
ANNAS = "u0anna@example.com"
pytestmark = pytest.mark.plain


async def chosen(post: Post, ways: Ways, who: str = ANNA) -> None:
    found = await notifications.choose(post.stage.store, post.stage.clock, Actor(WORKSPACE, who), ways)
    assert found.saved


def told(post: Post, who: str = ANNA) -> list[str]:
    return [one.text.split("\n")[0] for one in post.stage.posts(who)]


async def test_whoever_chose_nothing_hears_in_slack_only(post: Post) -> None:
    await post.book(client=ANNA)
    await post.drain()
    assert told(post) == [BOOKED]
    assert not post.office.mails


async def test_both_is_the_message_in_slack_and_one_mail(post: Post) -> None:
    await chosen(post, Ways.BOTH)
    await post.book(client=ANNA)
    await post.drain()
    await post.drain()
    assert told(post) == [BOOKED]
    assert post.subjects(ANNAS) == [BOOKED]
    assert "because you asked for it" in post.office.to(ANNAS)[0].text
    slack, mail = await post.stage.rows(kind="booked", recipient=ANNA)
    assert {slack.medium, mail.medium} == {"slack", "mail"}
    assert {slack.state, mail.state} == {"sent"}
    assert mail.repeats == slack.dedupe_key or slack.repeats == mail.dedupe_key


async def test_mail_only_leaves_slack_out(post: Post) -> None:
    await chosen(post, Ways.MAIL)
    await post.book(client=ANNA)
    await post.drain()
    assert (told(post), post.subjects(ANNAS)) == ([], [BOOKED])


async def test_a_choice_counts_when_a_message_is_sent_not_when_it_was_caused(post: Post) -> None:
    await chosen(post, Ways.MAIL)
    await post.book(client=ANNA)
    await chosen(post, Ways.SLACK)
    await post.drain()
    assert (told(post), post.subjects(ANNAS)) == ([BOOKED], [])


async def test_a_mail_that_is_not_wanted_any_more_is_not_sent(post: Post) -> None:
    await chosen(post, Ways.BOTH)
    await post.book(client=ANNA)
    await post.slack_relay().drain()
    await chosen(post, Ways.SLACK)
    await post.relay().drain()
    assert (told(post), post.subjects(ANNAS)) == ([BOOKED], [])
    [row] = await post.stage.rows(recipient=ANNA, medium="mail")
    assert (row.state, row.why) == ("dropped", "not_wanted")


async def test_what_mail_only_had_taken_goes_back_to_slack_if_it_is_not_wanted_there(post: Post) -> None:
    await chosen(post, Ways.MAIL)
    await post.book(client=ANNA)
    await post.slack_relay().drain()
    await chosen(post, Ways.SLACK)
    await post.relay().drain()
    await post.slack_relay().drain()
    assert (told(post), post.subjects(ANNAS)) == ([BOOKED], [])


async def lives_at(post: Post, who: str, email: str | None) -> None:
    async with post.stage.store.engines.writer.begin() as connection:
        await connection.execute(members.update().where(members.c.id == who).values(email=email))


@pytest.mark.parametrize("email", [None, "änna@example.com"])
@pytest.mark.parametrize("handed_over", [False, True])
async def test_whoever_chose_mail_and_cannot_be_written_to_hears_in_slack(
    post: Post, email: str | None, handed_over: bool
) -> None:
    await chosen(post, Ways.MAIL)
    await post.book(client=ANNA)
    if handed_over:
        await post.slack_relay().drain()
    await lives_at(post, ANNA, email)
    await post.drain()
    assert (told(post), post.office.mails) == ([BOOKED], [])
    if email is None:
        actor = Actor(WORKSPACE, ANNA)
        shown = await notifications.open_notifications(post.stage.store, post.stage.clock, actor)
        assert shown.ways is Ways.SLACK


async def test_a_mail_that_may_have_arrived_does_not_come_in_slack_too(post: Post) -> None:
    await chosen(post, Ways.MAIL)
    await post.book(client=ANNA)
    await post.slack_relay().drain()
    post.office.hangs_up = 1
    await post.relay(replace(FAST, unknown_again=60.0)).drain()
    await chosen(post, Ways.SLACK)
    async with post.stage.store.engines.writer.begin() as connection:
        await connection.execute(notices.update().where(notices.c.retry_at.is_not(None)).values(retry_at=None))
    await post.drain()
    assert (told(post), post.subjects(ANNAS)) == ([], [BOOKED])
    [row] = await post.stage.rows(recipient=ANNA, kind="booked")
    assert (row.state, row.why, row.ambiguous) == ("failed", "not_wanted", 1)


async def test_the_admins_hear_of_news_that_its_coach_gets_by_no_mail(post: Post) -> None:
    odd, no_more = "mail:cärla@example.org", "mail:carl@example.org"
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.people.know_of([odd, no_more])
        await uow.coaches.save(odd, None)
        await uow.coaches.save(no_more, None)
        await uow.notifications.choose(no_more, Preferences(Ways.SLACK), post.stage.clock.now())
        await uow.commit()
    await post.stage.world.open(odd)
    await post.stage.world.open(no_more)
    await post.book(client=ANNA, coach=odd)
    await post.book(DAY * 6, client=ANNA, coach=no_more)
    await post.drain()
    await post.drain()
    lost = "\n".join(one.text for one in post.stage.posts(ADMIN))
    assert "No mail address is known at which" in lost
    assert "wants no mails any more" in lost
    assert "Slack delivers" not in lost


async def test_slack_tells_a_cancellation_at_once_and_mail_when_it_cannot_be_undone(post: Post) -> None:
    await post.stage.world.settings(Settings(undo_window=WINDOW, start_reminder=None))
    await chosen(post, Ways.BOTH)
    session = await post.book(client=ANNA)
    await post.drain()
    await post.stage.world.cancel(session)
    await post.drain()
    assert len(told(post)) == 2
    assert post.subjects(ANNAS) == [BOOKED]
    post.stage.clock.advance(WINDOW + timedelta(seconds=1))
    await post.drain()
    assert post.subjects(ANNAS) == [BOOKED, "You canceled 1 session"]


async def test_a_coachs_channel_gets_what_it_gets_and_the_coach_a_mail_beside_it(post: Post) -> None:
    await chosen(post, Ways.MAIL, COACH)
    await chosen(post, Ways.MAIL, OTHER_COACH)
    await post.stage.world.open(OTHER_COACH)
    await post.book(client=ANNA)
    await post.book(DAY * 6, client=ANNA, coach=OTHER_COACH)
    await post.drain()
    assert told(post, "C0COACH") == [COACHES]
    assert post.subjects(f"{COACH.lower()}@example.com") == [COACHES]
    assert told(post, OTHER_COACH) == []
    assert post.subjects(f"{OTHER_COACH.lower()}@example.com") == [COACHES]


async def test_the_rules_of_the_books_know_mails_beside_messages(post: Post) -> None:
    await post.stage.world.settings(Settings(undo_window=timedelta(0), start_reminder=None))
    for who in (ANNA, COACH, ADMIN):
        await chosen(post, Ways.BOTH, who)
    session = await post.book(client=ANNA)
    await post.drain()
    await post.stage.world.cancel(session)
    await post.drain()
    assert len(post.subjects(ANNAS)) == 2
    url = post.stage.store.engines.writer.url.render_as_string(hide_password=False)
    await check_invariants(url)


async def test_a_mail_server_that_is_away_holds_up_nothing_in_slack(post: Post) -> None:
    await chosen(post, Ways.BOTH)
    await chosen(post, Ways.BOTH, COACH)
    post.office.sender_answer = "550 no"
    session = await post.book(client=ANNA)
    await post.drain()
    await post.stage.world.cancel(session)
    await post.drain()
    assert len(told(post)) == 2
    assert len(told(post, "C0COACH")) == 2
    assert not post.office.mails
