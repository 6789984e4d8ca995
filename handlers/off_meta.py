"""The data that views about a time off carry."""

from dataclasses import dataclass

from handlers.meta import SHORT, _AsJson, _texts
from handlers.parse import MAX_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class OffMeta(_AsJson):
    """The time off that a form changes: its coach, and the instant at which it began when the form was opened."""

    coach: str = _texts(MAX_ID, least=1)
    begins: str = _texts(SHORT, least=1)
