"""From signed bytes through the real Bolt app and back: whatever is signed, the answer is one that Slack understands."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.authorize import REFUSAL, SingleWorkspace, TokenRefused, TokenWatch, workspace_id_of
from bot.inbound import Dispatcher, bolt_endpoint, parse_envelope
from bot.lifecycle import BackgroundTasks
from bot.metrics import Metrics
from bot.web import create_web_app, serving
from coaching import deadline
from tests.bot.conftest import SECRET, Slack
from tests.support.web_api import WebApi, web_api

OURS = {
    "ok": True,
    "team_id": "T1",
    "team": "Acme",
    "user_id": "UBOT",
    "bot_id": "B1",
    "url": "https://acme.slack.com/",
}
COMMAND = {"command": "/sessions", "text": "", "user_id": "U1", "team_id": "T1", "trigger_id": "1.2.3"}


@pytest.fixture
async def api() -> AsyncIterator[WebApi]:
    async with web_api() as api:
        api.answers["auth.test"] = OURS
        yield api


@pytest.fixture
async def authorize(api: WebApi, session: aiohttp.ClientSession) -> SingleWorkspace:
    return SingleWorkspace(AsyncWebClient(token="xoxb-made-up", base_url=api.base, session=session, retry_handlers=[]))


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


@pytest.fixture
def seen() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def app(
    api: WebApi, authorize: SingleWorkspace, seen: list[dict[str, Any]], session: aiohttp.ClientSession
) -> AsyncApp:
    app = AsyncApp(
        client=AsyncWebClient(base_url=api.base, session=session, retry_handlers=[TokenWatch(authorize)]),
        authorize=authorize,
        user_facing_authorize_error_message=REFUSAL,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        process_before_response=True,
    )

    @app.command("/sessions")
    async def command(ack: Any, context: AsyncBoltContext, command: dict[str, Any]) -> None:
        seen.append(dict(context))
        if command["text"] == "break":
            raise RuntimeError("secret detail")
        await ack("here you are")

    @app.event("team_join")
    async def event(context: AsyncBoltContext) -> None:
        seen.append(dict(context))
        raise RuntimeError("secret detail")

    @app.action("broken")
    async def action(ack: Any) -> None:
        raise RuntimeError("secret detail")

    @app.view("broken")
    async def broken(ack: Any) -> None:
        raise RuntimeError("secret detail")

    @app.view("list")
    async def view(ack: Any) -> None:
        await ack(response_action="clear")

    return app


@pytest.fixture
async def slack(app: AsyncApp, metrics: Metrics, session: aiohttp.ClientSession) -> AsyncIterator[Slack]:
    async def ready() -> Mapping[str, bool | str]:
        return {}

    endpoint = bolt_endpoint(Dispatcher(app, metrics))
    web_app = create_web_app(slack=endpoint, signing_secret=SECRET, readiness=ready, metrics=metrics)
    async with serving(web_app, "127.0.0.1", 0) as port:
        yield Slack(session, port)


def interaction(**fields: Any) -> dict[str, str]:
    return {"payload": json.dumps({"user": {"id": "U1"}, "team": {"id": "T1"}, **fields})}


async def test_a_command_reaches_its_handler_with_ids_and_is_timed(
    slack: Slack, seen: list[dict[str, Any]], metrics: Metrics
) -> None:
    assert await slack.form(COMMAND) == (200, "here you are")
    (context,) = seen
    assert (context["workspace_id"], context["user_id"], len(context["request_id"])) == ("T1", "U1", 8)
    assert metrics.registry.get_sample_value("sessions_request_seconds_count", {"kind": "command"}) == 1


async def test_auth_test_is_asked_once_for_many_requests(slack: Slack, api: WebApi) -> None:
    for _ in range(3):
        await slack.form(COMMAND)
    assert api.calls == ["auth.test"]


async def test_a_view_submission_gets_its_answer_as_json(slack: Slack) -> None:
    status, text = await slack.form(
        interaction(type="view_submission", view={"type": "modal", "callback_id": "list", "state": {"values": {}}})
    )
    assert (status, json.loads(text)) == (200, {"response_action": "clear"})


async def test_the_url_challenge_is_answered(slack: Slack) -> None:
    status, text = await slack.send(b'{"type": "url_verification", "challenge": "abc"}')
    assert (status, json.loads(text)) == (200, {"challenge": "abc"})


async def test_a_failing_command_says_so_with_the_reference_of_the_log(
    slack: Slack, seen: list[dict[str, Any]], metrics: Metrics
) -> None:
    status, text = await slack.form({**COMMAND, "text": "break"})
    answer = json.loads(text)
    assert (status, answer["response_type"]) == (200, "ephemeral")
    assert seen[0]["request_id"] in answer["text"]
    assert "secret detail" not in text
    assert metrics.registry.get_sample_value("sessions_requests_failed_total", {"kind": "command"}) == 1


async def test_a_failing_event_is_500_for_a_retry_and_a_failing_interaction_an_empty_200(slack: Slack) -> None:
    event = {"type": "event_callback", "team_id": "T1", "event": {"type": "team_join", "user": {"id": "U2"}}}
    assert await slack.send(json.dumps(event).encode()) == (500, "")
    assert await slack.form(interaction(type="block_actions", actions=[{"action_id": "broken", "block_id": "b"}])) == (
        200,
        "",
    )


@pytest.mark.parametrize("previous", [None, "V0"], ids=["the first dialog", "on top of others"])
async def test_a_submission_that_fails_keeps_its_dialog_and_says_so(
    slack: Slack, previous: str | None, metrics: Metrics
) -> None:
    """An empty answer would close the dialog, as if all were well."""
    view = {"type": "modal", "callback_id": "broken", "previous_view_id": previous, "root_view_id": "V"}
    status, text = await slack.form(interaction(type="view_submission", view=view))
    answer = json.loads(text)
    assert (status, answer["response_action"]) == (200, "push" if previous is None else "update")
    assert "give your workspace admin this reference" in json.dumps(answer["view"])
    assert "secret detail" not in text
    assert metrics.registry.get_sample_value("sessions_requests_failed_total", {"kind": "view_submission"}) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"command": "/unknown", "user_id": "U1", "team_id": "T1"},
        interaction(type="block_actions", actions=[{"action_id": "unknown", "block_id": "b"}]),
        interaction(type="block_actions", actions=[{"action_id": "unknown", "block_id": "b"}], view=None),
        interaction(type="view_submission", view={"type": "modal", "callback_id": "unknown"}),
        interaction(type="something_new"),
    ],
)
async def test_what_nothing_listens_to_is_ignored(
    slack: Slack, fields: dict[str, str], seen: list[dict[str, Any]]
) -> None:
    assert await slack.form(fields) == (200, "")
    assert seen == []


async def test_an_event_nothing_listens_to_is_not_retried(slack: Slack) -> None:
    assert await slack.send(b'{"type": "event_callback", "team_id": "T1", "event": {"type": "new_thing"}}') == (200, "")


NONSENSE = [
    b'{"type": "view_submission", "view": {"callback_id": "list"}, "user": {"id": "U1"}}',
    b'{"type": "workflow_step_edit", "callback_id": "x"}',
    b'{"type": "interactive_message", "callback_id": "x"}',
    b"",
    b"{",
    b"[]",
    b"null",
    b"5",
    b'"text"',
    b"{" * 50_000,
    b"[" * 200_000,
    b'{"type":' * 20_000 + b"1" + b"}" * 20_000,
    b"payload=",
    b"payload=%7B",
    b"payload=[]",
    b"payload=5",
    b"not a form at all payload",
    b"\xff\xfe\x00{",
    b'{"type": "event_callback"}',
    b'{"type": "event_callback", "event": 5}',
    b'{"type": "event_callback", "event": {"type": 5}}',
    b'{"type": "event_callback", "event": {"type": "team_join", "item": [5]}}',
    b'{"type": "event_callback", "authorizations": 5}',
    b'{"type": "event_callback", "authorizations": ["x"], "event": {"type": "team_join"}}',
    b'{"type": ["event_callback"], "event": {"type": "team_join"}}',
    b'{"type": "block_actions", "actions": []}',
    b'{"type": "block_actions", "actions": [5], "user": {"id": "U1"}}',
    b'{"type": "block_actions", "actions": [{"action_id": 5}], "user": {"id": "U1"}}',
    b'{"type": "view_submission", "view": "v", "user": {"id": "U1"}}',
    b'{"type": "view_submission", "view": {"callback_id": "list"}, "user": 5}',
    b'{"type": "view_submission", "view": {"callback_id": "list"}, "user": {"id": ["U1"]}}',
    b'{"type": "url_verification"}',
    b'{"command": "/sessions", "user_id": 5}',
    b'{"command": "/sessions", "user_id": "U1", "team": {"id": 5}}',
    b'{"command": "/sessions", "user_id": "U1", "response_urls": 5}',
    b'{"command": ["/sessions"], "user_id": "U1"}',
    b"command=&user_id=U1",
]


@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain; charset=no-such-codec"]
)
async def test_signed_nonsense_is_400_or_ignored_and_reaches_no_handler(
    slack: Slack, body: bytes, content_type: str, seen: list[dict[str, Any]]
) -> None:
    status, _text = await slack.send(body, content_type=content_type)
    assert status in {200, 400}
    assert seen == []


async def test_mangled_real_requests_never_give_500(slack: Slack) -> None:
    whole = json.dumps({"type": "view_submission", "user": {"id": "U1"}, "team": {"id": "T1"},
                        "view": {"type": "modal", "callback_id": "list", "state": {"values": {}}}}).encode()  # fmt: skip
    dice = random.Random(7)
    for _ in range(150):
        body = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(body))
            body[at : at + dice.randint(0, 6)] = dice.randbytes(dice.randint(0, 3))
        assert (await slack.send(bytes(body)))[0] in {200, 400}


FOREIGN: list[tuple[str, dict[str, str]]] = [
    ("command", {**COMMAND, "team_id": "T2"}),
    ("press", interaction(type="block_actions", team={"id": "T2"}, actions=[{"action_id": "broken", "block_id": "b"}])),
    (
        "submission",
        interaction(
            type="view_submission", team={"id": "T2"}, view={"type": "modal", "callback_id": "list", "id": "V"}
        ),
    ),
    ("closed", interaction(type="view_closed", team={"id": "T2"}, view={"type": "modal", "callback_id": "list"})),
    ("shortcut", interaction(type="shortcut", team={"id": "T2"}, callback_id="x")),
    ("event", {"type": "event_callback", "team_id": "T2", "event": {"type": "team_join"}}),  # type: ignore[dict-item]
]


@pytest.mark.parametrize(("kind", "fields"), FOREIGN, ids=[kind for kind, _ in FOREIGN])
@pytest.mark.parametrize(
    "url", [None, "", "works", "http://127.0.0.1:1/nobody", "http://[", "no address", "file:///etc"]
)
async def test_a_request_of_another_workspace_is_refused_in_words_where_it_can_be_and_never_with_a_traceback(
    slack: Slack,
    api: WebApi,
    seen: list[dict[str, Any]],
    kind: str,
    fields: dict[str, str],
    url: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    works = api.base.removesuffix("api/") + "response/1"
    given = {} if url is None else {"response_url": works if url == "works" else url}
    if "payload" in fields:
        status, text = await slack.form({"payload": json.dumps(json.loads(fields["payload"]) | given)})
    elif kind == "event":
        status, text = await slack.send(json.dumps(fields).encode())
    else:
        status, text = await slack.form(fields | given)
    assert status == 200
    if kind == "submission":
        assert REFUSAL in json.dumps(json.loads(text)["view"])
    else:
        assert text == (REFUSAL if kind == "command" else "")
    told = url == "works" and kind not in {"command", "submission", "event"}
    assert api.response_url_texts == ([REFUSAL] if told else [])
    assert seen == []
    assert not [record for record in caplog.records if record.exc_info]


async def test_an_org_wide_install_serves_every_workspace_of_the_organization(
    slack: Slack, api: WebApi, seen: list[dict[str, Any]]
) -> None:
    api.answers["auth.test"] = {**OURS, "enterprise_id": "E1", "is_enterprise_install": True}
    org = {"is_enterprise_install": "true", "enterprise_id": "E1"}
    assert await slack.form({**COMMAND, **org, "team_id": "T7"}) == (200, "here you are")
    assert seen[0]["workspace_id"] == "E1"
    assert await slack.form({**COMMAND, **org, "enterprise_id": "E2"}) == (200, REFUSAL)


async def test_a_dead_token_refuses_and_is_not_asked_about_at_every_request(slack: Slack, api: WebApi) -> None:
    api.answers["auth.test"] = {"ok": False, "error": "invalid_auth"}
    assert await slack.form(COMMAND) == (200, REFUSAL)
    assert await slack.form(COMMAND) == (200, REFUSAL)
    assert api.calls == ["auth.test"]


async def test_trouble_at_slack_is_not_called_a_missing_installation(slack: Slack, api: WebApi) -> None:
    api.answers["auth.test"] = {"ok": False, "error": "fatal_error"}
    status, text = await slack.form(COMMAND)
    assert status == 200
    assert "reference" in json.loads(text)["text"]
    api.answers["auth.test"] = OURS
    assert await slack.form(COMMAND) == (200, "here you are")


async def test_a_dead_token_in_any_answer_has_the_token_checked_again(
    api: WebApi, authorize: SingleWorkspace, session: aiohttp.ClientSession
) -> None:
    await authorize.identity()
    client = AsyncWebClient(
        token="xoxb-made-up", base_url=api.base, session=session, retry_handlers=[TokenWatch(authorize)]
    )
    await client.chat_postMessage(channel="C1", text="x")
    await authorize.identity()
    assert api.calls.count("auth.test") == 1
    api.answers["chat.postMessage"] = api.answers["auth.test"] = {"ok": False, "error": "token_revoked"}
    with pytest.raises(Exception, match="token_revoked"):
        await client.chat_postMessage(channel="C1", text="x")
    with pytest.raises(TokenRefused, match="token_revoked"):
        await authorize.identity()
    assert api.calls.count("chat.postMessage") == 2


async def test_the_identity_is_what_auth_test_says(authorize: SingleWorkspace) -> None:
    identity = await authorize.identity()
    assert (identity.workspace_id, identity.bot_user_id, identity.scopes) == ("T1", "UBOT", ("commands", "chat:write"))


def test_the_workspace_of_a_request_is_the_organization_for_org_wide_installs() -> None:
    assert workspace_id_of({"team_id": "T1", "enterprise_id": "E1"}) == "T1"
    assert workspace_id_of({"team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": True}) == "E1"
    assert workspace_id_of({"enterprise_id": "E1"}) is None


async def test_a_request_that_does_not_end_is_answered_in_words_and_goes_on(app: AsyncApp, metrics: Metrics) -> None:
    """Whatever holds it up, a commit say: what is under way is never cut off, and nobody is told that it was not done."""
    gate, ended = asyncio.Event(), asyncio.Event()

    async def waits(*_: Any, **__: Any) -> BoltResponse:
        await gate.wait()
        ended.set()
        return BoltResponse(status=200)

    app.async_dispatch = waits  # type: ignore[method-assign]
    background = BackgroundTasks()
    dispatch = Dispatcher(app, metrics, background)
    view = {"id": "V1", "type": "modal", "callback_id": "x"}
    submitted = {"type": "view_submission", "user": {"id": "U1"}, "team": {"id": "T1"}, "view": view}
    pressed = {"type": "block_actions", "user": {"id": "U1"}, "team": {"id": "T1"}, "actions": [{"action_id": "a"}]}
    event = {"type": "event_callback", "event": {"type": "team_join"}, "team_id": "T1"}
    answers = {}
    for name, payload in {"command": COMMAND, "submission": submitted, "press": pressed, "event": event}.items():
        with deadline.within(0.01):
            answers[name] = await dispatch(parse_envelope(payload))
    words = "we cannot say whether it was done"
    assert words in json.loads(answers["command"].body)["text"]
    assert words in json.dumps(json.loads(answers["submission"].body)["view"])
    assert (answers["press"].status, answers["press"].body) == (200, "")
    assert answers["event"].status == 500, "Slack sends it again"
    assert len(background) == 4
    assert not ended.is_set()
    gate.set()
    await background.drain()
    assert ended.is_set()
