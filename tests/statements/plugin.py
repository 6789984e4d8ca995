"""A pytest plugin that records what the tests of a run ask of their databases: `-p tests.statements.plugin`."""

import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.statements.recorder import recording

WHERE = "STATEMENTS_TO"
"""The variable that names the file to which they are written."""


@pytest.fixture(scope="session", autouse=True)
def _recorded() -> Iterator[None]:
    with recording() as found:
        yield
    Path(os.environ[WHERE]).write_bytes(pickle.dumps(found))
