"""Import of sessions: stage a file on one connection, check it as a whole, then copy it in one transaction.

The staging tables are temporary, so a killed import leaves nothing behind. On SQLite they are in another file, so
staging never holds the lock that a running bot needs for writing. Everything is computed before that lock is taken.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import and_, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, CreateTable

from coaching import plans
from coaching.errors import StorageBusy
from coaching.ids import new_id
from coaching.imports import ImportedLine, Problem, shown, terms
from coaching.naming import same_name
from coaching.policy import Policy, TermsOf
from coaching.sessions import PENDING
from coaching.zones import first_known
from storage import import_copy, import_preview
from storage import import_staging as sql
from storage.engine import SQLITE
from storage.import_clashes import other_type, others
from storage.import_engine import import_engine
from storage.import_report import Clash, Preview, Report
from storage.repositories.base import Transaction
from storage.repositories.codec import dump_policy
from storage.repositories.names import name_key, package_key
from storage.repositories.terms import policy_key
from storage.tables import members, policies
from storage.types import from_micros, to_micros
from storage.unit_of_work import SqlUnitOfWork, busy_as_typed_error

_MOST_CREDITS = 2_000_000_000
_BATCH = 1000
_GROWN = ("sessions", "transfers", "timeline", "notices", "refunds", "grants", "members")

_name_key = lru_cache(maxsize=4096)(name_key)


class Import:
    """One import on one connection: `stage` batches, `check` the whole, then `apply`."""

    def __init__(self, connection: AsyncConnection, workspace_id: str, now: datetime) -> None:
        self._connection, self._ws, self._now = connection, workspace_id, now
        self._id = new_id(now)
        self._lite = connection.dialect.name == SQLITE
        self._facts: list[tuple[Any, ...]] = []
        self._spelled: dict[str, str] = {}  # new types and packages are named as the file first spells them
        columns = [c.key for c in sql.lines.c]
        marks = ", ".join("?" if self._lite else f"${i}" for i in range(1, len(columns) + 1))
        self._insert = f"INSERT INTO import_lines ({', '.join(columns)}) VALUES ({marks})"

    async def start(self) -> None:
        """Create the staging tables and read the terms of the imported sessions: those of new bookings."""
        for table in sql.staging.sorted_tables:
            await self._connection.execute(CreateTable(table))
        self._settings = settings = await self._uow().workspace.settings()
        self._policy = settings.policy
        # Existing types and packages keep their ids, whatever their names were then. Those still offered take
        # precedence.
        types = sorted(await self._uow().catalogue.session_types(), key=lambda one: not one.retired)
        self._types = {same_name(one.name): one.id for one in types}
        catalogue = sorted(await self._uow().catalogue.all_packages(), key=lambda one: not one.retired)
        self._packages = {(same_name(one.name), one.type_id): one.id for one in catalogue}
        own = await self._uow().terms.own()
        self._of_types, self._of_packages = (
            {scope_id: terms for (of, scope_id), terms in own.items() if of is wanted}
            for wanted in (TermsOf.TYPE, TermsOf.PACKAGE)
        )
        await self._connection.commit()

    async def stage(self, batch: Sequence[tuple[int, ImportedLine]]) -> None:
        """Stage valid lines, each with its number in the file. Raises StorageBusy."""
        with busy_as_typed_error():
            await self._connection.exec_driver_sql(self._insert, [self._row(number, line) for number, line in batch])
            await self._connection.commit()

    def _row(self, number: int, line: ImportedLine) -> tuple[Any, ...]:
        type_id = self._types.get(same_name(line.session_type)) or _name_key(line.session_type)
        package_id = None
        if line.package:
            package_id = self._packages.get((same_name(line.package), type_id)) or package_key(line.package, type_id)
        policy_id, policy = self._terms_of(type_id, package_id)
        booked_at, cutoff = terms(policy, line.starts_at, self._now)
        return (
            number,
            line.session_id,
            line.client,
            line.coach,
            type_id,
            self._spelled.setdefault(type_id, line.session_type),
            int(line.length.total_seconds() // 60),
            package_id,
            self._spelled.setdefault(package_id, line.package) if package_id and line.package else None,
            _name_key(line.package) if line.package else None,
            to_micros(line.starts_at),
            to_micros(line.starts_at + line.length),
            to_micros(booked_at),
            to_micros(cutoff),
            line.time_zone,
            line.local.wall.isoformat(),
            int(line.local.by_instant),
            line.local.rules,
            # A session canceled elsewhere was settled elsewhere: nothing was paid here, and nothing comes back.
            0 if line.canceled else line.price,
            line.money.cents if line.money else None,
            line.money.currency if line.money else None,
            line.meeting_link,
            int(line.canceled),
            policy_id,
        )

    def _terms_of(self, type_id: str, package_id: str | None) -> tuple[str | None, Policy]:
        """Return id and policy of a booking with terms of its own, else None and the workspace's policy."""
        found = self._of_packages.get(package_id or "") or self._of_types.get(type_id)
        return found or (None, self._policy)

    async def check(self) -> list[Clash]:
        """Prepare everything and return the clashes, by line. Raises StorageBusy."""
        with busy_as_typed_error():
            if not self._lite:
                # What is prepared and what it relied on must be of one moment. SQLite's transactions see one anyway.
                await self._connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await self._connection.execute(CreateIndex(sql.line_ids))
            await self._prepare()
            self._facts = await self._look()
            clashes = await self._clashes()
            await self._connection.commit()
        return clashes

    async def _prepare(self) -> None:
        for table in (sql.people, sql.opened, sql.fresh, sql.catalogue):
            await self._connection.execute(delete(table))
        known = [{"id": p.id, "package_key": _name_key(p.name)} for p in await self._uow().catalogue.all_packages()]
        if known:
            await self._connection.execute(sql.catalogue.insert(), known)
        await self._analyze("import_lines")
        await self._connection.execute(sql.fill_people(self._ws))
        await self._analyze("import_people")
        await self._connection.execute(sql.fill_grants(self._ws, self._id))
        await self._analyze("import_grants")
        await self._connection.execute(sql.fill_fresh(self._ws))
        await self._analyze("import_new")
        await self._plan()

    async def _plan(self) -> None:
        """Compute the reminders that must avoid the clients' quiet hours.

        Without quiet hours SQL computes all of them.
        """
        await self._connection.execute(delete(sql.steps))
        if self._settings.quiet_hours is None:
            return
        n, m = sql.fresh.c, members.c
        known = and_(m.workspace_id == self._ws, m.id == n.client)
        question = (
            select(n.id, n.client, n.cutoff, n.starts_at, n.time_zone, m.time_zone.label("own_zone"))
            .select_from(sql.fresh.outerjoin(members, known))
            .where(n.canceled == 0, n.starts_at > to_micros(self._now))
        )
        rows = [
            {
                "key": step.key(1),
                "lead": step.offset // timedelta(seconds=1),
                "id": row.id,
                "client": row.client,
                "starting": int(step.starting),
                "cutoff": to_micros(step.cutoff),
                "due_at": to_micros(step.due_at),
            }
            for row in await self._all(question)
            for step in plans.first_steps(
                row.id,
                cutoff=from_micros(row.cutoff),
                starts_at=from_micros(row.starts_at),
                settings=self._settings,
                zone=first_known(row.own_zone, row.time_zone),
                now=self._now,
            )
        ]
        for at in range(0, len(rows), _BATCH):
            await self._connection.execute(sql.steps.insert(), rows[at : at + _BATCH])

    async def _analyze(self, table: str) -> None:
        """Give PostgreSQL's planner the size of a temporary table, which autovacuum never analyzes."""
        if not self._lite:
            await self._connection.exec_driver_sql(f"ANALYZE {table}")

    async def _look(self) -> list[tuple[Any, ...]]:
        return [tuple((await self._connection.execute(question)).one()) for question in sql.facts(self._ws)]

    async def _clashes(self) -> list[Clash]:
        found: list[Clash] = []
        for session_id, same in groupby(await self._all(sql.repeated_ids()), key=lambda row: row.id):
            numbers = [row.line for row in same]
            for number in numbers:
                words = f"{shown(session_id)!r} is also on {others(number, numbers)}: each session has one line"
                found.append(Clash(number, Problem("session_id", words)))
        for _, group in groupby(await self._all(sql.mixed_packages()), key=lambda row: (row.client, row.name)):
            rows = list(group)
            first = rows[0]
            second = next(row for row in rows if row.type_id != first.type_id)
            for row in rows:
                other = second if row.type_id == first.type_id else first
                found.append(Clash(row.line, other_type(row, other.type_name, f"on line {other.line}")))
        found += [
            Clash(row.line, other_type(row, row.other, "in an earlier import"))
            for row in await self._all(sql.packages_of_other_types(self._ws))
        ]
        for row in await self._all(sql.own_clients()):
            words = f"is {row.id}, and so is the client: a session needs two people"
            found.append(Clash(row.line, Problem("coach", words)))
        for row in await self._all(sql.coaches_of_others(self._ws, to_micros(self._now))):
            words = (
                f"{row.coach.removeprefix(PENDING)} does not give {shown(row.type_name)!r}: name them for it in "
                "/sessions setup, or name another coach"
            )
            found.append(Clash(row.line, Problem("coach", words)))
        for row in await self._all(sql.too_many_credits(_MOST_CREDITS)):
            words = (
                f"with the client's other lines this is more than {_MOST_CREDITS // 100:,} credits: check the column"
            )
            found.append(Clash(row.first_line, Problem("credits", words)))
        return sorted(found, key=lambda clash: clash.line)

    async def _all(self, question: Any) -> Sequence[Any]:  # noqa: ANN401 - SQLAlchemy's rows
        return (await self._connection.execute(question)).all()

    async def preview(self) -> Preview:
        """Return what `apply` would make of what was checked. Raises StorageBusy."""
        with busy_as_typed_error():
            row = (await self._all(import_preview.kinds(self._ws)))[0]
            first = [import_preview.shown_line(line) for line in await self._all(import_preview.first_lines())]
            report = await self._report()
            await self._connection.rollback()
        made = import_preview.Made(types=row.types, new_types=row.new_types, new_clients=row.new_clients, first=first)
        return Preview(report, made)

    async def apply(self, on_step: Callable[[str, int, int], None] = lambda *_: None) -> Report | list[Clash]:
        """Copy the checked rows into the real tables, all or nothing.

        `on_step` gets what is copied, how far, and of how many. Returns clashes when another transaction changed what
        the check relied on, so that it no longer passes. Raises StorageBusy: nothing is imported, unless it is ReplyLost.
        """
        with busy_as_typed_error():
            if not (await self._all(select(func.count()).select_from(sql.fresh)))[0][0]:
                report = await self._report()
                await self._connection.rollback()
                return report
            await self._connection.commit()
            await self._connection.execution_options(begin="BEGIN IMMEDIATE")
            if self._lite:
                await self._connection.begin()
            else:
                # Imports into the same workspace run one after the other.
                key = func.hashtextextended(f"import/{self._ws}", 0)
                await self._connection.execute(select(func.pg_advisory_xact_lock(key)))
            # SQLite waits for its lock with the first statement, and others wait for us only from then on.
            facts, since = await self._look(), time.monotonic()
            if facts != self._facts:
                # Another import ran, or a person appeared in Slack. Prepare again, now that nothing else can change.
                await self._prepare()
                if clashes := await self._clashes():
                    await self._connection.rollback()
                    return clashes
            report = await self._report()
            try:
                await self._copy(on_step)
            except IntegrityError as error:
                # PostgreSQL: a row has appeared since we checked. Nothing is stored. The next run will see it.
                raise StorageBusy("somebody changed the same rows meanwhile") from error
            await self._uow().commit()
        report = replace(report, locked=time.monotonic() - since)
        # Everything is imported, whatever becomes of this.
        with suppress(StorageBusy), busy_as_typed_error():
            await self._count()
        return report

    async def _count(self) -> None:
        """Have PostgreSQL analyze the tables that grew.

        It does so by itself a minute later. Until then it would plan as if they were empty.
        """
        if not self._lite:
            for table in _GROWN:
                await self._connection.exec_driver_sql(f"ANALYZE {table}")
            await self._connection.commit()

    async def _copy(self, on_step: Callable[[str, int, int], None]) -> None:
        now, policy_id = to_micros(self._now), policy_key(self._policy)
        statements = import_copy.apply(
            self._ws,
            now,
            self._id,
            policy_id,
            self._settings.reminder_offsets,
            lite=self._lite,
            quiet=self._settings.quiet_hours is not None,
            start=self._settings.start_reminder,
        )
        for done, (what, statement) in enumerate(statements):
            on_step(what, done, len(statements))
            await self._connection.execute(statement)
        await self._uow().workspace.ensure()
        terms_of = {"workspace_id": self._ws, "id": policy_id, "terms": dump_policy(self._policy)}
        found = select(policies.c.id).where(policies.c.workspace_id == self._ws, policies.c.id == policy_id)
        if (await self._connection.execute(found)).first() is None:
            # The workspace was set up with other terms while the file was read.
            await self._connection.execute(policies.insert(), terms_of)
        if (await self._uow().workspace.settings()).plan != self._settings.plan:
            # The settings of notices changed while the file was read: plan the imported reminders again with the rest.
            await self._uow().plans.ask_replan()
        on_step("done", len(statements), len(statements))

    async def _report(self) -> Report:
        row = (await self._all(sql.counts(self._ws)))[0]
        return Report(
            sessions=row.sessions,
            already_here=row.lines - row.sessions,
            clients=row.clients,
            coaches=row.coaches,
            packages=row.packages,
            pending=row.pending,
            new_coaches=row.new_coaches,
        )

    def _uow(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(Transaction(self._connection, {}), self._ws, lambda: None)


@asynccontextmanager
async def importing(url: str, workspace_id: str, now: datetime) -> AsyncIterator[Import]:
    """Open an import into a migrated database. On exit, everything staged is dropped. Raises StorageBusy."""
    engine = import_engine(url)
    try:
        with busy_as_typed_error():
            connection = await engine.connect()
        try:
            opened = Import(connection, workspace_id, now)
            with busy_as_typed_error():
                await opened.start()
            yield opened
        finally:
            await connection.close()
    finally:
        await engine.dispose()
