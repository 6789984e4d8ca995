"""The answer of a mail address that an admin named as a stakeholder: whether mails may be sent there (K7)."""

from dataclasses import dataclass
from datetime import datetime

from coaching.addresses import Consent, NamedAddress, Whose
from coaching.clock import Clock
from coaching.errors import NotYours
from coaching.ports import Queries, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An address, whose news it is named for, and whether the link that led here can say yes for it."""

    one: NamedAddress
    whose: Whose
    may_agree: bool
    language: str | None


async def by_link(
    store: Store, clock: Clock, workspace_id: str, address_id: str, *, asked_at: datetime | None, wanted: bool | None
) -> Answered:
    """Return what the address of a mail's link has said, after it said whether it wants mails (None: it said nothing).

    `asked_at` is of the mail that asked: its link answers that question in time, unless there was another one since. Other
    mails (None) only come after a yes, and their link does not answer a question. Either link can give a yes again after
    a no, at any time. Raises NotYours for an address that is not named here any more, unless it said no, and for a link
    whose time is over.
    """
    now = clock.now()
    async with store.read(workspace_id) as queries:
        found = await _found(queries, address_id, asked_at, now)
    if wanted is None or not _changes(found, wanted):
        return found
    async with store.write(workspace_id) as uow:
        await uow.workspace.lock()
        found = await _found(uow, address_id, asked_at, now)
        if _changes(found, wanted):
            await uow.stakeholders.answer(address_id, Consent.CONFIRMED if wanted else Consent.DECLINED, None)
            found = await _found(uow, address_id, asked_at, now)
            await uow.commit()
    return found


def _changes(found: Answered, wanted: bool) -> bool:
    """Return whether an answer changes anything, and is one that this link can give."""
    if wanted:
        return found.may_agree and found.one.consent is not Consent.CONFIRMED
    return found.one.consent is not Consent.DECLINED


async def _found(queries: Queries, address_id: str, asked_at: datetime | None, now: datetime) -> Answered:
    known = await queries.stakeholders.addresses([address_id])
    if not known:
        raise NotYours("address", [address_id], address_id)
    [one] = known
    if asked_at is not None and (one.asked_at != asked_at or one.is_over(now)):
        raise NotYours("address", [address_id], address_id)
    whose = await queries.stakeholders.whose(address_id)
    if not whose and one.consent is not Consent.DECLINED:
        raise NotYours("address", [address_id], address_id)
    # A link that came with an ordinary mail cannot stand in for the question: it never ends.
    may_agree = bool(whose) and (one.consent is not Consent.WAITING or asked_at is not None)
    language = (await queries.workspace.settings()).language
    return Answered(one=one, whose=whose, may_agree=may_agree, language=language)
