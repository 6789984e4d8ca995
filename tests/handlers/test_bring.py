"""Bringing sessions in inside Slack: the file, its columns, its words, what would be made, a yes, and a message about it."""

import base64
import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from bot.slack_files import is_slacks
from coaching.clock import ManualClock
from playground.person import Person
from storage.tables import sessions
from tests.handlers.conftest import Stage, served
from tests.handlers.setting_up import in_set_up, shown
from tests.support.databases import Databases
from tests.support.imports import csv_of
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE

FOREIGN = (
    "E-Mail;Datum;Uhrzeit;Dauer;Leistung;Zustand;Wer\r\n"
    "gina@example.com;03.12.2026;14:30;50 min;F\u00fchrung;Best\u00e4tigt;Carla Coach\r\n"
    "hugo@example.com;04.12.2026;09:00;1 h;F\u00fchrung;Offen;Carla Coach\r\n"
)


@pytest.fixture(params=["sqlite", "postgresql"])
async def on_both(request: pytest.FixtureRequest, databases: Databases, clock: ManualClock) -> AsyncIterator[Stage]:
    async with served(databases, clock, request.param) as stage:
        yield stage


async def made(stage: Stage) -> list[tuple[Any, ...]]:
    async with stage.store.engines.reader.connect() as connection:
        found = select(sessions.c.client_id, sessions.c.coach_id, sessions.c.starts_at, sessions.c.origin)
        rows = await connection.execute(found.where(sessions.c.workspace_id == WORKSPACE))
        return sorted(tuple(row) for row in rows)


async def uploading(stage: Stage, content: bytes, name: str = "export.csv") -> Person:
    ada = await in_set_up(stage)
    await ada.click("Bring in sessions\u2026")
    await ada.upload("File", name, content)
    await ada.submit()
    await stage.settled()
    await ada.refresh()
    return ada


async def next_step(stage: Stage, ada: Person) -> None:
    await ada.submit()
    await stage.settled()
    await ada.refresh()


@pytest.mark.plain  # cells of the file are in the file's own words
async def test_a_file_of_another_product_is_explained_shown_and_brought_in(on_both: Stage) -> None:
    stage = on_both
    ada = await uploading(stage, FOREIGN.encode("cp1252"))
    assert "gina@example.com | hugo@example.com" in shown(ada)
    await ada.fill("Time zone of every line", "berlin")
    await ada.fill("Status", "Zustand")
    await ada.fill("Coach", "Wer")
    await next_step(stage, ada)
    assert "The file does not say this by itself." in shown(ada)
    await ada.choose("The day comes first")
    await ada.choose("Leave such lines out")
    await next_step(stage, ada)
    for words in ("1 session would be made.", "1 line is left out", "gina@example.com", "F\u00fchrung"):
        assert words in shown(ada)
    assert await made(stage) == []
    await ada.submit()
    await stage.settled()
    await ada.wait_for("1 session was brought in.")
    [(client, coach, starts_at, origin)] = await made(stage)
    assert (client, coach, origin) == ("mail:gina@example.com", COACH, "imported")
    assert starts_at.isoformat() == "2026-12-03T13:30:00+00:00"
    ada = await uploading(stage, FOREIGN.encode())
    await next_step(stage, ada)
    assert "is here already" in shown(ada), "what was said is remembered, and nothing comes in twice"


@pytest.mark.plain  # cells of the file are in the file's own words
async def test_a_file_with_our_columns_is_shown_at_once(stage: Stage) -> None:
    ada = await uploading(stage, csv_of({"session_id": "S1", "client": ANNA}).encode())
    assert "1 session would be made." in shown(ada)
    await ada.submit()
    await stage.settled()
    await ada.wait_for("1 session was brought in.")
    assert len(await made(stage)) == 1


