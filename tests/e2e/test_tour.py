"""The tour is a promise of its own: it runs as a newcomer would run it."""

import re
import subprocess
import sys
from pathlib import Path

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
