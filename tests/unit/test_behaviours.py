"""The documents under docs/: whoever meets C3, K2 or ADR 0010 in the code can look it up."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("bot", "coaching", "handlers", "storage", "playground", "tests", "docs/adr", "README.md", "CONTRIBUTING.md")


def test_every_behaviour_that_is_cited_is_described() -> None:
    described = re.findall(r"^- \*\*([CKARM]\d+)\*\*", (ROOT / "docs/behaviours.md").read_text(), re.MULTILINE)
    assert len(described) == len(set(described))
    cited = {(number, str(path.relative_to(ROOT))) for path in _files() for number in _cited(path.read_text())}
    assert {number for number, _ in cited} >= {"C0", "K2", "M4", "R1"}
    assert [one for one in sorted(cited) if one[0] not in described] == []


def test_every_decision_has_a_number_of_its_own_and_its_title_says_it() -> None:
    records = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [path.name[:4] for path in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    assert [path.name for path in records if not path.read_text().startswith(f"# {path.name[:4]}: ")] == []


def _files() -> list[Path]:
    found = [path for room in ROOMS for path in ((ROOT / room).rglob("*") if (ROOT / room).is_dir() else [ROOT / room])]
    return [path for path in found if path.suffix in {".py", ".md"} and path != Path(__file__)]


def _cited(text: str) -> list[str]:
    """Behaviours stand in parentheses: (C9, K4)."""
    lists = re.findall(r"\(((?:[CKARM]\d{1,2}(?:, )?)+)\)", text)
    return [number for one in lists for number in one.split(", ")]
