"""Manifests and seeds that cannot be used are refused in words."""

import copy
from pathlib import Path
from typing import Any

import pytest

from playground.manifest import Manifest, ManifestError
from playground.seed import SeedError
from playground.server import Playground
from tests.playground.conftest import MANIFEST, SEED

Json = dict[str, Any]


def test_a_manifest_is_read_from_yaml(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yml"
    path.write_text(
        "display_information: {name: Tiny}\n"
        "features:\n"
        "  slash_commands:\n"
        "    - {command: /t, description: Does, usage_hint: '[x]', should_escape: true}\n"
        "oauth_config: {scopes: {bot: [commands, im:history]}}\n"
        "settings: {event_subscriptions: {bot_events: [message.im]}, socket_mode_enabled: true}\n"
    )
    manifest = Manifest.load(path)
    assert (manifest.name, manifest.socket_mode, manifest.events) == ("Tiny", True, {"message.im"})
    assert (manifest.commands["/t"].usage_hint, manifest.commands["/t"].should_escape) == ("[x]", True)


@pytest.mark.parametrize(
    ("scopes", "events", "words"),
    [
        ([], [], "slash commands need the bot scope 'commands'"),
        (["commands"], ["message.im"], "event message.im needs the bot scope im:history"),
        (["commands"], ["member_joined_channel"], "needs the bot scope channels:read or groups:read"),
    ],
)
def test_a_manifest_without_a_scope_that_it_needs_is_refused(scopes: list[str], events: list[str], words: str) -> None:
    manifest = copy.deepcopy(MANIFEST)
    manifest["oauth_config"]["scopes"]["bot"] = scopes
    manifest["settings"]["event_subscriptions"]["bot_events"] = events
    with pytest.raises(ManifestError, match=words):
        Manifest.load(manifest)


def test_shortcuts_need_the_scope_for_commands() -> None:
    manifest = copy.deepcopy(MANIFEST)
    manifest["features"]["slash_commands"] = []
    manifest["oauth_config"]["scopes"]["bot"].remove("commands")
    with pytest.raises(ManifestError, match="shortcuts need the bot scope 'commands'"):
        Manifest.load(manifest)


def test_something_else_is_not_a_manifest() -> None:
    with pytest.raises(ManifestError, match="display_information is missing"):
        Manifest.load({"name": "x"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"people": []}, "a seed has no field 'people'"),
        ({"users": [{"id": "U1", "zone": "UTC"}]}, "zone"),
        ({"channels": [{"name": "x", "members": ["U9"]}]}, "channel x has a member U9 who is not among the users"),
    ],
)
def test_a_seed_that_contradicts_itself_is_refused(change: Json, words: str) -> None:
    with pytest.raises(SeedError, match=words):
        Playground(MANIFEST, SEED | change, request_url=None, signing_secret="s", bot_token="t")
