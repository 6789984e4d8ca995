"""Everybody tries everything on everybody's things, through the real door (C13)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import make_url

from coaching.clock import ManualClock
from storage import SqlStore, create_engines
from tests.access.contents import Change, Copy, copied, copy_file, lose
from tests.access.door import Door, Heard, Knock, opened
from tests.access.estate import CONFIDENTIAL, SEES, Estate, Furnished
from tests.access.line import Line
from tests.access.roles import ADA, CARLA, HERE, Role
from tests.access.variants import EVERY
from tests.support import patience

WAYS_ON = (
    "shows yours",
    "Copy your text into a new one",
    "Ask a workspace admin",
    "try from there",
    "see how things stand",
    "An admin can name you",
    "open the set-up again",
    "Choose another one",
    "choose another one",
    "Choose somebody else",
    "Choose a time with them, or ask",
    "Nobody gives hours to book yet",
)
"""Every refusal says one of these."""
SILENCE = "[null, []]"
_OLD_WORD = f"UPDATE members SET fetched_at = fetched_at - 7200000000 WHERE workspace_id = '{HERE}' AND id = '{ADA}'"
LOST = {
    Role.REMOVED: f"UPDATE coaches SET removed = 1 WHERE workspace_id = '{HERE}' AND member_id = '{CARLA}'",
    Role.DEMOTED: _OLD_WORD,
    Role.GONE: _OLD_WORD,
}
"""How what they lost stands in our rows: Slack's word on an admin is two hours old."""
OF_SESSIONS = {
    "sessions": "id",
    "refunds": "session_id",
    "timeline": "session_id",
    "moves": "session_id",
    "requests": "subject_id",
}


@dataclass
class Scene:
    """One role at the door."""

    role: Role
    estate: Estate
    door: Door
    copy: Copy

    async def try_(self, line: Line, knock: Knock) -> list[str]:
        """Knock once; return what is wrong with what came of it, and leave everything as it was."""
        heard = await self.door.knock(self.role, knock)
        changed = await self.copy.changes()
        if changed:
            await self.copy.restore()
        wrong = [*self._always(heard, changed), *self._as_declared(line, heard, changed)]
        told = f"{self.role.name} / {line.name}: {'; '.join(wrong)}\n    {knock}\n    {heard.words[:1500]}"
        return [told] if wrong else []

    def _always(self, heard: Heard, changed: list[Change]) -> list[str]:
        wrong = [] if heard.status == 200 else [f"the answer is {heard.status}"]
        wrong += [
            f"shows {word!r}" for word, who in SEES.items() if word in heard.words and self._sees_as(word) not in who
        ]
        if "went wrong on our side" in heard.words:
            wrong.append("nobody expected it")
        strayed = {change.table for change in changed if change.row["workspace_id"] != self.role.team}
        return wrong + [f"writes into {table} of another workspace" for table in strayed]

    def _sees_as(self, word: str) -> Role:
        return self.role if word in CONFIDENTIAL else self.role.sees_as

    def _as_declared(self, line: Line, heard: Heard, changed: list[Change]) -> list[str]:
        verdict = line.verdict(self.role)
        effects = [change for change in changed if not self._own_traces(change)]
        tables = {change.table for change in effects}
        if verdict == "g":
            wrong = [f"writes {one}" for one in sorted(tables - set(line.writes.split()))]
            others = {one.row["recipient"] for one in effects if one.table == "notices"} - {self.role.user}
            return wrong + [f"greets {who}" for who in sorted(others)]
        if verdict != "Y":
            wrong = [f"writes {' '.join(sorted(tables))}"] if tables and verdict != "w" else []
            if verdict == "h":
                return wrong
            if verdict == "-" and not any(way in heard.words for way in WAYS_ON):
                wrong.append("is refused without a way on")
            if verdict in ".o" and (verdict == ".") != (heard.words == SILENCE):
                wrong.append("answers what nobody sends" if verdict == "." else "says nothing")
            return wrong
        wrong = [] if line.says in heard.words else [f"does not say {line.says!r}"]
        if tables != set(line.writes.split()):
            wrong.append(f"writes {sorted(tables)} instead of {sorted(line.writes.split())}")
        about = line.about(self.estate)
        strayed = {one.table for one in effects if not _is_about(one, about)}
        wrong += [f"touches rows of {table} that are not about {sorted(about)}" for table in strayed]
        return wrong

    def _own_traces(self, change: Change) -> bool:
        """What any request may leave behind: itself, and one's own dialog, address of a calendar, and who one is."""
        return change.table == "inbound" or self.role.user == {
            "calendar_addresses": change.row.get("member_id"),
            "notifications": change.row.get("member_id"),
            "drafts": change.row.get("user_id"),
            "members": change.row.get("id"),
        }.get(change.table)


def _is_about(change: Change, about: set[str]) -> bool:
    column = OF_SESSIONS.get(change.table)
    if column is not None:
        return change.row[column] in about
    if change.table == "notices" and change.row["session_id"] is not None:
        return change.row["session_id"] in about
    return change.table in {"notices", "policies", "replans", "workspaces"} or bool(
        about & set(map(str, change.row.values()))
    )


@asynccontextmanager
async def scene(
    furnished: Furnished, role: Role, kind: str, directory: Path, *, name: str = ""
) -> AsyncIterator[Scene]:
    """Open the door of a copy of the furnished database, called by its role or `name`, to a role."""
    called = name or role.word
    template, estate = await furnished.template(kind)
    if kind == "sqlite":
        if role in LOST:
            template = copy_file(template, directory, f"{called}-template")
            lose(template, LOST[role])
        url = copy_file(template, directory, called)
    else:
        url = await furnished.databases.copy(make_url(template).database or "")
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    copy = await copied(template, url)
    try:
        async with opened(SqlStore(engines), ManualClock(estate.now)) as door:
            if role in (Role.DEMOTED, Role.GONE):
                door.change(role.user, is_admin=role is Role.GONE, deleted=role is Role.GONE)
            yield Scene(role, estate, door, copy)
    finally:
        await copy.close()
        await engines.dispose()


async def _all_wrong(at: Scene, *, most: int | None = None) -> list[str]:
    return [
        what
        for line in EVERY
        for knock in line.knocks(at.estate, at.role)[:most]
        for what in await at.try_(line, knock)
    ]


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
async def test_everybody_does_what_is_theirs_and_nothing_else(furnished: Furnished, role: Role, tmp_path: Path) -> None:
    async with scene(furnished, role, "sqlite", tmp_path) as at:
        wrong = await _all_wrong(at)
    assert not wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong[:40])


@pytest.mark.parametrize("role", [Role.COACH, Role.CLIENT, Role.AWAY_OWNER], ids=lambda role: role.word)
async def test_postgresql_keeps_everybody_to_the_same(furnished: Furnished, role: Role, tmp_path: Path) -> None:
    # The rules are the same code; what differs is the SQL that asks whose something is, so one claim for each line will do.
    async with scene(furnished, role, "postgresql", tmp_path) as at:
        wrong = await _all_wrong(at, most=1)
    assert not wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong[:40])
