"""*No more mails*: one click without an account, taken back as easily, and nothing happens because a link was opened."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from storage.tables import notifications
from tests.support.world import ANNA, WORKSPACE
from tests.web.conftest import LINKS, PUBLIC_URL, Site
from web.links import Way

PAT = "mail:pat@example.org"
pytestmark = pytest.mark.plain


def path_of(who: str, workspace_id: str = WORKSPACE) -> str:
    return LINKS.no_mail(workspace_id, who).removeprefix(PUBLIC_URL)


@pytest.fixture
async def known(site: Site) -> Site:
    async with site.world.store.write(WORKSPACE) as uow:
        await uow.people.know_of([PAT])
        await uow.commit()
    return site


async def stored(site: Site) -> dict[str, str]:
    async with site.world.store.engines.reader.connect() as connection:
        rows = await connection.execute(select(notifications.c.member_id, notifications.c.ways))
        return {row.member_id: row.ways for row in rows}


async def post(site: Site, path: str, data: Any, **headers: str) -> tuple[int, str]:
    headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    async with site.session.post(site.url + path, data=data, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_opening_the_link_changes_nothing_however_often(known: Site) -> None:
    for _ in range(5):
        status, text, headers = await known.get(path_of(PAT))
        assert status == 200
        assert "We write to pat@example.org" in text
        assert headers["Cache-Control"] == "no-store"
    assert await stored(known) == {}


async def test_a_mail_programs_one_click_ends_mails_and_the_page_takes_it_back(known: Site) -> None:
    status, text = await post(known, path_of(PAT), b"List-Unsubscribe=One-Click")
    assert (status, await stored(known)) == (200, {PAT: "slack"})
    assert "You get no more mails" in text
    assert "nobody tells you" in text
    status, text = await post(known, path_of(PAT), b"do=again")
    assert (status, await stored(known)) == (200, {PAT: "mail"})
    assert "We write to pat@example.org" in text


async def test_one_click_counts_in_every_form_that_mail_programs_send(known: Site) -> None:
    async def at_length() -> AsyncIterator[bytes]:
        yield b"List-Unsubscribe="
        yield b"One-Click"

    parts = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    forms: list[tuple[str, Any]] = [
        ("multipart/form-data; boundary=x", parts),
        ("application/x-www-form-urlencoded", at_length()),
        ("application/x-www-form-urlencoded", b""),
        ("text/plain", b"List-Unsubscribe=One-Click"),
    ]
    for kind, data in forms:
        await post(known, path_of(PAT), b"do=again")
        status, text = await post(known, path_of(PAT), data, **{"Content-Type": kind})
        assert (status, await stored(known)) == (200, {PAT: "slack"}), kind
        assert "You get no more mails" in text


async def test_a_member_hears_in_slack_from_then_on(known: Site) -> None:
    await post(known, path_of(ANNA), b"do=again")
    assert await stored(known) == {ANNA: "both"}
    _, text = await post(known, path_of(ANNA), b"do=stop")
    assert await stored(known) == {ANNA: "slack"}
    assert "You hear about them in Slack" in text


async def test_what_is_forged_foreign_or_of_nobody_is_the_same_404(known: Site) -> None:
    good = path_of(PAT)
    odd = [
        good[:-1] + ("a" if good[-1] != "a" else "b"),
        path_of("mail:nobody@example.org"),
        path_of(PAT, "T0ELSE"),
        "/mail/x",
        "/mail/" + LINKS.way_in(Way(WORKSPACE, PAT, "s1")).rpartition("/")[2],
        "/mail/..%2f" + good.rpartition("/")[2],
    ]
    for path in odd:
        assert (await known.get(path))[0] == 404
        assert (await post(known, path, b"List-Unsubscribe=One-Click"))[0] == 404
    assert (await post(known, good, b"do=stop", **{"Sec-Fetch-Site": "cross-site"}))[0] == 404
    assert await stored(known) == {}
