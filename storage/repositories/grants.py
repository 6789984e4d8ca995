"""Grants: who gave what to whom, and until when it can be used."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)

from coaching.credits import ISSUED, Grant, Transfer, TransferKind, grant_account
from coaching.localtime import LocalDay
from coaching.packages import Holder, Holding
from coaching.returns import Returned
from coaching.sessions import Money, Person
from storage.among import among
from storage.repositories.base import Repository
from storage.repositories.checkpoints import CheckpointWrites
from storage.repositories.grant_rows import GRANTS, expiry_row, grant_of
from storage.repositories.ledger import LedgerWrites
from storage.repositories.names import package_key, type_id_of
from storage.repositories.people import PeopleWrites
from storage.tables import (
    grants,
    members,
    packages,
    pool_members,
    pools,
    session_types,
    sessions,
    transfers,
    workspaces,
)
from storage.types import Instant, word

_g, _s, _t = grants.c, sessions.c, transfers.c

_giver = members.alias("giver")
_i = transfers.alias("issue")
# Found among the few movements that are of no session.
_OF_NO_SESSION = (
    select(func.coalesce(func.sum(_i.c.amount), 0))
    .where(_i.c.workspace_id == _g.workspace_id, _i.c.grant_id == _g.id, _i.c.session_id.is_(None))
    .correlate(grants)
)
_ISSUED = _OF_NO_SESSION.where(_i.c.kind == TransferKind.ISSUE).scalar_subquery()
_WITHDRAWN = _OF_NO_SESSION.where(_i.c.kind.in_([TransferKind.REVOKE, TransferKind.EXPIRE])).scalar_subquery()
_SHORT: Select[Any] = GRANTS.add_columns(
    _g.client_id, _g.pool_id, _g.granted_at, _ISSUED.label("issued"), _WITHDRAWN.label("withdrawn")
)
_HOLDINGS: Select[Any] = _SHORT.add_columns(
    _g.granted_by,
    _giver.c.name.label("giver_name"),
    _g.price_cents,
    _g.currency,
    _g.note,
    _g.warned_at,
    pools.c.contact_id,
).outerjoin(_giver, and_(_giver.c.workspace_id == _g.workspace_id, _giver.c.id == _g.granted_by))
# By holder in one query: a person's own and their pools', or one pool's. The alias prevents correlation. By id, so that
# both conditions can use an index.
_h = grants.alias("held")
_HELD = select(_h.c.id).where(_h.c.workspace_id == bindparam("ws"))
_OWN = _HELD.where(_h.c.client_id == bindparam("client"))
_SHARED = _HELD.where(
    among(
        _h.c.pool_id,
        select(pool_members.c.pool_id).where(
            pool_members.c.workspace_id == bindparam("ws"), pool_members.c.member_id == bindparam("client")
        ),
    )
)
_SPENDABLE = union_all(_OWN, _SHARED)
# What the accounts of a client's sessions ahead hold, by the grant that paid.
_account = "session:" + _s.id
_BOOKED = (
    select(
        _t.grant_id,
        func.sum(case((_t.target == _account, _t.amount), (_t.source == _account, -_t.amount), else_=0)).label(
            "amount"
        ),
    )
    .join(sessions, and_(_s.workspace_id == _t.workspace_id, _s.id == _t.session_id))
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.client_id == bindparam("client"),
        _s.starts_at > bindparam("now", type_=Instant),
        _s.status == word("scheduled"),
        _t.grant_id.is_not(None),
    )
    .group_by(_t.grant_id)
    .subquery("booked")
)
_CLIENTS_HOLDINGS = _HOLDINGS.where(_g.id.in_(_SPENDABLE))


def _of_person(read: Select[Any]) -> Select[Any]:
    """Add what of a person's grants is booked."""
    booked = func.coalesce(_BOOKED.c.amount, 0).label("booked")
    return read.add_columns(booked).outerjoin(_BOOKED, _BOOKED.c.grant_id == _g.id).where(_g.id.in_(_SPENDABLE))


