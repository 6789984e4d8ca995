"""News in the pseudo-language: every sentence was seen by a translator, in blocks and in text, and still fits Slack."""

from pathlib import Path

import pytest

from coaching.news.kinds import NoticeKind
from handlers.views.news import render
from tests.delivery.conftest import Stage, stage  # noqa: F401 - the practice, Slack, and a relay between them
from tests.delivery.test_kinds import everything
from tests.handlers.samples import sessions
from tests.unit.test_views_notices import every_announcement, refused
from tests.words import pseudo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pseudo-language's catalogue."""
    found = tmp_path_factory.mktemp("locales")
    pseudo.write(found)
    return found


async def test_each_kind_is_told_in_the_readers_language(stage: Stage, folder: Path) -> None:  # noqa: F811
    with pseudo.spoken(folder) as judge:
        await everything(stage)
        await stage.relay().drain()
    assert {row.kind for row in await stage.rows() if row.message_ts} == set(NoticeKind)
    assert judge.naked == {}


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
@pytest.mark.parametrize("count", [1, 3, 11, 100])
def test_every_announcement_is_in_the_readers_language_and_fits(count: int, hostile: bool, folder: Path) -> None:
    with pseudo.spoken(folder) as judge:
        for told in every_announcement(sessions(count, hostile=hostile)):
            message = render(told)
            judge.look(message)
            assert refused(message) == []
    assert judge.naked == {}
