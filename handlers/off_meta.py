"""The data that views about a time off carry."""

from dataclasses import dataclass

from handlers.meta import SHORT, _AsJson, _texts
from handlers.parse import MAX_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class OffMeta(_AsJson):
    """The time off that a form changes: its coach, and the instant at which it began when the form was opened."""

    coach: str = _texts(MAX_ID, least=1)
    begins: str = _texts(SHORT, least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FateMeta(_AsJson):
    """The state of the dialog about what is booked in a time off of `coach`. What was chosen is in the draft.

    `page` and `round` count as in `Meta`, and `seal` identifies what the confirmation shows. `more` is how many sessions
    are left out.
    """

    coach: str = _texts(MAX_ID, least=1)
    draft: str = _texts(SHORT, least=1)
    page: int = 0
    round: int = 0
    seal: str = _texts(SHORT)
    more: int = 0
