"""The collector rests while things are made that stay, never looks through them, and works again afterwards."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from bot.garbage import keeping


class Circle:
    """Refers to itself, so that only the collector can free it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """Let the collector look through everything again."""
    yield
    gc.unfreeze()


def test_what_is_made_meanwhile_is_not_looked_through() -> None:
    with keeping():
        assert not gc.isenabled()
        kept = weakref.ref(Circle())
    gc.collect()
    assert kept() is not None


def test_what_is_made_later_is_collected_as_ever() -> None:
    with keeping():
        pass
    assert gc.isenabled()
    gone = weakref.ref(Circle())
    gc.collect()
    assert gone() is None


def test_the_collector_works_again_after_a_failure() -> None:
    with pytest.raises(ImportError), keeping():
        raise ImportError
    assert gc.isenabled()
