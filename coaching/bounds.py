"""What a booking behind a mail's link is held to: whoever has the link books what it is for, and spends nothing else."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from coaching.credits import Grant
from coaching.sessions import Session


@dataclass(frozen=True, slots=True)
class Bounds:
    """The session that a booking has to be like: its coach, its type, and what pays.

    `sources` are the grants that pay: the session's package, or what paid for it if it has none. What came back from
    them pays too.
    """

    like: Session
    sources: frozenset[str]

    def pays(self, grant: Grant) -> bool:
        """Return whether a grant may pay."""
        return source_of(grant) in self.sources

    def paying(self, grants: Iterable[Grant]) -> list[Grant]:
        """Return the grants that may pay."""
        return [grant for grant in grants if self.pays(grant)]

    def allows(self, coach_id: str, session_type: str) -> bool:
        """Return whether a session of this type with this coach may be booked."""
        return (coach_id, session_type) == (self.like.coach.id, self.like.session_type)


def source_of(grant: Grant) -> str:
    """Return the grant that was given: for what came back, the one that had paid it."""
    return grant.parent_id or grant.id


def bounds_of(like: Session, paid_by: Collection[str]) -> Bounds:
    """Return the bounds of a session that these grants paid."""
    return Bounds(like, frozenset(paid_by) if like.package is None else frozenset({like.package.grant_id}))
