"""Every cause for which something cannot be done has words of its own, with the next step."""

from enum import StrEnum

import pytest

from coaching.causes import NoException, NoUndo, Obstacle
from coaching.errors import CannotAsk, CoachingError, NotBookable
from handlers.error_words import words_for
from handlers.views.undo import closed_words
from language.say import IN_ENGLISH


def _told(why: StrEnum) -> str:
    if isinstance(why, NoUndo):
        return closed_words(why, IN_ENGLISH)
    error: CoachingError = CannotAsk("a", why) if isinstance(why, NoException) else NotBookable("U1", Obstacle(why))
    return words_for(error, "ref", IN_ENGLISH)


# That a time is taken is an error of its own, which names the session in the way.
@pytest.mark.parametrize(
    "causes", [list(NoUndo), list(NoException), [one for one in Obstacle if one is not Obstacle.BUSY]]
)
def test_every_cause_has_words_of_its_own(causes: list[StrEnum]) -> None:
    words = [_told(why) for why in causes]
    assert len(set(words)) == len(words)
    assert all(one.rstrip("`").endswith((".", "`", "?")) for one in words)
