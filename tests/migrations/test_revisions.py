"""The release knows its revisions without Alembic, which a start with nothing to migrate does not even import."""

import asyncio
import subprocess
import sys
from pathlib import Path

from alembic.script import ScriptDirectory

from storage.migrate import MIGRATIONS, head, known, upgrade

_START = """
import asyncio, sys
from storage.migrate import upgrade
asyncio.run(upgrade(sys.argv[1]))
print([name for name in sys.modules if name.partition(".")[0] == "alembic"])
"""


def test_the_files_names_tell_what_alembic_knows() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert known() == {script.revision for script in scripts.walk_revisions()}
    assert scripts.get_heads() == [head()]


def test_a_database_that_lacks_nothing_needs_no_alembic(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'sessions.db'}"
    asyncio.run(upgrade(url))
    started = subprocess.run([sys.executable, "-c", _START, url], capture_output=True, text=True, check=True)
    assert started.stdout.strip() == "[]"
