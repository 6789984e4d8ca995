"""Policies of the workspace, and of session types and packages with their own. Admins only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import require_admin
from coaching.clock import Clock
from coaching.credits import Grant, Part, package_grant
from coaching.errors import TermsGone
from coaching.policy import Policy, Terms, TermsOf, TermsScope
from coaching.ports import Queries, Store
from coaching.records import Viewer
from coaching.sessions import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTerms:
    """What the form about terms shows."""

    viewer: Viewer
    terms: Terms
    now: datetime


async def open_terms(store: Store, clock: Clock, actor: Actor, scope: TermsScope) -> OpenTerms:
    """Return the terms of new bookings in a scope. Raises AdminsOnly, TermsGone."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        return OpenTerms(
            viewer=viewer,
            terms=await _terms(queries, scope),
            now=clock.now(),
        )


async def save_terms(store: Store, actor: Actor, request_key: str, scope: TermsScope, policy: Policy) -> None:
    """Make `policy` the terms of new bookings in a scope. Booked sessions keep theirs.

    Raises AdminsOnly, Replayed, TermsGone.
    """
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(request_key)
        await uow.workspace.ensure()
        await _terms(uow, scope)
        await uow.terms.save(scope, policy)
        await uow.commit()


async def drop_terms(store: Store, actor: Actor, request_key: str, scope: TermsScope) -> None:
    """Remove a session type's or package's own terms. New bookings get those that it inherits.

    Raises AdminsOnly, Replayed, TermsGone (also for the workspace, which cannot do without terms).
    """
    if scope.of is TermsOf.WORKSPACE:
        raise TermsGone(scope)
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(request_key)
        await _terms(uow, scope)
        await uow.terms.save(scope, None)
        await uow.commit()


async def _terms(queries: Queries, scope: TermsScope) -> Terms:
    found = await queries.terms.of(scope)
    if found is None:
        raise TermsGone(scope)
    return found


async def booking_terms(
    queries: Queries, session_type: str | None, grants: Sequence[Grant], pays: Sequence[Part]
) -> tuple[str, Policy]:
    """Return id and policy of a booking paid by `pays`, both for the dialog that shows it and for the booking itself.

    The policy is that of the package in which the session has a position, else the session type's, else the
    workspace's.
    """
    package = package_grant(grants, pays)
    return await queries.terms.current(session_type, package.package_id if package is not None else None)
