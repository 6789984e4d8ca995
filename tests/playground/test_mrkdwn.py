"""Who a text pings, and what typed text becomes."""

import pytest

from playground.mrkdwn import command_text, message_pings
from tests.playground.conftest import Stage
from tests.playground.kit import plain, section, text_input

HOSTILE = "<!channel> <@U2> <!here|x> <!subteam^S1|@all>"


@pytest.mark.parametrize(
    ("text", "blocks", "pinged"),
    [
        (HOSTILE, [], ["channel", "U2", "here", "S1"]),
        ("", [section(HOSTILE)], ["channel", "U2", "here", "S1"]),
        ("", [{"type": "section", "text": plain(HOSTILE)}], []),
        ("", [{"type": "header", "text": plain(HOSTILE)}], []),
        ("", [{"type": "context", "elements": [{"type": "mrkdwn", "text": "<!everyone>"}]}], ["everyone"]),
        ("", [text_input(HOSTILE, "b")], []),
        ("&lt;!channel&gt; &lt;@U2&gt;", [section("&lt;!channel&gt;")], []),
        ("<@U1> <@U1>", [section("<@U1>")], ["U1"]),
        (
            "",
            [
                {
                    "type": "rich_text",
                    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}],
                }
            ],
            [],
        ),
        (
            "",
            [
                {
                    "type": "rich_text",
                    "elements": [
                        {
                            "type": "rich_text_section",
                            "elements": [{"type": "user", "user_id": "U2"}, {"type": "broadcast", "range": "channel"}],
                        }
                    ],
                }
            ],
            ["U2", "channel"],
        ),
    ],
)
def test_only_markup_in_text_and_mrkdwn_pings(text: str, blocks: list[dict[str, object]], pinged: list[str]) -> None:
    assert message_pings(text, blocks) == pinged


async def test_an_edit_pings_whom_it_names(stage: Stage) -> None:
    posted = await stage.client.chat_postMessage(channel="C1", text="quiet")
    await stage.client.chat_update(channel="C1", ts=posted["ts"], text="<!channel>")
    assert (await stage.pg.person("U1").channel("general"))[0].pings == ["channel"]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("@ben and @nobody", "<@U2|ben> and @nobody"),
        ("mail ben@example.com", "mail ben@example.com"),
        ("#general, #nowhere", "<#C1|general>, #nowhere"),
        ("@ben.", "<@U2|ben>."),
        ("<@U2> & <!channel>", "&lt;@U2&gt; &amp; &lt;!channel&gt;"),
    ],
)
def test_typed_names_become_markup_and_typed_markup_does_not(typed: str, sent: str) -> None:
    assert command_text(typed, should_escape=True, users={"ben": "U2"}, channels={"general": "C1"}) == sent