_OF_PERSON, _OF_PERSON_IN_SHORT = _of_person(_HOLDINGS), _of_person(_SHORT)
_OF_POOL = _HELD.where(_h.c.pool_id == bindparam("pool"))
_POOLS_HOLDINGS = _HOLDINGS.where(_g.id.in_(_OF_POOL))
_HOLDINGS_BY_ID = _HOLDINGS.where(_g.id.in_(bindparam("ids", expanding=True)))
_looked_after = pools.alias("looked_after")
_TOLD_TOGETHER = _HOLDINGS.where(
    _g.id.in_(
        union_all(
            _HELD.where(_h.c.client_id == bindparam("who")),
            _HELD.where(
                among(
                    _h.c.pool_id,
                    select(_looked_after.c.id).where(
                        _looked_after.c.workspace_id == bindparam("ws"), _looked_after.c.contact_id == bindparam("who")
                    ),
                )
            ),
        )
    ),
    _g.warned_at == bindparam("at", type_=Instant),
)


def money_of(row: Row[Any]) -> Money | None:
    """Return the recorded price in a row of `grants` or `packages`."""
    return None if row.price_cents is None else Money(int(row.price_cents), row.currency)


def holding_of(row: Row[Any]) -> Holding:
    """Return the holding in a row of `_HOLDINGS`."""
    return replace(
        _in_short(row),
        granted_by=None if row.granted_by is None else Person(row.granted_by, row.giver_name),
        money=money_of(row),
        note=row.note,
        warned_at=row.warned_at,
        told_id=row.client_id or row.contact_id,
    )


def _in_short(row: Row[Any]) -> Holding:
    """Return the holding in a row of `_SHORT`."""
    return Holding(
        grant=grant_of(row),
        holder=Holder(row.client_id, row.pool_id),
        issued=int(row.issued),
        granted_at=row.granted_at,
        closed_at=row.closed_at,
        withdrawn=int(row.withdrawn),
        booked=int(getattr(row, "booked", 0)),
    )


def _soonest(rows: Iterable[Row[Any]]) -> list[Holding]:
    return _by_expiry(holding_of(row) for row in rows)


def _by_expiry(held: Iterable[Holding]) -> list[Holding]:
    return sorted(held, key=lambda h: (h.grant.expires_at is None, h.grant.expires_at, h.granted_at, h.grant.id))


_OF_CLIENT = GRANTS.where(_g.id.in_(_SPENDABLE))
_LOCK_SPENDABLE = (
    select(_g.id).where(_g.workspace_id == bindparam("ws"), _g.id.in_(_SPENDABLE)).order_by(_g.id).with_for_update()
)
_DAY_COLUMNS = ("expires_on", "expires_zone", "expires_rules")
# The owner and the package are the parent's. The notice of the return already says when it expires. If a warning would
# be due at once, it is skipped. A pool's contact gets no such notice, so they are warned.
_ENDS, _NOW = bindparam("ends", type_=Instant), bindparam("now", type_=Instant)
_DAY = 86_400_000_000
_SOON = and_(
    _g.client_id.is_not(None),
    type_coerce(_ENDS, BigInteger) - type_coerce(_NOW, BigInteger)
    <= cast(workspaces.c.expiry_days, BigInteger) * literal(_DAY, BigInteger),
)
_OPENED = (
    select(
        _g.workspace_id,
        bindparam("new", type_=String),
        _g.client_id,
        _g.pool_id,
        _g.package_id,
        _g.id,
        _g.label,
        _g.size,
        _NOW,
        _ENDS,
        case((_SOON, _NOW), else_=null()),
        *(bindparam(name, type_=String) for name in _DAY_COLUMNS),
    )
    .join(workspaces, workspaces.c.workspace_id == _g.workspace_id)
    .where(_g.workspace_id == bindparam("ws"), _g.id == bindparam("parent"))
)
_OPEN = insert(grants).from_select(
    [
        "workspace_id",
        "id",
        "client_id",
        "pool_id",
        "package_id",
        "parent_id",
        "label",
        "size",
        "granted_at",
        "expires_at",
        "warned_at",
        *_DAY_COLUMNS,
    ],
    _OPENED,
)


