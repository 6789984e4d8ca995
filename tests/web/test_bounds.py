"""What is booked on the page of a link is like the sessions that the link is for: same coach, same type, same credits."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.availability import TimeOff
from coaching.clock import ManualClock
from coaching.credits import Grant
from coaching.ids import new_id
from coaching.mail_ids import pending_id
from coaching.packages import Holder, Holding
from coaching.sessions import Session
from coaching.workspace import SessionType, Settings
from playground.browser import Browser, Seen
from tests.conftest import KINDS
from tests.support.databases import Databases
from tests.support.world import ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE
from tests.web.conftest import Site, path_to, served
from tests.web.test_further import rows

H = timedelta(hours=1)
PACK, POOL = "Leadership 10-pack", "acme"
AGAIN = "Schedule Session"
COACHING, MENTORING = (SessionType("", name, timedelta(minutes=50), 100) for name in ("Coaching", "Mentoring"))


@pytest.fixture(params=KINDS)
async def site(request: pytest.FixtureRequest, databases: Databases, clock: ManualClock) -> AsyncIterator[Site]:
    """Two coaches with every hour free, and two kinds of session."""
    async with served(databases, clock, request.param) as site:
        for coach in (COACH, OTHER_COACH):
            await site.world.open(coach)
        for kind in (COACHING, MENTORING):
            await save_type(site, kind)
        yield site


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(site.session, site.url)


async def save_type(site: Site, kind: SessionType) -> None:
    async with site.world.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(kind)
        await uow.commit()


async def packed(site: Site, credits: int = 1000, **more: object) -> tuple[str, Session]:
    """Anna's package and a session of it."""
    until = site.world.clock.now() + more["lasts"] if isinstance(more.get("lasts"), timedelta) else None
    pack = await site.world.grant(ANNA, credits, package=PACK, session_type="Coaching", expires_at=until)
    return pack, await site.world.book(72 * H)


async def pooled(site: Site) -> str:
    """Credits of a company from which Anna books too."""
    now = site.world.clock.now()
    grant = Grant(new_id(now), "Credits", 500, 5, None)
    async with site.world.store.write(WORKSPACE) as uow:
        await uow.pools.save(POOL, "Acme", None, [ANNA])
        await uow.grants.give(Holding(grant=grant, holder=Holder(pool_id=POOL), issued=500, granted_at=now))
        await uow.commit()
    return grant.id


async def balances(site: Site) -> dict[str, int]:
    async with site.world.store.read(WORKSPACE) as queries:
        return {grant.id: grant.balance for grant in await queries.grants.of_client(ANNA)}


async def with_terms(browser: Browser, session: Session, who: str = ANNA, time: str = "2:00 – 2:50 PM") -> Seen:
    """Choose a time on the page of a session, up to the terms that *Book* books."""
    await browser.open(path_to(session, who))
    await browser.press(AGAIN)
    browser.tick("Sun, Nov 22")
    await browser.press("Show the times of this day")
    browser.tick(time)
    return await browser.press("Continue")


async def test_neither_coach_nor_type_can_be_chosen_and_both_are_told(site: Site, browser: Browser) -> None:
    _, session = await packed(site)
    await browser.open(path_to(session))
    page = await browser.press(AGAIN)
    assert "Carla Coach" in page.text
    assert "Coaching · 50 minutes · 1 credit" in page.text
    assert {one.name for one in page.controls if one.kind in ("option", "radio")} == {"book_day", "time"}
    assert "Otto Other" not in page.source
    assert "Mentoring" not in page.source


@pytest.mark.parametrize("step", ["Continue", "Book"])
@pytest.mark.parametrize(
    ("name", "bent"),
    [
        ("book_coach", OTHER_COACH),
        ("book_type", "mentoring"),
        ("book_grant", "general"),
        ("book_grant", "pool"),
        ("book_grant", "boris"),
        ("book_grant", "nothing"),
        ("do", "book_coach"),
        ("do", "book_type"),
    ],
)
async def test_another_coach_type_grant_or_pool_is_refused_when_it_is_sent(
    site: Site, browser: Browser, name: str, bent: str, step: str
) -> None:
    pack, session = await packed(site)
    grants = {
        "general": await site.world.grant(ANNA),
        "pool": await pooled(site),
        "boris": await site.world.grant(BORIS),
    }
    if step == "Book":
        page = await with_terms(browser, session)
    else:
        await browser.open(path_to(session))
        page = await browser.press(AGAIN)
    fields, before = browser.fields(step), await rows(site)
    sent = [(n, v) for n, v in fields if n != name]
    assert (await browser.send(page.action, [*sent, (name, grants.get(bent, bent))])).status == 404
    assert await rows(site) == before
    sent = [*(one for one in fields if one[0] != "do"), ("do", "book_day"), (name, grants.get(bent, bent))]
    if name != "do":
        assert (await browser.send(page.action, sent)).status == 404
    assert (await balances(site))[pack] == 900


async def test_the_package_pays_and_nothing_else_does(site: Site, browser: Browser) -> None:
    pack, session = await packed(site)
    other, pool = await site.world.grant(ANNA), await pooled(site)
    page = await with_terms(browser, session)
    assert "from Leadership 10-pack" in page.text
    assert page.offered("book_grant") == []
    assert (await browser.press("Book")).title == "Booked"
    assert await balances(site) == {pack: 800, other: 1000, pool: 500}


