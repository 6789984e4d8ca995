"""The data that views about an uploaded file carry."""

from dataclasses import dataclass

from handlers.meta import SHORT, _AsJson, _texts
from handlers.parse import MAX_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class BringMeta(_AsJson):
    """An uploaded file that is being brought in, and the key of its columns."""

    file: str = _texts(MAX_ID, least=1)
    key: str = _texts(SHORT, least=1)
