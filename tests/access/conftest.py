"""What all tests here share."""

import pytest

from tests.access.estate import Furnished
from tests.support.databases import Databases


@pytest.fixture(scope="session")
def furnished(databases: Databases) -> Furnished:
    """The furnished databases of this run."""
    return Furnished(databases)
