"""A workspace whose Slack does not take a newer block gets the older form at once, and it is remembered."""

from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from coaching.blocks import ASKED_AGAIN
from handlers.known_blocks import KnownBlocks
from handlers.views.newer import Newer
from playground.person import Person
from storage import SqlStore
from tests.handlers.canceling import able_to_cancel, title
from tests.handlers.conftest import Stage
from tests.support.world import WORKSPACE

Json = dict[str, Any]
START = datetime(2026, 11, 1, 12, tzinfo=UTC)
OLDER = {"type": "section", "text": {"type": "mrkdwn", "text": "older"}}
CARD: Json = Newer({"type": "card", "title": {"type": "mrkdwn", "text": "newer"}}, [OLDER, OLDER])
ALERT: Json = Newer({"type": "alert", "text": {"type": "mrkdwn", "text": "newer"}}, [OLDER])
HOME: Json = {"type": "home", "blocks": [OLDER, CARD]}
MODAL: Json = {"type": "modal", "blocks": [OLDER, ALERT, CARD]}


class Slack:
    """Takes what it knows, and says about the rest what it is set up to say."""

    def __init__(self, store: SqlStore) -> None:
        self.lacks: set[str] = set()
        self.answer: Json = {}
        self.got: list[list[str]] = []
        self.at = START
        self._store = store
        self._under_way: list[Coroutine[Any, Any, None]] = []
        self.blocks = self.restarted()

    def restarted(self) -> KnownBlocks:
        """Return the memory of a process that begins."""
        return KnownBlocks(self._store, self._under_way.append, wall=lambda: self.at)

    async def call(self, content: Json) -> str:
        kinds = [block["type"] for block in content["blocks"]]
        self.got.append(kinds)
        for index, kind in enumerate(kinds):
            if kind in self.lacks:
                said = f"[ERROR] unsupported type: {kind} [json-pointer:/view/blocks/{index}/type]"
                named = {"error": "invalid_arguments", "response_metadata": {"messages": [said]}}
                raise SlackApiError("refused", {"ok": False, **(self.answer or named)})
        return "taken"

    async def shown(self, content: Json = HOME) -> list[list[str]]:
        """Send content; return the block types of each call that was made for it."""
        self.got = []
        assert await self.blocks.sent(WORKSPACE, content, self.call) == "taken"
        return self.got

    async def stored(self) -> None:
        """Carry out what was left for later."""
        for work in self._under_way:
            await work
        self._under_way.clear()


@pytest.fixture
async def slack(store: SqlStore) -> AsyncIterator[Slack]:
    slack = Slack(store)
    yield slack
    await slack.stored()


async def test_a_refused_block_is_sent_anew_in_the_older_form_and_not_tried_again(slack: Slack) -> None:
    slack.lacks = {"card"}
    assert await slack.shown() == [["section", "card"], ["section", "section", "section"]]
    assert await slack.shown() == [["section", "section", "section"]]


async def test_what_was_refused_is_known_after_a_restart_and_tried_again_after_some_days(slack: Slack) -> None:
    slack.lacks = {"card"}
    await slack.shown()
    await slack.stored()
    slack.blocks = slack.restarted()
    assert await slack.shown() == [["section", "section", "section"]]
    slack.at += ASKED_AGAIN
    slack.lacks = set()
    assert await slack.shown() == [["section", "card"]]
    await slack.stored()
    slack.blocks = slack.restarted()
    assert await slack.shown() == [["section", "card"]]


async def test_only_the_refused_kind_stays_out_and_only_on_its_surface(slack: Slack) -> None:
    slack.lacks = {"alert"}
    assert await slack.shown(MODAL) == [["section", "alert", "card"], ["section", "section", "section", "section"]]
    assert await slack.shown(MODAL) == [["section", "section", "card"]]
    assert await slack.shown(HOME) == [["section", "card"]]


async def test_a_refusal_that_names_nothing_is_remembered_for_all_that_was_tried(slack: Slack) -> None:
    slack.lacks, slack.answer = {"card"}, {"error": "invalid_blocks"}
    assert len(await slack.shown()) == 2
    assert await slack.shown() == [["section", "section", "section"]]


