"""The table that a storm ends with, and which bounds were broken."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tests.storm.storm import Storm
from tests.storm.troubles import What

LANES = 10
"""Calls that one relay has under way at most: so many messages may be doubled by one kill."""
_SHOWN = 5


def broken_bounds(storm: Storm) -> list[str]:
    """Return the bounds that a storm broke, in words; none where all is as it should be."""
    told, found = storm.deliveries, []
    for number, count in sorted(told.by_trouble.items()):
        trouble = storm.troubles[number]
        if count > LANES:
            found.append(f"{count} messages doubled by one {trouble.what}, {trouble.in_flight} calls under way then")
    counted = {
        "doubled without any trouble": told.unexplained,
        "doubled that were known long before": told.long_known,
        "lost": told.lost,
        "much too late": told.much_too_late,
        "out of order within a conversation": told.overtook,
        "told what is not so": storm.untrue,
        "more often than somebody pressed": storm.doubled,
        "messages that say something else than the database": storm.outdated,
        "rules of doctor's broken": storm.rules,
    }
    found += [f"{len(cases)} {what}" for what, cases in counted.items() if cases]
    return found if storm.settled else [*found, "still not at rest long after the storm"]


def table(storms: Sequence[Storm]) -> str:
    """Return one column for each storm."""
    rows: list[tuple[str, list[object]]] = [
        ("presses", [s.journal.presses for s in storms]),
        (
            "wishes, of them told as done",
            [f"{len(s.journal.wishes)}, {sum(w.done for w in s.journal.wishes)}" for s in storms],
        ),
        ("unclear to the end", [sum(not w.done and not w.denied for w in s.journal.wishes) for s in storms]),
        ("kills", [_count(s, What.KILL) for s in storms]),
        ("other troubles", [len(s.troubles) - _count(s, What.KILL) for s in storms]),
        ("messages", [s.deliveries.messages for s in storms]),
        ("doubled", [len(s.deliveries.doubled) for s in storms]),
        ("  by one trouble at most", [max(s.deliveries.by_trouble.values(), default=0) for s in storms]),
        ("  known long before", [len(s.deliveries.long_known) for s in storms]),
        ("  calls under way at troubles", [sum(t.in_flight for t in s.troubles) for s in storms]),
        ("lost", [len(s.deliveries.lost) for s in storms]),
        ("late", [f"{len(s.deliveries.late)} of {s.deliveries.to_clients}" for s in storms]),
        ("  after their Undo", [len(s.deliveries.after_undo) for s in storms]),
        ("  slowest after a restart (s)", [f"{s.deliveries.slowest:.1f}" for s in storms]),
        ("out of order", [len(s.deliveries.overtook) for s in storms]),
        ("told what is not so", [len(s.untrue) for s in storms]),
        ("done twice for one press", [len(s.doubled) for s in storms]),
        ("messages out of date", [len(s.outdated) for s in storms]),
        ("rules broken", [len(s.rules) for s in storms]),
        ("tracebacks logged", [s.tracebacks for s in storms]),
        ("verdict", ["BROKEN" if broken_bounds(s) else "ok" for s in storms]),
    ]
    head = ["", *(f"{s.kind} x{s.replicas}" for s in storms)]
    lines = [head, *([name, *map(str, values)] for name, values in rows)]
    return "\n".join(
        "".join(cell.ljust(34) if not n else cell.rjust(16) for n, cell in enumerate(row)) for row in lines
    )


def details(storm: Storm) -> str:
    """Return the first cases of whatever was counted, and what each trouble doubled."""
    told = storm.deliveries
    lines = [f"--- {storm.kind} x{storm.replicas}: {'; '.join(broken_bounds(storm)) or 'every bound held'}"]
    for number, trouble in enumerate(storm.troubles):
        lines.append(
            f"  {trouble.what}, {trouble.ended - trouble.began:.1f} s, {trouble.in_flight} calls under way: "
            f"{told.by_trouble[number]} doubled"
        )
    kinds = {
        "known": told.long_known,
        "lost": told.lost,
        "late": told.late,
        "after Undo": told.after_undo,
        "out of order": told.overtook,
        "not so": storm.untrue,
        "twice": storm.doubled,
        "out of date": storm.outdated,
        "rules": storm.rules,
    }
    for what, cases in kinds.items():
        lines += [f"  {what}: {case}" for case in _first(cases)]
    answers = Counter(told for wish in storm.journal.wishes for told in wish.told)
    lines.append(f"  answers: {', '.join(f'{count} {told}' for told, count in answers.most_common())}")
    return "\n".join([*lines, *(f"  odd: {case}" for case in _first(storm.journal.oddities))])


def _first(cases: Sequence[str]) -> Iterable[str]:
    yield from cases[:_SHOWN]
    if len(cases) > _SHOWN:
        yield f"and {len(cases) - _SHOWN} more"


def _count(storm: Storm, what: What) -> int:
    return sum(trouble.what is what for trouble in storm.troubles)
