"""Erasure: everything of a person goes, and a pseudonym takes the place of their id where rows must stay."""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    Update,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    text,
    true,
    union,
    update,
)

from coaching.bringing.file_map import word_key
from coaching.erasure import Held
from coaching.mail_ids import pending_ids
from coaching.why import Why
from storage.constraints import LOCK_PEOPLE
from storage.repositories.base import Repository
from storage.repositories.personal import DELETED, EMPTIED, KEYS, TYPED, UNTOLD, Typed, names_people, renamed
from storage.tables import (
    admins,
    coaches,
    drafts,
    file_maps,
    grants,
    members,
    notices,
    refunds,
    replans,
    requests,
    sessions,
    stakeholders,
)
from storage.types import Instant, by_key, word

PORTION = 500
"""How many rows one statement names."""
_s, _n = sessions.c, notices.c
_ROLES = (_s.client_id, _s.coach_id)


def _them(column: Column[Any]) -> ColumnElement[bool]:
    return column.in_(bindparam("ids", expanding=True))


# By each index of its own.
_THEIRS = union(*(select(_s.id).where(_s.workspace_id == bindparam("ws"), _them(role)) for role in _ROLES))
_HELD = select(
    func.count().label("sessions"),
    func.coalesce(func.sum(case((_s.status == word("scheduled"), 1), else_=0)), 0).label("ahead"),
    func.max(_s.starts_at).label("last"),
).where(_s.workspace_id == bindparam("ws"), or_(*map(_them, _ROLES)))


class ErasureReads(Repository):
    """Read operations."""

    async def ids_of(self, who: str) -> list[str]:
        """Return every id of a person, named by one of them or by a mail address. The first is who they are in Slack.

        Nobody here is known by it: the list is empty.
        """
        m = members.c
        here = m.workspace_id == self._ws
        named = pending_ids(who.removeprefix("mail:")) if "@" in who else {who}
        address = who.removeprefix("mail:").strip().lower()
        found = {row.id: row for row in await self._run(select(m.id, m.email).where(here, m.id.in_(named)))}
        by_mail = select(m.id, m.email).where(here, m.email == address)
        found |= {row.id: row for row in await self._run(by_mail)} if "@" in who else {}
        known = set(found)
        for row in list(found.values()):
            known |= pending_ids(row.email) if row.email else set()
        ids = known if found else named
        if not found and not await self._anywhere(named):
            return []
        return sorted(ids, key=lambda one: (one.startswith("mail:"), one))

    async def held(self, ids: Collection[str]) -> Held:
        """Return what there is of a person with these ids."""
        given = {"ws": self._ws, "ids": list(ids)}
        row = (await self._run(_HELD, given)).one()
        coach = select(literal(1)).where(
            coaches.c.workspace_id == self._ws, coaches.c.member_id.in_(ids), coaches.c.removed.is_not(true())
        )
        admin = select(literal(1)).where(admins.c.workspace_id == self._ws, admins.c.member_id.in_(ids))
        return Held(
            sessions=int(row.sessions),
            ahead=int(row.ahead),
            last=row.last,
            coach=(await self._run(coach)).first() is not None,
            admin=(await self._run(admin)).first() is not None,
        )

    async def needed(self, ids: Collection[str]) -> bool:
        """Return whether a person with these ids gets copies of others' news, or waits for an answer."""
        given = {"ws": self._ws, "ids": list(ids)}
        copied = select(literal(1)).where(_here(stakeholders), _them(stakeholders.c.target)).limit(1)
        asked = select(literal(1)).where(_here(requests), _them(requests.c.asked_by), requests.c.state == word("open"))
        return any([(await self._run(one, given)).first() is not None for one in (copied, asked.limit(1))])

    async def _anywhere(self, ids: Collection[str]) -> bool:
        """Return whether a row names somebody of whom there is no row of their own, as a stakeholder's address has none."""
        given = {"ws": self._ws, "ids": list(ids)}
        for column in (*DELETED, *(one for columns in renamed().values() for one in columns)):
            found = select(literal(1)).where(column.table.c.workspace_id == bindparam("ws"), _them(column)).limit(1)
            if (await self._run(found, given)).first() is not None:
                return True
        return False


