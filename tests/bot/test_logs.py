"""Logs: one pipeline, both formats, and nothing secret or personal in either."""

import asyncio
import io
import json
import logging
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from bot.logs import configure_logging, request_context
from bot.redaction import HIDDEN, Redactor, is_private
from bot.settings import LogFormat
from tests.support import logs

KNOWN = "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    logs.plain()


def start(log_format: LogFormat, level: str = "INFO") -> io.StringIO:
    out = io.StringIO()
    configure_logging(level, log_format, secrets=[KNOWN], stream=out)
    return out


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_json_is_one_object_a_line_with_level_time_and_logger() -> None:
    out = start("json")
    structlog.get_logger("bot.test").info("relay woke up", due=3)
    logging.getLogger("slack_bolt.AsyncApp").warning("Unhandled request (%s)", "type=x")
    ours, theirs = lines(out)
    assert (ours["event"], ours["due"], ours["level"], ours["logger"]) == ("relay woke up", 3, "info", "bot.test")
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == (
        "Unhandled request (type=x)",
        "warning",
        "slack_bolt.AsyncApp",
    )


def test_console_is_readable_text() -> None:
    out = start("console")
    structlog.get_logger("bot.test").warning("relay is late", lag_seconds=12)
    assert "relay is late" in out.getvalue()
    assert "lag_seconds=12" in out.getvalue()


async def test_ids_of_the_request_are_on_every_line_inside_it_and_on_none_outside() -> None:
    out = start("json")

    async def one(workspace: str) -> None:
        with request_context(request_id=f"r-{workspace}", workspace_id=workspace, user_id="U1"):
            await asyncio.sleep(0)
            logging.getLogger("sqlalchemy.pool").error("lost connection")

    await asyncio.gather(one("T1"), one("T2"))
    structlog.get_logger().info("outside")
    *inside, outside = lines(out)
    assert {(line["workspace_id"], line["request_id"]) for line in inside} == {("T1", "r-T1"), ("T2", "r-T2")}
    assert "request_id" not in outside


def test_a_library_that_logs_whole_requests_at_debug_is_kept_quiet() -> None:
    out = start("json", "DEBUG")
    logging.getLogger("slack_sdk.web.async_client").debug("Sending a request - json: {'text': 'I am ill'}")
    logging.getLogger("bot.anything").debug("ours")
    assert [line["event"] for line in lines(out)] == ["ours"]


def test_configuring_twice_does_not_log_twice() -> None:
    start("json")
    out = start("json")
    structlog.get_logger().info("once")
    assert len(lines(out)) == 1


# Made of letters that no redaction pattern gives meaning to, so that only the shape around it can hide it.
_word = st.text(string.ascii_letters + string.digits, min_size=12, max_size=24)
_spelled: dict[str, Any] = {
    "bot token": lambda s: f"xoxb-{s}-{s}",
    "rotated token": lambda s: f"xoxe.xoxb-1-{s}",
    "app token": lambda s: f"xapp-1-A0-{s}",
    "response url": lambda s: f"https://hooks.slack.com/commands/T1/2/{s}",
    "stand-in response url": lambda s: f"http://127.0.0.1:9/api/response_url/{s}",
    "socket url": lambda s: f"wss://w.slack.com/link/?ticket={s}&app_id=1",
    "bearer": lambda s: f"Authorization: Bearer {s}",
    "basic": lambda s: f"authorization=Basic {s}",
    "database url": lambda s: f"postgresql+asyncpg://sessions:{s}@db.internal/sessions",
    "e-mail": lambda s: f"{s}@example.com",
    "signature": lambda s: "X-Slack-Signature: v0=" + s.encode().hex(),
    "sql parameters": lambda s: (
        f"INSERT failed\n[SQL: INSERT INTO x]\n[parameters: ('a', '{s}')]\n(Background on this error)"
    ),
    "failing row": lambda s: f"DETAIL:  Failing row contains (T1, {s}, null).",
    "repr of a payload": lambda s: f"bad payload {{'type': 'x', 'reason': '{s} it\\'s {s}', 'n': 1}}",
    "json of a payload": lambda s: json.dumps({"type": "x", "view": {"state": {"values": [s]}}}),
}


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, str]:
    secret = draw(_word)
    spelled = _spelled[draw(st.sampled_from(sorted(_spelled)))](secret)
    needle = secret.encode().hex() if "v0=" in spelled else secret
    return needle, f"{draw(st.sampled_from(['', 'failed: ', '(', '<']))}{spelled}"


def _nest(leaf: str, path: list[int]) -> Any:
    value: Any = leaf
    for step in path:
        value = [
            {"inner": value},
            [1, value],
            (value, None),
            {value} if isinstance(value, str) else {"k": value},
            {str(value): 1},
        ][step]
    return value


