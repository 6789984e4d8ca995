"""The manifest: valid for Slack, and neither more nor less than what the code uses."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer
import yaml
from aiohttp import web
from jsonschema import Draft7Validator
from prometheus_client import CollectorRegistry
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from bot.cli import manifest as print_manifest
from bot.manifest import MANIFEST, ManifestError, render
from bot.metrics import Metrics
from bot.web import create_web_app
from handlers.views.command_words import Command
from tests.support.manifest_usage import Usage, usage_of

SCHEMAS = Path(__file__).parents[1] / "support" / "manifest_schema"
# Slack's rule for each method a bot token calls (docs.slack.dev/reference/methods): the scopes it needs.
METHOD_SCOPES: dict[str, set[str]] = {
    "apps_connections_open": set(),  # takes the app-level token
    "auth_test": set(),
    "chat_delete": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_scheduleMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_join": {"channels:join"},
    "conversations_members": {"channels:read", "groups:read"},
    "conversations_open": {"im:write"},
    "files_info": {"files:read"},
    "users_info": {"users:read"},
    "bots_info": {"users:read"},
    "users_list": {"users:read"},
    "users_lookupByEmail": {"users:read.email"},
    "views_open": set(),
    "views_publish": set(),
    "views_push": set(),
    "views_update": set(),
}
# docs.slack.dev/reference/events: the scopes that an event needs to be delivered.
EVENT_SCOPES: dict[str, set[str]] = {
    "app_home_opened": set(),
    "channel_id_changed": set(),
    "message": {"im:history"},
    "team_join": {"users:read"},
    "user_change": {"users:read"},
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def used() -> Usage:
    return usage_of(("bot", "handlers"))


def schema_errors(manifest: Any) -> list[str]:
    def retrieve(uri: str) -> Resource[Any]:
        name = re.search(r"/schemas/(manifest\.schema\.[\d.]+\.json)$", uri)
        assert name is not None
        return Resource.from_contents(
            json.loads((SCHEMAS / "schemas" / name[1]).read_text()), default_specification=DRAFT7
        )

    schema = json.loads((SCHEMAS / "manifest.schema.json").read_text())
    registry: Registry[Any] = Registry(retrieve=retrieve)  # type: ignore[call-arg]
    return [error.message for error in Draft7Validator(schema, registry=registry).iter_errors(manifest)]


def urls_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [item for key, item in value.items() if key in {"url", "request_url"}]
        return own + [url for item in value.values() for url in urls_in(item)]
    return [url for item in value for url in urls_in(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("variant", [{"url": "https://bot.example.org"}, {"socket": True}])
def test_every_variant_is_valid_for_slack(variant: dict[str, Any]) -> None:
    assert schema_errors(yaml.safe_load(render(**variant))) == []


def test_the_hint_of_the_command_names_every_word_that_it_takes(manifest: dict[str, Any]) -> None:
    [command] = manifest["features"]["slash_commands"]
    named = {part.split()[0] for part in command["usage_hint"].strip("[]").split(" | ")}
    assert named == set(Command)


def test_the_schema_check_does_find_mistakes(manifest: dict[str, Any]) -> None:
    assert schema_errors({**manifest, "display_information": {"name": ""}})
    assert schema_errors({**manifest, "surprise": True})


def test_the_http_variant_puts_the_given_address_everywhere_and_changes_nothing_else(manifest: dict[str, Any]) -> None:
    written = render(url="https://bot.example.org/")
    assert set(urls_in(yaml.safe_load(written))) == {"https://bot.example.org/slack/events"}
    assert yaml.safe_load(written.replace("bot.example.org", "sessions.example.com")) == manifest
    assert render(url="https://bot.example.org/slack/events") == written


def test_the_socket_variant_has_no_address_and_turns_socket_mode_on() -> None:
    written = yaml.safe_load(render(socket=True))
    assert urls_in(written) == []
    assert written["settings"]["socket_mode_enabled"] is True
    assert written["settings"]["interactivity"] == {"is_enabled": True}


@pytest.mark.parametrize(
    "url", ["http://bot.example.org", "bot.example.org", "ftp://x", "", "https://", "https://h?x=1"]
)
def test_an_address_that_slack_cannot_call_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ManifestError, match=r"^The address .*\.$"):
        render(url=url)


def test_plain_http_passes_for_this_machine_only() -> None:
    assert "http://localhost:3000/slack/events" in render(url="http://localhost:3000")


def test_without_an_address_nothing_is_printed_but_how_to_give_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    with pytest.raises(typer.Exit) as stopped:
        print_manifest(url=None, socket=False)
    printed, said = capsys.readouterr()
    assert (stopped.value.exit_code, printed) == (2, "")
    assert said.startswith("Say where Slack reaches the bot: give its public https address with --url or as PUBLIC_URL")
    monkeypatch.setenv("PUBLIC_URL", "https://bot.example.org")
    print_manifest(url=None, socket=False)
    assert capsys.readouterr().out == render(url="https://bot.example.org")


def test_both_variants_at_once_are_refused() -> None:
    with pytest.raises(ManifestError, match="Choose one"):
        render(url="https://bot.example.org", socket=True)


def test_every_method_the_code_calls_has_its_scope_and_every_scope_is_needed(
    manifest: dict[str, Any], used: Usage
) -> None:
    unknown = used.methods - METHOD_SCOPES.keys()
    assert not unknown, f"add Slack's rule for {sorted(unknown)} to METHOD_SCOPES"
    needed = {scope for method in used.methods for scope in METHOD_SCOPES[method]}
    needed |= {scope for event in used.events for scope in EVENT_SCOPES.get(event, set())}
    needed |= {"commands"} if used.commands else set()
    needed |= {"users:read.email"} if used.reads_email else set()
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed
    assert len(manifest["oauth_config"]["scopes"]["bot"]) == len(needed)
    assert set(manifest["oauth_config"]["scopes"]) == {"bot"}


def test_every_event_has_a_listener_and_every_listener_its_event(manifest: dict[str, Any], used: Usage) -> None:
    # One event, subscribed to by where it happens: this app hears of its own conversations only.
    subscribed = {
        {"message.im": "message"}.get(one, one) for one in manifest["settings"]["event_subscriptions"]["bot_events"]
    }
    assert sorted(subscribed) == sorted(used.events)
    assert len(subscribed) == len(manifest["settings"]["event_subscriptions"]["bot_events"])


def test_every_shortcut_has_a_listener_and_every_listener_its_shortcut(manifest: dict[str, Any], used: Usage) -> None:
    shortcuts = manifest["features"]["shortcuts"]
    assert sorted(entry["callback_id"] for entry in shortcuts) == sorted(used.shortcuts)
    assert {entry["type"] for entry in shortcuts} == {"global"}  # a message says nothing that we may read


def test_people_can_write_to_the_app_because_it_answers(manifest: dict[str, Any], used: Usage) -> None:
    assert manifest["features"]["app_home"]["messages_tab_read_only_enabled"] is ("message" not in used.events)


def test_every_command_has_a_listener_and_every_listener_its_command(manifest: dict[str, Any], used: Usage) -> None:
    assert sorted(entry["command"] for entry in manifest["features"]["slash_commands"]) == sorted(used.commands)


def test_interactivity_is_on_because_something_listens_to_it(manifest: dict[str, Any], used: Usage) -> None:
    assert manifest["settings"]["interactivity"]["is_enabled"] is bool(used.interactions)


def test_the_home_tab_is_on_because_the_code_publishes_it(manifest: dict[str, Any], used: Usage) -> None:
    assert manifest["features"]["app_home"]["home_tab_enabled"] is ("views_publish" in used.methods)


def test_every_url_leads_to_a_route_of_the_web_app(manifest: dict[str, Any]) -> None:
    async def slack(request: web.Request, body: bytes) -> web.StreamResponse:
        return web.Response()

    async def ready() -> dict[str, bool | str]:
        return {}

    app = create_web_app(slack=slack, signing_secret="s" * 32, readiness=ready, metrics=Metrics(CollectorRegistry()))
    posts = {route.resource.canonical for route in app.router.routes() if route.method == "POST" and route.resource}
    paths = {urlsplit(url).path for url in urls_in(manifest)}
    assert paths <= posts
    assert len(urls_in(manifest)) == 3


def test_the_scan_follows_constants_enums_and_methods_passed_as_functions(tmp_path: Path) -> None:
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "ids.py").write_text('COMMAND = "/x"\nclass Event:\n    HOME = "app_home_opened"\n')
    (package / "use.py").write_text(
        "def register(app, client, send):\n"
        "    app.command(COMMAND)(f)\n    app.event(Event.HOME.value)(f)\n    app.action('a')(f)\n"
        "    send(client.chat_postMessage)\n    client.api_call('users.info')\n    profile.get('email')\n"
    )
    found = usage_of(("pkg",), tmp_path)
    assert found == Usage(
        methods={"chat_postMessage", "users_info"},
        events={"app_home_opened"},
        commands={"/x"},
        interactions={"action"},
        reads_email=True,
    )
