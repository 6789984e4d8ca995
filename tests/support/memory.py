"""Throw-away files of tests lie in memory where there is room: a disk that others keep busy makes nobody wait."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's file system in memory; the files in it have names that nobody guesses
ROOM = 4 * 2**30
"""Bytes that must be free there. A container often gives 64 MiB, which a browser needs for itself."""


def keep_temporary_files_in_memory() -> None:
    """Have this process, and all that it starts, make temporary files there; whoever has set TMPDIR is obeyed."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