async def test_a_mistake_within_a_block_says_nothing_about_its_kind(slack: Slack) -> None:
    said = "must be less than 151 characters [json-pointer:/blocks/1/title/text]"
    slack.lacks, slack.answer = {"card"}, {"error": "invalid_blocks", "errors": [said]}
    assert len(await slack.shown()) == 2
    assert len(await slack.shown()) == 2


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "ratelimited"},
        {"error": "invalid_arguments"},
        {"error": "invalid_arguments", "response_metadata": {"messages": ["[ERROR] missing required field: user_id"]}},
        {"error": "invalid_blocks", "errors": ["must be a string [json-pointer:/blocks/0/text/text]"]},
        {"error": ["odd"], "errors": "odd", "response_metadata": 7},
        "<html>a proxy</html>",
    ],
)
async def test_another_failure_stays_a_failure(slack: Slack, answer: Any) -> None:
    async def failing(content: Json) -> str:
        slack.got.append([block["type"] for block in content["blocks"]])
        raise SlackApiError("refused", answer)

    with pytest.raises(SlackApiError):
        await slack.blocks.sent(WORKSPACE, HOME, failing)
    assert slack.got == [["section", "card"]]


async def test_the_answer_to_a_dialog_has_only_blocks_that_were_taken_before(slack: Slack) -> None:
    def answered() -> list[str]:
        return [block["type"] for block in slack.blocks.answered(WORKSPACE, MODAL)["blocks"]]

    older = ["section", "section", "section", "section"]
    assert answered() == older
    await slack.shown({"type": "home", "blocks": [CARD]})  # another surface proves nothing
    assert answered() == older
    await slack.shown({"type": "modal", "blocks": [CARD]})
    assert answered() == ["section", "section", "card"]
    slack.lacks = {"card"}
    await slack.shown({"type": "modal", "blocks": [CARD]})
    assert answered() == older


async def test_what_was_taken_is_written_once(slack: Slack, store: SqlStore) -> None:
    for _ in range(3):
        await slack.shown(MODAL)
        slack.at += timedelta(hours=1)
    await slack.stored()
    async with store.read(WORKSPACE) as queries:
        known = await queries.workspace.known_blocks()
    assert {(one.surface, one.kind, one.taken, one.at) for one in known} == {
        ("modal", "alert", True, START),
        ("modal", "card", True, START),
    }


# Through signed requests, in front of a workspace that lacks the blocks


@pytest.fixture
async def anna(stage: Stage) -> Person:
    return await able_to_cancel(stage)


def kinds(person: Person) -> set[str]:
    assert person.modal is not None
    return {block["type"] for block in person.modal.blocks}


async def late(stage: Stage, anna: Person, near: str = "Next session") -> None:
    """Open the confirmation of a late session by its menu in the list: that is a call of the Web API."""
    await anna.command("/sessions")
    await anna.choose("Cancel…", near=near)
    await stage.settled()


async def test_a_late_cancellation_is_confirmed_below_an_alert(stage: Stage, anna: Person) -> None:
    await late(stage, anna)
    assert "alert" in kinds(anna)
    assert "Please note: If you cancel now, 1 credit does not come back." in anna.modal.text  # type: ignore[union-attr]


async def test_a_workspace_without_alerts_sees_the_same_words_and_no_failure(stage: Stage, anna: Person) -> None:
    await stage.pg.control().fault("older_blocks")
    await late(stage, anna, near="3:00")
    assert title(anna) == "Confirm cancellation?"
    assert "alert" not in kinds(anna)
    assert "Please note: If you cancel now, 1 credit does not come back." in anna.modal.text  # type: ignore[union-attr]
    calls = stage.calls("views.push")
    await anna.close(everything=True)
    await late(stage, anna, near="3:00")
    assert title(anna) == "Confirm cancellation?"
    assert stage.calls("views.push") == calls + 1


async def test_a_dialogs_answer_has_no_alert_until_slack_took_one(stage: Stage, anna: Person) -> None:
    async def picked() -> set[str]:
        await anna.command("/sessions cancel")
        await anna.tick("Coaching · Mon, Nov 16, 3:00 – 3:50 PM")
        await anna.submit()
        assert title(anna) == "Confirm cancellation?"
        found = kinds(anna)
        await anna.close(everything=True)
        return found

    assert "alert" not in await picked()
    await late(stage, anna)
    await anna.close(everything=True)
    assert "alert" in await picked()