def _first_to_expire(rows: Iterable[Row[Any]]) -> list[Grant]:
    return sorted((grant_of(row) for row in rows), key=lambda g: (g.expires_at is None, g.expires_at, g.id))


class GrantReads(Repository):
    """Read operations."""

    async def holdings(self, holder: Holder) -> list[Holding]:
        """Return what a person may spend (their own and their pools') or what a pool holds, sorted by expiry."""
        if holder.client_id is not None:
            rows = await self._run(_CLIENTS_HOLDINGS, {"ws": self._ws, "client": holder.client_id})
        else:
            rows = await self._run(_POOLS_HOLDINGS, {"ws": self._ws, "pool": holder.pool_id})
        return _soonest(rows)

    async def of_person(self, person_id: str, now: datetime) -> list[Holding]:
        """Return what a person may spend, with what of it is booked for their sessions that begin after `now`."""
        return _soonest(await self._run(_OF_PERSON, {"ws": self._ws, "client": person_id, "now": now}))

    async def of_person_in_short(self, person_id: str, now: datetime) -> list[Holding]:
        """Return the same without who gave it, what was paid, the notes and who is told."""
        rows = await self._run(_OF_PERSON_IN_SHORT, {"ws": self._ws, "client": person_id, "now": now})
        return _by_expiry(map(_in_short, rows))

    async def by_ids(self, grant_ids: Collection[str]) -> list[Holding]:
        """Return grants by id, sorted by expiry. Unknown ids are left out."""
        return _soonest(await self._run(_HOLDINGS_BY_ID, {"ws": self._ws, "ids": sorted(grant_ids)}))

    async def told_together(self, person_id: str, at: datetime) -> list[Holding]:
        """Return the grants, of a person or of pools they are the contact of, whose expiry is announced at `at`."""
        return _soonest(await self._run(_TOLD_TOGETHER, {"ws": self._ws, "who": person_id, "at": at}))

    async def of_client(self, client_id: str) -> list[Grant]:
        """Return the grants that a client may spend, their own and their pools', with balances, sorted by expiry."""
        return _first_to_expire(await self._run(_OF_CLIENT, {"ws": self._ws, "client": client_id}))