async def test_a_package_that_has_nothing_left_leads_to_slack_although_there_are_other_credits(
    site: Site, browser: Browser
) -> None:
    pack, session = await packed(site, 100)
    other, pool = await site.world.grant(ANNA), await pooled(site)
    await browser.open(path_to(session))
    page = await browser.press(AGAIN)
    said = " ".join(page.alerts)
    assert "On this page only Leadership 10-pack pays" in said
    assert "1 credit missing" in said
    assert "Acme" not in page.text
    assert "Nothing can be booked here" in said
    assert "Choose other credits, or ask for some, in Slack: type /sessions book there." in page.text
    assert "Book" not in page.buttons()
    assert await balances(site) == {pack: 0, other: 1000, pool: 500}


async def test_whoever_is_not_in_slack_is_told_whom_to_write_to_where_credits_are_missing(
    site: Site, browser: Browser
) -> None:
    pat = pending_id("pat@example.org")
    async with site.world.store.write(WORKSPACE) as uow:
        await uow.people.know_of([pat])
        await uow.commit()
    await site.world.grant(pat, 100)
    session = await site.world.book(72 * H, client=pat)
    await browser.open(path_to(session, pat))
    page = await browser.press(AGAIN)
    assert "On this page only the credits that paid for your session pay" in " ".join(page.alerts)
    assert "To go on, write to Carla Coach." in page.text
    assert "Slack" not in page.text
    await site.world.settings(Settings(support_contact="help@example.com"))
    await browser.open(path_to(session, pat))
    page = await browser.press(AGAIN)
    assert "To go on, write to help@example.com." in page.text


async def test_a_page_that_is_sent_after_its_package_was_spent_books_with_nothing_else(
    site: Site, browser: Browser
) -> None:
    pack, session = await packed(site, 200)
    other = await site.world.grant(ANNA)
    await with_terms(browser, session)
    await site.world.book(100 * H)
    page = await browser.press("Book")
    assert page.title == "Schedule a session"
    assert "Book" not in page.buttons()
    assert await balances(site) == {pack: 0, other: 1000}


async def test_a_session_without_a_package_is_booked_again_with_the_credits_that_paid_for_it(
    site: Site, browser: Browser
) -> None:
    paid = await site.world.grant(ANNA, 300)
    session = await site.world.book(72 * H)
    pack, pool = await site.world.grant(ANNA, package=PACK, session_type="Coaching"), await pooled(site)
    await with_terms(browser, session)
    assert (await browser.press("Book")).title == "Booked"
    assert await balances(site) == {paid: 100, pack: 1000, pool: 500}


async def test_what_came_back_from_a_package_pays_as_the_package_does(site: Site, browser: Browser) -> None:
    pack, session = await packed(site, lasts=90 * H)
    other = await site.world.grant(ANNA)
    await site.world.cancel(session)
    [returned] = set(await balances(site)) - {pack, other}
    await browser.open(path_to(session))
    page = await browser.press(AGAIN)
    assert len(page.offered("book_grant")) == 2
    browser.tick("came back")
    browser.tick("Sun, Nov 22")
    await browser.press("Show the times of this day")
    browser.tick("2:00 – 2:50 PM")
    await browser.press("Continue")
    assert (await browser.press("Book")).title == "Booked"
    assert await balances(site) == {pack: 900, returned: 0, other: 1000}


async def test_a_coach_who_takes_no_bookings_is_replaced_by_nobody(site: Site, browser: Browser) -> None:
    await site.world.grant(ANNA, package=PACK, session_type="Coaching")
    session = await site.world.book(72 * H, coach="U0GONE")
    await browser.open(path_to(session))
    page = await browser.press(AGAIN)
    assert "takes no bookings at the moment" in page.text
    assert "Choose somebody else in Slack: type /sessions book there." in page.text
    assert "Otto Other" not in page.source
    assert "Book" not in page.buttons()


async def test_a_coach_without_free_time_is_asked_and_nobody_else_is_offered(site: Site, browser: Browser) -> None:
    _, session = await packed(site)
    async with site.world.store.write(WORKSPACE) as uow:
        now = site.world.clock.now()
        await uow.schedule.add_time_off(COACH, TimeOff(now, now + timedelta(days=400)))
        await uow.commit()
    await browser.open(path_to(session))
    page = await browser.press(AGAIN)
    assert "Ask Carla Coach." in page.text
    assert "another coach" not in page.text


async def test_a_kind_of_session_that_was_retired_is_booked_as_long_as_its_package_lasts(
    site: Site, browser: Browser
) -> None:
    _, session = await packed(site, 200)
    async with site.world.store.read(WORKSPACE) as queries:
        [kind] = [one for one in await queries.catalogue.session_types() if one.name == "Coaching"]
    await save_type(site, replace(kind, retired=True))
    await with_terms(browser, session)
    assert (await browser.press("Book")).title == "Booked"
    await browser.open(path_to(session))
    page = await browser.press(AGAIN)
    assert "This kind of session cannot be booked any more." in page.text
    assert "Choose another kind in Slack: type /sessions book there." in page.text
    assert "Mentoring" not in page.source


async def test_each_session_of_a_package_is_booked_again_with_its_own_coach(site: Site, browser: Browser) -> None:
    pack, session = await packed(site)
    ottos = await site.world.book(100 * H, coach=OTHER_COACH)
    await with_terms(browser, ottos)
    assert "Otto Other" in browser.page.text
    page = await browser.press("Book")
    assert "Otto Other" in page.text
    assert (await balances(site))[pack] == 700
    # A page is of the link that opened it: its coach cannot be carried to the page of another session.
    await with_terms(browser, ottos, time="4:00 – 4:50 PM")
    fields = browser.fields("Book")
    assert (await browser.send(path_to(session), fields)).status == 404
