"""Sessions that come from somewhere else: imported at any time, for anybody, over whatever is booked."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from coaching.imports import ImportedLine
from coaching.localtime import local_time
from storage import SqlStore
from storage.import_report import Report
from storage.import_staging import GRANTS_FROM
from storage.importer import importing
from storage.tables import grants, refunds
from tests.properties.dialogs import LENGTH
from tests.properties.farewells import Farewells
from tests.properties.model_values import ModelGrant, ModelSession
from tests.properties.offering import Offering
from tests.support.world import COACH, OTHER_COACH

BROUGHT = "Brought"
"""The package that files name."""
_LINE = st.tuples(
    st.integers(0, 2),  # client
    st.sampled_from([COACH, OTHER_COACH]),
    st.integers(-8, 240),  # quarters of an hour from now
    st.sampled_from([0, 50, 101]),
    st.booleans(),  # paid by the package
    st.sampled_from([False, False, False, True]),  # canceled elsewhere
)


class Imports(Offering):
    """A practice that brings its sessions along, bit by bit."""

    url: str
    brought = 0

    @rule(lines=st.lists(_LINE, min_size=1, max_size=3), again=st.booleans())
    def import_sessions(self, lines: Sequence[tuple[int, str, int, int, bool, bool]], again: bool) -> None:
        """Bring sessions in, maybe twice: a file that is repeated changes nothing."""
        now, hour = self.clock.now(), self.clock.now().replace(minute=0, second=0, microsecond=0)
        rows = []
        for client, coach, quarters, price, packaged, canceled in lines:
            who = self.clients[client]
            if who == coach:
                continue  # a session needs two people
            self.brought += 1
            starts_at = hour + quarters * timedelta(minutes=15)
            rows.append(
                ImportedLine(
                    session_id=f"{self.ws}-{self.brought}",
                    client=who,
                    coach=coach,
                    session_type="Coaching",
                    starts_at=starts_at,
                    length=LENGTH,
                    time_zone="UTC",
                    local=local_time(starts_at, "UTC", by_instant=bool(quarters % 2)),
                    package=BROUGHT if packaged else None,
                    price=price,
                    canceled=canceled,
                    meeting_link=None,
                    money=None,
                )
            )
        wrong = {n for n, row in enumerate(rows, 2) if not self._given(row, now)}
        if wrong:
            # The coach does not give these: nothing is brought in, until they are gone from the file.
            assert self.run(self._clashing(rows, now)) == wrong
            rows = [row for n, row in enumerate(rows, 2) if n not in wrong]
        for _ in range(1 + again if rows else 0):
            self.run(self._import(rows, now))
        for line in rows:
            self._brought(line, now)

    def _given(self, line: ImportedLine, now: datetime) -> bool:
        over = line.canceled or line.starts_at <= now
        return over or self.model.gives(line.session_type, line.coach)

    async def _clashing(self, rows: Sequence[ImportedLine], now: datetime) -> set[int]:
        async with importing(self.url, self.ws, now) as opened:
            await opened.stage(list(enumerate(rows, 2)))
            return {clash.line for clash in await opened.check()}

    async def _import(self, rows: Sequence[ImportedLine], now: datetime) -> None:
        async with importing(self.url, self.ws, now) as opened:
            await opened.stage(list(enumerate(rows, 2)))
            assert await opened.check() == []
            assert isinstance(await opened.apply(), Report)

    def _brought(self, line: ImportedLine, now: datetime) -> None:
        """Tell the model of an imported session: what it cost was issued for it, and its grace is over."""
        paid: dict[str, int] = {}
        own = self.model.terms.get(f"package {line.package}") if line.package else None
        policy = own or self.model.terms.get("type Coaching") or self.model.terms["workspace"]
        if not line.canceled and (line.package or line.price):
            grant = self._opened(line.client, line.package)
            self.model.issued += line.price
            paid = {grant.id: line.price} if line.price else {}
        full = [tier.lead for tier in policy.tiers if tier.percent == 100]
        booked_at = min(now, line.starts_at - max(full, default=timedelta(0))) - policy.booking_grace
        one = ModelSession(
            line.session_id,
            line.client,
            line.coach,
            "Coaching",
            line.starts_at,
            line.starts_at + LENGTH,
            booked_at,
            policy,
            0 if line.canceled else line.price,
            paid,
            may_overlap=True,
            givers=self.model.givers,
        )
        if line.canceled:
            one.status, one.cancellations, one.canceled_by = "canceled", 1, "import"
            one.action = self.run(self._imported_action(one.id))
            self.unseen.add(one.action)
        else:
            one.count_down(now)
        self.model.sessions[one.id] = one
        self.ids.append(one.id)

    def _opened(self, client: str, package: str | None) -> ModelGrant:
        """Return the grant that imports pay this client's sessions with, of this package or of none."""
        for grant_id, holder in self.run(self._imported_grants(package)):
            if grant_id not in self.model.grants:
                kind = "Coaching" if package else None
                self.model.grants[grant_id] = ModelGrant(grant_id, holder, 0, kind, None, package)
        mine = [g for g in self.model.grants.values() if (g.holder, g.package) == (client, package)]
        return min((grant for grant in mine if grant.id.startswith(GRANTS_FROM)), key=lambda grant: grant.id)

    async def _imported_grants(self, package: str | None) -> list[tuple[str, str]]:
        g = grants.c
        which = g.label == package if package else g.package_id.is_(None)
        of_imports = (g.workspace_id == self.ws, g.id.startswith(GRANTS_FROM), which)
        async with self.store.engines.reader.connect() as connection:
            return [tuple(row) for row in await connection.execute(select(g.id, g.client_id).where(*of_imports))]

    async def _imported_action(self, session_id: str) -> str:
        r = refunds.c
        which = (r.workspace_id == self.ws, r.session_id == session_id, r.by == "import")
        async with self.store.engines.reader.connect() as connection:
            return str((await connection.execute(select(r.action_id).where(*which))).scalar_one())


def life_on(runner: asyncio.Runner, store: SqlStore, url: str) -> type[Imports]:
    """Return the machine bound to a database."""
    return type("LifeOnDatabase", (Farewells, Imports), {"runner": runner, "store": store, "url": url})
