"""Python's collector of cyclic garbage: it need not look through what a process keeps for life."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def keeping() -> Iterator[None]:
    """Run what makes things that stay, such as imports. The collector rests meanwhile, and never looks through them.

    It would go through all of them again and again and find next to nothing: while our modules are imported, that takes
    an eighth of the time, and later, requests wait for it.
    """
    gc.disable()
    try:
        yield
    finally:
        keep()
        gc.enable()


def keep() -> None:
    """Have the collector never look through anything that exists now."""
    gc.freeze()
