"""What can go wrong, as types that carry ids. The words a person reads live in `handlers/errors.py`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from coaching.causes import Blocked, NoException, NoUndo, Obstacle, Unclosable
from coaching.fields import Field

Figure = str | int | Decimal


class CoachingError(Exception):
    """Something a person can be told about and go on from."""


class NotYours(CoachingError):
    """The object named in the request belongs to somebody else, or to another workspace, or does not exist.

    One error for the three: telling them apart would tell a stranger what exists.
    """

    def __init__(self, what: str, ids: Sequence[str], actor_id: str) -> None:
        super().__init__(f"{actor_id} may not touch {what} {', '.join(ids)}")
        self.what, self.ids, self.actor_id = what, tuple(ids), actor_id


class AdminsOnly(CoachingError):
    """The action is for the workspace's admins."""

    def __init__(self, actor_id: str) -> None:
        super().__init__(f"{actor_id} is not an admin")
        self.actor_id = actor_id


class RightsInDoubt(AdminsOnly):
    """Slack's word that the actor is an admin is too old to act on. `asked`: it was asked again, and did not say."""

    asked = False


class CoachesOnly(CoachingError):
    """The action is for coaches, and the actor is not on their list, or not any more."""

    def __init__(self, actor_id: str) -> None:
        super().__init__(f"{actor_id} is not a coach")
        self.actor_id = actor_id


class NothingPicked(CoachingError):
    """No session was picked."""


class TooManyPicked(CoachingError):
    """More sessions were picked than one action takes."""

    def __init__(self, picked: int, limit: int) -> None:
        super().__init__(f"{picked} sessions picked, at most {limit} fit one action")
        self.picked, self.limit = picked, limit


class ReasonRequired(CoachingError):
    """A picked session's policy asks for a reason and none was given."""


class ReasonTooLong(CoachingError):
    """The reason is longer than Slack and we can show."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"reason of {length} characters, at most {limit}")
        self.length, self.limit = length, limit


class NoteTooLong(CoachingError):
    """A note is longer than Slack and we can show."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"note of {length} characters, at most {limit}")
        self.length, self.limit = length, limit


class CannotAsk(CoachingError):
    """No exception can be asked for. `contact` is the workspace's support contact, for who needs another way."""

    def __init__(self, action_id: str, why: NoException, contact: str | None = None) -> None:
        super().__init__(f"{action_id}: {why}")
        self.action_id, self.why, self.contact = action_id, why, contact


class BadPart(CoachingError):
    """A part that is nothing, or not less than what was kept; both in hundredths of a credit and for each session."""

    def __init__(self, part: int, kept: int) -> None:
        super().__init__(f"part {part}, kept {kept}")
        self.part, self.kept = part, kept


class CannotCancel(CoachingError):
    """Sessions that cannot be canceled any more: already canceled, started, or late where the policy forbids it."""

    def __init__(self, why: Mapping[str, Blocked]) -> None:
        super().__init__(", ".join(f"{session_id}: {cause}" for session_id, cause in why.items()))
        self.why = why


class CannotClose(CoachingError):
    """A session that cannot be marked as completed or missed."""

    def __init__(self, session_id: str, why: Unclosable) -> None:
        super().__init__(f"{session_id}: {why}")
        self.session_id, self.why = session_id, why


class DialogExpired(CoachingError):
    """The dialog's draft is gone or belongs to an earlier round; open it again."""

    def __init__(self, draft_id: str) -> None:
        super().__init__(f"draft {draft_id} is gone")
        self.draft_id = draft_id


class NotEnoughCredits(CoachingError):
    """The client's usable grants do not cover the price (both in hundredths of a credit)."""

    def __init__(self, price: int, available: int) -> None:
        super().__init__(f"price {price}, available {available}")
        self.price, self.available = price, available


class Engaged(CoachingError):
    """Somebody has another session between two instants (aware UTC), as its client or as its coach."""

    def __init__(self, person_id: str, starts_at: datetime, ends_at: datetime) -> None:
        super().__init__(f"{person_id} is taken at {starts_at.isoformat()}")
        self.person_id, self.starts_at, self.ends_at = person_id, starts_at, ends_at


class SlotTaken(Engaged):
    """The coach has another session at that time."""


class ClientBusy(Engaged):
    """The client has another session at that time."""


class CannotMove(CoachingError):
    """Sessions that cannot be moved: over, inside the window, or moved as often as the policy allows."""

    def __init__(self, why: Mapping[str, Blocked]) -> None:
        super().__init__(", ".join(f"{session_id}: {cause}" for session_id, cause in why.items()))
        self.why = why


class UndoClosed(CoachingError):
    """A cancellation that cannot be undone any more."""

    def __init__(self, action_id: str, why: NoUndo) -> None:
        super().__init__(f"{action_id}: {why}")
        self.action_id, self.why = action_id, why


class NotBookable(CoachingError):
    """The coach is not there any more, gives no hours, or does not give this kind of session."""

    def __init__(self, coach_id: str, why: Obstacle) -> None:
        super().__init__(f"{coach_id}: {why}")
        self.coach_id, self.why = coach_id, why


class InPast(CoachingError):
    """A booking was asked for an instant that has passed."""


class Wrong(CoachingError):
    """What somebody chose cannot be used; `message`, a clause with named places for `figures`, says why and is translated.

    `many`: what is said instead where its words go with a number, {n}, that is not one.
    """

    def __init__(self, message: str, many: str | None = None, /, **figures: Figure) -> None:
        shown = {name: value if isinstance(value, str) else f"{value:,}" for name, value in figures.items()}
        clause = message if many is None or figures.get("n") == 1 else many
        super().__init__(clause.format(**shown) if shown else clause)
        self.message, self.many, self.figures = message, many, figures


class BadPolicy(Wrong):
    """A policy that contradicts itself."""


class TermsGone(CoachingError):
    """The session type or package whose terms were asked for is not there any more, or cannot be without them."""

    def __init__(self, scope: object) -> None:
        super().__init__(f"no terms of {scope}")
        self.scope = scope


class TermsChanged(CoachingError):
    """The terms that a booking would get are not those that were shown; nothing was booked."""


class BadSetting(Wrong):
    """A set-up value that cannot be used; `field` names it."""

    def __init__(self, field: Field, message: str, many: str | None = None, /, **figures: Figure) -> None:
        super().__init__(message, many, **figures)
        self.field = field


class Replayed(CoachingError):
    """The very same request was carried out before; it must not happen twice."""


class StorageBusy(CoachingError):
    """The database did not answer in time; nothing was changed, but for ReplyLost, which cannot say."""


class StorageAils(StorageBusy):
    """The database cannot take what is written (its disk, its file, its schema); nothing was changed. The message says why."""


class ReplyLost(StorageBusy):
    """A commit was not answered: what it was to keep may be kept or not. Carrying the same request out again tells."""


class ChangedMeanwhile(CoachingError):
    """A guarded update met a row that somebody else changed first; nothing was changed."""
