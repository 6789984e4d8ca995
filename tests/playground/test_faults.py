"""Faults on demand: rate limits, outages, lost replies, slowness, each where and as long as asked."""

import time
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from playground.errors import PersonError
from playground.faults import FaultError, Faults
from tests.playground.conftest import Stage

Json = dict[str, Any]


async def test_a_rate_limit_is_for_the_calls_asked_and_says_when_to_come_back(stage: Stage) -> None:
    anna = stage.pg.person("U1")
    await anna.fault("rate_limited", method="chat.postMessage", channel="C1", calls=1, retry_after=7)
    assert (await stage.client.auth_test())["ok"]
    assert (await stage.client.chat_postMessage(channel="U1", text="elsewhere"))["ok"]
    with pytest.raises(SlackApiError) as caught:
        await stage.client.chat_postMessage(channel="C1", text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert (await stage.client.chat_postMessage(channel="C1", text="x"))["ok"]
    assert len(await anna.channel("general")) == 1


async def test_an_outage_lasts_until_it_is_mended(stage: Stage) -> None:
    anna = stage.pg.person("U1")
    await anna.fault("server_error", status=503)
    for _ in range(2):
        with pytest.raises((SlackApiError, aiohttp.ClientError)):
            await stage.client.chat_postMessage(channel="C1", text="x")
    assert (await anna.traffic(kind="api"))[-1]["status"] == 503
    await anna.mend()
    await stage.client.chat_postMessage(channel="C1", text="after")
    assert [m.text for m in await anna.channel("general")] == ["after"]


async def test_a_lost_reply_means_done_but_not_known(stage: Stage) -> None:
    anna = stage.pg.person("U1")
    await anna.fault("lost_reply", calls=1)
    with pytest.raises(aiohttp.ClientError):
        await stage.client.chat_postMessage(channel="C1", text="said once")
    assert [m.text for m in await anna.channel("general")] == ["said once"]
    entry = (await anna.traffic(kind="api"))[-1]
    assert (entry["fault"], entry["ok"]) == ("lost_reply", True)


async def test_slowness_takes_its_time(stage: Stage) -> None:
    await stage.pg.person("U1").fault("slow", ms=150, calls=1)
    started = time.perf_counter()
    await stage.client.auth_test()
    assert time.perf_counter() - started >= 0.149
    assert stage.pg.faults.active() == [], "the next call is not slow any more"


async def test_older_blocks_are_refused_in_calls_until_the_workspace_has_the_newer_ones(stage: Stage) -> None:
    anna = stage.pg.person("U1")
    card = {"type": "card", "title": {"type": "plain_text", "text": "T"}}
    await anna.fault("older_blocks", blocks=["card"])
    with pytest.raises(SlackApiError) as caught:
        await stage.client.chat_postMessage(channel="C1", text="x", blocks=[card])
    assert caught.value.response["error"] == "invalid_blocks"
    assert caught.value.response["errors"] == ["unsupported type: card [json-pointer:/blocks/0/type]"]
    assert (await stage.client.auth_test())["ok"], "no call fails by itself"
    await anna.mend()
    assert (await stage.client.chat_postMessage(channel="C1", text="x", blocks=[card]))["ok"]


async def test_a_fault_that_makes_no_sense_is_refused(stage: Stage) -> None:
    with pytest.raises(PersonError, match="a fault's kind is one of"):
        await stage.pg.person("U1").fault("meteor")


def test_a_fault_for_some_seconds_goes_away_by_itself() -> None:
    now = 100.0
    faults = Faults(clock=lambda: now)
    faults.add({"kind": "rate_limited", "seconds": 5})
    assert len(faults.strike("auth.test", None)) == 1
    now = 105.0
    assert faults.strike("auth.test", None) == []
    with pytest.raises(FaultError, match="no field 'second'"):
        faults.add({"kind": "slow", "second": 1})
