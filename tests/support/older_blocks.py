"""A pytest plugin (`-p tests.support.older_blocks`): every playground is a workspace that lacks all newer blocks."""

from typing import Any

import pytest

from playground.server import Playground


@pytest.fixture(autouse=True)
def _without_newer_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = Playground.__init__

    def without(self: Playground, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        self.faults.add({"kind": "older_blocks"})

    monkeypatch.setattr(Playground, "__init__", without)
