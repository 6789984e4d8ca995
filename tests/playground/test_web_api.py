"""The Web API through Slack's own client: what it gives and how it refuses."""

import copy
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.playground.conftest import APP_TOKEN, BOT_TOKEN, MANIFEST, Play, Stage
from tests.playground.kit import button, modal, section

Json = dict[str, Any]
Call = Callable[[AsyncWebClient], Awaitable[Any]]


async def refusal(call: Awaitable[Any]) -> Json:
    """What the API said when it refused."""
    with pytest.raises(SlackApiError) as caught:
        await call
    data = caught.value.response.data
    assert isinstance(data, dict)
    return data


async def test_auth_test_names_the_app_and_its_team(stage: Stage) -> None:
    answer = await stage.client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T1", "UBOT", "B1")


async def test_tokens_are_checked(stage: Stage) -> None:
    nobody = AsyncWebClient(base_url=stage.pg.api_url, retry_handlers=[])
    wrong = AsyncWebClient(token="xoxb-other", base_url=stage.pg.api_url, retry_handlers=[])
    app = AsyncWebClient(token=APP_TOKEN, base_url=stage.pg.api_url, retry_handlers=[])
    assert (await refusal(nobody.auth_test()))["error"] == "not_authed"
    assert (await refusal(wrong.auth_test()))["error"] == "invalid_auth"
    assert (await refusal(app.auth_test()))["error"] == "not_allowed_token_type"
    assert (await refusal(stage.client.api_call("chat.post")))["error"] == "unknown_method"


async def test_a_token_in_the_form_is_as_good_as_a_header(stage: Stage) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{stage.pg.api_url}auth.test", data={"token": BOT_TOKEN}) as response,
    ):
        answer = await response.json()
    assert answer["ok"]


@pytest.mark.parametrize(
    ("scope", "needed", "call"),
    [
        ("chat:write", "chat:write", lambda c: c.chat_postMessage(channel="C1", text="x")),
        ("users:read.email", "users:read.email", lambda c: c.users_lookupByEmail(email="anna@example.com")),
        ("team:read", "team:read", lambda c: c.team_info()),
        ("users:read", "users:read", lambda c: c.users_info(user="U1")),
        ("channels:read", "channels:read", lambda c: c.conversations_info(channel="C1")),
        ("channels:history", "channels:history", lambda c: c.conversations_history(channel="C1")),
        ("groups:read", "groups:read", lambda c: c.conversations_list(types="private_channel")),
    ],
)
async def test_a_method_without_its_scope_says_what_is_missing(play: Play, scope: str, needed: str, call: Call) -> None:
    manifest = copy.deepcopy(MANIFEST)
    manifest["oauth_config"]["scopes"]["bot"].remove(scope)
    manifest["settings"]["event_subscriptions"]["bot_events"] = []
    async with play(manifest) as stage:
        answer = await refusal(call(stage.client))
    assert (answer["error"], answer["needed"]) == ("missing_scope", needed)
    assert scope not in answer["provided"].split(",")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C9", "text": "x"}, "channel_not_found"),
        ({"channel": "C2", "text": "x"}, "not_in_channel"),
        ({"channel": "C3", "text": "x"}, "channel_not_found"),
        ({"channel": "C4", "text": "x"}, "is_archived"),
        ({"channel": "C1"}, "no_text"),
        ({"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C1", "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": "C1", "text": "x", "blocks": [section("x" * 3000)] * 4 + [section("x")]}, "msg_blocks_too_long"),
        ({"channel": "C1", "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"channel": "C1", "markdown_text": "x", "text": "x"}, "markdown_text_conflict"),
        ({"channel": "C1", "text": "x", "metadata": "{"}, "invalid_metadata_format"),
        ({"channel": "C1", "text": "x", "metadata": {"event_type": "t"}}, "invalid_metadata_schema"),
        (
            {"channel": "C1", "text": "x", "metadata": {"event_type": "t", "event_payload": {"a": "x" * 9000}}},
            "metadata_too_large",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:The top-level `text` argument:UserWarning")
async def test_a_message_is_refused_with_slacks_word(stage: Stage, arguments: Json, error: str) -> None:
    assert (await refusal(stage.client.chat_postMessage(**arguments)))["error"] == error


async def test_refused_blocks_come_with_their_place(stage: Stage) -> None:
    long = "x" * 76
    answer = await refusal(
        stage.client.chat_postMessage(channel="C1", text="x", blocks=[section("x", accessory=button(long, "a"))])
    )
    words = "must be less than 76 characters [json-pointer:/blocks/0/accessory/text/text]"
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == [words]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {words}"]
    entry = (await stage.pg.person("U1").traffic(name="chat.postMessage"))[0]
    assert (entry["ok"], entry["messages"]) == (False, [f"[ERROR] {words}"])


async def test_forty_thousand_characters_are_a_message(stage: Stage) -> None:
    assert (await stage.client.chat_postMessage(channel="general", text="x" * 40_000))["channel"] == "C1"


@pytest.mark.filterwarnings("ignore:The top-level `text` argument:UserWarning")
async def test_what_a_message_may_say_is_less_once_it_is_edited(stage: Stage) -> None:
    posted = await stage.client.chat_postMessage(channel="C1", text="x" * 4001)
    place = {"channel": "C1", "ts": posted["ts"]}
    assert (await refusal(stage.client.chat_update(**place, text="x" * 4001)))["error"] == "msg_too_long"
    full = [section("x" * 3000)] * 4
    assert (await refusal(stage.client.chat_update(**place, blocks=[*full, section("x")])))[
        "error"
    ] == "msg_blocks_too_long"
    assert (await stage.client.chat_update(**place, text="x" * 4000, blocks=full))["text"] == "x" * 4000


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda c: c.users_list(limit=1001), "invalid_limit"),
        (lambda c: c.conversations_list(limit=1001), "invalid_limit"),
        (lambda c: c.conversations_history(channel="C1", limit=1000), "invalid_limit"),
        (lambda c: c.conversations_open(users=[f"U{n}" for n in range(9)]), "too_many_users"),
        (lambda c: c.chat_postEphemeral(channel="C1", user="U1", text="x" * 40_001), "msg_too_long"),
    ],
)
async def test_every_method_keeps_its_limits(stage: Stage, call: Call, error: str) -> None:
    assert (await refusal(call(stage.client)))["error"] == error


