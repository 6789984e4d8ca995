"""Stakeholders, who get copies of coaches' notices (K7)."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, bindparam, delete, insert, or_, select

from coaching.stakeholders import NewsOf, Stakeholder, is_channel
from storage.repositories.base import Repository
from storage.repositories.people import PeopleWrites
from storage.tables import coaches, stakeholders

_k = stakeholders.c
_ALL = select(_k.scope, _k.scope_id, _k.target).where(_k.workspace_id == bindparam("ws")).order_by(_k.target)
# With the coaches whose own channel it is, so that no channel gets the same news twice.
_BESIDES = (
    select(_k.scope, _k.scope_id, _k.target, coaches.c.member_id.label("own_of"))
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
        for row in await self._run(_BESIDES, given):
            coaches_of = own.setdefault((row.scope, row.scope_id, row.target), set())
            if row.own_of is not None:
                coaches_of.add(row.own_of)
        return [
            Stakeholder(NewsOf(of), of_id, target, frozenset(own_of)) for (of, of_id, target), own_of in own.items()
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
