"""The receipt of a coach or an admin who canceled for others."""

from dataclasses import dataclass

from coaching.news.cancellations import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReceipt(Receipt):
    """To a coach or an admin: what they canceled for others, with *Undo* while it is open. The sessions are all of it."""
