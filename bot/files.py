"""How many files this process may open. Sockets are files, and a process without a free one serves nobody."""

import asyncio
import contextlib
import errno
import sys
from typing import Any

import structlog

from bot.seldom import Seldom

WANTED = 4096
"""Far more than is ever open at once. Some systems start programs with 256 or 1,024."""
_ASSUMED = 1024
_OUT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
log = structlog.get_logger(__name__)


def limit() -> int:
    """Return how many files this process may have open at once."""
    if sys.platform == "win32":
        return _ASSUMED
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED if soft == resource.RLIM_INFINITY else soft


def raise_limit() -> int:
    """Raise this process's limit of open files as far as needed and allowed, and return the limit."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            # The system may refuse even what it says it allows.
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return limit()


def say_seldom_when_out_of_files(loop: asyncio.AbstractEventLoop) -> None:
    """Log one line now and then if no socket can be opened. asyncio's own handler logs a traceback per connection."""
    seldom = Seldom()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in _OUT and "accept" in str(context.get("message"))):
            loop.default_exception_handler(context)
        elif (kept_back := seldom.due("accept")) is not None:
            log.error("no connection can be taken", why=error.strerror, files=limit(), lines_kept_back=kept_back)

    loop.set_exception_handler(handle)
