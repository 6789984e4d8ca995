"""Mails that come back: nobody is at the address, so its owner hears in Slack, until the address changes or they say so."""

from datetime import timedelta

import pytest

from coaching.actions import notifications, people
from coaching.notifications import Ways
from coaching.sessions import Actor, Person
from storage.housekeeping import REFUSED_KEPT, Housekeeping
from storage.tables import members
from tests.delivery.test_mail import BOOKED, COACHES, DAY, PAT, PAT_ID, Post, post
from tests.delivery.test_mail_choices import ANNAS, chosen, told
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE

__all__ = ["post"]
pytestmark = pytest.mark.plain
GONE = "550 5.1.1 no such user"


async def refused_addresses(post: Post) -> dict[str, str]:
    async with post.stage.store.engines.reader.connect() as connection:
        rows = await connection.execute(members.select().where(members.c.refused_address.is_not(None)))
        return {row.id: row.refused_address for row in rows}


async def test_a_member_whose_mails_come_back_hears_in_slack_and_no_more_mails_are_tried(post: Post) -> None:
    post.office.refuses[ANNAS] = GONE
    await chosen(post, Ways.MAIL)
    await post.book(client=ANNA)
    await post.drain()
    assert told(post) == [BOOKED]
    assert await refused_addresses(post) == {ANNA: ANNAS}
    post.office.refuses.clear()
    await post.book(DAY * 6, client=ANNA)
    await post.drain()
    assert (told(post), post.subjects(ANNAS)) == ([BOOKED, BOOKED], [])


async def test_beside_a_message_in_slack_nothing_is_told_twice(post: Post) -> None:
    post.office.refuses[ANNAS] = GONE
    await chosen(post, Ways.BOTH)
    await post.book(client=ANNA)
    await post.drain()
    await post.drain()
    assert told(post) == [BOOKED]
    [mail] = await post.stage.rows(recipient=ANNA, medium="mail")
    assert (mail.state, mail.why, mail.why_code) == ("failed", "refused", "smtp_550")


async def test_whoever_says_try_again_is_written_to_again(post: Post) -> None:
    post.office.refuses[ANNAS] = GONE
    await chosen(post, Ways.MAIL)
    await post.book(client=ANNA)
    await post.drain()
    post.office.refuses.clear()
    actor = Actor(WORKSPACE, ANNA)
    assert (await notifications.open_notifications(post.stage.store, post.stage.clock, actor)).ways is Ways.SLACK
    again = await notifications.try_again(post.stage.store, post.stage.clock, actor)
    assert (again.ways, again.mailable) == (Ways.MAIL, True)
    await post.book(DAY * 6, client=ANNA)
    await post.drain()
    assert post.subjects(ANNAS) == [BOOKED]


async def test_another_address_in_the_profile_begins_anew(post: Post) -> None:
    post.office.refuses[ANNAS] = GONE
    await chosen(post, Ways.MAIL)
    await post.book(client=ANNA)
    await post.drain()
    anew = Person(ANNA, "Anna Lee", "anna@example.net", "Europe/London", "en-US")
    now = post.stage.clock.now()
    await people.remember(post.stage.store, post.stage.clock, WORKSPACE, anew, now, link=True)
    await post.book(DAY * 6, client=ANNA)
    await post.drain()
    assert post.subjects("anna@example.net") == [BOOKED]


@pytest.mark.parametrize(
    "answer",
    [
        "554 5.7.1 relay access denied",
        "550 5.7.26 sender not authenticated",
        "503 5.5.1 bad sequence",
        "552 5.3.4 full",
        "550 relay not permitted",
        "550 blocked: 192.0.2.1 is on a list",
    ],
)
async def test_what_a_server_says_about_us_is_no_word_about_an_address(post: Post, answer: str) -> None:
    post.office.refuses[ANNAS] = answer
    await chosen(post, Ways.MAIL)
    await post.book(client=ANNA)
    await post.drain()
    assert await refused_addresses(post) == {}
    [row] = await post.stage.rows(recipient=ANNA, kind="booked")
    assert row.state == "failed"


async def test_after_a_month_a_refused_address_is_tried_once_more(post: Post) -> None:
    post.office.refuses[PAT] = GONE
    await post.book()
    await post.relay().drain()
    keeping, marked_at = Housekeeping(post.stage.store.engines), post.stage.clock.now()
    await keeping.purge(marked_at + REFUSED_KEPT)
    assert await refused_addresses(post) == {PAT_ID: PAT}
    post.stage.clock.set(marked_at + REFUSED_KEPT + timedelta(seconds=1))
    await keeping.purge(post.stage.clock.now())
    await post.book(DAY * 6)
    await post.relay().drain()
    assert await refused_addresses(post) == {PAT_ID: PAT}, "it was tried, and is refused as before"
    del post.office.refuses[PAT]
    post.stage.clock.advance(REFUSED_KEPT + timedelta(seconds=1))
    await keeping.purge(post.stage.clock.now())
    await post.book(DAY * 7)
    await post.relay().drain()
    assert (post.subjects(), await refused_addresses(post)) == ([BOOKED], {})


