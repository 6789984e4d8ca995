"""Erase a person (A5): what was known of them goes, what happened stays under a pseudonym, and the books balance.

The pseudonym is made for this one erasure and written down nowhere beside the id, so nobody finds out whose it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import require_admin
from coaching.actions.decide import keep_for_good
from coaching.clock import Clock
from coaching.credits import ISSUED, Transfer, TransferKind, grant_account
from coaching.erasure import Held, pseudonym
from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.ids import new_id
from coaching.naming import same_name
from coaching.packages import Holder, Holding
from coaching.ports import Queries, Store, UnitOfWork
from coaching.records import Viewer
from coaching.sessions import Actor, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasable:
    """A person who may be erased: their ids, what there is of them, and the credits (hundredths) that they still have."""

    person: Person
    ids: Sequence[str]
    held: Held
    credits: int

    @property
    def typed(self) -> str:
        """What is to be typed before they are erased: their name, else their address, else their id."""
        return self.person.name or self.person.address or self.person.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The same for the admin who asked."""

    viewer: Viewer
    found: Erasable


async def look(store: Store, actor: Actor, who: str, typed: str | None = None) -> Looked:
    """Return what would be erased of somebody, whom the admin has `typed`, if they have.

    Raises AdminsOnly, BadSetting.
    """
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        found = await find(queries, who, actor.user_id)
        _check(found, typed)
        return Looked(viewer=viewer, found=found)


async def find(queries: Queries, who: str, by_id: str | None = None) -> Erasable:
    """Return what would be erased of somebody, named by id or mail address. Raises BadSetting."""
    ids = await queries.erasures.ids_of(who)
    if not ids:
        raise BadSetting(Field.ERASED, "nobody here is known by that; choose another one")
    accounts = [one for one in ids if Person(one).in_slack]
    if len(accounts) > 1:
        raise BadSetting(
            Field.ERASED, "several people have this address, so choose one by id: {people}", people=", ".join(accounts)
        )
    held = await queries.erasures.held(ids)
    if by_id in ids:
        raise BadSetting(Field.ERASED, "that is you: ask another admin")
    if held.admin:
        raise BadSetting(Field.ERASED, "they are named an admin here: take them off that list first")
    if held.coach:
        raise BadSetting(Field.ERASED, "they are on the list of coaches: remove them there first")
    if held.ahead:
        raise BadSetting(
            Field.ERASED,
            "{n} session of theirs is still booked: cancel it first, or wait until it is over",
            "{n} sessions of theirs are still booked: cancel them first, or wait until they are over",
            n=held.ahead,
        )
    left = await _left(queries, ids)
    person = (await queries.people.viewer(ids[0])).person
    return Erasable(person=person, ids=ids, held=held, credits=sum(one.grant.balance for one in left))


async def _left(queries: Queries, ids: Sequence[str]) -> list[Holding]:
    """Return what they hold themselves. What a pool holds is its company's."""
    held = [(Holder(one), await queries.grants.holdings(Holder(one))) for one in ids]
    return [one for holder, some in held for one in some if one.holder == holder and one.grant.balance > 0]


async def erase(store: Store, clock: Clock, actor: Actor, request_key: str, who: str, typed: str) -> str:
    """Erase somebody for an admin who has typed whom. Return the pseudonym.

    Raises AdminsOnly, Replayed, BadSetting, also at what was typed if that is somebody else.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(request_key)
        name = await _erase(uow, who, now, by_id=actor.user_id, typed=typed)
        await uow.commit()
    return name


async def erase_here(store: Store, clock: Clock, workspace_id: str, who: str) -> str:
    """Erase somebody for the operator of this machine. Return the pseudonym. Raises BadSetting."""
    async with store.write(workspace_id) as uow:
        name = await _erase(uow, who, clock.now())
        await uow.commit()
    return name


async def forget(store: Store, clock: Clock, workspace_id: str, who: str, before: datetime) -> bool:
    """Erase somebody whose last session began before an instant, unless they are needed or can still book with credits,
    their own or their company's, or anything stands in the way.

    Return whether they are erased.
    """
    now = clock.now()
    async with store.read(workspace_id) as queries:
        if await _due(queries, who, before, now) is None:
            return False  # found without a lock that others wait for
    async with store.write(workspace_id) as uow:
        await uow.erasures.lock(await uow.erasures.ids_of(who))
        found = await _due(uow, who, before, now)
        if found is None:
            return False
        await _replace(uow, found.ids, now, None)
        await uow.commit()
    return True


async def _due(queries: Queries, who: str, before: datetime, now: datetime) -> Erasable | None:
    """Return somebody whose last session began before an instant, unless they can still spend something or are needed."""
    try:
        found = await find(queries, who)
    except BadSetting:
        return None
    if found.credits or found.held.last is None or found.held.last >= before:
        return None
    if await queries.erasures.needed(found.ids):
        return None
    for one in found.ids:
        if any(holding.grant.usable(now) for holding in await queries.grants.of_person(one, now)):
            return None
    return found


async def _erase(
    uow: UnitOfWork, who: str, now: datetime, *, by_id: str | None = None, typed: str | None = None
) -> str:
    ids = await uow.erasures.ids_of(who)
    await uow.erasures.lock(ids)
    found = await find(uow, who, by_id)  # under the locks: nothing is booked meanwhile
    _check(found, typed)
    return await _replace(uow, found.ids, now, by_id)


async def _replace(uow: UnitOfWork, ids: Sequence[str], now: datetime, by_id: str | None) -> str:
    """Settle what is open, and put a pseudonym in the place of these ids. Return it."""
    name = pseudonym()
    await keep_for_good(uow, await uow.erasures.settle(ids, name, now), now)
    await uow.erasures.erase(ids, name, now)
    # Credits that nobody can use are no longer owed to anybody. Looked for last, so that those given meanwhile are found.
    taken = [_taken(one.grant.id, one.grant.balance, now, by_id) for one in await _left(uow, [name])]
    await uow.ledger.post(taken)
    return name


def _check(found: Erasable, typed: str | None) -> None:
    if typed is not None and same_name(typed) != same_name(found.typed):
        raise BadSetting(Field.ERASED_TYPED, "type exactly {name}", name=found.typed)


def _taken(grant_id: str, amount: int, now: datetime, by_id: str | None) -> Transfer:
    key, source = f"revoke:{grant_id}:{new_id(now)}", grant_account(grant_id)
    return Transfer(key, TransferKind.REVOKE, source, ISSUED, amount, now, grant_id=grant_id, by_id=by_id)
