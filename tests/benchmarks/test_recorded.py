"""The other sides are asked what we ask, once each, on both databases."""

import pytest

from benchmarks.recorded import list_statements
from benchmarks.world import client_id, engines_in_a_hurry, write_lists
from tests.conftest import KINDS
from tests.support.databases import Databases


@pytest.mark.parametrize("kind", KINDS)
async def test_every_statement_of_a_list_is_recorded_once(databases: Databases, kind: str) -> None:
    url = await databases.fresh(kind)
    await write_lists(url, 40)
    engines = engines_in_a_hurry(url)
    try:
        recorded = await list_statements(engines, client_id(0))
    finally:
        await engines.dispose()
    assert recorded.raw
    assert len(recorded.asked) == len(recorded.raw)
    assert len({one.sql for one in recorded.raw}) == len(recorded.raw), "nothing is asked twice"
