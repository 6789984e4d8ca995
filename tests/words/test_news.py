"""News in the pseudo-language: every sentence was seen by a translator, in blocks and in text, and still fits Slack."""

from pathlib import Path

import pytest

from handlers.views.news import render
from tests.handlers.samples import sessions
from tests.unit.test_views_notices import every_announcement, refused
from tests.words import pseudo


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
@pytest.mark.parametrize("count", [1, 3, 11, 100])
def test_every_announcement_is_in_the_readers_language_and_fits(
    count: int, hostile: bool, pseudo_catalogue: Path
) -> None:
    with pseudo.spoken(pseudo_catalogue) as judge:
        for told in every_announcement(sessions(count, hostile=hostile)):
            message = render(told)
            judge.look(message)
            assert refused(message) == []
    assert judge.naked == {}
