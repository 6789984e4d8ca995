"""The page behind *Cancel or reschedule*: what a person does there, and that it is done once and by nobody else."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from coaching.clock import ManualClock
from coaching.news import bookings
from coaching.policy import Policy, ReasonRule, TermsOf, TermsScope
from coaching.sessions import Session, Status
from coaching.workspace import Settings
from playground.browser import Browser
from tests.conftest import KINDS
from tests.support.calendars import subscribed
from tests.support.databases import Databases
from tests.support.world import ANNA, COACH, WORKSPACE
from tests.web.conftest import PUBLIC_URL, Site, path_to, served

H = timedelta(hours=1)
PACK = "Leadership 10-pack"


@pytest.fixture(params=KINDS)
async def site(request: pytest.FixtureRequest, databases: Databases, clock: ManualClock) -> AsyncIterator[Site]:
    async with served(databases, clock, request.param) as site:
        await site.world.open()
        yield site


@pytest.fixture
async def pack(site: Site) -> list[Session]:
    """Four sessions of a package, the first of them late already."""
    await site.world.grant(ANNA, package=PACK, session_type="Coaching")
    booked = [await site.world.book(n * H) for n in (20, 72, 96, 120)]
    site.world.clock.advance(H)
    return booked


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(site.session, site.url)


async def states(site: Site, sessions: list[Session]) -> list[Status]:
    async with site.world.store.read(WORKSPACE) as queries:
        found = {one.id: one.status for one in await queries.sessions.by_ids([s.id for s in sessions])}
    return [found[one.id] for one in sessions]


def pressing(browser: Browser, begins: str) -> str:
    [found] = [words for words in browser.page.buttons() if words.startswith(begins)]
    return found


async def test_a_person_follows_the_event_of_their_calendar_and_cancels(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    _, text, _ = await site.get(f"/calendar/{await site.token()}.ics")
    [event] = [one for one in subscribed(text).values() if one.starts_at == pack[1].starts_at]
    [address] = [
        line.split(": ", 1)[1] for line in event.description.split("\n") if line.startswith("Cancel or resched")
    ]
    page = await browser.open(address.removeprefix(PUBLIC_URL))
    assert page.title == "Your sessions"
    assert "How would you like to update the sessions?" in page.text
    assert len(page.offered("sessions")) == 4
    assert [one.label for one in page.controls if one.on and one.kind == "checkbox"] == [page.offered("sessions")[1]]
    assert "Cancellation Policy" in page.text
    assert "Times are in Eastern Time" in page.text
    browser.tick("· Fri, Nov 20")
    page = await browser.press("Continue")
    assert page.title == "Confirm cancellation?"
    assert "2 credits come back" in page.text
    assert await states(site, pack) == [Status.SCHEDULED] * 4, "nothing is canceled before it is confirmed"
    browser.fill("reason", "Ill\r\nand tired")
    page = await browser.press("Cancel 2 sessions")
    assert page.title == "Sessions canceled"
    assert await states(site, pack) == [Status.SCHEDULED, Status.CANCELED, Status.CANCELED, Status.SCHEDULED]
    async with site.world.store.read(WORKSPACE) as queries:
        canceled = await queries.sessions.find(pack[1].id)
    assert canceled is not None
    assert canceled.cancellation is not None
    assert canceled.cancellation.reason == "Ill\nand tired"
    assert await site.world.balance() == 800


async def test_the_same_confirmation_sent_again_shows_the_result_again(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[1]))
    await browser.press("Continue")
    path, fields = browser.page.action, browser.fields("Cancel 1 session")
    titles = {(await browser.send(path, fields)).title for _ in range(3)}
    assert titles == {"Sessions canceled"}
    assert await site.world.balance() == 700


async def test_undo_books_it_again_and_is_over_with_its_window(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[1]))
    await browser.press("Continue")
    await browser.press("Cancel 1 session")
    path, fields = browser.page.action, browser.fields("Undo")
    assert (await browser.send(path, fields)).title == "Undone"
    assert await states(site, pack) == [Status.SCHEDULED] * 4
    await browser.open(path_to(pack[1]))
    await browser.press("Continue")
    await browser.press("Cancel 1 session")
    site.world.clock.advance(timedelta(minutes=5))
    assert (await browser.press("Undo")).title == "Not undone"
    assert (await states(site, pack))[1] is Status.CANCELED


async def test_a_person_reschedules(site: Site, pack: list[Session], browser: Browser) -> None:
    await browser.open(path_to(pack[1]))
    browser.tick("Reschedule sessions")
    page = await browser.press("Continue")
    assert page.title == "Reschedule"
    browser.tick("Mon, Nov 23")
    page = await browser.press("Show the times of this day")
    assert (await browser.press("Continue")).alerts == ["Choose a time"]
    browser.tick("2:00 – 2:50 PM")
    page = await browser.press("Continue")
    assert page.title == "Confirm new times?"
    assert "Mon, Nov 23, 2:00 – 2:50 PM" in page.text
    assert (await states(site, pack)) == [Status.SCHEDULED] * 4
    path, fields = page.action, browser.fields("Move 1 session")
    assert {(await browser.send(path, fields)).title for _ in range(2)} == {"Sessions moved"}
    async with site.world.store.read(WORKSPACE) as queries:
        moved = await queries.sessions.find(pack[1].id)
    assert moved is not None
    assert moved.starts_at == pack[1].starts_at.replace(day=23, hour=19)
    assert moved.reschedules == 1


async def test_a_session_too_late_to_move_is_named_and_the_others_stay_picked(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[0]))
    browser.tick("· Thu, Nov 19")
    browser.tick("Reschedule sessions")
    page = await browser.press("Continue")
    assert "1 session cannot be moved. Nothing was moved; choose again." in page.alerts[0]
    assert [one.label for one in page.controls if one.on and one.kind == "checkbox"] == [page.offered("sessions")[0]]


async def test_keeping_and_picking_nothing_change_nothing(site: Site, pack: list[Session], browser: Browser) -> None:
    await browser.open(path_to(pack[1]))
    browser.tick("· Thu, Nov 19", on=False)
    page = await browser.press("Continue")
    assert page.alerts
    assert page.title == "Your sessions"
    browser.tick("Keep them as they are")
    assert "Your sessions stay booked" in (await browser.press("Continue")).text
    assert await states(site, pack) == [Status.SCHEDULED] * 4


async def test_new_terms_are_shown_before_anything_is_canceled_under_them(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[1]))
    page = await browser.press("Continue")
    assert "1 credit comes back" in page.text
    site.world.clock.set(pack[1].starts_at - 23 * H)
    page = await browser.press("Cancel 1 session")
    assert page.title == "Confirm cancellation?"
    assert "Nothing has been canceled" in " ".join(page.alerts)
    assert "not refundable" in page.text
    assert (await browser.press("Cancel 1 session")).title == "Sessions canceled"


async def test_what_somebody_else_canceled_meanwhile_leaves_the_choice(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[1]))
    browser.tick("· Fri, Nov 20")
    await site.world.cancel(pack[2])
    page = await browser.press("Continue")
    assert "canceled by" in " ".join(page.alerts)
    assert len(page.offered("sessions")) == 3
    assert (await browser.press("Continue")).title == "Confirm cancellation?"


async def test_a_required_reason_is_asked_for_again_and_what_was_typed_stays(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    async with site.world.store.write(WORKSPACE) as uow:
        await uow.terms.save(TermsScope(TermsOf.WORKSPACE, ""), Policy(reason=ReasonRule.REQUIRED))
        await uow.commit()
    booked = await site.world.book(200 * H)
    await browser.open(path_to(booked))
    page = await browser.press("Continue")
    assert "(required)" in page.text
    page = await browser.press("Cancel 1 session")
    assert page.alerts
    assert page.title == "Confirm cancellation?"
    browser.fill("reason", "Ill")
    page = await browser.press("‹ Back")
    page = await browser.press("Continue")
    assert [one.value for one in page.controls if one.name == "reason"] == ["Ill"]
    assert (await browser.press("Cancel 1 session")).title == "Sessions canceled"


async def test_a_coach_cancels_from_their_event_and_chooses_what_a_late_session_returns(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    page = await browser.open(path_to(pack[0], COACH))
    assert len(page.offered("sessions")) == 1, "a coach's link is for the session alone"
    page = await browser.press("Continue")
    assert "Return everything" in page.text
    browser.tick("Keep what the policy keeps")
    page = await browser.press("Show these terms")
    assert "kept, as you chose" in page.text
    await browser.press("Cancel 1 session")
    assert (await states(site, pack))[0] is Status.CANCELED
    assert await site.world.balance() == 600


async def test_the_page_of_a_canceled_session_says_what_came_back(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await site.world.cancel(pack[1])
    page = await browser.open(path_to(pack[1]))
    assert "This session is canceled" in page.text
    assert "1 credit returned" in page.text
    assert len(page.offered("sessions")) == 3


async def test_a_session_that_its_policy_does_not_let_go_says_so_and_whom_to_ask(site: Site, browser: Browser) -> None:
    await site.world.settings(Settings(support_contact="help@example.com"))
    async with site.world.store.write(WORKSPACE) as uow:
        await uow.terms.save(TermsScope(TermsOf.WORKSPACE, ""), Policy(late_cancel=False))
        await uow.commit()
    await site.world.grant(ANNA)
    booked = await site.world.book(20 * H)
    site.world.clock.advance(H)
    page = await browser.open(path_to(booked))
    assert "It cannot be canceled: it is too late" in page.text
    assert "help@example.com" in page.text
    assert page.buttons() == ["Ask to move…", "Schedule Session"], "what is left to do is offered"


async def test_members_are_led_to_the_message_about_their_booking(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    page = await browser.open(path_to(pack[1]))
    assert page.links["Open in Slack"] == "slack://app?team=T0TEST&id=A1&tab=home"
    async with site.world.store.write(WORKSPACE) as uow:
        await uow.notices.add(bookings.booked(pack[1].id, ANNA, COACH, site.world.clock.now()))
        await uow.commit()
    async with site.world.store.engines.writer.begin() as connection:
        sent = "UPDATE notices SET channel = 'D0ANNA', message_ts = '1763564400.000100' WHERE kind = 'booked'"
        await connection.execute(text(sent))
    page = await browser.open(path_to(pack[1]))
    assert page.links["Open in Slack"] == "https://test.slack.com/archives/D0ANNA/p1763564400000100"
