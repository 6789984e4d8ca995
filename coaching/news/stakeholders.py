"""The mail that asks an address which an admin named whether it may be written to (K7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.addresses import ANSWER_WITHIN, NamedAddress
from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice, named


def asking_key(address_id: str, asked_at: datetime) -> str:
    """Return the key of the notice that asked an address at this instant."""
    return named(str(NoticeKind.ADDRESS_ASKED), address_id, asked_at.isoformat())


def address_asked(one: NamedAddress) -> Notice:
    """Ask an address, once for each time that its yes is asked for."""
    return Notice(
        kind=NoticeKind.ADDRESS_ASKED,
        dedupe_key=asking_key(one.id, one.asked_at),
        recipient=one.id,
        due_at=one.asked_at,
        expires_at=one.asked_at + ANSWER_WITHIN,
        about_id=one.id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAsked(Announcement):
    """To an address: whose news it would get. `coaches` and `types` are their names."""

    asked: NamedAddress
    coaches: Sequence[str] = ()
    types: Sequence[str] = ()
