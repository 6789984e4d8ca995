"""News of requests for credits: to whoever decides, and the answer to whoever asked."""

from dataclasses import dataclass

from coaching.news.announcement import Announcement
from coaching.news.kinds import KINDS, NUDGES, Audience, NoticeKind
from coaching.packages import Holding, Pool
from coaching.requests import Request
from coaching.sessions import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCredits(Announcement):
    """The fields of news of a request for credits.

    `pool` is where they are to go, if not to the client. `coach` and `session_type` name what they are for.
    """

    asked: Request
    pool: Pool | None = None
    coach: Person | None = None
    session_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditsAsked(OfCredits):
    """To a pool's contact or an admin: a client asks for credits.

    `has` is what its holder can use now (hundredths). `answered_by` closed it, unless time did; `given` is what was
    given; `passed_by` is the contact who passed it on, `silent` the one who was asked before the admins and did not.
    """

    client: Person
    kind: NoticeKind
    has: int = 0
    answered_by: Person | None = None
    passed_by: Person | None = None
    silent: Person | None = None
    given: Holding | None = None

    @property
    def to_admin(self) -> bool:
        """Whether the reader was told as an admin, who can give credits."""
        return KINDS[self.kind].to is Audience.ADMINS

    @property
    def again(self) -> bool:
        """Whether this is a reminder: the reader was told of the request before."""
        return self.kind in NUDGES


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditsAnswered(OfCredits):
    """To a client: their request was declined or ran out, or the pool got credits."""

    given: Holding | None = None
