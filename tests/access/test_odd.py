"""Nothing odd that is signed ends in a traceback, changes what should not change, or is kept as no database keeps it."""

import hashlib
import hmac
import json
import random
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from storage.reconciliation import findings
from storage.rules import RULES
from tests.access import forms, odd
from tests.access.contents import Change
from tests.access.door import SECRET, Submit
from tests.access.estate import Furnished
from tests.access.line import GREETINGS, Line
from tests.access.roles import ANNA, HERE, Role
from tests.access.test_access import Scene, scene
from tests.access.variants import EVERY

ACTORS = (Role.OWNER, Role.COACH, Role.ADMIN, Role.STRANGER)
PERSON = {
    "id": ANNA,
    "team_id": HERE,
    "name": "anna",
    "real_name": "Anna",
    "is_admin": False,
    "deleted": False,
    "tz": "Europe/Oslo",
    "locale": "en-US",
    "profile": {"email": "anna@example.com", "real_name": "Anna", "display_name": "anna"},
    "enterprise_user": {"id": ANNA, "enterprise_id": "E1", "teams": [HERE]},
}
EVENTS: tuple[dict[str, Any], ...] = (
    {"type": "user_change", "user": PERSON},
    {"type": "user_change", "user": {**PERSON, "deleted": True}},
    {"type": "team_join", "user": PERSON},
    {"type": "channel_id_changed", "old_channel_id": "C0CRIMSON", "new_channel_id": "C0OTHER"},
    {"type": "app_home_opened", "tab": "home", "view": {"id": "V1", "private_metadata": ""}},
    {"type": "message", "text": "hi", "item": {"type": "message"}},
    {"type": "message", "channel_type": "im", "channel": "D1", "ts": "1.1", "text": "hi"},
    {"type": "tokens_revoked", "tokens": {"bot": ["U1"]}},
)
OTHERS: tuple[dict[str, Any], ...] = (
    {"type": "url_verification", "challenge": "c", "token": "t"},
    {"type": "shortcut", "callback_id": "x", "user": {"id": ANNA}, "team": {"id": HERE}, "trigger_id": "1.1"},
    {
        "type": "message_action",
        "callback_id": "x",
        "user": {"id": ANNA},
        "message": {"text": "hi"},
        "team": {"id": HERE},
    },
    {"type": "block_suggestion", "action_id": "x", "value": "", "user": {"id": ANNA}, "team": {"id": HERE}},
    {"type": "interactive_message", "callback_id": "x", "actions": [{"name": "x"}], "user": {"id": ANNA}},
    {"type": "workflow_step_edit", "callback_id": "x", "workflow_step": {}, "user": {"id": ANNA}},
)
TRACES = frozenset({"inbound", "drafts", "known_blocks", "members", "replans"})
"""What any request may leave behind: itself, one's own open dialog, and what Slack says of somebody or takes."""

OWN = {"calendar_addresses": "member_id", "notifications": "member_id", "requests": "subject_id"}
"""Tables of which everybody may write the rows that are theirs, by the column that says whose they are."""


class Post:
    """Sends bodies that Slack would sign, byte for byte."""

    def __init__(self, at: Scene, session: aiohttp.ClientSession) -> None:
        self._at, self._session = at, session

    async def __call__(self, kind: str, payload: dict[str, Any]) -> tuple[int, str]:
        """Send a payload as its kind is sent; return the answer, once all that it causes has been said."""
        if kind == "command":
            # A form holds bytes: half a character in it comes as what cannot be decoded.
            body = urlencode({name: str(one) for name, one in payload.items()}, errors="surrogatepass").encode()
        elif kind == "event":
            body = json.dumps(payload).encode()
        else:
            body = urlencode({"payload": json.dumps(payload)}).encode()
        stamp = str(int(time.time()))
        seal = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={seal}",
            "Content-Type": "application/json" if kind == "event" else "application/x-www-form-urlencoded",
        }
        async with self._session.post(self._at.door.address, data=body, headers=headers) as answer:
            text = await answer.text()
        await self._at.door.settled()
        return answer.status, text


def _payload(at: Scene, role: Role, dice: random.Random) -> tuple[str, dict[str, Any], Line | None]:
    """Return something that Slack sends, and the line about it where it is a person's doing."""
    kind = dice.randrange(12)
    if kind == 0:
        event = dice.choice(EVENTS)
        return "event", at.door.payload(role, forms.Told(event))[1] | {"event_time": 1_790_000_000}, None
    if kind == 1:
        return "interactive", dict(dice.choice(OTHERS)), None
    if kind == 2:
        closed = at.door.payload(role, Submit("choose", "{}"))[1] | {"type": "view_closed", "is_cleared": False}
        return "interactive", closed, None
    allowed = [line for line in EVERY if line.verdict(role) == "Y"]
    line = dice.choice(allowed if allowed and dice.random() < 0.6 else EVERY)
    found = line.knocks(at.estate, role)
    sent, payload = at.door.payload(role, dice.choice(found))
    return sent, payload, line


