"""Time zones by the rules pinned with this release, never by the machine's. Only this module makes a zone from a name.

The standard library prefers the system's database, which may be years behind on a machine that is seldom updated.
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
"""Where the machine's own database is. Only the doctor and the reading of older rows use it."""

_PINNED = "tzdata"
_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
_T = TypeVar("_T")
_forgetters: list[Callable[[], None]] = []
_directories: tuple[Path, ...] = ()


class UnknownZone(LookupError):
    """The pinned rules have no zone of this name."""


def remembered(maxsize: int) -> Callable[[Callable[..., _T]], Callable[..., _T]]:
    """Cache a function's last `maxsize` results, like `lru_cache`, until other rules are loaded."""

    def keeping(function: Callable[..., _T]) -> Callable[..., _T]:
        kept = lru_cache(maxsize=maxsize)(function)
        _forgetters.append(kept.cache_clear)
        return kept

    return keeping


@remembered(maxsize=1)
def names() -> frozenset[str]:
    """Return the names of all zones, old names included."""
    return frozenset(zoneinfo.available_timezones() - _NO_PLACES)


@remembered(maxsize=1)
def version() -> str:
    """Return the version of the loaded rules, as IANA names its releases: "2026f"."""
    for directory in _directories:
        if (found := version_in(directory)) is not None:
            return found
    return str(importlib.import_module(_PINNED).IANA_VERSION)


def zone(name: str) -> ZoneInfo:
    """Return the zone of an exact IANA name. Raises UnknownZone."""
    if (found := known(name)) is None:
        raise UnknownZone(name)
    return found


@remembered(maxsize=2048)
def known(name: str | None) -> ZoneInfo | None:
    """Return the zone of an IANA name, or None. Use it for names from Slack and older rows, which may be unknown."""
    return ZoneInfo(name) if name in names() else None


@remembered(maxsize=2048)
def first_known(*candidates: str | None) -> ZoneInfo:
    """Return the first known zone of these, else UTC, so that no message fails for lack of a zone."""
    return next((found for name in candidates if (found := known(name)) is not None), zone(UTC_NAME))


def rules_of(name: str) -> bytes:
    """Return a zone's pinned rules as a compiled file (TZif). Raises UnknownZone."""
    file = importlib.resources.files(_PINNED).joinpath("zoneinfo", *name.split("/"))
    if name not in names() or not file.is_file():
        raise UnknownZone(name)
    return file.read_bytes()


def read_from(path: tuple[str, ...], name: str) -> ZoneInfo | None:
    """Return a zone by the rules of another database, such as the machine's, or None where it has none of this name."""
    for directory in path:
        try:
            with Path(directory, name).open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
        except (OSError, ValueError):
            continue
    return None


def version_in(directory: Path) -> str | None:
    """Return the version of the rules in a directory, if it names one."""
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
    """Inside the block, take zones from these directories first: this is how a later release's rules are tried.

    A directory holds compiled files under their zones' names, and its version in `tzdata.zi` (`# version 2027a`).
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
