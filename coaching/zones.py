"""Time zones by the rules that are pinned with this release, never by the machine's: the only place that makes one from a name.

The standard library prefers the system's database, which on a machine that is seldom updated is years behind the release.
Importing this module turns that off for the whole process.
"""

import importlib.resources
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo as ZoneInfo

UTC_NAME = "UTC"
MACHINE_PATH: tuple[str, ...] = zoneinfo.TZPATH
"""Where the machine's own database would be read from; only the doctor looks there."""

_PINNED = "tzdata"
_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
_T = TypeVar("_T")
_forgetters: list[Callable[[], None]] = []
_directories: tuple[Path, ...] = ()


class UnknownZone(LookupError):
    """The pinned rules have no zone of that name."""


def remembered(maxsize: int) -> Callable[[Callable[..., _T]], Callable[..., _T]]:
    """Keep a function's last `maxsize` answers, like `lru_cache`, until other rules are loaded."""

    def keeping(function: Callable[..., _T]) -> Callable[..., _T]:
        kept = lru_cache(maxsize=maxsize)(function)
        _forgetters.append(kept.cache_clear)
        return kept

    return keeping


@remembered(maxsize=1)
def names() -> frozenset[str]:
    """Return the name of every zone, the old names too."""
    return frozenset(zoneinfo.available_timezones() - _NO_PLACES)


@remembered(maxsize=1)
def version() -> str:
    """Return which rules are loaded, as IANA names its releases: "2026f"."""
    for directory in _directories:
        if (found := version_in(directory)) is not None:
            return found
    return str(importlib.import_module(_PINNED).IANA_VERSION)


def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name, spelled exactly. Raises UnknownZone."""
    if (found := known(name)) is None:
        raise UnknownZone(name)
    return found


@remembered(maxsize=2048)
def known(name: str | None) -> ZoneInfo | None:
    """Return the zone of an IANA name, or None: Slack and older data may say any."""
    return ZoneInfo(name) if name in names() else None


@remembered(maxsize=2048)
def first_known(*candidates: str | None) -> ZoneInfo:
    """Return the first of these zones that there is, else UTC: a message never fails for want of a zone."""
    return next((found for name in candidates if (found := known(name)) is not None), zone(UTC_NAME))


def rules_of(name: str) -> bytes:
    """Return a zone's pinned rules as a compiled file (TZif). Raises UnknownZone."""
    file = importlib.resources.files(_PINNED).joinpath("zoneinfo", *name.split("/"))
    if name not in names() or not file.is_file():
        raise UnknownZone(name)
    return file.read_bytes()


def read_from(path: tuple[str, ...], name: str) -> ZoneInfo | None:
    """Return a zone by the rules of another database (the machine's, say); None where it has none of that name."""
    for directory in path:
        try:
            with Path(directory, name).open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
        except (OSError, ValueError):
            continue
    return None


def version_in(directory: Path) -> str | None:
    """Return which release of the rules lies in a directory, if it says so."""
    for file, before in (("tzdata.zi", "# version "), ("+VERSION", "")):
        try:
            with (directory / file).open(encoding="utf-8", errors="replace") as lines:
                line = lines.readline().strip()
        except OSError:
            continue
        if line.startswith(before):
            return line.removeprefix(before).strip() or None
    return None


@contextmanager
def loaded_from(*directories: Path) -> Iterator[None]:
    """Take zones from these directories first, for the block: how a later release's rules are tried.

    A directory holds compiled files under their zones' names and says its release in `tzdata.zi` (`# version 2027a`).
    """
    before = _directories
    _load(directories)
    try:
        yield
    finally:
        _load(before)


def _load(directories: tuple[Path, ...]) -> None:
    global _directories
    _directories = directories
    zoneinfo.reset_tzpath([str(directory.absolute()) for directory in directories])
    ZoneInfo.clear_cache()
    for forget in _forgetters:
        forget()


_load(())
