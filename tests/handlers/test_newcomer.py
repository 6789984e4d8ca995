"""Somebody just met, while writing them down takes too long: every answer is shown as theirs all the same."""

import pytest

from handlers import deps
from tests.handlers.booking import COACHING, offers, opens
from tests.handlers.conftest import NEWCOMER, Stage


@pytest.mark.parametrize("word", ["", "past", "book", "cancel", "credits", "setup", "help"])
async def test_every_word_of_the_command_answers(stage: Stage, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setattr(deps, "KEEP_SECONDS", 0.0)
    await offers(stage, COACHING)
    await opens(stage)
    nora = stage.person(NEWCOMER)
    await nora.command(f"/sessions {word}")
    assert nora.modal is not None or word in {"setup", "help"}
    assert nora.modal is None or "Sorry" not in nora.modal.title
    if word == "book":
        assert nora.modal is not None
        assert "Central European" in nora.modal.text, "in their own zone, which Slack told"
    await stage.settled()
    assert '"exc_info"' not in stage.lines.getvalue()
    assert '"request failed"' not in stage.lines.getvalue()


async def test_their_home_is_shown(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deps, "KEEP_SECONDS", 0.0)
    nora = stage.person(NEWCOMER)
    await nora.home()
    await stage.settled()
    assert stage.calls("views.publish") >= 1
    assert '"request failed"' not in stage.lines.getvalue()
