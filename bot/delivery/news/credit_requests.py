"""News of requests for credits, among those of all requests (`decisions.py`)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.delivery.news.family import Loaded
from coaching.actions.credit_answers import holder_of
from coaching.news.announcement import Announcement
from coaching.news.credit_requests import CreditsAnswered, CreditsAsked
from coaching.news.credits import Granted
from coaching.news.kinds import KINDS, Audience, NoticeKind
from coaching.packages import Holding, Pool
from coaching.records import Viewer
from coaching.requests import Request, RequestKind, RequestState
from coaching.sessions import Person
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class CreditRequests:
    """Requests by their ids, and by their own ids the people, pools, types and grants that they name.

    `has` is what the holder of each can use now, in hundredths. `silent` were asked about one before the admins, and have
    not passed it on.
    """

    loaded: Loaded
    requests: Mapping[str, Request]
    people: Mapping[str, Viewer]
    pools: Mapping[str, Pool]
    types: Mapping[str, str]
    grants: Mapping[str, Holding]
    has: Mapping[str, int]
    silent: Mapping[str, str]

    def tell(self, row: Claimed, viewer: Viewer) -> Announcement | Why | None:
        """Return what a notice says now, or why it is not worth sending, or None if it is of no such request."""
        if (asked := self.requests.get(row.action_id or "")) is None:
            return None
        settings, now = self.loaded.settings, self.loaded.now
        pool, given = self.pools.get(asked.pool_id or ""), self.grants.get(asked.grant_id or "")
        coach, kind = self._person(asked.to_book.coach_id), self.types.get(asked.to_book.type_id or "")
        if row.kind is NoticeKind.ANSWERED:
            return CreditsAnswered(
                viewer=viewer,
                settings=settings,
                now=now,
                asked=asked,
                pool=pool,
                coach=coach,
                session_type=kind,
                given=given,
            )
        if not row.is_edit and (why := _useless(row, viewer, asked, pool)):
            return why
        return CreditsAsked(
            viewer=viewer,
            settings=settings,
            now=now,
            asked=asked,
            pool=pool,
            coach=coach,
            session_type=kind,
            client=self._person(asked.subject_id) or Person(asked.subject_id),
            kind=row.kind,
            has=self.has.get(asked.action_id, 0),
            answered_by=self._person(asked.answered_by),
            passed_by=self._person(asked.passed_by),
            silent=self._person(self.silent.get(asked.action_id)),
            given=given,
        )

    def named(self, granted: Granted, request_id: str | None) -> Granted:
        """Return the news of a gift with the request that it answers, if the reader asked for it."""
        asked = self.requests.get(request_id or "")
        if asked is None or asked.subject_id != granted.viewer.person.id:
            return granted
        kind = self.types.get(asked.to_book.type_id or "")
        return replace(granted, asked=asked, coach=self._person(asked.to_book.coach_id), session_type=kind)

    def _person(self, who: str | None) -> Person | None:
        found = self.people.get(who or "")
        return found.person if found is not None else None


def _useless(row: Claimed, viewer: Viewer, asked: Request, pool: Pool | None) -> Why | None:
    """Return why nobody is to be asked about a request any more, or not this reader."""
    if not asked.open:
        return Why.TAKEN_BACK if asked.state is RequestState.WITHDRAWN else Why.DECIDED
    if KINDS[row.kind].to is Audience.ADMINS:
        return None if viewer.is_admin else Why.NOT_NAMED
    if asked.by_admins:
        return Why.ADMINS_DECIDE
    contact = pool.contact.id if pool is not None and pool.contact is not None else None
    return None if contact == row.recipient else Why.NOT_THEIRS


async def load(reads: DeliveryReads, rows: Sequence[Request], loaded: Loaded) -> CreditRequests:
    """Load the data for notices of requests for credits, among these."""
    requests = [one for one in rows if one.kind is RequestKind.CREDITS]
    if not requests:
        return CreditRequests(loaded, {}, {}, {}, {}, {}, {}, {})
    left = [one.action_id for one in requests if one.open and one.by_admins and one.pool_id and one.passed_by is None]
    silent = await reads.requests.asked_first(RequestKind.CREDITS, left)
    people = {
        who
        for one in requests
        for who in (one.subject_id, one.answered_by, one.passed_by, one.to_book.coach_id, silent.get(one.action_id))
        if who is not None
    }
    wanted = {one.to_book.type_id for one in requests if one.to_book.type_id}
    types = await reads.catalogue.session_types() if wanted else ()
    return CreditRequests(
        loaded,
        {one.action_id: one for one in requests},
        await reads.batch.viewers(people),
        {one.id: one for id_ in _pools(requests) if (one := await reads.pools.find(id_)) is not None},
        {one.id: one.name for one in types},
        {one.grant.id: one for one in await reads.grants.by_ids({r.grant_id for r in requests if r.grant_id})},
        {one.action_id: await _has(reads, one, loaded) for one in requests if one.open},
        silent,
    )


def _pools(requests: Sequence[Request]) -> Collection[str]:
    return sorted({one.pool_id for one in requests if one.pool_id})


async def _has(reads: DeliveryReads, asked: Request, loaded: Loaded) -> int:
    held = await reads.grants.holdings(holder_of(asked))
    return sum(one.grant.balance for one in held if one.grant.usable(loaded.now))
