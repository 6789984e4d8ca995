"""Mail addresses that admins name as stakeholders: nothing is sent there before a yes (K7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from coaching.clock import require_utc
from coaching.sessions import PENDING, Person

ANSWER_WITHIN = timedelta(days=14)
"""How long the link in a mail that asks an address can be used to say yes."""

ASKED_AGAIN_AFTER = timedelta(days=1)
"""How long an address that was removed and is named again is not asked once more: its last question still counts."""


class Consent(StrEnum):
    """Whether mails may be sent to an address that an admin named. Nothing goes there before a yes."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAddress:
    """A mail address that an admin named as a stakeholder (`id`, as of a person known by e-mail only).

    `asked_at` (aware UTC) is when its yes was last asked for; `asked_by_mail` is whether a mail did that or still will:
    where there is no page to lead to, only an admin can answer. `by` is the admin who answered for it, if one did.
    `came_back`: a mail server took nothing for it.
    """

    id: str
    consent: Consent
    asked_at: datetime
    asked_by_mail: bool = False
    by: Person | None = None
    came_back: bool = False

    def __post_init__(self) -> None:
        require_utc(self.asked_at)

    @property
    def address(self) -> str:
        """The address in small letters, its domain in ASCII."""
        return address_in(self.id)

    def is_over(self, now: datetime) -> bool:
        """Return whether it was asked and did not answer in time, so that it may be asked again."""
        return self.consent is Consent.WAITING and now > self.asked_at + ANSWER_WITHIN

    def is_to_be_asked(self, now: datetime, *, named_anew: bool, by_mail: bool) -> bool:
        """Return whether its yes is asked for when it is saved as a stakeholder, `by_mail` if that is possible.

        One from which a mail came back is left alone unless it is named anew.
        """
        if self.consent is not Consent.WAITING or (self.came_back and not named_anew):
            return False
        return self.is_over(now) or (by_mail and not self.asked_by_mail)

    def keeps_question(self, now: datetime) -> bool:
        """Return whether its last question still counts if it is named again after its last place was removed."""
        return self.asked_by_mail and now < self.asked_at + ASKED_AGAIN_AFTER


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose news a stakeholder gets: the names of coaches and of session types."""

    coaches: Sequence[str] = ()
    types: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.coaches or self.types)


def is_address(target: str) -> bool:
    """Return whether this is a mail address, in the form of an id."""
    return target.startswith(PENDING)


def address_in(target: str) -> str:
    """Return the address of a target that is one."""
    return target.removeprefix(PENDING)
