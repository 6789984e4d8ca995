"""What the doctor says of zone rules: those of the release, and those of the machine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.demo.zone_rules import doctored
from coaching import zones
from tests.bot.doctor.conftest import Doctor
from tests.support.world import World

Machine = Callable[..., None]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Give the machine zone rules of a release, in which some zones keep the clocks of others."""

    def has(release: str, **like: str) -> None:
        doctored(tmp_path / "zoneinfo", release, **{"Europe/London": "Europe/London", **like})
        monkeypatch.setattr(zones, "MACHINE_PATH", (str(tmp_path / "nothing"), str(tmp_path / "zoneinfo")))

    return has


async def test_older_rules_of_the_machine_do_not_count_and_are_told(
    world: World, database_url: str, doctor: Doctor, machine: Machine
) -> None:
    machine("2025b", **{"America/Vancouver": "America/Los_Angeles", "Europe/Paris": "Europe/Berlin"})
    code, said = await doctor(database_url)
    assert code == 0
    assert (
        f"✓ Zones the rules of {zones.version()}, which come with this release, count; this machine's (2025b) "
        "differ in 1 zone within two years: America/Vancouver" in said
    )


async def test_newer_rules_of_the_machine_are_a_reason_to_upgrade(
    world: World, database_url: str, doctor: Doctor, machine: Machine
) -> None:
    machine("2099a", **{"America/Vancouver": "America/Los_Angeles"})
    code, said = await doctor(database_url)
    assert code == 1
    assert f"this release has {zones.version()}, this machine 2099a; not the same in 1 zone:" in said
    assert "· America/Vancouver" in said
    assert "Take a newer release of Sessions" in said


async def test_newer_rules_that_say_the_same_are_no_fault(
    world: World, database_url: str, doctor: Doctor, machine: Machine
) -> None:
    machine("2099a", **{"America/Vancouver": "America/Vancouver"})
    code, said = await doctor(database_url)
    assert (code, "this machine's (2099a) say the same" in said) == (0, True)
