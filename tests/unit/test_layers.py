"""The domain is the standard library only: import-linter can forbid names it is told, this forbids every other one."""

import ast
import sys
from pathlib import Path

COACHING = Path(__file__).parents[2] / "coaching"


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_coaching_imports_itself_and_the_standard_library_only() -> None:
    files = sorted(COACHING.rglob("*.py"))
    allowed = sys.stdlib_module_names | {"coaching"}
    strangers = {str(path.relative_to(COACHING)): imported(path) - allowed for path in files}
    assert {path: names for path, names in strangers.items() if names} == {}
    assert any("zoneinfo" in imported(path) for path in files)  # it does look inside
