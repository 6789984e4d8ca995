"""Stakeholders, who get copies of coaches' notices (K7)."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, insert, or_, select, update

from coaching.addresses import Consent, NamedAddress, Whose, address_in
from coaching.news.notice import NoticeState
from coaching.news.stakeholders import asking_key
from coaching.stakeholders import NewsOf, Stakeholder, is_channel
from storage.repositories.base import Repository
from storage.repositories.people import PeopleWrites, person_of
from storage.tables import coaches, members, notices, session_types, stakeholder_addresses, stakeholders
from storage.types import word

_k, _a = stakeholders.c, stakeholder_addresses.c
_own = members.alias("own")
_ALL = select(_k.scope, _k.scope_id, _k.target).where(_k.workspace_id == bindparam("ws")).order_by(_k.target)
# With the coaches whose own channel it is, so that no channel gets the same news twice.
_BESIDES = (
    select(_k.scope, _k.scope_id, _k.target, coaches.c.member_id.label("own_of"), _a.consent)
    .outerjoin(stakeholder_addresses, and_(_a.workspace_id == _k.workspace_id, _a.address_id == _k.target))
    .outerjoin(
        coaches,
        and_(
            coaches.c.workspace_id == _k.workspace_id,
            coaches.c.member_id.in_(bindparam("coaches", expanding=True)),
            coaches.c.alert_channel == _k.target,
        ),
    )
    .where(
        _k.workspace_id == bindparam("ws"),
        or_(
            and_(_k.scope == NewsOf.COACH, _k.scope_id.in_(bindparam("coaches", expanding=True))),
            and_(_k.scope == NewsOf.TYPE, _k.scope_id.in_(bindparam("types", expanding=True))),
        ),
    )
    .order_by(_k.target)
)
_WHOSE = (
    select(_k.scope, _k.scope_id, members.c.name.label("coach"), session_types.c.name.label("type"))
    .outerjoin(members, and_(members.c.workspace_id == _k.workspace_id, members.c.id == _k.scope_id))
    .outerjoin(session_types, and_(session_types.c.workspace_id == _k.workspace_id, session_types.c.id == _k.scope_id))
    .where(_k.workspace_id == bindparam("ws"), _k.target == bindparam("target"))
    .order_by(_k.scope, members.c.name, session_types.c.name, _k.scope_id)
)
_ADDRESSES = (
    select(
        _a.address_id,
        _a.consent,
        _a.asked_at,
        _a.answered_by,
        members.c.name,
        members.c.email,
        members.c.time_zone,
        members.c.locale,
        members.c.is_admin,
        members.c.refused_address,
        _own.c.refused_address.label("refused"),
    )
    .outerjoin(_own, and_(_own.c.workspace_id == _a.workspace_id, _own.c.id == _a.address_id))
    .outerjoin(members, and_(members.c.workspace_id == _a.workspace_id, members.c.id == _a.answered_by))
    .where(_a.workspace_id == bindparam("ws"), _a.address_id.in_(bindparam("ids", expanding=True)))
    .order_by(_a.address_id)
)
# Of a question that reached nobody, it is as if it had not been asked.
_ASKED = select(notices.c.dedupe_key).where(
    notices.c.workspace_id == bindparam("ws"),
    notices.c.dedupe_key.in_(bindparam("keys", expanding=True)),
    notices.c.state.in_([word(one) for one in (NoticeState.PENDING, NoticeState.LEASED, NoticeState.SENT)]),
)
_ANSWER = (
    update(stakeholder_addresses)
    .where(_a.workspace_id == bindparam("ws"), _a.address_id == bindparam("who"))
    .values(consent=bindparam("said"), answered_by=bindparam("by"))
)


class StakeholderReads(Repository):
    """Read operations."""

    async def all(self) -> list[Stakeholder]:
        """Return all stakeholders of the workspace."""
        rows = await self._run(_ALL, {"ws": self._ws})
        return [Stakeholder(NewsOf(row.scope), row.scope_id, row.target) for row in rows]

    async def of(self, coach_ids: Collection[str], type_ids: Collection[str]) -> list[Stakeholder]:
        """Return the stakeholders of these coaches or session types, with `own_of`."""
        given = {"ws": self._ws, "coaches": sorted(coach_ids), "types": sorted(type_ids)}
        own: dict[tuple[str, str, str], set[str]] = {}
        said: dict[str, Consent] = {}
        for row in await self._run(_BESIDES, given):
            if row.consent is not None:
                said[row.target] = Consent(row.consent)
            coaches_of = own.setdefault((row.scope, row.scope_id, row.target), set())
            if row.own_of is not None:
                coaches_of.add(row.own_of)
        return [
            Stakeholder(NewsOf(of), of_id, target, frozenset(own_of), said.get(target))
            for (of, of_id, target), own_of in own.items()
        ]

    async def whose(self, target: str) -> Whose:
        """Return whose news a target is named for."""
        rows = list(await self._run(_WHOSE, {"ws": self._ws, "target": target}))
        coaches_named = [row.coach or address_in(row.scope_id) for row in rows if row.scope == NewsOf.COACH]
        return Whose(coaches_named, [row.type for row in rows if row.scope == NewsOf.TYPE and row.type is not None])

    async def addresses(self, ids: Collection[str]) -> list[NamedAddress]:
        """Return those of these mail addresses that are known here, in the order of their ids."""
        if not ids:
            return []
        rows = list(await self._run(_ADDRESSES, {"ws": self._ws, "ids": sorted(set(ids))}))
        keys = {row.address_id: asking_key(row.address_id, row.asked_at) for row in rows}
        asked = {row.dedupe_key for row in await self._run(_ASKED, {"ws": self._ws, "keys": sorted(keys.values())})}
        return [
            NamedAddress(
                id=row.address_id,
                consent=Consent(row.consent),
                asked_at=row.asked_at,
                asked_by_mail=keys[row.address_id] in asked,
                came_back=row.refused is not None and row.refused.lower() == address_in(row.address_id),
                by=None if row.answered_by is None else person_of(row, row.answered_by),
            )
            for row in rows
        ]


class StakeholderWrites(StakeholderReads):
    """Write operations."""

    async def save(self, of: NewsOf, of_id: str, targets: Sequence[str]) -> None:
        """Replace the stakeholders of a coach or a session type."""
        await self._write(delete(stakeholders).where(_k.workspace_id == self._ws, _k.scope == of, _k.scope_id == of_id))
        if people := [target for target in targets if not is_channel(target)]:
            await self._with(PeopleWrites).know_of(people)
        if targets:
            rows = [
                {"workspace_id": self._ws, "scope": str(of), "scope_id": of_id, "target": target} for target in targets
            ]
            await self._write(insert(stakeholders), rows)

    async def ask(self, ids: Sequence[str], at: datetime) -> None:
        """Record that the yes of these addresses is asked for, again where it was before."""
        rows = [
            {"workspace_id": self._ws, "address_id": one, "consent": str(Consent.WAITING), "asked_at": at}
            for one in ids
        ]
        if rows:
            await self._write(self._upsert(stakeholder_addresses, "consent", "asked_at"), rows)

    async def answer(self, address_id: str, consent: Consent, by: str | None) -> None:
        """Record an address's answer, or the one that an admin (`by`) gave for it."""
        await self._write(_ANSWER, {"ws": self._ws, "who": address_id, "said": str(consent), "by": by})

    async def forget_unnamed(self, gone: Collection[str], kept: Collection[str], before: datetime) -> None:
        """Forget those of the `gone` addresses that are named nowhere any more, and all such asked at or `before` this.

        Of the `kept` ones that are named nowhere any more, a yes is forgotten, not their question. One that said no stays
        known as that.
        """
        if not gone and not kept:
            return
        named = select(_k.target).where(_k.workspace_id == self._ws)
        unnamed = and_(_a.workspace_id == self._ws, _a.address_id.not_in(named))
        over = or_(_a.address_id.in_(sorted(gone)), _a.asked_at <= before)
        await self._write(delete(stakeholder_addresses).where(unnamed, over, _a.consent != word(Consent.DECLINED)))
        agreed = and_(unnamed, _a.address_id.in_(sorted(kept)), _a.consent == word(Consent.CONFIRMED))
        waits = {"consent": str(Consent.WAITING), "answered_by": None}
        await self._write(update(stakeholder_addresses).where(agreed).values(waits))
