"""What coaches, and admins in their place, are told about exceptions, loaded for all such notices of a batch at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from coaching.news.decisions import ExceptionAsked
from coaching.news.kinds import REQUESTS, NoticeKind
from coaching.policy import Policy
from coaching.records import Viewer
from coaching.sessions import Session
from coaching.why import Why
from coaching.workspace import Settings
from storage.notices import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Requests:
    """The sessions that requests are about, as they are now; `waiting` are alerts (action, recipient) that are not out yet."""

    requested: Mapping[str, Collection[str]] = field(default_factory=dict)
    sessions: Sequence[Session] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    waiting: Collection[tuple[str, str]] = ()

    def about(self, row: Claimed) -> list[Session]:
        """Return the sessions that a notice's request is about."""
        ids = self.requested.get(row.action_id or "", ())
        return [session for session in self.sessions if session.id in ids]

    def must_wait(self, row: Claimed) -> bool:
        """Whether the alert of the cancellation that this is about has still to go out: the request follows it."""
        actions = {s.cancellation.action_id for s in self.about(row) if s.cancellation}
        return not row.is_edit and any((action_id, row.recipient) in self.waiting for action_id in actions)

    def told(
        self,
        row: Claimed,
        sessions: Sequence[Session],
        viewer: Viewer,
        settings: Settings,
        now: datetime,
        *,
        in_channel: bool,
        unreachable: str | None,
    ) -> ExceptionAsked | Why:
        """Return what a request's notice says now about these sessions of it, or why it is not worth saying any more."""
        asked = [(s, s.cancellation.asked) for s in sessions if s.cancellation and s.cancellation.asked]
        current = [(s, one) for s, one in asked if one.action_id == row.action_id]
        if not row.is_edit and not any(one.open for _, one in current):
            return Why.DECIDED if current else Why.TAKEN_BACK
        to_admin = row.kind is NoticeKind.ADMIN_EXCEPTION
        if not row.is_edit and not to_admin and any(one.by_admins for _, one in current):
            return Why.ADMINS_DECIDE
        return ExceptionAsked(
            viewer=viewer,
            settings=settings,
            sessions=[s for s, _ in current] or sessions,
            policies=self.policies,
            now=now,
            in_channel=in_channel,
            withdrawn=not current,
            to_admin=to_admin,
            unreachable_channel=unreachable,
        )


async def load_requests(reads: DeliveryReads, workspace_id: str, rows: Sequence[Claimed]) -> Requests:
    """Load what the notices of requests in a batch are about."""
    asked = [row for row in rows if row.kind in REQUESTS]
    if not asked:
        return Requests()
    requested = await reads.requested(workspace_id, {row.action_id or "" for row in asked})
    sessions = await reads.sessions(workspace_id, set().union(*requested.values()))
    first = {s.cancellation.action_id for s in sessions if s.cancellation}
    return Requests(
        requested=requested,
        sessions=sessions,
        policies=await reads.policies(workspace_id, {s.policy_id for s in sessions}),
        # An alert of this very batch goes out before: it was due before, and a conversation's messages go one by one.
        waiting=await reads.alerts_waiting(workspace_id, first)
        - {(row.action_id or "", row.recipient) for row in rows},
    )
