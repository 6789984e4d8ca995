"""Zone rules as another release brings them: to show, and to try, what becomes of what was booked under older ones."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coaching import zones


def doctored(directory: Path, release: str, **like: str) -> Path:
    """Write a directory of zone rules that calls itself `release`, in which each zone keeps the clocks of another.

    `doctored(path, "2027a", **{"America/Vancouver": "America/Phoenix"})`; take it with `zones.loaded_from(path)`.
    """
    for name, other in like.items():
        file = directory.joinpath(*name.split("/"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(zones.rules_of(other))
    (directory / "tzdata.zi").write_text(f"# version {release}\n", encoding="utf-8")
    return directory


@contextmanager
def older_rules(**like: str) -> Iterator[None]:
    """Tell time by the rules of an older release for the block: each zone keeps the clocks of another."""
    with tempfile.TemporaryDirectory() as directory, zones.loaded_from(doctored(Path(directory), "2020a", **like)):
        yield
