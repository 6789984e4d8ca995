"""Credits: balances and history. Admins give credits, take them back, and change when they expire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from coaching.actions.access import is_admin, require_admin, require_people
from coaching.actions.credit_answers import close_by_gift, open_request
from coaching.clock import Clock
from coaching.credits import ISSUED, MOST_CREDITS, ONE_CREDIT, Grant, Transfer, TransferKind, grant_account
from coaching.errors import BadSetting, NotYours
from coaching.fields import Field
from coaching.ids import new_id
from coaching.localtime import LocalDay, local_day
from coaching.naming import visible
from coaching.news.credits import granted
from coaching.packages import CREDITS, Holder, Holding, Movement, Pool, Turn, valid_until
from coaching.ports import Queries, Store, UnitOfWork
from coaching.records import Viewer
from coaching.requests import Request
from coaching.sessions import Actor, Money, Person
from coaching.workspace import Settings
from coaching.zones import ZoneInfo, first_known

HISTORY_PAGE = 15
"""Movements on one page of the history."""
HISTORY_TABLE = 100
"""Movements in a table of the history."""
MAX_NOTE = 500
MOST_YEARS = 100
"""How many years ahead credits may expire: the last days of the calendar have no instant in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Credits sorted by expiry: those of `subject` with their pools', or those of `pool`.

    `looks_after` are the pools whose contact the viewer is, set when they see their own credits. `prices` are the
    present prices of one session in hundredths of a credit, by the name of its type. `asked` is the open request for credits
    of `subject`, and `asked_pool` the pool that is to get them.
    """

    viewer: Viewer
    holder: Holder
    subject: Person | None
    pool: Pool | None
    holdings: Sequence[Holding]
    looks_after: Sequence[Pool]
    settings: Settings
    now: datetime
    prices: Mapping[str, int] = field(default_factory=dict)
    asked: Request | None = None
    asked_pool: Pool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One page of an account's movements, newest first. `newer` and `older` are where the pages beside it begin.

    `looks_after` are the pools whose contact the viewer is, set when this is their own history.
    """

    viewer: Viewer
    holder: Holder
    subject: Person | None
    pool: Pool | None
    movements: Sequence[Movement]
    now: datetime
    newer: Turn | None = None
    older: Turn | None = None
    looks_after: Sequence[Pool] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Give:
    """Credits to give: a package of the catalogue, or an `amount` in hundredths of a credit.

    `expires_on` is the last day on which they can be used, on their holder's calendar (None: as the package says, else
    never). `money` is what was paid for them outside of Slack, for the record; `note` is for admins. `request_id` is the
    request that they answer, if one was named.
    """

    actor: Actor
    request_key: str
    holder: Holder
    package_id: str | None = None
    amount: int | None = None
    expires_on: date | None = None
    money: Money | None = None
    note: str | None = None
    request_id: str | None = None


async def open_account(store: Store, clock: Clock, actor: Actor, holder: Holder) -> Account:
    """Return a person's or a pool's credits. Raises NotYours, AdminsOnly."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        subject, pool = await _allowed(queries, actor, holder)
        mine, client_id = holder.client_id == actor.user_id, holder.client_id
        grants = queries.grants
        asked = await open_request(queries, subject.id) if subject is not None else None
        return Account(
            viewer=await queries.people.viewer(actor.user_id),
            holder=holder,
            subject=subject,
            pool=pool,
            holdings=await (grants.of_person(client_id, now) if client_id else grants.holdings(holder)),
            looks_after=await queries.pools.of_contact(actor.user_id) if mine else [],
            settings=await queries.workspace.settings(),
            now=now,
            prices={one.name: one.price for one in await queries.catalogue.session_types()},
            asked=asked,
            asked_pool=await queries.pools.find(asked.pool_id) if asked is not None and asked.pool_id else None,
        )


async def open_history(
    store: Store, clock: Clock, actor: Actor, holder: Holder, turn: Turn | None = None, *, most: int = HISTORY_PAGE
) -> History:
    """Return the newest page of the history of a person's or a pool's credits, or the one beside `turn`.

    Raises NotYours, AdminsOnly.
    """
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        subject, pool = await _allowed(queries, actor, holder)
        found = await queries.ledger.movements(holder, most, turn)
        if turn is not None and found.newer is None:
            # Turned back to the beginning: a whole page, with what has happened since.
            found = await queries.ledger.movements(holder, most)
        return History(
            viewer=await queries.people.viewer(actor.user_id),
            holder=holder,
            subject=subject,
            pool=pool,
            movements=found.lines,
            newer=found.newer,
            older=found.older,
            now=now,
            looks_after=await queries.pools.of_contact(actor.user_id) if holder.client_id == actor.user_id else (),
        )


async def _allowed(queries: Queries, actor: Actor, holder: Holder) -> tuple[Person | None, Pool | None]:
    """Return the owner of the credits, if the actor may see them: as that person, the pool's contact, or an admin."""
    viewer = await queries.people.viewer(actor.user_id)
    if holder.client_id is not None:
        if holder.client_id == actor.user_id:
            return viewer.person, None
        await require_admin(queries, actor)
        return (await queries.people.viewer(holder.client_id)).person, None
    pool = await queries.pools.find(holder.pool_id or "")
    contact = pool is not None and pool.contact is not None and pool.contact.id == actor.user_id
    if pool is None or not (contact or await is_admin(queries, actor)):
        raise NotYours("credits", [holder.pool_id or ""], actor.user_id)
    return None, pool


