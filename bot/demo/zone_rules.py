"""Zone rules of another release, to show and test what happens to sessions booked under older rules."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coaching import zones


def doctored(directory: Path, release: str, **like: str) -> Path:
    """Write a directory of zone rules with the version `release`, in which each zone has the clocks of another.

    For example `doctored(path, "2027a", **{"America/Vancouver": "America/Phoenix"})`. Load it with
    `zones.loaded_from(path)`.
    """
    for name, other in like.items():
        file = directory.joinpath(*name.split("/"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(zones.rules_of(other))
    (directory / "tzdata.zi").write_text(f"# version {release}\n", encoding="utf-8")
    return directory


@contextmanager
def older_rules(**like: str) -> Iterator[None]:
    """Use the rules of an older release inside the block: each zone has the clocks of another."""
    with tempfile.TemporaryDirectory() as directory, zones.loaded_from(doctored(Path(directory), "2020a", **like)):
        yield
