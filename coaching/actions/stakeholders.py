"""Set the stakeholders of a coach or a session type, and send them copies (K7)."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import require_admin
from coaching.addresses import ASKED_AGAIN_AFTER, Consent, NamedAddress, is_address
from coaching.clock import Clock
from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.news.kinds import COPIED
from coaching.news.notice import Notice
from coaching.news.stakeholders import address_asked
from coaching.ports import Queries, Store, UnitOfWork
from coaching.records import Viewer
from coaching.sessions import Actor, Person, Session
from coaching.stakeholders import MAX_STAKEHOLDERS, NewsOf, Stakeholder, copies, is_channel, is_person


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoTold:
    """The stakeholders of a coach (`coach` is set) or of a session type (`name` is its name)."""

    viewer: Viewer
    of: NewsOf
    of_id: str
    name: str
    coach: Person | None
    targets: Sequence[str]
    now: datetime
    addresses: Sequence[NamedAddress] = ()

    @property
    def people(self) -> list[str]:
        """The stakeholders that are people in Slack."""
        return [target for target in self.targets if is_person(target)]

    @property
    def channels(self) -> list[str]:
        """The stakeholders that are channels."""
        return [target for target in self.targets if is_channel(target)]


async def open_told(store: Store, clock: Clock, actor: Actor, of: NewsOf, of_id: str) -> AlsoTold:
    """Return the stakeholders of a coach or a session type. Raises AdminsOnly, and BadSetting when it is gone."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        return await _opened(queries, actor, of, of_id, now)


async def save_told(
    store: Store,
    clock: Clock,
    actor: Actor,
    request_key: str,
    of: NewsOf,
    of_id: str,
    *,
    people: Sequence[str],
    channels: Sequence[str],
    dropped: Sequence[str] = (),
    addresses: Sequence[str] | None = None,
    ask: bool = False,
) -> None:
    """Change the stakeholders of a coach or a session type, for notices from now on.

    `people` and `addresses` (None: no change) replace those set before. `channels` are added and `dropped` ones
    removed. Other channels stay, because the admin who saves may not be able to see them. Nothing is sent to an address
    before its yes; where there is a page to say it on (`ask`), a mail asks for it, and again after the time to answer.
    Who is removed and named again is not asked twice within a day.
    Raises AdminsOnly, Replayed, BadSetting.
    """
    now = clock.now()
    if set(channels) & set(dropped):
        raise BadSetting(Field.TOLD_CHANNELS, "a channel can be added or not told any more, not both")
    for given, field, fits in ((people, Field.TOLD_PEOPLE, is_person), (channels, Field.TOLD_CHANNELS, is_channel)):
        _not_too_many(field, given)
        if not all(fits(target) for target in given):
            raise BadSetting(
                field, "choose people of this workspace" if field is Field.TOLD_PEOPLE else "choose channels"
            )
    _not_too_many(Field.TOLD_ADDRESSES, addresses or ())
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(request_key)
        await uow.workspace.lock()
        await _whose(uow, of, of_id)
        before = [one.target for one in await _of(uow, of, of_id)]
        present = [target for target in before if is_channel(target)]
        after = dict.fromkeys([*(channel for channel in present if channel not in dropped), *channels])
        _not_too_many(Field.TOLD_CHANNELS, after)
        written = [target for target in before if is_address(target)]
        wanted = written if addresses is None else list(dict.fromkeys(addresses))
        await uow.stakeholders.save(of, of_id, [*dict.fromkeys(people), *after, *wanted])
        if addresses is not None:
            await _ask(uow, wanted, set(wanted) - set(written), now, by_mail=ask)
            gone = set(written) - set(wanted)
            kept = {one.id for one in await uow.stakeholders.addresses(gone) if one.keeps_question(now)}
            await uow.stakeholders.forget_unnamed(gone - kept, kept, now - ASKED_AGAIN_AFTER)
        await uow.commit()


async def _ask(uow: UnitOfWork, wanted: Sequence[str], anew: Set[str], now: datetime, *, by_mail: bool) -> None:
    """Ask those addresses that were not asked yet, or did not answer in time. Mails to those named `anew` are tried again.

    One that said no can be named, so that its owner can say yes by the link that they have. Nothing is sent there.
    """
    known = {one.id: one for one in await uow.stakeholders.addresses(wanted)}
    asked = [
        one
        for one in wanted
        if one not in known or known[one].is_to_be_asked(now, named_anew=one in anew, by_mail=by_mail)
    ]
    await uow.stakeholders.ask(asked, now)
    for address_id in dict.fromkeys([*asked, *(one for one in wanted if one in anew)]):
        await uow.mails.try_again(address_id)
    if by_mail:
        await uow.notices.add(
            [address_asked(NamedAddress(id=one, consent=Consent.WAITING, asked_at=now)) for one in asked]
        )


async def answer_for(
    store: Store, clock: Clock, actor: Actor, request_key: str, of: NewsOf, of_id: str, address_id: str
) -> AlsoTold:
    """Say yes for an address that waits: the business answers for it. Return the stakeholders then.

    An address that has answered itself, or is not named here any more, stays as it is. Raises AdminsOnly, Replayed,
    BadSetting.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(request_key)
        await uow.workspace.lock()
        for one in (await _opened(uow, actor, of, of_id, now)).addresses:
            if one.id == address_id and one.consent is Consent.WAITING:
                await uow.stakeholders.answer(address_id, Consent.CONFIRMED, actor.user_id)
        found = await _opened(uow, actor, of, of_id, now)
        await uow.commit()
    return found


async def with_copies(uow: UnitOfWork, told: Sequence[Notice], sessions: Sequence[Session]) -> list[Notice]:
    """Return notices with their copies for stakeholders, to enqueue in the same commit. Makes one query at most."""
    if not any(notice.kind in COPIED for notice in told):
        return list(told)
    found = await uow.stakeholders.of({s.coach.id for s in sessions}, {s.type_id for s in sessions})
    return [*told, *copies(told, sessions, found)]


def _not_too_many(field: Field, given: Iterable[str]) -> None:
    if len(set(given)) > MAX_STAKEHOLDERS:
        raise BadSetting(field, "choose at most {n}", "choose at most {n}", n=MAX_STAKEHOLDERS)


async def _opened(queries: Queries, actor: Actor, of: NewsOf, of_id: str, now: datetime) -> AlsoTold:
    viewer = await require_admin(queries, actor)
    name, coach = await _whose(queries, of, of_id)
    targets = [one.target for one in await _of(queries, of, of_id)]
    return AlsoTold(
        viewer=viewer,
        of=of,
        of_id=of_id,
        name=name,
        coach=coach,
        targets=targets,
        now=now,
        addresses=await queries.stakeholders.addresses([target for target in targets if is_address(target)]),
    )


async def _of(queries: Queries, of: NewsOf, of_id: str) -> list[Stakeholder]:
    coaches, types = ([of_id], []) if of is NewsOf.COACH else ([], [of_id])
    return await queries.stakeholders.of(coaches, types)


async def _whose(queries: Queries, of: NewsOf, of_id: str) -> tuple[str, Person | None]:
    if of is NewsOf.COACH:
        for coach in await queries.coaches.some([of_id]):
            return coach.person.name or of_id, coach.person
        raise BadSetting(Field.TOLD_WHOSE, "that person is no coach any more; close this and open the set-up again")
    for one in await queries.catalogue.session_types():
        if one.id == of_id:
            return one.name, None
    raise BadSetting(Field.TOLD_WHOSE, "that session type is gone; close this and open the set-up again")
