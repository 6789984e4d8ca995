"""A person in modals: forms, answers to them, closing, tabs."""

from typing import Any

import pytest

from playground.errors import PersonError
from tests.playground.conftest import Stage
from tests.playground.kit import Json, actions, button, modal, plain, text_input


def opening(stage: Stage, view: Json) -> None:
    """Let `/tiny` open this modal."""

    @stage.app.command("/tiny")
    async def tiny(ack: Any, command: Json, client: Any) -> None:
        await client.views_open(trigger_id=command["trigger_id"], view=view)
        await ack()


async def test_a_form_is_filled_checked_and_submitted(stage: Stage) -> None:
    submitted: list[Json] = []
    form = modal(
        text_input("Reason", "reason", element={"min_length": 3}),
        text_input("Note", "note", optional=True),
        {
            "type": "input",
            "block_id": "day",
            "label": plain("Day"),
            "element": {"type": "datepicker", "action_id": "d"},
        },
        submit=plain("Go"),
        private_metadata="kept",
    )
    opening(stage, form)

    @stage.app.view("tiny")
    async def submit(ack: Any, body: Json) -> None:
        submitted.append(body)
        await ack()

    anna = stage.pg.person("U1")
    await anna.command("/tiny")
    with pytest.raises(PersonError, match="Reason: Please complete this required field"):
        await anna.submit()
    with pytest.raises(PersonError, match="at least 3 characters"):
        await anna.fill("Reason", "no")
    await anna.fill("Reason", "Ill <!channel>")
    with pytest.raises(PersonError, match="not a date"):
        await anna.fill("Day", "tomorrow")
    await anna.fill("Day", "2026-02-01")
    assert anna.modal is not None
    assert anna.modal.lines[:3] == ["Reason", "[Ill <!channel>]", "Note (optional)"]
    done = await anna.submit()

    assert done["outcome"] == "closed"
    assert anna.modal is None
    view = submitted[0]["view"]
    assert view["state"]["values"] == {
        "reason": {"typed": {"type": "plain_text_input", "value": "Ill <!channel>"}},
        "note": {"typed": {"type": "plain_text_input", "value": None}},
        "day": {"d": {"type": "datepicker", "selected_date": "2026-02-01"}},
    }
    assert (view["private_metadata"], view["root_view_id"], view["previous_view_id"]) == ("kept", view["id"], None)
    assert view["app_installed_team_id"] == "T1"


@pytest.mark.parametrize(
    ("answer", "outcome", "titles"),
    [
        ({}, "closed", []),
        ({"response_action": "clear"}, "cleared", []),
        ({"response_action": "update", "view": modal(title=plain("New"))}, "updated", ["New"]),
        ({"response_action": "push", "view": modal(title=plain("New"))}, "pushed", ["Tiny modal", "New"]),
        ({"response_action": "errors", "errors": {"reason": "Too vague"}}, "errors", ["Tiny modal"]),
        ({"response_action": "errors", "errors": {"nowhere": "x"}}, "trouble", ["Tiny modal"]),
        ({"response_action": "update", "view": modal(title=plain("x" * 25))}, "trouble", ["Tiny modal"]),
        ({"response_action": "nonsense"}, "trouble", ["Tiny modal"]),
    ],
)
async def test_an_answer_to_a_submission_does_what_it_says(
    stage: Stage, answer: Json, outcome: str, titles: list[str]
) -> None:
    opening(stage, modal(text_input("Reason", "reason", optional=True), submit=plain("Go")))

    @stage.app.view("tiny")
    async def submit(ack: Any) -> None:
        await ack(**answer)

    anna = stage.pg.person("U1")
    await anna.command("/tiny")
    done = await anna.submit()

    assert done["outcome"] == outcome
    assert [view.title for view in anna.modals] == titles
    if outcome == "errors":
        assert anna.modal is not None
        assert anna.modal.lines[-1] == "! Too vague"
    if outcome == "trouble":
        assert anna.modal is not None
        assert anna.modal.warning == "We had some trouble connecting. Try again?"
        refused = await anna.traffic(kind="answer")
        assert refused[0]["error"] == "invalid_arguments"
        assert refused[0]["messages"][0].startswith("[ERROR]")


async def test_closing_tells_the_app_only_where_it_asked(stage: Stage) -> None:
    closed: list[Json] = []
    opening(stage, modal(notify_on_close=True))

    @stage.app.view_closed("tiny")
    async def close(ack: Any, body: Json) -> None:
        closed.append(body)
        await ack()

    anna = stage.pg.person("U1")
    await anna.command("/tiny")
    await anna.close()
    assert anna.modal is None
    assert [body["is_cleared"] for body in closed] == [False]
    with pytest.raises(PersonError, match="no modal is open"):
        await anna.close()


async def test_two_tabs_of_one_person_have_their_own_modals(stage: Stage) -> None:
    opening(stage, modal())
    first, second = stage.pg.person("U1", tab="one"), stage.pg.person("U1", tab="two")
    await first.command("/tiny")
    await second.refresh()
    assert second.modal is None
    await second.command("/tiny")
    await first.close()
    await second.refresh()
    assert (first.modal, second.modal is None) == (None, False)


async def test_a_click_on_a_message_opens_its_modal_in_the_tab_where_it_was_clicked(stage: Stage) -> None:
    @stage.app.action("press")
    async def press(ack: Any, body: Json, client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await ack()

    await stage.client.chat_postMessage(channel="U1", text="x", blocks=[actions(button("Press", "press"))])
    first, second = stage.pg.person("U1", tab="one"), stage.pg.person("U1", tab="two")
    await second.click("Press")
    await first.refresh()
    assert (first.modal, second.modal is None) == (None, False)
