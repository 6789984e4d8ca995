"""The tour is a promise of its own: it runs as a newcomer would run it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.demo.tour import run_tour
from tests.words import pseudo

ROOT = Path(__file__).resolve().parents[2]


def test_the_tour_keeps_every_promise() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "tour"], cwd=ROOT, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    kept = re.search(r"\b(\d+) promises kept, 0 broken", done.stdout)
    assert kept, done.stdout
    assert re.search(r"all \d+ rules hold", done.stdout), done.stdout
    assert f"checks {kept[1]} promises" in (ROOT / "README.md").read_text()
    assert not done.stderr, done.stderr


@pytest.mark.deep
async def test_every_word_of_the_tour_was_seen_by_a_translator_and_fits_slack_when_it_is_longer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pseudo.write(tmp_path)
    with pseudo.spoken(tmp_path) as judge:
        assert await run_tour("en-US") == 0, capsys.readouterr().out
    assert judge.naked == {}
