"""Two minutes of storm: one replica and two, on both databases, and every bound holds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.storm.report import broken_bounds, details, table
from tests.storm.storm import SKIES, storm

SECONDS = 120.0


@pytest.mark.deep
async def test_whatever_befalls_the_bot_everybody_hears_once_what_is_so(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    storms = []
    for kind, replicas in SKIES:
        directory = tmp_path / f"{kind}{replicas}"
        directory.mkdir()
        storms.append(await storm(kind, replicas, seconds=SECONDS / len(SKIES), seed=1, directory=directory))
    record_property("to be shown", table(storms))
    assert not any(broken_bounds(one) for one in storms), "\n".join(details(one) for one in storms)
