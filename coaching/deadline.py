"""The one deadline of a request: whoever waits on its way waits no longer than what is left.

Slack gives a request three seconds from when it was sent. The door sets the deadline when the request arrives; every call to
Slack, every wait for a connection, a lock or a statement asks here how long it may take. Work that nobody waits for has no
deadline. Time here is monotonic seconds: it has nothing to do with the business clock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from coaching.errors import ReplyLost

REQUEST_SECONDS = 2.5
"""How long the work on a request may take in all; the rest of Slack's three seconds is the network's."""
GRACE_SECONDS = 0.25
"""How long after that the answer is held for whoever is about to say why there is none."""


class OutOfTime(TimeoutError):
    """The request's time is up: nothing new is begun for it."""


LOOK_UP_SECONDS = 0.9
"""What is kept of a request's time for seeing what became of a commit that nobody answers."""


@dataclass(slots=True)
class _Request:
    ends_at: float
    monotonic: Callable[[], float]
    wrote: bool = False
    again: bool = False


_present: ContextVar[_Request | None] = ContextVar("request", default=None)


@contextmanager
def within(seconds: float = REQUEST_SECONDS, *, monotonic: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Give what happens inside so many seconds in all."""
    token = _present.set(_Request(monotonic() + seconds, monotonic))
    try:
        yield
    finally:
        _present.reset(token)


@contextmanager
def lifted() -> Iterator[None]:
    """Do something that nobody waits for: it has no deadline, and what it writes is not the request's doing."""
    token = _present.set(None)
    try:
        yield
    finally:
        _present.reset(token)


def left(most: float) -> float:
    """Return how many seconds a wait may take: `most`, or what is left of the request. Raises OutOfTime."""
    found = remaining()
    if found is None:
        return most
    if found <= 0:
        raise OutOfTime
    return min(most, found)


def remaining() -> float | None:
    """Return how many seconds are left (negative once they are over); None where there is no deadline."""
    request = _present.get()
    return None if request is None else request.ends_at - request.monotonic()


@contextmanager
def writing() -> Iterator[None]:
    """Commit inside. Raises OutOfTime: past its deadline a request changes nothing.

    From here on nobody is told that nothing was changed, unless what is raised says for certain that it was not: a reply that
    was lost, or a cut, does not.
    """
    left(REQUEST_SECONDS)
    request = _present.get()
    if request is None:
        yield
        return
    before, request.wrote = request.wrote, True
    try:
        yield
    except (ReplyLost, TimeoutError):
        raise
    except Exception:
        request.wrote = before
        raise


def wrote() -> bool:
    """Return whether this request may have changed something, so that nobody is told that nothing was."""
    request = _present.get()
    return request is not None and request.wrote


def look_again() -> bool:
    """Note that a reply was lost, and return whether the request may be carried out once more to see what became of it."""
    request = _present.get()
    if request is None or request.again:
        return False
    request.again = True
    return True


def looked_again() -> bool:
    """Return whether this is a request's second time, after a reply was lost in its first."""
    request = _present.get()
    return request is not None and request.again