class ErasureWrites(ErasureReads):
    """Write operations."""

    async def lock(self, ids: Collection[str]) -> None:
        """Lock a person's sessions, their credits and themselves, in the order in which a booking does."""
        if self._sqlite:
            return
        given = {"ws": self._ws, "ids": list(ids)}
        # First what is to be planned again, as the job that plans does.
        planned = select(replans.c.person_id).where(_here(replans), _them(replans.c.person_id))
        await self._run(planned.order_by(replans.c.person_id).with_for_update(), given)
        mine = select(_s.id).where(_s.workspace_id == bindparam("ws"), _s.id.in_(_THEIRS))
        await self._run(mine.order_by(_s.id).with_for_update(), given)
        theirs = select(grants.c.id).where(grants.c.workspace_id == bindparam("ws"), _them(grants.c.client_id))
        await self._run(theirs.order_by(grants.c.id).with_for_update(), given)
        await self._run(text(LOCK_PEOPLE), {"ws": self._ws, "people": sorted(ids)})

    async def erase(self, ids: Sequence[str], pseudonym: str, now: datetime) -> None:
        """Erase a person with these ids: one pass over each table that may name them."""
        given = {"ws": self._ws, "ids": list(ids), "pseudonym": pseudonym, "now": now}
        for column in DELETED:
            await self._write(delete(column.table).where(_here(column.table), _them(column)), given)
        await self._delete_drafts(ids, given)
        await self._delete_file_maps(ids)
        for column in EMPTIED:
            emptied = update(column.table).where(_here(column.table), _them(column)).values({column.name: null()})
            await self._write(emptied, given)
        await self._rename_notices(ids, given)
        # The sessions last: the others are found by them.
        tables = sorted(renamed(), key=lambda table: table is sessions)
        for table in tables:
            if table is not notices:
                await self._write(_erased(table), given)

    async def settle(self, ids: Sequence[str], pseudonym: str, now: datetime) -> list[str]:
        """Withdraw their requests and close the undo of their sessions.

        Return the ids of the canceled sessions about which somebody still has to decide or to answer.
        """
        given = {"ws": self._ws, "ids": list(ids), "pseudonym": pseudonym, "now": now}
        await self._write(_WITHDRAW, given)
        await self._write(_CLOSE_UNDO, given)
        return [row.id for row in await self._run(_UNDECIDED, given)]

    async def _delete_drafts(self, ids: Sequence[str], given: dict[str, Any]) -> None:
        """Delete the drafts that name them or a session of theirs, whosever they are."""
        sessions_of_theirs = {row.id for row in await self._run(_THEIRS, given)}
        naming = re.compile("|".join(rf"(?<![A-Za-z0-9]){re.escape(who)}(?![A-Za-z0-9])" for who in ids))
        rows = await self._run(select(drafts.c.id, drafts.c.body).where(_here(drafts)), given)
        gone = [row.id for row in rows if _names(row.body, naming, sessions_of_theirs)]
        if gone:
            await self._write(delete(drafts).where(_here(drafts), drafts.c.id.in_(gone)), given)

    async def _delete_file_maps(self, ids: Sequence[str]) -> None:
        """Forget what the columns of files mean where that names them. Whoever brings such a file in says it again."""
        naming = [word_key(who.removeprefix("mail:")) for who in ids]
        rows = await self._run(
            select(file_maps.c.columns_key, file_maps.c.meaning).where(_here(file_maps)), {"ws": self._ws}
        )
        gone = [row.columns_key for row in rows if any(who in word_key(row.meaning) for who in naming)]
        if gone:
            found = delete(file_maps).where(_here(file_maps), file_maps.c.columns_key.in_(gone))
            await self._write(found, {"ws": self._ws})

    async def _shorten(self, keys: Sequence[str], ids: Sequence[str], given: dict[str, Any]) -> list[str]:
        """Give the keys of these notices that would become too long with a pseudonym a digest, before they are renamed.

        Return what the notices are called by then.
        """
        called = {key: key for key in keys}
        for key in KEYS:
            long = and_(_here(notices), _named_in(key, ids), func.length(_key(key, ids)) > LONGEST)
            for some in _portions(list(called.values())):
                found = select(_n.dedupe_key, key).where(long, _n.dedupe_key.in_(some))
                for notice, old in [tuple(row) for row in await self._run(found, given)]:
                    new = _digested(old, ids, given["pseudonym"])
                    this = update(notices).where(_here(notices), _n.dedupe_key == notice).values({key.name: new})
                    await self._write(this, given)
                    if key is _n.dedupe_key:
                        called[old] = new
        return list(called.values())

    async def _rename_notices(self, ids: Sequence[str], given: dict[str, Any]) -> None:
        statement, which = _notices(ids)
        # They are looked for once: no index tells whom a key names, and writers wait meanwhile.
        named = select(_n.dedupe_key).where(_here(notices), which)
        if not self._sqlite:
            # In the order of their keys, as the relay locks them.
            named = named.order_by(by_key(_n.dedupe_key)).with_for_update()
        keys = [row.dedupe_key for row in await self._run(named, given)]
        for some in _portions(await self._shorten(keys, ids, given)):
            await self._write(statement.where(_n.dedupe_key.in_(some)), given)


