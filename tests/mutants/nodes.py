"""A plugin for pytest: writes every test's own id into its report, for `choice.look`."""

from collections.abc import Callable

import pytest


@pytest.fixture(autouse=True)
def _node_id(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    record_property("nodeid", request.node.nodeid.partition("@")[0])