async def give(store: Store, clock: Clock, command: Give) -> Holding:
    """Give credits or a package to a person or a pool, and notify the holder.

    This answers the request that is named, or else every open one for the same holder. Raises AdminsOnly, Replayed,
    BadSetting, and Answered if the request that is named is not open any more.
    """
    now, actor = clock.now(), command.actor
    workspace_id = actor.workspace_id
    note = _note(command.note)
    async with store.write(workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(command.request_key)
        await uow.workspace.ensure()
        told, zone = await _receiver(uow, actor, command.holder)
        grant, money = await _grant(uow, command, zone, now)
        me, settings = actor.user_id, await uow.workspace.settings()
        asked = await close_by_gift(uow, command.holder, grant.id, command.request_id, me, now)
        soon = (
            grant.expires_at is not None
            and settings.expiry_notice is not None
            and grant.expires_at - now <= settings.expiry_notice
        )
        await uow.grants.give(
            Holding(
                grant=grant,
                holder=command.holder,
                issued=grant.balance,
                granted_at=now,
                granted_by=Person(me),
                money=money,
                note=note,
                # The notice of the grant says when it expires. A second notice about that would be a nuisance.
                warned_at=now if soon else None,
            ),
        )
        if told is not None:
            await uow.notices.add([granted(grant.id, told, now, asked[0].action_id if asked else None)])
        [given] = await uow.grants.by_ids([grant.id])
        await uow.commit()
    return given


async def _receiver(uow: UnitOfWork, actor: Actor, holder: Holder) -> tuple[str | None, ZoneInfo]:
    """Return who is notified of the holder's credits, and in which zone they expire. Raises BadSetting."""
    own = (await uow.people.viewer(actor.user_id)).person.time_zone
    if holder.client_id is not None:
        await require_people(uow, [holder.client_id], Field.CREDIT_PERSON)
        person = (await uow.people.viewer(holder.client_id)).person
        return holder.client_id, first_known(person.time_zone, own)
    pool = await uow.pools.find(holder.pool_id or "")
    if pool is None:
        raise BadSetting(Field.CREDIT_POOL, "that pool is gone; close this and open the set-up again")
    if pool.retired:
        raise BadSetting(Field.CREDIT_POOL, "that pool gets no credits any more; edit it to bring it back")
    contact = pool.contact
    return (contact.id, first_known(contact.time_zone, own)) if contact else (None, first_known(own))


async def _grant(uow: UnitOfWork, command: Give, zone: ZoneInfo, now: datetime) -> tuple[Grant, Money | None]:
    last_day = None if command.expires_on is None else _later(command.expires_on, zone, now)
    if (command.package_id is None) == (command.amount is None):
        raise BadSetting(Field.CREDIT_AMOUNT, "choose a package, or say how many credits: one of the two")
    if command.package_id is None:
        amount = command.amount or 0
        check_amount(amount, Field.CREDIT_AMOUNT)
        return _until(last_day, Grant(new_id(now), CREDITS, amount, amount // ONE_CREDIT, None)), command.money
    package = await uow.catalogue.package(command.package_id)
    if package is None or not package.offered or package.sessions is None:
        raise BadSetting(Field.CREDIT_PACKAGE, "that package is not offered any more; choose another one")
    amount = package.sessions * package.unit
    check_amount(amount, Field.CREDIT_PACKAGE)
    if last_day is None and (day := valid_until(now, package.valid_days, zone)) is not None:
        last_day = local_day(day, zone.key)
    grant = Grant(new_id(now), package.name, amount, package.sessions, None, package.session_type, package.id)
    return _until(last_day, grant), command.money or package.money


def _until(last_day: LocalDay | None, grant: Grant) -> Grant:
    return grant if last_day is None else replace(grant, expires_at=last_day.end(), last_day=last_day)


def check_amount(amount: int, field: Field) -> None:
    """Raise BadSetting unless so many hundredths of a credit can be given at once."""
    if not 0 < amount <= MOST_CREDITS * ONE_CREDIT:
        raise BadSetting(
            field,
            "between a hundredth of a credit and {n} credit can be given at once",
            "between a hundredth of a credit and {n} credits can be given at once",
            n=MOST_CREDITS,
        )


def _later(day: date, zone: ZoneInfo, now: datetime) -> LocalDay:
    if abs(day.year - now.year) > MOST_YEARS:
        raise BadSetting(
            Field.CREDIT_EXPIRY,
            "choose a day within the next {n} year, or none for no expiry",
            "choose a day within the next {n} years, or none for no expiry",
            n=MOST_YEARS,
        )
    last_day = local_day(day, zone.key)
    if last_day.end() <= now:
        raise BadSetting(Field.CREDIT_EXPIRY, "that day is over; choose today or a later one")
    return last_day


def _note(text: str | None) -> str | None:
    note = text.strip() if text and visible(text) else None
    if note is not None and len(note) > MAX_NOTE:
        raise BadSetting(
            Field.CREDIT_NOTE, "a note has at most {n} character", "a note has at most {n} characters", n=MAX_NOTE
        )
    return note


async def open_grant(store: Store, clock: Clock, actor: Actor, grant_id: str) -> tuple[Holding, Account]:
    """Return one grant and its account, for the form that changes it. Raises AdminsOnly, NotYours."""
    async with store.read(actor.workspace_id) as queries:
        await require_admin(queries, actor)
        found = await queries.grants.by_ids([grant_id])
    if not found:
        raise NotYours("credits", [grant_id], actor.user_id)
    return found[0], await open_account(store, clock, actor, found[0].holder)


async def take_back(store: Store, clock: Clock, actor: Actor, request_key: str, grant_id: str, amount: int) -> Holding:
    """Take back what is left of a grant, or `amount` (hundredths) of it. Bookings stay paid.

    Raises AdminsOnly, NotYours, Replayed, BadSetting.
    """
    now, workspace_id = clock.now(), actor.workspace_id
    async with store.write(workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(request_key)
        held = await uow.grants.lock(grant_id)
        if held is None:
            raise NotYours("credits", [grant_id], actor.user_id)
        left = held.grant.balance
        if left <= 0:
            raise BadSetting(Field.CREDIT_AMOUNT, "nothing is left to take back; what is booked stays paid")
        if not 0 < amount <= left:
            raise BadSetting(
                Field.CREDIT_AMOUNT,
                "more than nothing and at most {most}: what is booked stays paid",
                most=Decimal(left) / ONE_CREDIT,
            )
        key, source = f"revoke:{grant_id}:{new_id(now)}", grant_account(grant_id)
        taken = Transfer(key, TransferKind.REVOKE, source, ISSUED, amount, now, grant_id=grant_id, by_id=actor.user_id)
        await uow.ledger.post([taken])
        await uow.credit_requests.retell_grant(held.holder, grant_id, now)
        [after] = await uow.grants.by_ids([grant_id])
        await uow.commit()
    return after


async def change_expiry(
    store: Store, clock: Clock, actor: Actor, request_key: str, grant_id: str, expires_on: date | None
) -> Holding:
    """Let a grant expire at the end of another day of its holder's calendar (None: never).

    They are notified of the new end. If the day is the one it has, the end stays, even if its holder has moved to
    another zone. An expired grant stays expired. Raises AdminsOnly, NotYours, Replayed, BadSetting.
    """
    now, workspace_id = clock.now(), actor.workspace_id
    async with store.write(workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(request_key)
        held = await uow.grants.lock(grant_id)
        if held is None:
            raise NotYours("credits", [grant_id], actor.user_id)
        before = held.grant.expires_at
        if held.closed_at is not None or (before is not None and before <= now):
            raise BadSetting(Field.CREDIT_EXPIRY, "these credits have expired already; give new ones instead")
        _, zone = await _receiver(uow, actor, held.holder)
        kept = held.grant.last_day.day if held.grant.last_day is not None else None
        if expires_on != kept or (expires_on is None and before is not None):
            last_day = None if expires_on is None else _later(expires_on, zone, now)
            await uow.grants.save_expiry(grant_id, last_day)
        [after] = await uow.grants.by_ids([grant_id])
        await uow.commit()
    return after
