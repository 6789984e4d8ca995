"""What people type, before it is kept."""

from coaching.errors import CoachingError
from coaching.naming import visible


def storable(text: str) -> str:
    """Return text without what no database keeps: NUL, and halves of characters (JSON can carry both)."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def kept_text(text: str | None, most: int, too_long: type[CoachingError]) -> str | None:
    """Return what of a text is kept, None for nothing that can be seen.

    Raises `too_long` (length, limit) above `most` characters.
    """
    kept = storable(text).strip() if text else ""
    if len(kept) > most:
        raise too_long(len(kept), most)
    return kept if visible(kept) else None
