"""What can go wrong, as types that carry ids. The words for people are in `handlers/error_words.py`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from coaching.causes import Blocked, NoException, NoRequest, NoUndo, Obstacle, Unclosable
from coaching.fields import Field

Figure = str | int | Decimal


class CoachingError(Exception):
    """An expected failure: the person gets a clear message and can go on from it."""


class NotYours(CoachingError):
    """The object named in the request belongs to another person or workspace, or does not exist.

    One error covers all three: separate ones would reveal to a stranger what exists.
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
    """Slack's confirmation that the actor is an admin is too old to act on.

    `asked`: Slack was asked again and gave no answer.
    """

    asked = False


class CoachesOnly(CoachingError):
    """The action is for coaches, and the actor is not one, or no longer one."""

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
    """The policy of a picked session requires a reason, and none was given."""


class ReasonTooLong(CoachingError):
    """The reason is longer than Slack and the app can show."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"reason of {length} characters, at most {limit}")
        self.length, self.limit = length, limit


class NoteTooLong(CoachingError):
    """A note is longer than Slack and the app can show."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"note of {length} characters, at most {limit}")
        self.length, self.limit = length, limit


class NoteEmpty(CoachingError):
    """A note was changed to a text of which nothing can be seen."""


class NoteGone(CoachingError):
    """The note to change was deleted meanwhile."""


class CannotAsk(CoachingError):
    """No exception can be requested. `contact` is the workspace's support contact, as another way for the client."""

    def __init__(self, action_id: str, why: NoException, contact: str | None = None) -> None:
        super().__init__(f"{action_id}: {why}")
        self.action_id, self.why, self.contact = action_id, why, contact


class CannotRequest(CoachingError):
    """Something cannot be asked for. `contact` is the workspace's support contact, as another way for the client."""

    def __init__(self, subject_id: str, why: NoRequest, contact: str | None = None) -> None:
        super().__init__(f"{subject_id}: {why}")
        self.subject_id, self.why, self.contact = subject_id, why, contact


class Answered(CoachingError):
    """The request was answered before, withdrawn, or its time is over. Nothing was changed."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"request {request_id} is not open")
        self.request_id = request_id


class BadPart(CoachingError):
    """A partial refund that is zero, or not less than what was kept; both in hundredths of a credit, per session."""

    def __init__(self, part: int, kept: int) -> None:
        super().__init__(f"part {part}, kept {kept}")
        self.part, self.kept = part, kept


class CannotCancel(CoachingError):
    """Sessions that can no longer be canceled: already canceled, started, or late where the policy forbids it."""

    def __init__(self, why: Mapping[str, Blocked]) -> None:
        super().__init__(", ".join(f"{session_id}: {cause}" for session_id, cause in why.items()))
        self.why = why


class CannotClose(CoachingError):
    """A session that cannot be marked as completed or as a no-show."""

    def __init__(self, session_id: str, why: Unclosable) -> None:
        super().__init__(f"{session_id}: {why}")
        self.session_id, self.why = session_id, why


class DialogExpired(CoachingError):
    """The dialog's draft is gone or belongs to an earlier round. Open the dialog again."""

    def __init__(self, draft_id: str) -> None:
        super().__init__(f"draft {draft_id} is gone")
        self.draft_id = draft_id


class NotEnoughCredits(CoachingError):
    """The client's usable grants do not cover the price (both in hundredths of a credit)."""

    def __init__(self, price: int, available: int) -> None:
        super().__init__(f"price {price}, available {available}")
        self.price, self.available = price, available


class Engaged(CoachingError):
    """A person has another session, as client or as coach, between two instants (aware UTC)."""

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
    """A cancellation that can no longer be undone."""

    def __init__(self, action_id: str, why: NoUndo) -> None:
        super().__init__(f"{action_id}: {why}")
        self.action_id, self.why = action_id, why


class NotBookable(CoachingError):
    """The coach has left, has no hours, or does not give this type of session."""

    def __init__(self, coach_id: str, why: Obstacle) -> None:
        super().__init__(f"{coach_id}: {why}")
        self.coach_id, self.why = coach_id, why


class InPast(CoachingError):
    """The instant to book has passed."""


class Wrong(CoachingError):
    """A value that cannot be used. `message` says why: a translatable clause with named places for `figures`.

    `many` replaces `message` when the figure `n` is not 1.
    """

    def __init__(self, message: str, many: str | None = None, /, **figures: Figure) -> None:
        shown = {name: value if isinstance(value, str) else f"{value:,}" for name, value in figures.items()}
        clause = message if many is None or figures.get("n") == 1 else many
        super().__init__(clause.format(**shown) if shown else clause)
        self.message, self.many, self.figures = message, many, figures


class BadPolicy(Wrong):
    """A policy that contradicts itself."""


class TermsGone(CoachingError):
    """The session type or package of some terms is gone, or cannot do without terms of its own."""

    def __init__(self, scope: object) -> None:
        super().__init__(f"no terms of {scope}")
        self.scope = scope


class TermsChanged(CoachingError):
    """The terms that a booking would get differ from those that were shown. Nothing was booked."""


class PaymentChanged(CoachingError):
    """Other credits would pay for a booking than those that were shown. Nothing was booked."""


class BadSetting(Wrong):
    """A setting that cannot be used; `field` names it."""

    def __init__(self, field: Field, message: str, many: str | None = None, /, **figures: Figure) -> None:
        super().__init__(message, many, **figures)
        self.field = field


class Replayed(CoachingError):
    """The same request was carried out before. It must not happen twice."""


class StorageBusy(CoachingError):
    """The database did not answer in time. Nothing was changed, except with PartlyDone and perhaps with ReplyLost."""


class StorageAils(StorageBusy):
    """The database cannot store the change (its disk, file or schema). Nothing was changed. The message says why."""


class ReplyLost(StorageBusy):
    """A commit was not answered, so its changes may be stored or not. Repeating the same request tells which."""


class PartlyDone(StorageBusy):
    """An action of several transactions stopped after some of them. Doing it again does the rest, and nothing twice.

    `canceled` sessions are canceled for good. The cause says what stopped it.
    """

    def __init__(self, canceled: int) -> None:
        super().__init__(f"stopped after {canceled} cancellations")
        self.canceled = canceled


class ChangedMeanwhile(CoachingError):
    """A guarded update found a row that changed in the meantime. Nothing was changed."""