async def test_a_message_to_a_person_goes_to_their_conversation_with_the_app(stage: Stage) -> None:
    posted = await stage.client.chat_postMessage(channel="U1", text="Hello <@U1>, <!here|here>")
    seen = await stage.pg.person("U1").dms()
    assert [(m.ts, m.text, m.pings) for m in seen] == [(posted["ts"], "Hello @Anna Client, here", ["U1", "here"])]
    assert posted["channel"].startswith("D")
    opened = await stage.client.conversations_open(users="U1", return_im=True)
    assert (opened["channel"]["id"], opened["channel"]["user"]) == (posted["channel"], "U1")


async def test_a_message_is_edited_and_deleted_by_its_own_app_only(stage: Stage) -> None:
    ben = stage.pg.person("U2")
    said = await ben.say("general", "Mine")
    posted = await stage.client.chat_postMessage(channel="C1", text="Draft", blocks=[section("Draft")])
    await stage.client.chat_update(channel="C1", ts=posted["ts"], text="Done", blocks=[section("Done")])
    assert [m.text for m in await ben.channel("general")] == ["Mine", "Done"]
    assert (await refusal(stage.client.chat_update(channel="C1", ts=said["ts"], text="x")))[
        "error"
    ] == "cant_update_message"
    assert (await refusal(stage.client.chat_update(channel="C1", ts="1.0", text="x")))["error"] == "message_not_found"
    assert (await refusal(stage.client.chat_delete(channel="C1", ts=said["ts"])))["error"] == "cant_delete_message"
    await stage.client.chat_delete(channel="C1", ts=posted["ts"])
    assert [m.text for m in await ben.channel("general")] == ["Mine"]


async def test_an_ephemeral_message_is_for_one_person(stage: Stage) -> None:
    await stage.client.chat_postEphemeral(channel="C1", user="U1", text="Psst")
    assert [m.ephemeral for m in await stage.pg.person("U1").channel("general")] == [True]
    assert await stage.pg.person("U2").channel("general") == []
    stranger = stage.client.chat_postEphemeral(channel="C1", user="U9", text="Psst")
    assert (await refusal(stranger))["error"] == "user_not_in_channel"


async def test_a_permalink_leads_to_a_message_that_exists(stage: Stage) -> None:
    posted = await stage.client.chat_postMessage(channel="C1", text="x")
    link = await stage.client.chat_getPermalink(channel="C1", message_ts=posted["ts"])
    assert link["permalink"] == f"https://tiny-team.slack.com/archives/C1/p{posted['ts'].replace('.', '')}"
    lost = stage.client.chat_getPermalink(channel="C1", message_ts="1.0")
    assert (await refusal(lost))["error"] == "message_not_found"