class GrantWrites(GrantReads):
    """Write operations."""

    async def lock(self, grant_id: str) -> Holding | None:
        """Lock and return one grant; None where it does not exist."""
        held = await self.lock_all([grant_id])
        return held[0] if held else None

    async def lock_all(self, grant_ids: Collection[str]) -> list[Holding]:
        ids = await self._with(LedgerWrites).lock_grants(grant_ids)
        # A separate statement reads the balances, so it sees what was written while we waited for the lock.
        rows = list(await self._run(_HOLDINGS_BY_ID, {"ws": self._ws, "ids": ids}))
        await self._with(CheckpointWrites).draw(rows)
        return _soonest(rows)

    async def mark_warned(self, grant_ids: Collection[str], at: datetime | None) -> None:
        """Record when the holders of these grants are notified that they expire."""
        await self._write(
            update(grants).where(_g.workspace_id == self._ws, _g.id.in_(sorted(grant_ids))).values(warned_at=at)
        )

    async def mark_closed(self, grant_ids: Collection[str], at: datetime) -> None:
        """Record that nothing is left in these expired grants."""
        await self._write(
            update(grants).where(_g.workspace_id == self._ws, _g.id.in_(sorted(grant_ids))).values(closed_at=at)
        )

    async def save_expiry(self, grant_id: str, last_day: LocalDay | None) -> None:
        """Change a grant's last day (None: it never expires). Its holder is notified of the expiry again."""
        ends = None if last_day is None else last_day.end()
        await self._write(
            update(grants)
            .where(_g.workspace_id == self._ws, _g.id == grant_id)
            .values(expires_at=ends, warned_at=None, **expiry_row(last_day))
        )

    async def give(self, holding: Holding) -> None:
        """Insert a grant for a person or a pool, and issue its balance."""
        grant, holder = holding.grant, holding.holder
        if holder.client_id is not None:
            # Credits may be the only thing with this e-mail. Without a member row, linking would not find them.
            await self._with(PeopleWrites).know_of([holder.client_id])
        await self._write(
            insert(grants),
            {
                "workspace_id": self._ws,
                "id": grant.id,
                "client_id": holder.client_id,
                "pool_id": holder.pool_id,
                "package_id": grant.package_id,
                "label": grant.label,
                "size": grant.size,
                "granted_at": holding.granted_at,
                "granted_by": holding.granted_by.id if holding.granted_by else None,
                "price_cents": holding.money.cents if holding.money else None,
                "currency": holding.money.currency if holding.money else None,
                "note": holding.note,
                "expires_at": grant.expires_at,
                **expiry_row(grant.last_day),
                "warned_at": holding.warned_at,
            },
        )
        if grant.balance:
            source, target = ISSUED, grant_account(grant.id)
            key, at = f"issue:{grant.id}", holding.granted_at
            issue = Transfer(key, TransferKind.ISSUE, source, target, grant.balance, at, grant_id=grant.id)
            await self._with(LedgerWrites).post([issue])

    async def add(self, client_id: str, grant: Grant, *, package: str | None, now: datetime) -> None:
        """Give a person a grant. `package` names its package, which is created if it is missing.

        A package's grant is for `grant.session_type` only.
        """
        package_id = None
        if package is not None:
            type_id = None
            if grant.session_type:
                type_id = await type_id_of(self._run, self._ws, grant.session_type)
                row = {"id": type_id, "name": grant.session_type, "minutes": 60, "price": 100}
                await self._write(self._insert_or_ignore(session_types), {"workspace_id": self._ws, **row})
            package_id = package_key(package, type_id)
            named = {"id": package_id, "name": package, "session_type_id": type_id}
            await self._write(self._insert_or_ignore(packages), {"workspace_id": self._ws, **named})
        # The grant's session type follows from its package.
        given = replace(grant, package_id=package_id, pool=None)
        await self.give(Holding(grant=given, holder=Holder(client_id), issued=grant.balance, granted_at=now))

    async def lock_of_client(self, client_id: str) -> list[Grant]:
        """Lock and return a client's grants with their balances, so that two bookings cannot spend the same credit."""
        which = {"ws": self._ws, "client": client_id}
        locked = None if self._sqlite else {row.id for row in await self._run(_LOCK_SPENDABLE, which)}
        # Grants that appeared while we waited (a gift, a pool they joined) are not locked. The next booking may spend
        # them.
        rows = [row for row in await self._run(_OF_CLIENT, which) if locked is None or row.id in locked]
        await self._with(CheckpointWrites).draw(rows)
        return _first_to_expire(rows)

    async def open_returned(self, opened: Sequence[Returned], now: datetime) -> None:
        """Insert empty grants for what comes back, each with the owner and the package of its parent."""
        await self._write(
            _OPEN,
            [
                {"ws": self._ws, "new": one.id, "parent": one.parent_id, "now": now}
                | {"ends": one.last_day.end(), **expiry_row(one.last_day)}
                for one in opened
            ],
        )

    async def next_position(self, grant_id: str, now: datetime) -> int:
        """Return the lowest free position in a package.

        A session whose cancellation can be undone still holds its own.
        """
        rows = await self._run(
            select(_s.package_position).where(
                _s.workspace_id == self._ws,
                _s.grant_id == grant_id,
                # A completed or missed session keeps its position. Only one that is canceled for good frees it.
                or_(_s.status != word("canceled"), _s.held_until >= now),
            )
        )
        taken = {row.package_position for row in rows}
        return next(i for i in range(1, len(taken) + 2) if i not in taken)
