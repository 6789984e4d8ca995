"""Pages that are sent again, late, or with what no page offers: each shows what is so, and loses nothing that was typed."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from coaching.actions import move_requests
from coaching.clock import ManualClock
from coaching.requests import RequestKind
from coaching.sessions import Actor, Hat, Session
from coaching.timeline import Event
from coaching.workspace import SessionType
from playground.browser import Browser
from tests.conftest import KINDS
from tests.support.databases import Databases
from tests.support.world import ANNA, BORIS, COACH, WORKSPACE
from tests.web.conftest import Site, path_to, served

H = timedelta(hours=1)
WITHDRAW = "Withdraw the request"
ODD_TIMES = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59+00:00",
    "9999-12-31T23:59:59-14:00",
    "2026-11-25T14:00:00",
    "soon",
)


@pytest.fixture(params=KINDS)
async def site(request: pytest.FixtureRequest, databases: Databases, clock: ManualClock) -> AsyncIterator[Site]:
    async with served(databases, clock, request.param) as site:
        await site.world.open()
        async with site.world.store.write(WORKSPACE) as uow:
            await uow.catalogue.save_session_type(SessionType("", "Coaching", timedelta(minutes=50), 100))
            await uow.commit()
        yield site


@pytest.fixture
async def pack(site: Site) -> list[Session]:
    """Three sessions of a package, the first of them late already."""
    await site.world.grant(ANNA, package="Leadership 10-pack", session_type="Coaching")
    booked = [await site.world.book(n * H) for n in (20, 72, 96)]
    site.world.clock.advance(H)
    return booked


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(site.session, site.url)


async def ask_to_move(browser: Browser, session: Session) -> None:
    await browser.open(path_to(session))
    page = await browser.press("Ask to move…")
    for time in page.offered("wishes")[:2]:
        browser.tick(time)
    assert WITHDRAW in (await browser.press("Ask")).buttons()


async def answer(site: Site, session: Session, *, accept: bool) -> None:
    async with site.world.store.read(WORKSPACE) as queries:
        asked = await queries.requests.latest(RequestKind.MOVE, session.id)
    assert asked is not None
    at = asked.times[0] if accept else None
    command = move_requests.AnswerMove(actor=Actor(WORKSPACE, COACH), request_id=asked.action_id, starts_at=at)
    assert (await move_requests.answer(site.world.store, site.world.clock, command)).done


async def test_withdrawing_a_request_again_shows_that_it_is_withdrawn(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await ask_to_move(browser, pack[0])
    path, fields = browser.page.action, browser.fields(WITHDRAW)
    for _ in range(3):
        page = await browser.send(path, fields)
        assert (page.status, WITHDRAW in page.buttons()) == (200, False)
        assert "It was withdrawn" in page.text
    async with site.world.store.read(WORKSPACE) as queries:
        lines, _ = await queries.timeline.of(pack[0].id, 50)
    assert [entry.event for entry, _ in lines].count(Event.MOVE_WITHDRAWN) == 1


@pytest.mark.parametrize(("accept", "words"), [(True, "It was accepted"), (False, "It was declined")])
async def test_withdrawing_a_request_that_was_answered_meanwhile_shows_the_answer(
    site: Site, pack: list[Session], browser: Browser, accept: bool, words: str
) -> None:
    await ask_to_move(browser, pack[0])
    await answer(site, pack[0], accept=accept)
    page = await browser.press(WITHDRAW)
    assert (page.status, WITHDRAW in page.buttons()) == (200, False)
    assert words in page.text


async def test_a_request_about_another_session_is_not_withdrawn_from_this_page(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    elsewhere = await site.world.book(15 * H, price=0)
    other = Browser(site.session, site.url)
    await ask_to_move(other, elsewhere)
    [foreign] = [value for name, value in other.fields(WITHDRAW) if name == "do"]
    await ask_to_move(browser, pack[0])
    sent = [(name, foreign if name == "do" else value) for name, value in browser.fields(WITHDRAW)]
    assert (await browser.send(browser.page.action, sent)).status == 404
    async with site.world.store.read(WORKSPACE) as queries:
        asked = await queries.requests.latest(RequestKind.MOVE, elsewhere.id)
    assert asked is not None
    assert asked.open


async def test_booking_again_what_was_canceled_since_shows_that_it_is_canceled_and_leads_on(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[1]))
    await browser.press("Schedule Session")
    browser.tick("Sun, Nov 22")
    await browser.press("Show the times of this day")
    browser.tick("2:00 – 2:50 PM")
    await browser.press("Continue")
    path, fields, before = browser.page.action, browser.fields("Book"), {one.id for one in pack}
    assert (await browser.send(path, fields)).title == "Booked"
    [new] = [one for one in await site.world.cancelable(Hat.CLIENT, ANNA) if one.id not in before]
    await site.world.cancel(new)
    for _ in range(2):
        page = await browser.send(path, fields)
        assert page.status == 200
        assert "This session is canceled" in page.text
        assert "Sun, Nov 22, 2:00 – 2:50 PM" in page.text
    assert (await browser.press("Schedule Session")).title == "Schedule a session"


async def test_a_time_that_somebody_took_loses_neither_the_note_nor_the_other_times(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[0]))
    page = await browser.press("Ask to move…")
    offered = page.offered("wishes")
    for time in (offered[3], offered[60], offered[61]):
        browser.tick(time)
    browser.fill("note", "Dentist\r\nat nine")
    taken = next(c for c in page.controls if c.label == offered[3])
    await site.world.grant(BORIS)
    await site.world.book(datetime.fromisoformat(taken.value) - site.world.clock.now(), client=BORIS)
    page = await browser.press("Ask")
    assert page.title == "Ask to move"
    assert [c.label for c in page.controls if c.on and c.name == "wishes"] == [offered[60], offered[61]]
    assert [c.value for c in page.controls if c.name == "note"] == ["Dentist\nat nine"]
    page = await browser.press("Ask")
    assert "You asked to move this session" in page.text


async def test_too_many_times_stay_ticked_and_the_note_stays(site: Site, pack: list[Session], browser: Browser) -> None:
    await browser.open(path_to(pack[0]))
    page = await browser.press("Ask to move…")
    offered = page.offered("wishes")[:5]
    for time in offered:
        browser.tick(time)
    browser.fill("note", "Dentist")
    page = await browser.press("Ask")
    assert "at most 3" in page.alerts[0]
    assert [c.label for c in page.controls if c.on and c.name == "wishes"] == offered
    assert [c.value for c in page.controls if c.name == "note"] == ["Dentist"]


async def test_an_odd_time_to_ask_for_finds_nothing(site: Site, pack: list[Session], browser: Browser) -> None:
    await browser.open(path_to(pack[0]))
    page = await browser.press("Ask to move…")
    path, fields = page.action, browser.fields("Ask")
    for odd in ODD_TIMES:
        assert (await browser.send(path, [("wishes", odd), *fields])).status == 404, odd
    odds = [("wishes", odd) for odd in ODD_TIMES]
    assert (await browser.send(path, [*odds, *fields])).status == 404, "too many of them"


async def test_an_odd_time_to_move_to_finds_nothing(site: Site, pack: list[Session], browser: Browser) -> None:
    await browser.open(path_to(pack[2]))
    browser.tick("Reschedule sessions")
    page = await browser.press("Continue")
    path, fields = page.action, browser.fields("Continue")
    old, new = pack[2].starts_at.isoformat(), (pack[2].starts_at + 24 * H).isoformat()
    for odd in ODD_TIMES:
        for value in (f"{odd}/{new}", f"{old}/{odd}"):
            assert (await browser.send(path, [("move_time", value), *fields])).status == 404, value


async def test_an_odd_day_is_the_same_404_or_the_times_again(site: Site, pack: list[Session], browser: Browser) -> None:
    await browser.open(path_to(pack[2]))
    page = await browser.press("Schedule Session")
    path, fields = page.action, browser.fields("Continue")
    for day in ("0001-01-01", "9999-12-31", "2026-02-30"):
        sent = [(name, day if name == "book_day" else value) for name, value in fields]
        assert (await browser.send(path, sent)).status in (200, 404), day


async def test_an_exception_that_was_asked_for_stays_in_reach_with_its_deadline_and_note(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await site.world.cancel(pack[0])
    await browser.open(path_to(pack[0]))
    await browser.press("Ask for an exception")
    browser.fill("note", "My train is late")
    await browser.press("Ask")
    page = await browser.open(path_to(pack[0]))
    assert "Ask for an exception" not in page.buttons()
    page = await browser.press("Asked for an exception…")
    assert "can decide until" in page.text
    assert "My train is late" in page.text
