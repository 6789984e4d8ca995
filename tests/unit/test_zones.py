"""Zones go by the pinned rules, whatever the machine has; later rules can be tried from a directory."""

import ast
import json
import os
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

import pytest

from bot.demo.zone_rules import doctored
from coaching import zones
from coaching.availability import Availability, parse_hours
from coaching.slots import free_slots
from coaching.written_times import parse_start
from handlers.views.times import times_for

ROOT = Path(__file__).parents[2]
VANCOUVER = "America/Vancouver"
WINTER = datetime(2026, 12, 10, 18, 0, tzinfo=UTC)
STARTED = ("bot.cli", "storage", "benchmarks.__main__", "tests.conftest")
"""Whatever runs begins with one of these: each command, migrations, measurements, tests."""


def test_only_one_module_makes_zones_from_names() -> None:
    strangers = {}
    for room in ("bot", "coaching", "handlers", "storage", "tests", "benchmarks"):
        for path in (ROOT / room).rglob("*.py"):
            tree = ast.parse(path.read_text())
            found = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} | {
                name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
            }
            called = {getattr(node.func, "attr", getattr(node.func, "id", "")) for node in ast.walk(tree)
                      if isinstance(node, ast.Call)}  # fmt: skip
            if "zoneinfo" in found or "ZoneInfo" in called:
                strangers[str(path.relative_to(ROOT))] = True
    assert set(strangers) == {"coaching/zones.py"}


@pytest.mark.parametrize("module", STARTED)
def test_no_process_goes_by_the_machines_rules(module: str, tmp_path: Path) -> None:
    doctored(tmp_path, "1999z", **{VANCOUVER: "Asia/Tokyo"})
    script = (
        "import importlib, sys; importlib.import_module(sys.argv[1]); import zoneinfo; from datetime import datetime;"
        f"print(datetime(2026, 12, 10, 10, 0, tzinfo=zoneinfo.ZoneInfo({VANCOUVER!r})).utcoffset(), zoneinfo.TZPATH)"
    )
    process = subprocess.run(
        [sys.executable, "-c", script, module],
        cwd=ROOT, env={**os.environ, "PYTHONTZPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (process.stdout.strip(), process.stderr) == ("-1 day, 17:00:00 ()", "")


def test_the_playground_shows_people_by_the_pinned_rules(tmp_path: Path) -> None:
    doctored(tmp_path / "rules", "1999z", **{VANCOUVER: "Asia/Tokyo"})
    seed = tmp_path / "seed.json"
    vera = {"id": "U0VERA", "name": "vera", "real_name": "Vera", "tz": VANCOUVER}
    app = {"id": "A1", "bot_id": "B1", "bot_user_id": "U0BOT"}
    team = {"id": "T1", "name": "Test", "domain": "test"}
    seed.write_text(json.dumps({"team": team, "app": app, "users": [vera], "channels": []}))
    given = ["--manifest", "manifest.yml", "--seed", str(seed), "--request-url", "http://127.0.0.1:9/"]
    secrets = ["--signing-secret", "s" * 16, "--bot-token", "xoxb-zones"]
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", *given, *secrets],
        cwd=ROOT, env={**os.environ, "PYTHONTZPATH": str(tmp_path / "rules")}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            assert process.stdout is not None
            api = json.loads(process.stdout.readline())["api_url"]
            asked = urllib.request.Request(f"{api}users.info", b"user=U0VERA", {"Authorization": "Bearer xoxb-zones"})  # noqa: S310 - our own
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                user = json.load(answer)["user"]
        finally:
            process.terminate()
    assert user["tz_offset"] == -7 * 3600, "in summer and, by the rules of 2026, in winter"


def test_a_local_time_is_read_by_the_pinned_rules() -> None:
    assert parse_start("2026-12-10T10:00", VANCOUVER) == datetime(2026, 12, 10, 17, 0, tzinfo=UTC)


def test_the_release_of_the_rules_is_known() -> None:
    year, number = metadata.version("tzdata").split(".")[:2]  # 2026.6 is IANA's 2026f
    assert zones.version() == f"{year}{chr(ord('a') + int(number) - 1)}"
    assert "Factory" not in zones.names()
    assert {"America/New_York", "US/Eastern", "UTC"} <= zones.names()


@pytest.mark.parametrize("name", ["", "america/new_york", "America", "Factory", "../etc/passwd", "/etc/passwd", "x\0y"])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zones.known(name) is None
    with pytest.raises(zones.UnknownZone):
        zones.zone(name)
    with pytest.raises(zones.UnknownZone):
        zones.rules_of(name)


def test_later_rules_are_tried_without_the_machines_and_leave_nothing_behind(tmp_path: Path) -> None:
    doctored(tmp_path, "2027a", **{VANCOUVER: "Asia/Tokyo"})
    hours = Availability(time_zone=VANCOUVER, hours=parse_hours("daily 9-10"))

    def seen() -> tuple[object, ...]:
        first = free_slots(hours, (), timedelta(hours=1), WINTER, since=WINTER, until=WINTER + timedelta(days=2))[0]
        return (
            zones.version(),
            WINTER.astimezone(zones.zone(VANCOUVER)).hour,
            WINTER.astimezone(zones.first_known(VANCOUVER)).hour,
            WINTER.astimezone(zones.zone("Europe/London")).hour,
            parse_start("2026-12-10T10:00", VANCOUVER).hour,
            times_for(None, VANCOUVER).local(WINTER).hour,
            first.starts_at.hour,
        )

    before = seen()
    assert before == (zones.version(), 11, 11, 18, 17, 11, 16)
    with zones.loaded_from(tmp_path):
        assert seen() == ("2027a", 3, 3, 18, 1, 3, 0)
    assert seen() == before