async def test_a_person_has_a_zone_and_with_scopes_an_email_and_a_locale(stage: Stage, play: Play) -> None:
    user = (await stage.client.users_info(user="U2", include_locale=True))["user"]
    assert (user["locale"], user["profile"]["email"], user["tz"]) == ("de-DE", "ben@example.com", "America/New_York")
    assert "locale" not in (await stage.client.users_info(user="U2"))["user"]
    await stage.pg.person("U2").use("ja-JP")
    assert (await stage.client.users_info(user="U2", include_locale=True))["user"]["locale"] == "ja-JP"
    assert (await refusal(stage.client.users_info(user="U9")))["error"] == "user_not_found"
    manifest = copy.deepcopy(MANIFEST)
    manifest["oauth_config"]["scopes"]["bot"].remove("users:read.email")
    async with play(manifest) as other:
        assert "email" not in (await other.client.users_info(user="U2"))["user"]["profile"]


async def test_people_are_found_by_email_and_listed_page_by_page(stage: Stage) -> None:
    assert (await stage.client.users_lookupByEmail(email="Anna@Example.com"))["user"]["id"] == "U1"
    assert (await refusal(stage.client.users_lookupByEmail(email="x@example.com")))["error"] == "users_not_found"
    ids: list[str] = []
    async for answer in await stage.client.users_list(limit=2):
        assert len(answer["members"]) <= 2
        ids += [member["id"] for member in answer["members"]]
    assert sorted(ids) == ["U1", "U2", "U3", "UBOT", "USLACKBOT"]
    assert (await refusal(stage.client.users_list(cursor="nonsense")))["error"] == "invalid_cursor"


async def test_team_and_bot_say_who_they_are(stage: Stage) -> None:
    assert (await stage.client.team_info())["team"]["domain"] == "tiny-team"
    assert (await stage.client.bots_info(bot="B1"))["bot"]["user_id"] == "UBOT"
    assert (await refusal(stage.client.bots_info(bot="B2")))["error"] == "bot_not_found"


async def test_channels_are_known_as_far_as_the_app_may(stage: Stage) -> None:
    general = (await stage.client.conversations_info(channel="C1"))["channel"]
    assert (general["name"], general["is_member"], general["is_private"]) == ("general", True, False)
    assert (await refusal(stage.client.conversations_info(channel="C3")))["error"] == "channel_not_found"
    listed = await stage.client.conversations_list(types="public_channel,private_channel", exclude_archived=True)
    assert [channel["id"] for channel in listed["channels"]] == ["C1", "C2"]
    assert (await stage.client.conversations_members(channel="C1"))["members"] == ["U1", "U2", "U3", "UBOT"]


async def test_history_is_newest_first_without_what_one_person_saw(stage: Stage) -> None:
    await stage.client.chat_postMessage(channel="C1", text="one")
    await stage.client.chat_postEphemeral(channel="C1", user="U1", text="psst")
    two = await stage.client.chat_postMessage(channel="C1", text="two")
    answer = await stage.client.conversations_history(channel="C1")
    assert [message["text"] for message in answer["messages"]] == ["two", "one"]
    since = await stage.client.conversations_history(channel="C1", oldest=two["ts"], inclusive=True)
    assert [message["text"] for message in since["messages"]] == ["two"]
    assert (await refusal(stage.client.conversations_history(channel="C2")))["error"] == "not_in_channel"


async def test_posting_faster_than_slack_allows_says_when_to_come_back(play: Play) -> None:
    async with play(rate_limits=True) as stage:
        assert stage.pg._context.posting is not None
        stage.pg._context.posting._clock = lambda: 0.0  # however slow this machine is, all of it happens at once
        for number in range(5):
            await stage.client.chat_postMessage(channel="C1", text=str(number))
        with pytest.raises(SlackApiError) as caught:
            await stage.client.chat_postMessage(channel="C1", text="too fast")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["Retry-After"] == "1"
        assert caught.value.response["error"] == "ratelimited"
        assert (await stage.client.chat_postMessage(channel="U1", text="elsewhere"))["ok"]


async def test_a_view_over_a_quarter_of_a_megabyte_is_too_large(stage: Stage) -> None:
    errors: list[str] = []

    @stage.app.command("/tiny")
    async def tiny(ack: Any, command: Json, client: AsyncWebClient) -> None:
        fields = {"type": "section", "fields": [{"type": "plain_text", "text": "x" * 2000}] * 10}
        answer = await refusal(client.views_open(trigger_id=command["trigger_id"], view=modal(*[fields] * 13)))
        errors.append(answer["error"])
        await ack()

    await stage.pg.person("U1").command("/tiny")
    assert errors == ["view_too_large"]
