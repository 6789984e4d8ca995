"""Requests that are carried out once, and those that may be repeated after a lost reply."""

from coaching import deadline
from coaching.errors import Replayed
from coaching.ports import UnitOfWork


async def claim_choice(uow: UnitOfWork, key: str) -> None:
    """Claim a request that only stores a choice made in a dialog.

    Raises Replayed for an old request that arrives again. A request repeated because its reply was lost continues: the
    same choice changes nothing, and the dialog goes on.
    """
    try:
        await uow.claim_request(key)
    except Replayed:
        if not deadline.looked_again():
            raise
