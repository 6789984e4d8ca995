"""Kinds of requests, one row each: which notices ask whom. What happens to them is in `coaching/actions/requests.py`."""

from collections.abc import Mapping
from dataclasses import dataclass

from coaching.news.kinds import NoticeKind
from coaching.requests import RequestKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A row: the properties of every request of a kind.

    `to_coach` is the kind of notice that asks the coach, and `to_admins` the one that asks the admins.
    """

    kind: RequestKind
    to_coach: NoticeKind
    to_admins: NoticeKind


_ROWS = (
    Asking(kind=RequestKind.EXCEPTION, to_coach=NoticeKind.EXCEPTION, to_admins=NoticeKind.ADMIN_EXCEPTION),
    Asking(kind=RequestKind.MOVE, to_coach=NoticeKind.MOVE_ASKED, to_admins=NoticeKind.ADMIN_MOVE_ASKED),
)

ASKING: Mapping[RequestKind, Asking] = {row.kind: row for row in _ROWS}
"""The row of every kind."""