@given(planted(), st.lists(st.integers(0, 4), max_size=5), st.sampled_from(["console", "json"]), st.integers(0, 5))
def test_a_secret_planted_anywhere_never_comes_out(
    plant: tuple[str, str], path: list[int], log_format: LogFormat, how: int
) -> None:
    needle, text = plant
    out = start(log_format)
    logger = structlog.get_logger("bot.test")
    match how:
        case 0:
            logger.info(text)
        case 1:
            logger.info("something happened", details=_nest(text, path))
        case 2:
            logging.getLogger("slack_bolt.x").warning("failed: %s", text)
        case 3:
            logging.getLogger("alembic").warning("failed", extra={"details": _nest(text, path)})
        case 4:
            try:
                int(text)
            except ValueError as error:
                logger.exception("failed", error=error)
        case _:
            try:
                try:
                    {}[text]
                except KeyError as cause:
                    raise RuntimeError("wrapped") from cause
            except RuntimeError:
                logging.getLogger("aiohttp.server").exception("Error handling request")
    assert out.getvalue()
    assert needle not in out.getvalue()


@given(
    st.sampled_from(
        [
            "reason",
            "note",
            "text",
            "name",
            "real_name",
            "email",
            "blocks",
            "view",
            "body",
            "payload",
            "coachEmail",
            "X-Slack-Signature",
        ]
    ),
    st.recursive(
        _word, lambda inner: st.lists(inner, min_size=1, max_size=2) | st.dictionaries(st.just("k"), inner, min_size=1)
    ),
    st.lists(st.integers(0, 1), max_size=3),
    st.sampled_from(["console", "json"]),
)
def test_personal_words_are_hidden_under_their_key_at_any_depth(
    key: str, value: Any, path: list[int], log_format: LogFormat
) -> None:
    out = start(log_format)
    structlog.get_logger().info(
        "canceled", details={"kind": "x", "data": [{key: value}]}, **{key.replace("-", "_"): value}
    )
    words = [value]
    while words:
        word = words.pop()
        if isinstance(word, str):
            assert word not in out.getvalue()
        else:
            words.extend(word.values() if isinstance(word, dict) else word)
    assert HIDDEN in out.getvalue()


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["console", "json"]))
def test_this_process_own_secrets_are_found_inside_any_text(before: str, after: str, log_format: LogFormat) -> None:
    out = start(log_format)
    structlog.get_logger().info(f"{before}{KNOWN}{after}", other=f"{after}{KNOWN}")
    assert KNOWN not in out.getvalue()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda x: st.lists(x) | st.dictionaries(st.text() | st.integers(), x),
        max_leaves=8,
    )
)
def test_any_value_can_be_logged_as_one_json_line(value: Any) -> None:
    out = start("json")
    structlog.get_logger().info("odd", value_of=value)
    assert len(out.getvalue().splitlines()) >= 1
    assert json.loads(out.getvalue())["event"] == "odd"


def test_what_an_operator_needs_stays_readable() -> None:
    redactor = Redactor()
    assert (
        redactor.text("notice 42 of T0123 delivered to C0456 after 3 attempts")
        == "notice 42 of T0123 delivered to C0456 after 3 attempts"
    )
    assert (
        redactor.text("GET https://slack.com/api/chat.postMessage gave 503")
        == "GET https://slack.com/api/chat.postMessage gave 503"
    )
    assert redactor.mapping({"session_id": "S1", "workspace_id": "T1", "kind": "receipt"}) == {
        "session_id": "S1",
        "workspace_id": "T1",
        "kind": "receipt",
    }
    assert redactor.text("postgresql://u:pw@h/d") == f"postgresql://u:{HIDDEN}@h/d"


@pytest.mark.parametrize(
    "filler", ["a", "a.", "xoxb", "'name", "a@", "https://a/", "/commands/", "[parameters: ", "Bearer "]
)
def test_a_huge_text_cannot_stall_the_process(filler: str) -> None:
    started = time.process_time()
    Redactor([KNOWN]).text(filler * (1_000_000 // len(filler)))
    assert time.process_time() - started < 1.0


def test_a_dataclass_is_cleaned_field_by_field() -> None:
    @dataclass(frozen=True)
    class Canceled:
        session_id: str
        reason: str

    assert Redactor().value(Canceled("S1", "I am ill")) == {"type": "Canceled", "session_id": "S1", "reason": HIDDEN}


def test_keys_are_judged_word_by_word() -> None:
    assert is_private("cancel_reason")
    assert is_private("realName")
    assert not is_private("filename_length")
    assert not is_private("session_id")


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
async def test_what_is_sent_to_slack_is_not_formatted_for_a_line_that_nobody_writes(level: str) -> None:
    class Unread(str):
        def __repr__(self) -> str:
            raise AssertionError("it was formatted")

    class Session:
        closed = False

        def request(self, *_: object, **__: object) -> object:
            raise ConnectionRefusedError

    logging.getLogger("slack_sdk.web.async_base_client").setLevel(logging.NOTSET)
    start("json", level)
    client = AsyncWebClient("xoxb-1", session=Session(), retry_handlers=[])  # type: ignore[arg-type]
    with pytest.raises(ConnectionRefusedError):
        await client.views_open(trigger_id="1.1.x", view={"blocks": [Unread("x")]})
