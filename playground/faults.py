"""Faults on demand: rate limits, outages, lost replies and slowness of the Web API, and refused newer blocks."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from playground.blocks import NEWER
from playground.json_types import JsonObject

Kind = Literal["rate_limited", "server_error", "lost_reply", "slow", "older_blocks"]


_FIELDS = frozenset({"kind", "method", "channel", "calls", "seconds", "retry_after", "status", "ms", "blocks"})


class FaultError(ValueError):
    """A fault could not be set up. The message says why."""


@dataclass(slots=True)
class Fault:
    """One fault: what happens, to which calls, and for how long.

    `method` is a Web API method, `response_url`, or `*`. `remaining` counts calls, `until` is monotonic seconds. For
    both, None means no limit. `retry_after` is in seconds, `ms` in milliseconds. `older_blocks` is no fault of a call:
    the workspace does not have these newer `blocks` yet, in calls nor in answers.
    """

    id: str
    kind: Kind
    method: str = "*"
    channel: str | None = None
    remaining: int | None = None
    until: float | None = None
    retry_after: int = 1
    status: int = 500
    ms: int = 0
    blocks: list[str] = field(default_factory=list)

    def view(self) -> JsonObject:
        """Return the fault as the control API shows it."""
        return asdict(self)


class Faults:
    """The active faults."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)
        self._mended: dict[str, asyncio.Event] = {}

    def add(self, spec: Mapping[str, Any]) -> Fault:
        """Switch a fault on.

        Args:
            spec: `kind`, and optionally `method`, `channel`, `calls` (the next n), `seconds`, `retry_after`,
                `status` (of a server error), `ms`, `blocks` (all newer ones if they are left out).

        Raises:
            FaultError: the kind or a field is unknown.
        """
        unknown = set(spec) - _FIELDS
        if unknown:
            raise FaultError(f"a fault has no field {min(unknown)!r}")
        if spec.get("kind") not in get_args(Kind):
            raise FaultError(f"a fault's kind is one of {', '.join(get_args(Kind))}")
        seconds = spec.get("seconds")
        fault = Fault(
            f"F{next(self._ids)}",
            spec["kind"],
            str(spec.get("method", "*")),
            spec.get("channel"),
            None if spec.get("calls") is None else int(spec["calls"]),
            None if seconds is None else self._clock() + float(seconds),
            int(spec.get("retry_after", 1)),
            int(spec.get("status", 500)),
            int(spec.get("ms", 0)),
            [str(kind) for kind in spec.get("blocks", sorted(NEWER))] if spec["kind"] == "older_blocks" else [],
        )
        self._faults.append(fault)
        return fault

    def remove(self, fault_id: str | None = None) -> None:
        """Switch off one fault, or all. A call that it is slowing down continues at once."""
        self._faults = [fault for fault in self._faults if fault_id is not None and fault.id != fault_id]
        for held in [fault_id] if fault_id is not None else list(self._mended):
            if held in self._mended:
                self._mended.pop(held).set()

    async def dawdle(self, fault: Fault) -> None:
        """Wait as long as a slow fault demands, or until it is switched off."""
        mended = self._mended.setdefault(fault.id, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(fault.ms / 1000):
                await mended.wait()

    def active(self) -> list[Fault]:
        """Return the faults that are still active."""
        now = self._clock()
        self._faults = [f for f in self._faults if f.remaining != 0 and (f.until is None or f.until > now)]
        return self._faults.copy()

    def without_blocks(self) -> frozenset[str]:
        """Return the newer blocks that the workspace does not have yet."""
        if not self._faults:
            return frozenset()
        return frozenset(kind for fault in self.active() for kind in fault.blocks)

    def strike(self, method: str, channel: str | None) -> list[Fault]:
        """Return the faults that apply to this call, and count each down by one. At most one of them is not `slow`."""
        if not self._faults:
            return []
        hit: list[Fault] = []
        for fault in self.active():
            if fault.kind == "older_blocks":
                continue
            if fault.method not in ("*", method) or fault.channel not in (None, channel):
                continue
            if fault.kind != "slow" and any(other.kind != "slow" for other in hit):
                continue
            if fault.remaining is not None:
                fault.remaining -= 1
            hit.append(fault)
        return hit
