"""What Slack's client lets a person choose and type."""

from typing import Any

import pytest

from playground.errors import PersonError
from playground.feed import Feed
from playground.values import carried, initial, pick, state_of
from playground.workspace import Channel, User, Workspace
from tests.playground.kit import actions, options, text_input

Json = dict[str, Any]


@pytest.fixture
def workspace() -> Workspace:
    """One person and one channel."""
    workspace = Workspace(Feed())
    workspace.users["U1"] = User("U1", "anna", "Anna")
    workspace.channels["C1"] = Channel("C1", "general")
    return workspace


@pytest.mark.parametrize(
    ("element", "choice", "value"),
    [
        ({"type": "plain_text_input", "max_length": 3}, "abc", {"value": "abc"}),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "1.5"}, "1.5", {"value": "1.5"}),
        ({"type": "email_text_input"}, "a@b.example", {"value": "a@b.example"}),
        ({"type": "url_text_input"}, "https://x.example", {"value": "https://x.example"}),
        ({"type": "timepicker"}, "23:59", {"selected_time": "23:59"}),
        ({"type": "datetimepicker"}, 1_790_000_000, {"selected_date_time": 1_790_000_000}),
        ({"type": "users_select"}, "U1", {"selected_user": "U1"}),
        ({"type": "multi_users_select"}, ["U1"], {"selected_users": ["U1"]}),
        ({"type": "channels_select"}, "C1", {"selected_channel": "C1"}),
        ({"type": "conversations_select"}, "C1", {"selected_conversation": "C1"}),
        ({"type": "multi_conversations_select"}, ["C1", "U1"], {"selected_conversations": ["C1", "U1"]}),
        (
            {"type": "multi_conversations_select", "filter": {"include": ["public"]}},
            ["C1"],
            {"selected_conversations": ["C1"]},
        ),
        ({"type": "conversations_select", "filter": {"include": ["im"]}}, "U1", {"selected_conversation": "U1"}),
        ({"type": "static_select", "options": options(2)}, None, {"selected_option": None}),
        ({"type": "checkboxes", "options": options(2)}, [], {"selected_options": []}),
    ],
)
def test_a_choice_that_fits_is_kept(workspace: Workspace, element: Json, choice: Any, value: Json) -> None:
    assert pick(element, choice, workspace) == {"type": element["type"], **value}


@pytest.mark.parametrize(
    ("element", "choice", "code"),
    [
        ({"type": "plain_text_input", "max_length": 3}, "abcd", "too_long"),
        ({"type": "plain_text_input"}, "x" * 3001, "too_long"),
        ({"type": "plain_text_input"}, 7, "not_text"),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "not_a_number"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "2"}, "2.1", "too_large"),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "2"}, "1.9", "too_small"),
        ({"type": "email_text_input"}, "anna", "not_an_email"),
        ({"type": "url_text_input"}, "x.example", "not_a_url"),
        ({"type": "timepicker"}, "24:00", "not_a_time"),
        ({"type": "datepicker"}, "2026-02-30", "not_a_date"),
        ({"type": "datetimepicker"}, "now", "not_an_instant"),
        ({"type": "users_select"}, "U2", "no_such_option"),
        ({"type": "conversations_select", "filter": {"include": ["private"]}}, "C1", "no_such_option"),
        ({"type": "multi_conversations_select", "filter": {"include": ["public"]}}, ["C1", "U1"], "no_such_option"),
        ({"type": "multi_conversations_select", "max_selected_items": 1}, ["C1", "U1"], "too_many_options"),
        ({"type": "channels_select"}, "C2", "no_such_option"),
        ({"type": "radio_buttons", "options": options(1)}, "o1", "no_such_option"),
        ({"type": "multi_users_select", "max_selected_items": 1}, ["U1", "U1"], "too_many_options"),
    ],
)
def test_a_choice_that_slacks_client_would_stop_is_refused(
    workspace: Workspace, element: Json, choice: Any, code: str
) -> None:
    with pytest.raises(PersonError) as caught:
        pick(element, choice, workspace)
    assert caught.value.code == code


def test_state_holds_every_element_that_has_a_value_and_no_button() -> None:
    menu = {"type": "static_select", "action_id": "m", "options": options(1), "initial_option": options(1)[0]}
    blocks = [
        actions(menu, {"type": "button", "action_id": "b"}, block_id="row"),
        text_input("L", "in", element={"initial_value": "start"}),
    ]
    assert state_of(blocks, {"in": {"typed": {"type": "plain_text_input", "value": "mine"}}}) == {
        "row": {"m": {"type": "static_select", "selected_option": options(1)[0]}},
        "in": {"typed": {"type": "plain_text_input", "value": "mine"}},
    }
    assert initial({"type": "button"}) is None


def test_what_was_typed_is_dropped_when_the_kind_of_input_changes() -> None:
    filled = {"in": {"typed": {"type": "plain_text_input", "value": "mine"}}}
    old = [text_input("L", "in")]
    other = [{**old[0], "element": {"type": "email_text_input", "action_id": "typed"}}]
    assert carried(old, old, filled) == filled
    assert carried(old, other, filled) == {}
