"""The stories once more, in a workspace whose Slack has none of the newer blocks."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STORIES = [
    f"tests/handlers/test_{name}.py"
    for name in ("cancel", "undo", "reschedule", "move_requests", "clicks", "home", "exceptions", "book")
]


def told(*what: str) -> subprocess.CompletedProcess[str]:
    """Run stories with the plugin that takes newer blocks away."""
    plugin = ["-p", "tests.support.older_blocks", "-m", "not deep", "-n", "0", "-q"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *what], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.deep
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("story", STORIES)
def test_every_story_is_told_as_well_in_the_older_form_of_blocks(story: str) -> None:
    done = told(story)
    assert done.returncode == 0, done.stdout


def test_the_plugin_takes_the_newer_blocks_away() -> None:
    done = told("tests/handlers/test_known_blocks.py", "-k", "is_confirmed_below_an_alert")
    assert done.returncode == 1
    assert "1 failed" in done.stdout
