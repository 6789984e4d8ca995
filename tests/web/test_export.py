"""The page where an export is fetched: once, within an hour, by a button, while its maker is an admin."""

import asyncio
import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from coaching.actions import exports
from coaching.export_columns import What
from coaching.exports import VALID, Span
from coaching.ids import new_id
from coaching.sessions import Actor
from tests.support.exports import read
from tests.support.world import ADMIN, ANNA, WORKSPACE
from tests.web.conftest import LINKS, PUBLIC_URL, Site

pytestmark = pytest.mark.plain
H = timedelta(hours=1)


async def asked(site: Site, *what: What) -> str:
    """Ask for an export as Ada; return the path of its page."""
    actor, key = Actor(WORKSPACE, ADMIN), new_id(site.world.clock.now())
    found = await exports.ask(site.world.store, site.world.clock, actor, key, what or list(What), Span())
    return LINKS.export(WORKSPACE, found.export.id).removeprefix(PUBLIC_URL)


async def press(site: Site, path: str, do: str = "fetch", **headers: str) -> tuple[int, bytes, Any]:
    async with site.session.post(site.url + path, data={"do": do}, headers=headers) as answer:
        return answer.status, await answer.read(), answer.headers


@pytest.fixture
async def lived(site: Site) -> Site:
    await site.world.grant(ANNA, 500)
    await site.world.book(72 * H)
    return site


async def test_the_button_sends_a_zip_of_three_files_and_nobody_keeps_a_copy(lived: Site) -> None:
    path = await asked(lived)
    status, page, _ = await lived.get(path)
    assert status == 200
    assert "Download" in page
    assert "Sessions, Movements of credits, and What happened to sessions" in page
    status, content, headers = await press(lived, path)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "application/zip", "no-store")
    assert headers["Content-Disposition"] == 'attachment; filename="sessions-2026-11-16.zip"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.namelist() == [what.file for what in What]
        [row] = read(packed.read("sessions.csv").decode("utf-8-sig"))
    assert (row["client"], row["client_name"]) == (ANNA, "Anna Lee")


async def test_one_kind_is_a_file_that_spreadsheets_read(lived: Site) -> None:
    _, content, headers = await press(lived, await asked(lived, What.SESSIONS))
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Content-Disposition"] == 'attachment; filename="sessions-2026-11-16.csv"'
    assert content.startswith(b"\xef\xbb\xbfsession_id,client,coach")
    assert len(read(content.decode("utf-8-sig"))) == 1


async def test_opening_the_link_spends_nothing_however_often_and_whoever_does(lived: Site) -> None:
    path = await asked(lived)
    for agent in ("Slackbot-LinkExpanding 1.0", "scanner", "Mozilla"):
        assert (await lived.get(path, **{"User-Agent": agent}))[0] == 200
    async with lived.session.head(lived.url + path) as answer:
        assert answer.status == 200
    assert (await press(lived, path, do="something"))[2]["Content-Type"].startswith("text/html")
    assert (await press(lived, path))[2]["Content-Type"] == "application/zip"


async def test_it_is_fetched_once_whoever_presses_at_the_same_time(lived: Site) -> None:
    path = await asked(lived)
    kinds = [one[2]["Content-Type"] for one in await asyncio.gather(*(press(lived, path) for _ in range(4)))]
    assert sorted(kinds) == ["application/zip", *["text/html; charset=utf-8"] * 3]
    status, page, _ = await lived.get(path)
    assert status == 200
    assert "was fetched, or its hour is over" in page
    assert "Download" not in page


async def test_after_an_hour_it_is_over(lived: Site) -> None:
    path = await asked(lived)
    lived.world.clock.advance(VALID)
    assert "its hour is over" in (await lived.get(path))[1]
    assert b"its hour is over" in (await press(lived, path))[1]


@pytest.mark.parametrize(
    "lost",
    [
        "UPDATE members SET is_admin = FALSE",
        f"UPDATE members SET fetched_at = fetched_at - {3 * 3_600_000_000}",
        "DELETE FROM exports",
    ],
    ids=["no admin any more", "Slack's word is too old", "nothing was asked for"],
)
async def test_who_is_no_admin_any_more_gets_nothing(lived: Site, lost: str) -> None:
    path = await asked(lived)
    async with lived.world.store.engines.writer.begin() as connection:
        await connection.execute(text(lost))
    assert (await lived.get(path))[0] == 404
    assert (await press(lived, path))[0] == 404


async def test_a_link_that_is_forged_of_another_workspace_or_pressed_from_elsewhere_is_a_404(lived: Site) -> None:
    path = await asked(lived)
    export_id = LINKS.read_export(path.rpartition("/")[2])
    assert export_id is not None
    for odd in (
        path[:-1] + ("a" if path[-1] != "a" else "b"),
        LINKS.export("T0ELSE", export_id[1]).removeprefix(PUBLIC_URL),
        "/export/" + LINKS.no_mail(*export_id).rpartition("/")[2],
        "/export/x",
    ):
        assert (await lived.get(odd))[0] == 404
        assert (await press(lived, odd))[0] == 404
    assert (await press(lived, path, **{"Sec-Fetch-Site": "cross-site"}))[0] == 404
    assert (await press(lived, path))[0] == 200