async def _try(at: Scene, post: Post, dice: random.Random, *, look: bool) -> str | None:
    """Send one bent payload; return what is wrong with what came of it."""
    role = dice.choice(ACTORS)
    kind, payload, line = _payload(at, role, dice)
    who = dice.random() < 0.25
    payload = odd.bent(payload, dice, who=who)
    lines = at.door.logged()
    status, answer = await post(kind, payload)
    wrong = [] if status in {200, 400} else [f"the answer is {status}"]
    wrong += [f"logs {one}" for one in at.door.logged()[len(lines) :] if _is_failure(one)]
    if "went wrong on our side" in answer + at.door.said():
        wrong.append("nobody expected it")
    if look and (changed := await at.copy.changes()):
        wrong += [] if who else _strayed(role, line, changed)
        wrong += [f"keeps {one.row}" for one in changed if not _keepable(one)]
        async with at.door.store.engines.reader.connect() as connection:
            wrong += [f"breaks {found.rule.id} {found.examples}" for found in await findings(connection, rules=RULES)]
        await at.copy.restore()
    return f"{role.word} {line.name if line else ''}: {wrong}\n  {json.dumps(payload)[:3000]}" if wrong else None


def _is_failure(line: str) -> bool:
    if "Traceback" in line:
        return True
    entry = json.loads(line)
    # A busy machine is no verdict: what was too slow is tried elsewhere.
    return entry["level"] in {"error", "critical"} and entry["event"] not in {"database busy", "out of time"}


def _strayed(role: Role, line: Line | None, changed: list[Change]) -> list[str]:
    """What changed that this role does not change by this."""
    greetings = [one for one in changed if one.table == "notices" and one.row["kind"] in GREETINGS]
    if others := {one.row["recipient"] for one in greetings} - {role.user}:
        return [f"greets {sorted(others)}"]
    theirs = [one for one in changed if one.table in OWN and one.row[OWN[one.table]] == role.user]
    asked = {one.row["action_id"] for one in theirs if one.table == "requests"}
    theirs += [one for one in changed if one.table == "notices" and one.row["action_id"] in asked]
    tables = {one.table for one in changed if one not in greetings and one not in theirs} - TRACES
    # What is refused for one thing that stands in it may be right without that thing.
    alike = [one for one in EVERY if line is not None and one.id == line.id and one.verdict(role) == "Y"]
    allowed = {table for one in alike for table in one.writes.split()}
    if line is None:
        allowed = {"coaches", "notices", "stakeholders", "sessions", "grants", "timeline"}  # what events may do
    return [f"writes {sorted(tables - allowed)}"] if tables - allowed else []


def _keepable(change: Change) -> bool:
    texts = [one for one in change.row.values() if isinstance(one, str)]
    return not any("\x00" in one or any("\ud800" <= char <= "\udfff" for char in one) for one in texts)


async def _all_odd(
    furnished: Furnished, kind: str, directory: Path, *, seed: int, number: int, look: bool
) -> list[str]:
    dice = random.Random(seed)
    async with (
        scene(furnished, Role.ADMIN, kind, directory, name=f"odd{seed}") as at,
        aiohttp.ClientSession() as session,
    ):
        post = Post(at, session)
        tried = [await _try(at, post, dice, look=look) for _ in range(number)]
    return [what for what in tried if what is not None]


@pytest.mark.parametrize(("kind", "look"), [("sqlite", True), ("postgresql", False)])
async def test_nothing_odd_breaks_anything(furnished: Furnished, tmp_path: Path, kind: str, look: bool) -> None:
    # What is changed is looked at on SQLite, where that is quick; PostgreSQL is stricter about what it keeps.
    found = await _all_odd(furnished, kind, tmp_path, seed=10, number=150, look=look)
    assert not found, f"{len(found)} wrong\n" + "\n".join(found[:20])


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("kind", "look"), [("sqlite", True), ("postgresql", False)])
async def test_nothing_odd_breaks_anything_ever(
    furnished: Furnished, tmp_path: Path, kind: str, look: bool, seed: int
) -> None:
    found = await _all_odd(furnished, kind, tmp_path, seed=seed, number=4000, look=look)
    assert not found, f"{len(found)} wrong\n" + "\n".join(found[:20])
