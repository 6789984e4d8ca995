"""Links that nobody made, shared, bent and replayed: nobody gets in, and looking changes nothing."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from coaching.mail_ids import pending_id
from coaching.sessions import Session, Status
from playground.browser import Browser
from storage.tables import metadata
from tests.support.world import ANNA, BORIS, COACH, WORKSPACE
from tests.web.conftest import LINKS, PUBLIC_URL, SECRET, Site, path_to
from web.links import Links, Way
from web.page import HEADERS

H = timedelta(hours=1)


@pytest.fixture
async def booked(site: Site) -> Session:
    await site.world.open()
    await site.world.grant(ANNA)
    return await site.world.book(72 * H)


async def contents(site: Site) -> dict[str, list[object]]:
    """Everything in the database."""
    async with site.world.store.engines.reader.connect() as connection:
        return {t.name: sorted(map(str, (await connection.execute(select(t))).all())) for t in metadata.sorted_tables}


def bent(token: str, dice: random.Random) -> str:
    """Return another token that is like this one."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    content, mark = token.split(".")
    at = dice.randrange(len(token))
    return dice.choice(
        [
            token[:at] + dice.choice(letters) + token[at + 1 :],
            token[:at] + token[at + 1 :],
            token[:at] + dice.choice(letters + ".é%\x00") + token[at:],
            f"{content}.{''.join(dice.choices(letters, k=43))}",
            f"{''.join(dice.choices(letters, k=len(content)))}.{mark}",
            f"{content[::-1]}.{mark}",
            content,
            f".{mark}",
            f"{token}.{mark}",
        ]
    )


async def test_ten_thousand_forged_links_let_nobody_in(site: Site, booked: Session) -> None:
    dice = random.Random(1)
    real = path_to(booked).removeprefix("/s/")
    forged: set[str] = set()
    while len(forged) < 9_800:
        forged.add(bent(real, dice))
    others = [Links(f"{SECRET[:-1]}{one:x}", PUBLIC_URL) for one in range(16) if f"{SECRET[:-1]}{one:x}" != SECRET]
    for number in range(600):
        way = Way(WORKSPACE, ANNA, booked.id if number % 2 else f"{number}")
        forged.add(dice.choice(others).way_in(way).removeprefix(f"{PUBLIC_URL}/s/"))
    forged.discard(real)
    assert len(forged) > 10_000
    assert [token for token in forged if LINKS.read(token) is not None] == []
    assert LINKS.read(real) == Way(WORKSPACE, ANNA, booked.id)
    assert {(await site.get(f"/s/{token}"))[0] for token in dice.sample(sorted(forged), 300)} == {404}
    assert set(site.refused) <= {"link_unknown"}


async def test_a_link_is_for_its_person_and_their_sessions_only(site: Site, booked: Session) -> None:
    await site.world.grant(BORIS)
    boris = await site.world.book(96 * H, client=BORIS)
    for way in (
        Way(WORKSPACE, BORIS, booked.id),
        Way(WORKSPACE, ANNA, boris.id),
        Way(WORKSPACE, "U0NOBODY", booked.id),
        Way("T0ELSE", ANNA, booked.id),
        Way(WORKSPACE, ANNA, "nothing"),
        Way(WORKSPACE, "mail:someone@example.com", booked.id),
    ):
        assert (await site.get(LINKS.way_in(way).removeprefix(PUBLIC_URL)))[0] == 404
    browser = Browser(site.session, site.url)
    await browser.open(path_to(booked))
    for strange in (boris.id, "nothing", "' OR 1=1 --"):
        fields = [(name, strange if name == "sessions" else value) for name, value in browser.fields("Continue")]
        assert (await browser.send(path_to(booked), fields)).status == 404
        await browser.open(path_to(booked))


async def test_a_page_is_sent_by_its_own_link_only(site: Site, booked: Session) -> None:
    other = await site.world.book(96 * H)
    browser = Browser(site.session, site.url)
    await browser.open(path_to(booked))
    await browser.press("Continue")
    fields = browser.fields("Cancel 1 session")
    assert (await browser.send(path_to(other), fields)).status == 404
    assert (await browser.send(path_to(booked), [one for one in fields if one[0] != "page"])).status == 404
    page = dict(fields)["page"]
    for changed in ("", "x", page[:-1], page + "A", page.replace(".", "!", 1), page.split(".")[0] + "." + "A" * 43):
        twisted = [(name, changed if name == "page" else value) for name, value in fields]
        assert (await browser.send(path_to(booked), twisted)).status == 404
    assert (await browser.send(path_to(booked), fields, **{"Sec-Fetch-Site": "cross-site"})).status == 404
    async with site.world.store.read(WORKSPACE) as queries:
        assert [one.status for one in await queries.sessions.by_ids([booked.id, other.id])] == [Status.SCHEDULED] * 2


async def test_scanners_that_open_a_link_a_thousand_times_change_nothing(site: Site, booked: Session) -> None:
    before = await contents(site)
    statuses = set()
    for _ in range(1000):
        async with site.session.request("GET", site.url + path_to(booked)) as answer:
            statuses.add(answer.status)
    for method in ("HEAD", "OPTIONS", "PUT", "DELETE"):
        async with site.session.request(method, site.url + path_to(booked)) as answer:
            statuses.add(answer.status)
    assert statuses <= {200, 405, 429}
    assert await contents(site) == before


async def test_a_link_ends_with_its_session(site: Site, booked: Session) -> None:
    site.world.clock.set(booked.ends_at)
    assert (await site.get(path_to(booked)))[0] == 200
    site.world.clock.advance(timedelta(seconds=1))
    assert (await site.get(path_to(booked)))[0] == 404


async def test_a_link_for_an_address_leads_on_once_the_person_is_in_slack(site: Site, booked: Session) -> None:
    path = path_to(booked, pending_id(f"{ANNA.lower()}@example.com"))
    assert (await site.get(path))[0] == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/x-www-form-urlencoded", b""),
        ("application/x-www-form-urlencoded", b"page=%00%ff&do=submit"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(400))),
        ("application/x-www-form-urlencoded", b"page=" + b"A" * 70_000),
        ("application/x-www-form-urlencoded", "page=é&do=日本".encode()),
    ],
)
async def test_odd_bodies_are_the_same_404(site: Site, booked: Session, kind: str, body: bytes) -> None:
    headers = {"Content-Type": kind}
    async with site.session.post(site.url + path_to(booked), data=body, headers=headers) as answer:
        assert answer.status == 404


async def test_pages_are_kept_nowhere_and_load_nothing(site: Site, booked: Session) -> None:
    _, text, headers = await site.get(path_to(booked, COACH))
    assert {name: headers[name] for name in HEADERS} == HEADERS
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    for word in ("<script", "src=", "@import", "url(", "<iframe", "<img"):
        assert word not in text


async def test_nothing_that_was_typed_becomes_markup(site: Site) -> None:
    evil = '<img src=x onerror="alert(1)">&amp;*~`{{7*7}}'
    await site.world.grant(ANNA, package=evil, session_type=evil)
    booked = await site.world.book(72 * H, session_type=evil)
    _, text, _ = await site.get(path_to(booked))
    assert "<img" not in text
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;" in text
    assert "{{7*7}}" in text
    browser = Browser(site.session, site.url)
    await browser.open(path_to(booked))
    await browser.press("Continue")
    browser.fill("reason", "</textarea><script>alert(1)</script>")
    await browser.press("‹ Back")
    page = await browser.press("Continue")
    assert [one.value for one in page.controls if one.name == "reason"] == ["</textarea><script>alert(1)</script>"]
