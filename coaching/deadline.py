"""The deadline of a request: nothing on its path waits longer than the time that is left.

Slack allows three seconds from when it sent a request. The web server and Socket Mode set the deadline when the
request arrives. Every call to Slack and every wait for a connection, a lock or a statement asks here how long it may
take. Background work has no deadline. Time here is in monotonic seconds, independent of the business clock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from coaching.errors import ReplyLost

REQUEST_SECONDS = 2.5
"""How long all work on a request may take. The rest of Slack's three seconds is for the network."""
GRACE_SECONDS = 0.25
"""How long after that the answer waits for code that is about to explain why there is no result."""


class OutOfTime(TimeoutError):
    """The request's time is up: nothing new is begun for it."""


LOOK_UP_SECONDS = 0.9
"""The part of a request's time reserved for finding out whether a commit without an answer took effect."""


@dataclass(slots=True)
class _Request:
    ends_at: float
    monotonic: Callable[[], float]
    wrote: bool = False
    again: bool = False


_present: ContextVar[_Request | None] = ContextVar("request", default=None)


@contextmanager
def within(seconds: float = REQUEST_SECONDS, *, monotonic: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Limit everything inside to `seconds` in total."""
    token = _present.set(_Request(monotonic() + seconds, monotonic))
    try:
        yield
    finally:
        _present.reset(token)


@contextmanager
def lifted() -> Iterator[None]:
    """Do background work inside: it has no deadline, and its writes do not count as the request's."""
    token = _present.set(None)
    try:
        yield
    finally:
        _present.reset(token)


def left(most: float) -> float:
    """Return how many seconds a wait may take: `most`, or what is left of the request if that is less.

    Raises OutOfTime.
    """
    found = remaining()
    if found is None:
        return most
    if found <= 0:
        raise OutOfTime
    return min(most, found)


def remaining() -> float | None:
    """Return how many seconds are left, negative once they are over, or None where there is no deadline."""
    request = _present.get()
    return None if request is None else request.ends_at - request.monotonic()


def for_commit() -> float | None:
    """Return how many seconds a commit may take, or None where there is no deadline.

    That is what is left without the time for looking up its outcome, but at least half of what is left.
    """
    found = remaining()
    return None if found is None else max(found - LOOK_UP_SECONDS, found / 2)


@contextmanager
def writing() -> Iterator[None]:
    """Commit inside. Raises OutOfTime: past its deadline a request changes nothing.

    From here on the request must not be answered with "nothing was changed", unless the error that is raised proves it.
    A lost reply and a timeout do not.
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
    """Return whether this request may have changed something. If so, never answer that nothing was changed."""
    request = _present.get()
    return request is not None and request.wrote


def look_again() -> bool:
    """Record that a reply was lost. Return whether the request may run once more to find out what happened.

    The lost commit counts as the request's, even if it was made in work without a deadline.
    """
    request = _present.get()
    if request is None:
        return False
    request.wrote = True
    if request.again:
        return False
    request.again = True
    return True


def looked_again() -> bool:
    """Return whether this is the second run of a request, after a reply was lost in the first."""
    request = _present.get()
    return request is not None and request.again
