"""Which tests are asked about a fault first, and that a limit is no verdict."""

from collections.abc import Mapping
from pathlib import Path

import coverage
import pytest

from tests.mutants.__main__ import ROOT
from tests.mutants.changes import Change, changes
from tests.mutants.choice import Map
from tests.mutants.trial import Benches
from tests.mutants.verdict import Verdict

SOURCE = "def cheapest(prices: list[int]) -> int:\n    return min(prices)\n"
ELSEWHERE = "tests/unit/test_texts.py::test_a_package_is_as_big_as_its_last_place"
NOTICES = "tests/unit/test_plans.py::test_what_is_late_waits_for_the_morning"


def recorded(
    root: Path,
    work: Path,
    runs: Mapping[str, Mapping[str, list[int]]],
    seconds: Mapping[str, float],
    at_import: Mapping[str, list[int]] | None = None,
) -> Map:
    """A map of tests that run lines of files."""
    data = coverage.CoverageData(str(work / "coverage"))
    data.set_context("")
    data.add_lines({str(root / path): some for path, some in (at_import or {}).items()})
    for test, lines in runs.items():
        data.set_context(f"{test}|run")
        data.add_lines({str(root / path): some for path, some in lines.items()})
    data.write()
    return Map(root, [work / "coverage"], seconds)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "coaching").mkdir()
    (tmp_path / "storage").mkdir()
    (tmp_path / "coaching" / "prices.py").write_text(SOURCE)
    return tmp_path


def fault(root: Path) -> Change:
    [found] = changes(root, "coaching/prices.py", predicates=False)
    return found


def test_what_is_close_and_costs_little_is_asked_first_and_of_many_examples_one(root: Path) -> None:
    near, far, slow = "test_a.py::test_the_cheapest_prices", "test_a.py::test_a_long_story", "test_a.py::test_cheapest"
    examples = [f"test_b.py::test_some[{number}]" for number in range(3)]
    everywhere = list(range(1, 3000))
    runs: dict[str, dict[str, list[int]]] = {
        far: {"coaching/prices.py": [2], "storage/tales.py": everywhere},
        slow: {"coaching/prices.py": [2]},
        near: {"coaching/prices.py": [2]},
        "test_a.py::test_nothing_of_it": {"coaching/prices.py": [1]},
        **{example: {"coaching/prices.py": [2]} for example in examples},
    }
    seconds = {far: 0.1, slow: 60.0, near: 0.1, **dict.fromkeys(examples, 0.1)}
    asked = recorded(root, root, runs, seconds).tests(fault(root))
    assert asked[0] == near
    assert asked.index(far) > asked.index(examples[0])
    assert asked.index(slow) > asked.index(far)
    assert asked[-2:] == sorted(examples)[1:] or set(asked[-2:]) < set(examples)
    assert len(asked) == 6


TEXTS = '''"""What is asked of a database."""
LONGEST = 24


def meeting(hat):
    return f"""
        SELECT 1 FROM sessions a JOIN sessions b ON b.{hat} = a.{hat}
        WHERE b.starts_at < a.ends_at AND b.length < {LONGEST}
    """


RULES = (meeting("coach"), meeting("client"))
TAKEN = "taken"
'''
ASKING = """from storage.texts import RULES, TAKEN


async def broken(connection):
    for rule in RULES:
        await connection.execute(rule)


def refused(error):
    return TAKEN in str(error)
"""
RECORDS = """from dataclasses import dataclass


@dataclass
class Refund:
    amount: int
    later: bool = False
    MOST = 5
"""
DECIDING = """from coaching.records import Refund


def decide(amount):
    return Refund(amount)


def read(refund: Refund):
    return refund.amount


def most():
    return Refund.MOST
"""
MIGRATION = """from storage.texts import RULES


def upgrade(op):
    op.execute(RULES)
"""


def asked(root: Path, path: str, was: str, runs: Mapping[str, Mapping[str, list[int]]]) -> list[set[str]]:
    """Who is asked about each fault in a line."""
    text = {"storage/texts.py": [2, 5, 6, 7, 8, 12, 13], "coaching/records.py": [4, 5, 6, 7, 8]}
    known = recorded(root, root, runs, {}, text)
    source = (root / path).read_text()
    found = [
        one
        for one in changes(root, path, predicates=path.startswith("storage"))
        if was in source.splitlines()[one.line - 1]
    ]
    assert found
    assert all(known.at_import(one) for one in found)
    return [set(known.tests(one)) for one in found]


@pytest.mark.parametrize("line", ["JOIN sessions b", "b.starts_at < a.ends_at"])
def test_about_a_text_that_a_function_builds_at_import_those_are_asked_who_run_what_reads_it(
    root: Path, line: str
) -> None:
    (root / "storage" / "texts.py").write_text(TEXTS)
    (root / "storage" / "asking.py").write_text(ASKING)
    runs = {
        "test_a.py::test_rules": {"storage/asking.py": [5, 6]},
        "test_b.py::test_errors": {"storage/asking.py": [10]},
    }
    assert all(one == {"test_a.py::test_rules"} for one in asked(root, "storage/texts.py", line, runs))


def test_about_a_trigger_those_are_asked_who_run_what_else_reads_its_module(root: Path) -> None:
    (root / "storage" / "texts.py").write_text(TEXTS)
    (root / "storage" / "asking.py").write_text(ASKING.replace("RULES, ", "").replace("RULES", "()"))
    home = root / "storage" / "migrations"
    home.mkdir()
    (home / "first.py").write_text(MIGRATION)
    runs = {
        "test_a.py::test_whoever_is_first": {"storage/migrations/first.py": [5]},
        "test_b.py::test_errors": {"storage/asking.py": [10]},
        "test_c.py::test_nothing_of_it": {"storage/asking.py": [5, 6]},
    }
    wanted = {"test_a.py::test_whoever_is_first", "test_b.py::test_errors"}
    assert all(one == wanted for one in asked(root, "storage/texts.py", "JOIN sessions b", runs))


@pytest.mark.parametrize("line", ["later: bool = False", "MOST = 5"])
def test_about_what_a_class_holds_those_are_asked_who_run_what_uses_the_class(root: Path, line: str) -> None:
    (root / "coaching" / "records.py").write_text(RECORDS)
    (root / "coaching" / "deciding.py").write_text(DECIDING)
    runs = {
        "test_a.py::test_decides": {"coaching/deciding.py": [5]},
        "test_b.py::test_reads": {"coaching/deciding.py": [9]},
        "test_c.py::test_most": {"coaching/deciding.py": [13]},
    }
    assert asked(root, "coaching/records.py", line, runs) == [{"test_a.py::test_decides", "test_c.py::test_most"}]


@pytest.mark.deep
def test_a_fault_whose_tests_were_not_all_asked_is_looked_at_once_more(tmp_path: Path) -> None:
    [change] = [
        one
        for one in changes(ROOT, "coaching/quiet.py", predicates=False)
        if one.lines((ROOT / one.path).read_text())[1] == "if night is not None:"
    ]
    runs = {test: {change.path: [change.line]} for test in (ELSEWHERE, NOTICES)}
    known = recorded(ROOT, tmp_path, runs, {ELSEWHERE: 0.0, NOTICES: 9.0})
    with Benches(ROOT, tmp_path, known, 1) as benches:
        [first] = benches.judged([change], 0.0)
        assert (first.verdict, first.test) == (Verdict.UNFINISHED, ELSEWHERE)
        assert not first.verdict.noticed
        [second] = benches.judged([change], None)
        assert (second.verdict, second.test) == (Verdict.CAUGHT, NOTICES)