async def test_a_text_that_is_refused_is_no_word_about_the_address(post: Post) -> None:
    post.office.answers.append("554 5.6.0 spam")
    await chosen(post, Ways.MAIL)
    await post.book(client=ANNA)
    await post.drain()
    assert await refused_addresses(post) == {}


async def test_somebody_known_by_email_only_is_not_written_to_again_and_the_record_says_why(post: Post) -> None:
    post.office.refuses[PAT] = GONE
    await post.book()
    await post.relay().drain()
    await post.book(DAY * 6)
    await post.relay().drain()
    first, second = await post.stage.rows(recipient=PAT_ID, kind="booked")
    assert {(row.state, row.why) for row in (first, second)} == {("failed", "refused"), ("dropped", "came_back")}


async def test_the_mark_goes_with_the_person_who_appears_in_slack_under_that_address(post: Post) -> None:
    post.office.refuses[PAT] = GONE
    await post.book()
    await post.relay().drain()
    pat = Person("U0PAT", "Pat", PAT, "Europe/London", "en-US")
    now = post.stage.clock.now()
    await people.remember(post.stage.store, post.stage.clock, WORKSPACE, pat, now, link=True)
    assert await refused_addresses(post) == {"U0PAT": PAT}


async def test_the_page_of_a_mail_lets_somebody_without_an_account_try_again(post: Post) -> None:
    post.office.refuses[PAT] = GONE
    await post.book()
    await post.relay().drain()
    await notifications.by_link(post.stage.store, post.stage.clock, WORKSPACE, PAT_ID, wanted=None)
    assert await refused_addresses(post) == {PAT_ID: PAT}
    shown = await notifications.by_link(post.stage.store, post.stage.clock, WORKSPACE, PAT_ID, wanted=True)
    assert (shown.mailable, shown.ways, await refused_addresses(post)) == (True, Ways.MAIL, {})


async def test_the_admins_hear_in_words_about_mail_what_a_coach_does_not(post: Post) -> None:
    lost = "mail:carl@example.org"
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.people.know_of([lost])
        await uow.coaches.save(lost, None)
        await uow.commit()
    await post.stage.world.open(lost)
    post.office.refuses["carl@example.org"] = GONE
    await post.book(client=ANNA, coach=lost)
    await post.drain()
    await post.drain()
    await post.book(DAY * 6, client=ANNA, coach=lost)
    await post.drain()
    await post.drain()
    words = [one.text for one in post.stage.posts(ADMIN) if "could not be told" in one.text]
    assert len(words) == 2
    assert all("come back" in one for one in words)
    assert not any("Slack delivers" in one or "smtp" in one for one in words)


async def test_the_admins_hear_nothing_while_the_coach_hears_in_slack(post: Post) -> None:
    address = f"{COACH.lower()}@example.com"
    post.office.refuses[address] = GONE
    await chosen(post, Ways.MAIL, COACH)
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, None)
        await uow.commit()
    await post.book(client=ANNA)
    await post.drain()
    await post.drain()
    assert told(post, COACH) == [COACHES]
    assert not [one for one in post.stage.posts(ADMIN) if "could not be told" in one.text]


async def test_no_answers_go_to_a_coach_whose_mails_come_back(post: Post) -> None:
    await post.book()
    await post.drain()
    post.office.refuses[f"{COACH.lower()}@example.com"] = GONE
    await chosen(post, Ways.BOTH, COACH)
    await post.book(DAY * 6, client=ANNA)
    await post.drain()
    await post.drain()
    await post.book(DAY * 7)
    await post.drain()
    first, *_, last = post.office.to(PAT)
    assert first.mail["Reply-To"] is not None
    assert last.mail["Reply-To"] is None, "no support contact is set"


async def test_who_said_no_to_mails_has_said_so_when_they_appear_in_slack(post: Post) -> None:
    await notifications.by_link(post.stage.store, post.stage.clock, WORKSPACE, PAT_ID, wanted=False)
    now = post.stage.clock.now()
    pat = Person("U0PAT", "Pat", PAT, "Europe/London", "en-US")
    await people.remember(post.stage.store, post.stage.clock, WORKSPACE, pat, now, link=True)
    async with post.stage.store.read(WORKSPACE) as queries:
        kept = await queries.notifications.chosen([PAT_ID, "U0PAT"])
    assert {who: one.ways for who, one in kept.items()} == {"U0PAT": Ways.SLACK}
