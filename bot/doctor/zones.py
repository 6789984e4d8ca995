"""Which zone rules are in use, and where those of the machine differ: other programs on it use the machine's."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bot.doctor.report import Fault, Group
from coaching import zones

AHEAD = timedelta(days=731)
"""How far ahead the rules are compared. Within a coach's hours, nothing can be booked later than that."""

_WEEK, _HOUR = timedelta(days=7), timedelta(hours=1)


def look(now: datetime) -> Group:
    """Compare the rules in use with the machine's database."""
    ours = zones.version()
    count = f"the rules of {ours}, which come with this release, count"
    theirs = next(
        (Path(one) for one in zones.MACHINE_PATH if zones.read_from((one,), "Europe/London") is not None), None
    )
    if theirs is None:
        return _group(f"{count}; this machine has none of its own")
    release = zones.version_in(theirs)
    named = f"this machine's ({release or 'of a release it does not name'})"
    differing = tuple(name for name in sorted(zones.names()) if _differ(name, str(theirs), now))
    if not differing:
        return _group(f"{count}; {named} say the same")
    many = f"{len(differing)} zone{'s' if len(differing) != 1 else ''}"
    note = f"{count}; {named} differ in {many} within two years: {', '.join(differing)}"
    if release is None or release <= ours:
        return _group(note)
    fault = Fault(
        id="zone_rules_are_current",
        truth="The zone rules of this release are the newest that are known here.",
        what=f"this release has {ours}, this machine {release}; not the same in {many}:",
        advice="Sessions in these zones may be shown and booked at a time that clocks there will not show. "
        "Take a newer release of Sessions, or have the maintainers pin newer rules.",
        count=len(differing),
        examples=differing[:10],
    )
    return Group(id="zones", name="Zones", note=note, faults=(fault,))


def _group(note: str) -> Group:
    return Group(id="zones", name="Zones", note=note)


def _differ(name: str, directory: str, now: datetime) -> bool:
    theirs = zones.read_from((directory,), name)
    if theirs is None:
        return False  # the machine's database lacks the zone, so there is nothing to compare
    ours = zones.zone(name)
    return any(
        at.astimezone(ours).utcoffset() != at.astimezone(theirs).utcoffset() for at in _telling(now, ours, theirs)
    )


def _telling(now: datetime, *both: zones.ZoneInfo) -> Iterator[datetime]:
    """Yield instants to compare: one a week, and each hour of a week in which either changes its clocks.

    No zone changes its clocks twice in a week.
    """
    for week in range(AHEAD // _WEEK):
        begins = now + week * _WEEK
        yield begins
        if any(begins.astimezone(one).utcoffset() != (begins + _WEEK).astimezone(one).utcoffset() for one in both):
            yield from (begins + hour * _HOUR for hour in range(1, _WEEK // _HOUR))