@pytest.mark.plain  # cells of the file are in the file's own words
async def test_lines_that_are_not_understood_are_listed_and_nothing_is_made(stage: Stage) -> None:
    rows = [{"session_id": f"S{n}", "client": f"nobody<{n}>"} for n in range(30)]
    ada = await uploading(stage, csv_of({"session_id": "ok"}, *rows).encode())
    assert "30 lines have something that is not understood." in shown(ada)
    assert "This needs an e-mail address or a Slack user id." in shown(ada)
    assert "nobody<0>" in shown(ada)
    assert "nobody<29>" not in shown(ada)
    assert "These are the first of them." in shown(ada)
    assert await made(stage) == []


async def test_what_is_no_table_is_said(stage: Stage) -> None:
    ada = await uploading(stage, b"just words\n")
    assert "cannot be read as a table" in shown(ada)
    assert "Nothing was brought in." in shown(ada)


@pytest.mark.plain  # cells of the file are in the file's own words
async def test_a_column_that_is_needed_is_asked_for_where_it_is_chosen(stage: Stage) -> None:
    ada = await uploading(stage, FOREIGN.encode())
    outcome = await ada.submit()
    assert "Choose a column, or say what is the same for every line." in str(outcome) + shown(ada)


@pytest.mark.plain  # cells of the file are in the file's own words
async def test_whoever_is_no_admin_any_more_brings_nothing_in(stage: Stage) -> None:
    ada = await uploading(stage, csv_of({"session_id": "S1"}).encode())
    await ada._call("PATCH", f"users/{ADMIN}", {"is_admin": False})

    async def is_none_any_more(_: Person) -> bool:
        async with stage.store.read(WORKSPACE) as queries:
            return not (await queries.people.viewer(ADMIN)).is_admin

    await ada.wait_for(is_none_any_more)
    await ada.submit()
    await stage.settled()
    await ada.refresh()
    assert "admins" in shown(ada)
    assert await made(stage) == []


@pytest.mark.plain  # cells of the file are in the file's own words
@pytest.mark.parametrize(
    ("who", "content", "words"),
    [(ANNA, b"x", "Somebody else uploaded this file."), (ADMIN, b"x,y\n" * (5 * 2**18 + 1), "bigger than 5 MB")],
)
async def test_somebody_elses_file_and_one_that_is_too_big_are_not_read(
    stage: Stage, who: str, content: bytes, words: str
) -> None:
    uploaded = stage.pg.files.upload(who, "a.csv", base64.b64encode(content).decode())
    ada = await uploading(stage, csv_of({"session_id": "S1"}).encode())
    bent = copy.deepcopy(stage.last_payload())
    [block] = [one for one in bent["view"]["state"]["values"].values() if "files" in str(one)]
    next(iter(block.values()))["files"][0]["id"] = uploaded["file"]["id"]
    await stage.deliver(bent)
    await stage.settled()
    await ada.refresh()
    assert words in shown(ada)


async def test_without_its_scope_the_dialog_says_how_to_get_it_and_how_else(stage: Stage) -> None:
    stage.pg._context.scopes = "commands,chat:write"
    ada = await in_set_up(stage)
    await ada.click("Bring in sessions\u2026")
    assert "files:read" in shown(ada)
    assert "python -m bot import" in shown(ada)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://files.slack.com/files-pri/T1-F1/download/a.csv", True),
        ("https://acme.enterprise.slack.com/files-pri/T1-F1/a.csv", True),
        ("http://files.slack.com/a.csv", False),
        ("https://files.slack.com:8443/a.csv", False),
        ("https://slack.com.example.org/a.csv", False),
        ("https://evilslack.com/a.csv", False),
        ("https://files.slack.com@example.org/a.csv", False),
        ("https://user@files.slack.com/a.csv", False),
        ("file:///etc/passwd", False),
        ("https://[::1", False),
        ("https://127.0.0.1/a.csv", False),
    ],
)
def test_the_token_goes_to_slacks_own_hosts_only(url: str, allowed: bool) -> None:
    assert is_slacks(url, "https://slack.com/api/") is allowed
