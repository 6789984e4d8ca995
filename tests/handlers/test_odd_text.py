"""What people and Slack write is kept and shown so that it harms nothing: on both databases, in every message and view."""

import json
import re
from datetime import timedelta

import pytest

from coaching.clock import ManualClock
from coaching.sessions import Hat
from coaching.workspace import Settings
from playground.workspace import User
from tests.conftest import KINDS
from tests.handlers.conftest import NEWCOMER, Stage, served
from tests.handlers.test_exceptions import deliver
from tests.support.databases import Databases
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE

H = timedelta(hours=1)
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]")
ODD = "\u202etxt.\u2066עברית\u2067"


@pytest.mark.parametrize("kind", KINDS)
async def test_slacks_own_word_on_somebody_may_hold_anything(
    databases: Databases, clock: ManualClock, kind: str
) -> None:
    async with served(databases, clock, kind) as stage:
        nora = stage.pg.workspace.users[NEWCOMER]
        nora.real_name, nora.locale = "No\x00ra \ud800 New", "en-\udfff"
        await stage.person(NEWCOMER).command("/sessions help")
        await stage.settled()
        async with stage.store.read(WORKSPACE) as queries:
            person = (await queries.people.viewer(NEWCOMER)).person
        assert person.name == "Nora ? New"
        changed = {"id": COACH, "team_id": WORKSPACE, "profile": {"real_name": "Carla\x00 \udfffCoach"}}
        body = {"type": "event_callback", "team_id": WORKSPACE, "event_id": "Ev1", "authorizations": []}
        assert (await stage.deliver(body | {"event": {"type": "user_change", "user": changed}}, "event")).status == 200
        async with stage.store.read(WORKSPACE) as queries:
            assert (await queries.people.viewer(COACH)).person.name == "Carla ?Coach"
        assert "Traceback" not in stage.lines.getvalue()


def texts(value: object) -> list[str]:
    """Every text in parsed JSON."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in texts(part)]


async def test_what_people_write_turns_nothing_around_it_wherever_it_is_shown(stage: Stage) -> None:
    for user, name in ((ANNA, f"Anna {ODD}"), (COACH, f"Carla {ODD}")):
        known: User = stage.pg.workspace.users[user]
        known.real_name = name
        changed = {"id": user, "team_id": WORKSPACE, "tz": known.tz, "profile": {"real_name": name}}
        body = {"type": "event_callback", "team_id": WORKSPACE, "event_id": f"Ev{user}", "authorizations": []}
        await stage.deliver(body | {"event": {"type": "user_change", "user": changed}}, "event")
    await stage.world.settings(Settings(support_contact=f"help {ODD}", undo_window=timedelta(0), start_reminder=None))
    await stage.world.grant(package=f"Pack {ODD}", session_type=f"Kind {ODD}")
    late = await stage.world.book(26 * H, session_type=f"Kind {ODD}")
    ahead = await stage.world.book(99 * H, session_type=f"Kind {ODD}")
    stage.clock.advance(24 * H)
    await stage.world.confirm(await stage.world.quote(late, reason=f"Ill {ODD}"))
    await stage.world.confirm(await stage.world.quote(ahead, who=COACH, hat=Hat.COACH, reason=f"Ill {ODD}"))
    await deliver(stage)
    anna, carla, ada = stage.person(), stage.person(COACH), stage.person(ADMIN)
    await anna.refresh()
    await anna.click("Ask for an exception", on="dm")
    await anna.fill("What should the coach know?", f"Please {ODD}")
    await anna.submit()
    await deliver(stage)
    await carla.command("/sessions past")
    await carla.choose("Details", near="Session Canceled", index=0)
    await anna.close(everything=True)
    for person, words in ((anna, "past"), (anna, "credits"), (ada, "setup"), (ada, f"credits for <@{ANNA}|anna>")):
        await person.refresh()
        if person.modal is not None:
            await person.close(everything=True)
        await person.command(f"/sessions {words}")
    await anna.home()
    await stage.settled()
    said = [entry["request"] for entry in stage.pg.traffic.since(0) if entry["direction"] == "from_app"]
    shown = [text for request in said for text in texts(request)]
    assert sum("עברית" in text for text in shown) > 15
    assert [text for text in shown if TURNING.search(text)] == []
    assert [text for text in shown if text.count("\u2068") != text.count("\u2069")] == []
    assert json.dumps(shown).encode()
