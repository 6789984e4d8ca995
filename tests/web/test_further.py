"""What leads on from the page of a link: booking again, and asking where something is not possible any more."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from coaching.clock import ManualClock
from coaching.requests import RequestKind, RequestState
from coaching.sessions import Hat, Session
from coaching.workspace import SessionType
from playground.browser import Browser
from storage.tables import metadata
from tests.conftest import KINDS
from tests.support.databases import Databases
from tests.support.world import ANNA, BORIS, COACH, WORKSPACE
from tests.web.conftest import Site, path_to, served

H = timedelta(hours=1)
PACK = "Leadership 10-pack"
AGAIN = "Schedule Session"


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
    await site.world.grant(ANNA, package=PACK, session_type="Coaching")
    booked = [await site.world.book(n * H) for n in (20, 72, 96)]
    site.world.clock.advance(H)
    return booked


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(site.session, site.url)


async def ahead(site: Site, who: str = ANNA) -> int:
    return len(await site.world.cancelable(Hat.CLIENT, who))


async def rows(site: Site) -> dict[str, int]:
    """How many rows each table has."""
    found = {}
    async with site.world.store.engines.reader.connect() as connection:
        for table in metadata.sorted_tables:
            found[table.name] = len((await connection.execute(table.select())).all())
    return found


async def test_a_client_cancels_and_books_again_with_what_came_back(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[1]))
    await browser.press("Continue")
    await browser.press("Cancel 1 session")
    before = await rows(site)
    page = await browser.press(AGAIN)
    assert page.title == "Schedule a session"
    assert "Carla Coach" in page.drawn
    assert "from Leadership 10-pack" in page.text
    assert "Cancellation and Reschedule Policy" in page.text
    assert await rows(site) == before, "looking for a time writes nothing"
    assert (await browser.press("Continue")).alerts == ["Choose a time"]
    browser.tick("Sun, Nov 22")
    page = await browser.press("Show the times of this day")
    browser.tick("2:00 – 2:50 PM")
    page = await browser.press("Continue")
    assert "Sun, Nov 22, 2:00 – 2:50 PM" in page.text
    assert await ahead(site) == 2, "nothing is booked before its terms were shown"
    path, fields = page.action, browser.fields("Book")
    assert {(await browser.send(path, fields)).title for _ in range(3)} == {"Booked"}
    assert await ahead(site) == 3
    assert await site.world.balance() == 700


async def test_another_session_of_the_package_is_booked_from_any_of_its_links(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[2]))
    await browser.press(AGAIN)
    browser.tick("Sun, Nov 22")
    await browser.press("Show the times of this day")
    browser.tick("9:00 – 9:50 AM")
    await browser.press("Continue")
    browser.tick("10:00 – 10:50 AM")
    page = await browser.press("Book")
    assert page.title == "Schedule a session"
    assert "Sun, Nov 22, 10:00 – 10:50 AM" in page.text
    assert await ahead(site) == 3, "another time than the one that was shown is shown first"
    page = await browser.press("Book")
    assert page.title == "Booked"
    assert "You get a confirmation; we tell Carla Coach." in page.text
    assert await ahead(site) == 4


async def test_a_time_that_somebody_took_meanwhile_is_not_booked_and_the_nearest_one_is_chosen(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[1]))
    await browser.press(AGAIN)
    browser.tick("Sun, Nov 22")
    await browser.press("Show the times of this day")
    browser.tick("9:00 – 9:50 AM")
    await browser.press("Continue")
    await site.world.grant(BORIS)
    nine = pack[1].starts_at.replace(day=22, hour=14)
    await site.world.book(nine - site.world.clock.now(), client=BORIS)
    page = await browser.press("Book")
    assert "Nothing is booked yet." in " ".join(page.alerts)
    assert await ahead(site) == 3
    assert (await browser.press("Book")).title == "Booked"


async def test_without_credits_the_page_says_what_is_missing_and_books_nothing(site: Site, browser: Browser) -> None:
    await site.world.grant(ANNA, 100)
    booked = await site.world.book(72 * H)
    await browser.open(path_to(booked))
    page = await browser.press(AGAIN)
    assert "1 credit missing" in " ".join(page.alerts)
    assert "Book" not in page.buttons()


async def test_a_client_asks_for_an_exception_with_a_note_once(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[0]))
    await browser.press("Continue")
    await browser.press("Cancel 1 session")
    page = await browser.press("Ask for an exception")
    assert page.title == "Ask for an exception"
    browser.fill("note", "My train\r\nis late")
    path, fields = page.action, browser.fields("Ask")
    for _ in range(2):
        page = await browser.send(path, fields)
        assert "can decide until" in page.text
    async with site.world.store.read(WORKSPACE) as queries:
        session = await queries.sessions.find(pack[0].id)
    assert session is not None
    assert session.cancellation is not None
    assert session.cancellation.asked is not None
    assert session.cancellation.asked.note == "My train\nis late"


async def test_the_page_of_a_late_canceled_session_offers_to_ask_and_to_book_again(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await site.world.cancel(pack[0])
    page = await browser.open(path_to(pack[0]))
    assert {"Ask for an exception", AGAIN} <= set(page.buttons())
    assert (await browser.press("Ask for an exception")).title == "Ask for an exception"
    await browser.open(path_to(pack[0]))
    assert (await browser.press(AGAIN)).title == "Schedule a session"


async def test_a_client_asks_to_move_what_is_too_late_to_move_and_withdraws(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[1]))
    page = await browser.press("Ask to move…")
    assert page.title == "Ask to move"
    offered = page.offered("wishes")
    assert "At most 3" in page.text
    assert "Choose at least one time" in (await browser.press("Ask")).alerts[0]
    for time in offered[:4]:
        browser.tick(time)
    browser.fill("note", "Dentist\r\nat nine")
    assert "Choose at least one time" in (await browser.press("Ask")).alerts[0]
    for time in offered[2:4]:
        browser.tick(time, on=False)
    page = await browser.press("Ask")
    assert "You asked to move this session" in page.text
    assert "Dentist" in page.text
    async with site.world.store.read(WORKSPACE) as queries:
        asked = await queries.requests.latest(RequestKind.MOVE, pack[0].id)
    assert asked is not None
    assert (len(asked.times), asked.state, asked.note) == (2, RequestState.OPEN, "Dentist\nat nine")
    await browser.open(path_to(pack[0]))
    await browser.press("Asked to move…")
    page = await browser.press("Withdraw the request")
    assert "It was withdrawn" in page.text


@pytest.mark.parametrize("button", ["schedule", "ask_exception", "ask_move"])
async def test_a_button_bent_to_a_session_of_somebody_else_finds_nothing(
    site: Site, pack: list[Session], browser: Browser, button: str
) -> None:
    await site.world.grant(BORIS)
    strange = await site.world.book(30 * H, client=BORIS)
    own_but_elsewhere = (await site.world.grant(ANNA), await site.world.book(130 * H, price=0))[1]
    page = await browser.open(path_to(pack[1]))
    path, fields, before = page.action, browser.fields(AGAIN), await rows(site)
    for bent in (strange.id, own_but_elsewhere.id, "", "x" * 999, "'"):
        sent = [(name, f"{button} {bent}" if name == "do" else value) for name, value in fields]
        if button == "schedule" and not bent:
            continue  # names the link's own session
        assert (await browser.send(path, sent)).status == 404
    assert await rows(site) == before


async def test_a_coach_neither_books_nor_asks_on_their_page(site: Site, pack: list[Session], browser: Browser) -> None:
    page = await browser.open(path_to(pack[0], COACH))
    assert page.buttons() == ["Continue"]
    path, fields, before = page.action, browser.fields("Continue"), await rows(site)
    for do in (f"schedule {pack[0].id}", f"ask_move {pack[0].id}", f"ask_exception {pack[0].id}", "book_day"):
        sent = [(name, do if name == "do" else value) for name, value in fields]
        assert (await browser.send(path, sent)).status == 404
    assert await rows(site) == before


async def test_only_the_request_that_a_page_shows_is_withdrawn_on_it(
    site: Site, pack: list[Session], browser: Browser
) -> None:
    await browser.open(path_to(pack[0]))
    page = await browser.press("Ask to move…")
    browser.tick(page.offered("wishes")[0])
    page = await browser.press("Ask")
    sent = [(n, "move_withdraw another" if n == "do" else v) for n, v in browser.fields("Withdraw the request")]
    assert (await browser.send(page.action, sent)).status == 404


@pytest.mark.parametrize(("name", "odd"), [("time", "soon"), ("book_day", "someday"), ("time", "99999999999")])
async def test_odd_choices_are_the_same_404_or_the_dialog_again(
    site: Site, pack: list[Session], browser: Browser, name: str, odd: str
) -> None:
    await browser.open(path_to(pack[1]))
    page = await browser.press(AGAIN)
    sent = [(n, v) for n, v in browser.fields("Continue") if n != name]
    seen = await browser.send(page.action, [*sent, (name, odd)])
    assert (seen.status, seen.title) in ((404, ""), (200, "Schedule a session"))
    assert await ahead(site) == 3
