"""Requests that are carried out once, and what may be carried out again where an answer got lost."""

from coaching import deadline
from coaching.errors import Replayed
from coaching.ports import UnitOfWork


async def claim_choice(uow: UnitOfWork, key: str) -> None:
    """Claim a request that only keeps what was chosen in a dialog. Raises Replayed for an old one that comes again.

    One whose answer got lost goes on: choosing the same again changes nothing, and the dialog shows what follows.
    """
    try:
        await uow.claim_request(key)
    except Replayed:
        if not deadline.looked_again():
            raise
