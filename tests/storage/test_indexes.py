"""Indexes hold the same rows on both databases."""

import pytest
from sqlalchemy import Index

from storage.tables import metadata

PARTIAL = [
    index
    for table in metadata.tables.values()
    for index in sorted(table.indexes, key=lambda index: str(index.name))  # tests are collected in one order everywhere
    if any(index.dialect_options[kind]["where"] is not None for kind in ("sqlite", "postgresql"))
]


@pytest.mark.parametrize("index", PARTIAL, ids=[str(index.name) for index in PARTIAL])
def test_an_index_of_some_rows_is_of_the_same_ones_on_both(index: Index) -> None:
    ours, theirs = (index.dialect_options[kind]["where"] for kind in ("sqlite", "postgresql"))
    assert ours is not None
    assert ours.compare(theirs)
