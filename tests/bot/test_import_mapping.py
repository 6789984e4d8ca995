"""Files of other products at the command line: asked, said in a file, remembered; shown before anything is made."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select

from bot.importing import Wishes, run_import
from coaching.actions.erase import erase_here
from coaching.bringing.file_map import DateOrder, FileMap, Target, read
from coaching.clock import ManualClock
from coaching.sessions import Person
from storage import SqlStore
from storage.tables import file_maps, sessions
from tests.support.imports import csv_of
from tests.support.world import COACH, WORKSPACE

NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
FOREIGN = (
    "Kunde E-Mail;Termin am;Uhrzeit;Ende;Leistung;Zustand;Wer;;\r\n"
    "anna@example.com;03.12.2026;14:30;15:20;Führung;Bestätigt;Carla Mendes;;\r\n"
    "ben@example.com;04.12.2026;9:00;9:50;Führung;Offen;Carla Mendes;;\r\n"
    "eve@example.com;05.12.2026;9:00;9:50;Rückblick;Storniert;Carla Mendes;;\r\n"
)
MAPPING = """
order = "day first"
[columns]
client = "Kunde E-Mail"
start = ["Termin am", "Uhrzeit"]
end = "Ende"
session_type = "Leistung"
status = "Zustand"
coach = "Wer"
[always]
time_zone = "Europe/Berlin"
[statuses]
"Offen" = "leave out"
[people]
"Carla Mendes" = "carla@example.com"
"""


class Terminal:
    """Runs the command as a person does, with answers typed in advance."""

    def __init__(self, url: str, directory: Path) -> None:
        self._url, self._directory, self.said = url, directory, ""
        self.file = directory / "export.csv"
        self.mapping = directory / "mapping.toml"

    async def run(
        self, *answers: str, content: bytes | None = None, mapping: bool = False, ask: bool = False, dry: bool = False,
        sure: bool = False,
    ) -> int:  # fmt: skip
        self.file.write_bytes(FOREIGN.encode("cp1252") if content is None else content)
        out = io.StringIO()
        wishes = Wishes(
            mapping=self.mapping if mapping else None,
            ask=ask,
            dry=dry,
            sure=sure,
            answers=io.StringIO("".join(f"{one}\n" for one in answers)) if answers else None,
        )
        console = Console(file=out, width=200, emoji=False, highlight=False)
        code = await run_import(self._url, self.file, WORKSPACE, console=console, clock=ManualClock(NOW), wishes=wishes)
        self.said = out.getvalue()
        return code


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    return Terminal(database_url, tmp_path)


async def rows(store: SqlStore) -> Sequence[tuple[str, str, datetime, str]]:
    async with store.engines.reader.connect() as connection:
        found = select(sessions.c.client_id, sessions.c.coach_id, sessions.c.starts_at, sessions.c.status)
        return sorted(tuple(row) for row in await connection.execute(found))


MADE = [
    ("mail:anna@example.com", "mail:carla@example.com", datetime(2026, 12, 3, 13, 30, tzinfo=UTC), "scheduled"),
    ("mail:eve@example.com", "mail:carla@example.com", datetime(2026, 12, 5, 8, 0, tzinfo=UTC), "canceled"),
]


async def test_a_mapping_in_a_file_needs_a_yes_and_makes_what_it_showed(terminal: Terminal, store: SqlStore) -> None:
    terminal.mapping.write_text(MAPPING)
    assert await terminal.run(mapping=True) == 2
    assert "run the same command with --yes" in terminal.said
    assert await rows(store) == []
    assert await terminal.run(mapping=True, dry=True) == 0
    assert await rows(store) == []
    for words in (
        "cp1252",
        "semicolons",
        "start is 'Termin am + Uhrzeit'",
        "the day comes first",
        "2 sessions would be made.",
        "1 line would be left out, by status.",
        "2 clients (2 new), 1 coach (1 new) and 2 session types (2 new)",
        "Thu 03 Dec 2026 14:30 CET",
        "Führung",
    ):
        assert words in terminal.said
    assert await terminal.run(mapping=True, sure=True) == 0
    assert await rows(store) == MADE


async def test_what_was_said_is_remembered_by_the_columns(terminal: Terminal, store: SqlStore) -> None:
    terminal.mapping.write_text(MAPPING)
    assert await terminal.run(mapping=True, sure=True) == 0
    later = FOREIGN + "zoe@example.com;06.12.2026;9:00;9:50;Führung;Bestätigt;Carla Mendes\r\n"
    assert await terminal.run(content=later.encode("utf-16"), sure=True) == 0
    assert "1 session imported." in terminal.said
    assert "2 sessions of the file are here already" in terminal.said
    assert len(await rows(store)) == 3


async def test_at_a_terminal_every_open_thing_is_asked_and_wrong_answers_are_asked_again(
    terminal: Terminal, store: SqlStore
) -> None:
    answers = (
        "",  # the client: what its name says
        "7",  # the coach
        "", "2+3", "4",  # type, start, end
        "=Berln", "=Berlin",  # the zone
        "6", "-", "-", "-", "-", "-",  # status; no id, package, credits, link, price
        "perhaps", "day",  # which number is the day
        "leave out",  # Offen
        "carla@example.com",
        "yes",
    )  # fmt: skip
    assert await terminal.run(*answers, ask=True, mapping=True) == 0, terminal.said
    assert "Did you mean Europe/Berlin?" in terminal.said
    assert "'03.12.2026 14:30', is the day or the month first?" in terminal.said
    assert await rows(store) == MADE
    assert read(terminal.mapping.read_text()).order is DateOrder.DAY_FIRST
    assert await terminal.run(sure=True) == 0, "and it is remembered"


async def test_no_is_an_answer_too(terminal: Terminal, store: SqlStore) -> None:
    terminal.mapping.write_text(MAPPING)
    assert await terminal.run("no", mapping=True) == 1
    assert await rows(store) == []


async def test_what_nobody_explained_is_listed_and_nothing_happens(terminal: Terminal, store: SqlStore) -> None:
    async with store.write(WORKSPACE) as uow:
        await uow.people.save(Person(COACH, "Carla Mendes"), NOW)
        await uow.coaches.save(COACH, None)
        await uow.commit()
    start, end = MAPPING.index("[statuses]"), len(MAPPING)
    terminal.mapping.write_text((MAPPING[:start] + MAPPING[end:]).replace('order = "day first"\n', ""))
    assert await terminal.run(mapping=True, sure=True) == 2
    for words in (
        "line 2): in '03.12.2026 14:30', is the day or the month first?",
        "Zustand (line 3, 1 line): what does 'Offen' mean?",
        f"Wer (line 2, 3 lines): who is 'Carla Mendes'? Does it mean {COACH}?",
    ):
        assert words in terminal.said
    assert await rows(store) == []


async def test_bad_lines_are_all_named_as_the_file_names_its_columns(terminal: Terminal, store: SqlStore) -> None:
    terminal.mapping.write_text(MAPPING)
    content = FOREIGN + "nobody;31.11.2026;9:00;9:50;Führung;Bestätigt;Carla Mendes\r\nx;\r\n"
    assert await terminal.run(content=content.encode(), mapping=True, sure=True) == 1
    assert "Line 5: Termin am + Uhrzeit: '31.11.2026 9:00' names a day that does not exist." in terminal.said
    assert "Line 5: Kunde E-Mail: 'nobody' is neither" in terminal.said
    assert "2 problems found; nothing was imported." in terminal.said
    assert await rows(store) == []


async def test_a_file_that_nobody_explained_says_how_to_explain_it(terminal: Terminal, store: SqlStore) -> None:
    assert await terminal.run() == 1
    assert "--map" in terminal.said
    assert "Nothing was imported." in terminal.said
    assert await rows(store) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_our_own_columns_are_read_with_semicolons_and_empty_columns_at_the_end(
    terminal: Terminal, store: SqlStore, encoding: str
) -> None:
    text = "\r\n".join(f"{row};;" for row in csv_of({"session_id": "S1"}).replace(",", ";").splitlines())
    assert await terminal.run(content=text.encode(encoding), dry=True) == 0
    assert "1 session would be made." in terminal.said
    assert await rows(store) == []
    assert await terminal.run(content=text.encode(encoding)) == 0
    assert len(await rows(store)) == 1


async def test_a_documented_export_asks_only_for_what_it_does_not_say(terminal: Terminal, store: SqlStore) -> None:
    header = "Booking UID,Title,Status,Start Time,End Time,Attendee Name,Attendee Email,Event Type,Location"
    line = "abc,30 min with Anna,ACCEPTED,2026-12-03 14:30:00,2026-12-03 15:00:00,Anna,anna@example.com,30 min,integrations:zoom"
    assert await terminal.run(content=f"{header}\n{line}\n".encode()) == 2
    assert "No column is coach" in terminal.said
    assert "No column is time_zone" in terminal.said
    assert "session_type" not in terminal.said


async def test_what_columns_mean_is_forgotten_where_it_names_whoever_is_erased(
    terminal: Terminal, store: SqlStore
) -> None:
    terminal.mapping.write_text(MAPPING)
    assert await terminal.run(mapping=True, sure=True) == 0
    naming = FileMap(columns={Target.CLIENT: ("Other",)}, people={"eve": "Eve@Example.com"})
    async with store.write(WORKSPACE) as uow:
        await uow.file_maps.keep("naming", naming, NOW)
        await uow.commit()
    await erase_here(store, ManualClock(datetime(2026, 12, 30, tzinfo=UTC)), WORKSPACE, "eve@example.com")
    async with store.engines.reader.connect() as connection:
        left = (await connection.execute(select(file_maps.c.columns_key))).scalars().all()
    assert len(left) == 1
    assert "naming" not in left
