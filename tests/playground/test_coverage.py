"""The coverage table tells the truth."""

import ast
from pathlib import Path

from playground.api import METHODS
from playground.coverage import TABLE, table

ROOT = Path(__file__).parents[2]


def test_the_table_lists_the_methods_that_are_served() -> None:
    assert set(TABLE) == set(METHODS)


def test_every_test_that_the_table_names_exists() -> None:
    for name, coverage in TABLE.items():
        assert coverage.tests
        for test in coverage.tests:
            path, _, function = test.partition("::")
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            found = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
            assert function in found, f"{name}: {test}"


def test_the_table_prints_one_entry_per_method() -> None:
    printed = [line for line in table().splitlines() if not line.startswith(" ")]
    assert [line.split()[:2] for line in printed] == [[name, TABLE[name].support] for name in sorted(TABLE)]
