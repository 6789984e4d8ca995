"""Asked by name before any fault is planted: it makes what a run of tests shares, which every fork then has."""

from storage import SqlStore


async def test_there_is_a_database(store: SqlStore) -> None:
    async with store.read("T") as queries:
        assert queries
