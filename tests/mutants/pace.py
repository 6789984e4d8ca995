"""A plugin for pytest that writes down how much each test computes (CPU seconds), wherever it runs."""

import json
import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PLACE = "TESTS_COMPUTE"
"""The variable of the environment that names the file."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Measure what a test needs."""
    with _measured(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Measure what it does."""
    with _measured(item):
        return (yield)


@contextmanager
def _measured(item: pytest.Item) -> Iterator[None]:
    began = time.process_time()
    try:
        yield
    finally:
        item.user_properties.append(("computed", time.process_time() - began))


class _Notes:
    def __init__(self) -> None:
        self.computed: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one, of this process or of a worker."""
        parts = [part for name, part in report.user_properties if name == "computed" and isinstance(part, float)]
        self.computed[report.nodeid] = sum(parts)

    def pytest_sessionfinish(self) -> None:
        """Write all of them."""
        Path(os.environ[PLACE]).write_text(json.dumps(self.computed))


def pytest_configure(config: pytest.Config) -> None:
    """Let the process that hears of all of them write."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Notes())