def _portions(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield keys in portions that a statement takes."""
    for begin in range(0, len(keys), PORTION):
        yield keys[begin : begin + PORTION]


def _here(table: Table) -> ColumnElement[bool]:
    return table.c.workspace_id == bindparam("ws")


_WITHDRAW = (
    update(requests)
    .where(
        _here(requests),
        requests.c.state == word("open"),
        requests.c.kind != word("exception"),  # it is decided
        _them(requests.c.asked_by),
    )
    .values(state="withdrawn", answered_at=bindparam("now", type_=Instant), answered_by=bindparam("pseudonym"))
)


_CLOSE_UNDO = (
    update(sessions)
    .where(_here(sessions), _s.id.in_(_THEIRS), _s.status == word("canceled"), _s.held_until.is_not(None))
    .values(held_until=None)
)
_r, _later = refunds.c, refunds.alias("later")
# The action looks closer at each: these are all that kept something, of clients who are erased.
_KEPT = (
    select(_s.id)
    .select_from(sessions)
    .join(
        refunds,
        and_(
            _r.workspace_id == _s.workspace_id,
            _r.session_id == _s.id,
            _r.cancellation_no == _s.cancellation_no,
            _r.decision == word("policy"),
        ),
    )
    .outerjoin(
        _later,
        and_(
            _later.c.workspace_id == _s.workspace_id,
            _later.c.session_id == _s.id,
            _later.c.cancellation_no == _s.cancellation_no,
            _later.c.decision != word("policy"),
        ),
    )
    .where(
        _here(sessions),
        _them(_s.client_id),
        _s.status == word("canceled"),
        _r.amount < _s.price,
        _later.c.session_id.is_(None),
    )
)
_ASKED = select(requests.c.subject_id).where(
    _here(requests),
    _them(requests.c.asked_by),
    requests.c.state == word("open"),
    requests.c.kind == word("exception"),
)
_UNDECIDED = union(_KEPT, _ASKED)

LONGEST: int = 200
"""The length of a notice's key."""


def _names(body: str, naming: re.Pattern[str], session_ids: Collection[str]) -> bool:
    """Return whether a draft names somebody, or one of these sessions."""
    texts = list(_texts(json.loads(body))) if body[:1] in "{[" else [body]
    return any(text in session_ids or naming.search(text) for text in texts)


def _texts(value: object) -> Iterator[str]:
    """Return every text in a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _texts(one)


def _pseudonyms(ids: Sequence[str], pseudonym: str) -> list[str]:
    """Return what takes the place of each id in keys. One for each: two keys of one person must not become the same."""
    return [pseudonym if number == 0 else f"{pseudonym}-{number}" for number in range(len(ids))]


def _digested(key: str, ids: Sequence[str], pseudonym: str) -> str:
    """Return a key in which pseudonyms took the place of ids, as short as `coaching.news.notice.named` makes one."""
    changed = f":{key}:"
    for who, name in zip(ids, _pseudonyms(ids, pseudonym), strict=True):
        for _ in range(2):
            changed = changed.replace(f":{who}:", f":{name}:")
    changed = changed.strip(":")
    return f"{changed.partition(':')[0]}:{hashlib.sha256(changed.encode()).hexdigest()[:40]}"


def _named_in(column: Column[Any], ids: Sequence[str]) -> ColumnElement[bool]:
    """Return SQL for: one of these ids is a part of the key. The first look is cheap, and most keys do not pass it."""
    return or_(
        *(
            and_(column.contains(who, autoescape=True), (":" + column + ":").contains(f":{who}:", autoescape=True))
            for who in ids
        )
    )


def _named(column: Column[Any]) -> ColumnElement[Any]:
    return case((_them(column), bindparam("pseudonym")), else_=column)


def _about(typed: Typed) -> ColumnElement[bool]:
    which = [_them(column) for column in typed.by if names_people(column)]
    if typed.session is not None:
        which.append(typed.session.in_(_THEIRS))
    return or_(*which)


def _erased(table: Table) -> Update:
    """Return the statement that erases a person in a table whose rows stay."""
    columns = renamed()[table]
    texts = {column: _about(typed) for column, typed in TYPED.items() if column.table is table}
    changes: dict[str, ColumnElement[Any]] = {one.name: _named(one) for one in columns}
    changes |= {column.name: case((about, null()), else_=column) for column, about in texts.items()}
    which = [*map(_them, columns), *(and_(column.is_not(None), about) for column, about in texts.items())]
    return update(table).where(_here(table), or_(*which)).values(changes)


def _notices(ids: Sequence[str]) -> tuple[Update, ColumnElement[bool]]:
    """Return the statement that erases a person in notices, and which it changes.

    Whatever waits for them is given up. What they got can no longer be edited: its place in Slack tells whose it is.
    """
    columns = renamed()[notices]
    mine = _them(_n.recipient)
    waits = and_(mine, _n.state.in_((word("pending"), word("leased"))))
    changes: dict[str, ColumnElement[Any]] = {one.name: _named(one) for one in columns}
    changes |= {key.name: _key(key, ids) for key in KEYS}
    emptied = ("lease_until", "owner", "begun_at", "retry_at", "refresh_at", "conversation", "detail")
    changes |= {name: case((mine, null()), else_=_n[name]) for name in (*(one.name for one in UNTOLD), *emptied)}
    changes["conversation"] = case((mine, null()), else_=_named(_n.conversation))
    changes["state"] = case((waits, "dropped"), else_=_n.state)
    changes["why"] = case((waits, str(Why.NOTHING_LEFT)), else_=_n.why)
    changes["finished_at"] = case((waits, bindparam("now", type_=Instant)), else_=_n.finished_at)
    which = or_(*map(_them, columns), *(_named_in(key, ids) for key in KEYS))
    return update(notices).where(_here(notices), which).values(changes), which


def _key(key: Column[Any], ids: Sequence[str]) -> ColumnElement[Any]:
    """Return a key in which the pseudonym takes the place of these ids."""
    changed: ColumnElement[Any] = ":" + key + ":"
    for number, who in enumerate(ids):
        name: ColumnElement[Any] = bindparam("pseudonym") if number == 0 else bindparam("pseudonym") + f"-{number}"
        for _ in range(2):  # of two in a row, the first takes the colon that the second begins with
            changed = func.replace(changed, f":{who}:", ":" + name + ":")
    return func.trim(changed, ":")
