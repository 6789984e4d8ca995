"""Policies as immutable rows, and which of them applies to new bookings."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, literal, select, union_all, update

from coaching.policy import Policy, Terms, TermsOf, TermsScope
from coaching.workspace import Settings
from storage.repositories.base import Repository
from storage.repositories.codec import dump_policy, load_policy
from storage.tables import grants, packages, policies, session_types, sessions, workspaces

_POLICIES = select(policies.c.id, policies.c.terms).where(
    policies.c.workspace_id == bindparam("ws"), policies.c.id.in_(bindparam("ids", expanding=True))
)
_STRICT = select(policies.c.id, policies.c.terms).where(
    policies.c.workspace_id == bindparam("ws"), policies.c.terms.contains('"late_cancel":false', autoescape=True)
)
_PACKAGES_POLICY = (
    select(packages.c.policy_id)
    .where(packages.c.workspace_id == workspaces.c.workspace_id, packages.c.id == bindparam("package"))
    .scalar_subquery()
)
# Two types may have the same name for a moment (an import after a renaming). The first one counts, as for bookings.
_TYPES_POLICY = (
    select(session_types.c.policy_id)
    .where(session_types.c.workspace_id == workspaces.c.workspace_id, session_types.c.name == bindparam("type"))
    .order_by(session_types.c.id)
    .limit(1)
    .scalar_subquery()
)
_CURRENT = select(func.coalesce(_PACKAGES_POLICY, _TYPES_POLICY, workspaces.c.policy_id)).where(
    workspaces.c.workspace_id == bindparam("ws")
)
_same_workspace = sessions.c.workspace_id
_AGAIN = (
    select(func.coalesce(packages.c.policy_id, session_types.c.policy_id, workspaces.c.policy_id))
    .select_from(sessions)
    .join(workspaces, workspaces.c.workspace_id == _same_workspace)
    .outerjoin(
        session_types,
        and_(session_types.c.workspace_id == _same_workspace, session_types.c.id == sessions.c.session_type_id),
    )
    .outerjoin(grants, and_(grants.c.workspace_id == _same_workspace, grants.c.id == sessions.c.grant_id))
    .outerjoin(packages, and_(packages.c.workspace_id == _same_workspace, packages.c.id == grants.c.package_id))
    .where(_same_workspace == bindparam("ws"), sessions.c.id == bindparam("session"))
)
_SCOPED: Mapping[TermsOf, Select[Any]] = {
    TermsOf.TYPE: select(
        session_types.c.name,
        session_types.c.policy_id,
        session_types.c.price,
        session_types.c.name.label("type_name"),
    ).where(session_types.c.workspace_id == bindparam("ws"), session_types.c.id == bindparam("id")),
    TermsOf.PACKAGE: select(
        packages.c.name, packages.c.policy_id, session_types.c.price, session_types.c.name.label("type_name")
    )
    .outerjoin(
        session_types,
        and_(
            session_types.c.workspace_id == packages.c.workspace_id,
            session_types.c.id == packages.c.session_type_id,
        ),
    )
    .where(packages.c.workspace_id == bindparam("ws"), packages.c.id == bindparam("id")),
}
_OWN = union_all(
    *(
        select(literal(str(of)).label("of"), table.c.id, table.c.policy_id).where(
            table.c.workspace_id == bindparam("ws"), table.c.policy_id.is_not(None)
        )
        for of, table in ((TermsOf.TYPE, session_types), (TermsOf.PACKAGE, packages))
    )
)
_TABLES = {TermsOf.WORKSPACE: workspaces, TermsOf.TYPE: session_types, TermsOf.PACKAGE: packages}


def policy_key(policy: Policy) -> str:
    """Return a policy's id: a hash of its terms, so that equal terms are one row."""
    return hashlib.sha256(dump_policy(policy).encode()).hexdigest()[:32]


class TermsReads(Repository):
    """Read operations."""

    async def by_ids(self, policy_ids: Collection[str]) -> Mapping[str, Policy]:
        """Return policies by id."""
        missing = [i for i in policy_ids if (self._ws, i) not in self._transaction.policies]
        if missing:
            for row in await self._run(_POLICIES, {"ws": self._ws, "ids": missing}):
                self._transaction.policies[self._ws, row.id] = load_policy(row.terms)
        return {i: self._transaction.policies[self._ws, i] for i in policy_ids}

    async def without_late_cancel(self) -> Mapping[str, Policy]:
        """Return the policies, by id, that forbid late cancellation."""
        rows = await self._run(_STRICT, {"ws": self._ws})
        return {row.id: load_policy(row.terms) for row in rows}

    async def current(self, session_type: str | None = None, package_id: str | None = None) -> tuple[str, Policy]:
        """Return id and policy for new bookings: the package's, else the session type's, else the workspace's."""
        found = await self._run(_CURRENT, {"ws": self._ws, "type": session_type, "package": package_id})
        policy_id = found.scalar_one_or_none()
        if policy_id is None:
            policy = Settings().policy
            return policy_key(policy), policy
        return policy_id, (await self.by_ids([policy_id]))[policy_id]

    async def today(self, session_id: str) -> str | None:
        """Return the id of the policy under which a session would be booked now, or None for an unknown session."""
        found = (await self._run(_AGAIN, {"ws": self._ws, "session": session_id})).first()
        return None if found is None else str(found[0])

    async def own(self) -> Mapping[tuple[TermsOf, str], tuple[str, Policy]]:
        """Return the session types and packages with a policy of their own, each with the policy and its id."""
        rows = (await self._run(_OWN, {"ws": self._ws})).all()
        known = await self.by_ids({row.policy_id for row in rows})
        return {(TermsOf(row.of), row.id): (row.policy_id, known[row.policy_id]) for row in rows}

    async def of(self, scope: TermsScope) -> Terms | None:
        """Return the terms of new bookings in a scope, or None when there is no such session type or package."""
        if scope.of is TermsOf.WORKSPACE:
            return Terms(scope=scope, policy=(await self.current())[1])
        row = (await self._run(_SCOPED[scope.of], {"ws": self._ws, "id": scope.id})).first()
        if row is None:
            return None
        above = row.type_name if scope.of is TermsOf.PACKAGE else None
        _, inherited = await self.current(above)
        own = (await self.by_ids([row.policy_id]))[row.policy_id] if row.policy_id else None
        return Terms(
            scope=scope,
            policy=own or inherited,
            own=own is not None,
            name=row.name,
            inherited=inherited,
            price=row.price,
        )


class TermsWrites(TermsReads):
    """Write operations."""

    async def save(self, scope: TermsScope, policy: Policy | None) -> None:
        """Set a scope's policy for new bookings; None removes a session type's or package's own policy."""
        if policy is None and scope.of is TermsOf.WORKSPACE:
            raise ValueError("a workspace has terms")
        table = _TABLES[scope.of]
        changed: dict[str, Any] = {"policy_id": None if policy is None else await self.keep(policy)}
        which = [table.c.workspace_id == self._ws]
        if scope.of is TermsOf.WORKSPACE:
            changed["terms_saved"] = True
        else:
            which.append(table.c.id == scope.id)
        await self._write(update(table).where(*which).values(changed))

    async def keep(self, policy: Policy) -> str:
        policy_id = policy_key(policy)
        await self._write(
            self._insert_or_ignore(policies),
            {"workspace_id": self._ws, "id": policy_id, "terms": dump_policy(policy)},
        )
        return policy_id
