"""Checks of the database: reachable, migrated, on time, and within every rule. Nothing is written or locked."""

import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.database import explain
from bot.doctor import channels
from bot.doctor.report import Fault, Group
from language.spoken import spoken
from storage import migrate
from storage.ailments import DAMAGED, FULL, ailment
from storage.clock import database_now
from storage.engine import SQLITE, create_auditor
from storage.private_file import PRIVATE, file_of
from storage.reconciliation import Finding, findings
from storage.rules import SUBJECTS, Rule
from storage.tables import workspaces

SKEW = timedelta(seconds=5)
"""How far the database's clock may be from this machine's. Leases and retries use the one, all else the other."""

ROOM_BYTES = 50_000_000
"""Bytes that must be free on the database's disk."""
_MIGRATE = "Run `python -m bot migrate` (serve does it by itself when it starts); keep a copy of the database first."
Redact = Callable[[str], str]


class Unanswered(Exception):
    """The database cannot be queried. `group` says why."""

    def __init__(self, group: Group) -> None:
        super().__init__(group.note)
        self.group = group


class Examination:
    """One examination of one database, group by group, over one connection."""

    def __init__(self, connection: AsyncConnection, engine: AsyncEngine, url: str, redact: Redact) -> None:
        self._connection, self._engine, self._url, self._redact = connection, engine, url, redact
        self._sqlite = engine.dialect.name == SQLITE

    @property
    def is_file(self) -> bool:
        """Whether the database is a file on a disk of this machine."""
        return self._sqlite and "uri" not in make_url(self._url).query

    async def reachable(self) -> Group:
        """Say which database it is and how big it is."""
        where = make_url(self._url)
        if self._sqlite:
            version = await self._scalar("SELECT sqlite_version()")
            size = await self._scalar("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
            place = str(where.database)
            if file_of(where).stat().st_mode & ~PRIVATE & 0o777:
                place += " (others on this machine may read it; chmod 600 changes that)"
        else:
            version = str(await self._scalar("SHOW server_version")).split()[0]
            size = await self._scalar("SELECT pg_database_size(current_database())")
            place = f"{where.database} at {where.host or 'localhost'}:{where.port or 5432}"
        kind = "SQLite" if self._sqlite else "PostgreSQL"
        return Group(id="database", name="Database", note=f"{kind} {version}, {place}, {_bytes(int(str(size)))}")

    async def sound(self) -> Group:
        """Read every page of an SQLite file, and check that its disk has room."""
        faults: list[Fault] = []
        try:
            said = str(await self._scalar("PRAGMA quick_check(1)"))
        except (SQLAlchemyError, OSError) as error:
            said = self._redact(str(getattr(error, "orig", error)))
        if said != "ok":
            faults.append(_ails("database_sound", "Every page of the database can be read.", said, DAMAGED))
        free = _free(Path(make_url(self._url).database or "."))
        if free < ROOM_BYTES:
            faults.append(_ails("database_room", "Its disk has room.", f"{_bytes(free)} are free.", FULL))
        note = faults[0].what if faults else f"every page can be read, {_bytes(free)} are free on its disk"
        return Group(id="file", name="File", note=note, faults=tuple(faults))

    async def migrated(self) -> Group:
        """Compare the schema's revision with this release's."""
        revision, head = await migrate.revision(self._engine), migrate.head()
        if revision == head:
            return Group(id="migrations", name="Migrations", note=f"at {head}, the newest")
        fault = Fault(
            id="migrations_at_head",
            truth="The database has this release's schema.",
            what=f"it is at {revision or 'none'}, this release needs {head}.",
            advice="A newer release has migrated it: run that release, not this one."
            if migrate.is_newer(revision)
            else _MIGRATE,
        )
        return Group(id="migrations", name="Migrations", note=fault.what, faults=(fault,))

    async def on_time(self) -> Group:
        """Compare the database's clock with this machine's. The time of the query counts in the database's favor."""
        before = datetime.now(UTC)
        theirs = (await self._connection.execute(select(database_now(sqlite=self._sqlite)))).scalar_one()
        after = datetime.now(UTC)
        await self._connection.rollback()
        assert isinstance(theirs, datetime)  # noqa: S101 - the column's type
        off = max(before - theirs, theirs - after, timedelta(0))
        note = f"the database's and this machine's agree ({off.total_seconds():.1f} s apart)"
        if off <= SKEW:
            return Group(id="clock", name="Clock", note=note)
        fault = Fault(
            id="database_clock",
            truth="The database's clock and this machine's agree.",
            what=f"they are {off.total_seconds():,.1f} s apart; the database's is "
            f"{'ahead' if theirs > after else 'behind'}.",
            advice="Messages may be sent too late, or twice after a restart, and cutoffs are judged by this machine's clock. "
            "Let both machines keep their time (NTP).",
        )
        return Group(id="clock", name="Clock", note="the database's and this machine's differ", faults=(fault,))

    async def languages(self, workspace_id: str | None) -> Group:
        """Check that every workspace's language is available in this release."""
        chosen = select(workspaces.c.workspace_id, workspaces.c.language).where(workspaces.c.language.is_not(None))
        found = (await self._connection.execute(chosen)).all()
        await self._connection.rollback()
        known = spoken()
        faults = tuple(
            Fault(
                id="workspace_language",
                truth="Every workspace's language has a complete catalogue.",
                what=f"{self._redact(row.language)} is not spoken by this release.",
                advice="Its channels and stakeholders read English until an admin chooses another one "
                "(/sessions setup, Reminders and contact) or a release speaks it again.",
                workspace=row.workspace_id,
            )
            for row in sorted(found)
            if row.language not in known and workspace_id in (None, row.workspace_id)
        )
        note = f"{len(faults)} not spoken" if faults else f"{', '.join(known)} can be chosen"
        return Group(id="languages", name="Languages", note=note, faults=faults)

    async def channels(self, workspace_id: str | None, now: datetime) -> Group:
        """Check that the channels in use took what was last posted there."""
        return await channels.look(self._connection, workspace_id, now, self._redact)

    async def workspaces(self) -> list[str]:
        """Return the ids of all workspaces in the database."""
        found = (await self._connection.execute(select(workspaces.c.workspace_id))).scalars().all()
        await self._connection.rollback()
        return sorted(found)

    async def keeps(self, subject: str, rules: Sequence[Rule], workspace_id: str | None, now: datetime) -> Group:
        """Check every rule of a subject, one query each, so that no snapshot is kept for long."""
        faults, started = [], time.perf_counter()
        for rule in rules:
            try:
                found = await findings(self._connection, workspace_id, rules=(rule,), now=now)
            except (SQLAlchemyError, OSError) as error:
                faults.append(self._untried(rule, error))
            else:
                faults += [self._fault(finding) for finding in found]
            await self._connection.rollback()
        took = f"({time.perf_counter() - started:.1f} s)"
        broken = len({fault.id for fault in faults})
        note = f"{broken} of {len(rules)} rules broken" if faults else f"{len(rules)} rules hold"
        return Group(id=subject.lower(), name=subject, note=f"{note} {took}", faults=tuple(faults))

    def _fault(self, finding: Finding) -> Fault:
        rule, many = finding.rule, finding.count != 1
        return Fault(
            id=rule.id,
            truth=rule.truth,
            what=f"{finding.count:,} case{'s' if many else ''}:",
            advice=rule.advice,
            money=rule.money,
            workspace=finding.workspace_id,
            count=finding.count,
            examples=tuple(self._redact(what) for what in finding.examples),
        )

    def _untried(self, rule: Rule, error: Exception) -> Fault:
        return Fault(
            id=rule.id,
            truth=rule.truth,
            what=f"whether it is so could not be found out ({self._redact(explain(self._url, error))})",
            advice=f"The database answers, but {why}."
            if (why := ailment(error))
            else "Run doctor again when the database is less busy; what could not be looked at may or may not be right.",
        )

    async def _scalar(self, sql: str) -> object:
        value = (await self._connection.execute(text(sql))).scalar_one()
        await self._connection.rollback()
        return value


@asynccontextmanager
async def examined(url: str, redact: Redact) -> AsyncIterator[Examination]:
    """Open the database read-only. Raises Unanswered."""
    where = make_url(url)
    if where.get_backend_name() == SQLITE and "uri" not in where.query and (bad := _file(Path(where.database or ""))):
        raise Unanswered(_unreachable(bad))
    engine = create_auditor(url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        try:
            connection = await stack.enter_async_context(engine.connect())
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise Unanswered(_unreachable(redact(explain(url, error)))) from error
        yield Examination(connection, engine, url, redact)


async def look(
    url: str, workspace_id: str | None, now: datetime, redact: Redact
) -> tuple[list[Group], list[str] | None]:
    """Examine the database at `url`. Return the findings and its workspaces, with None for the latter if unknown."""
    groups: list[Group] = []
    try:
        async with examined(url, redact) as examination:
            groups.append(await examination.reachable())
            if examination.is_file:
                groups.append(await examination.sound())
            groups.append(await examination.migrated())
            if groups[-1].faults:
                return groups, None
            groups.append(await examination.on_time())
            known = await examination.workspaces()
            groups.append(await examination.languages(workspace_id))
            groups.append(await examination.channels(workspace_id, now))
            for subject, rules in SUBJECTS.items():
                groups.append(await examination.keeps(subject, rules, workspace_id, now))
            return groups, known
    except Unanswered as error:
        return [*groups, error.group], None
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return [*groups, _unreachable(redact(explain(url, error)))], None


def _free(path: Path) -> int:
    return shutil.disk_usage(path.absolute().parent).free


def _ails(id: str, truth: str, what: str, why: str) -> Fault:
    return Fault(id=id, truth=truth, what=what, advice=f"The database answers, but {why}.")


def _unreachable(why: str) -> Group:
    fault = Fault(
        id="database_reachable",
        truth="The database answers.",
        what=f"DATABASE_URL: {why}",
        advice="Nothing works without it. Mend that, then run doctor again.",
    )
    return Group(id="database", name="Database", note="cannot be asked", faults=(fault,))


def _file(path: Path) -> str | None:
    """Check the file first: if the driver cannot open it, the driver's thread prints a traceback of its own."""
    if path.is_dir():
        return f"{path} is a directory: name a file in it, such as {path / 'sessions.db'}."
    if not path.exists():
        return f"there is no file {path}: correct it, or make a new database with `python -m bot migrate`."
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        return f"{path} cannot be read ({error.strerror}): run doctor as the user that runs the bot."
    return None if start in (b"", b"SQLite format 3\0") else f"{path} is not an SQLite database: name another file."


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
