"""Block Kit limits: at the limit Slack takes it, one over it names the place."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from playground.blocks import BLOCKS, SURFACES, check_blocks
from playground.whole_views import check_view, view_too_large
from tests.playground.kit import actions, button, home, modal, option, options, plain, section, text_input

Json = dict[str, Any]


def _element(kind: str, **more: Any) -> Json:
    return {"type": kind, "action_id": "a", **more}


def _accessory(element: Json) -> list[Json]:
    return [section("x", accessory=element)]


def _confirm(**lengths: int) -> list[Json]:
    texts = {name: plain("x" * lengths.get(name, 3)) for name in ("title", "text", "confirm", "deny")}
    return [actions(button("B", "a", confirm=texts))]


def _menu(**more: Any) -> list[Json]:
    return [actions(_element("static_select", **{"options": options(1), **more}))]


def _groups(count: int) -> list[Json]:
    return [{"label": plain("G"), "options": options(1)} for _ in range(count)]


def _one(**more: Any) -> Json:
    return {**option("O", "o"), **more}


BLOCK_LIMITS: list[tuple[str, int, Callable[[int], list[Json]], str, str]] = [
    ("section text", 3000, lambda n: [section("x" * n)], "/blocks/0/text/text", "chars"),
    ("section fields", 10, lambda n: [{"type": "section", "fields": [plain("x")] * n}], "/blocks/0/fields", "items"),
    ("field", 2000, lambda n: [{"type": "section", "fields": [plain("x" * n)]}], "/blocks/0/fields/0/text", "chars"),
    ("header", 150, lambda n: [{"type": "header", "text": plain("x" * n)}], "/blocks/0/text/text", "chars"),
    ("block_id", 255, lambda n: [section("x", block_id="b" * n)], "/blocks/0/block_id", "chars"),
    ("action_id", 255, lambda n: [actions(button("B", "a" * n))], "/blocks/0/elements/0/action_id", "chars"),
    (
        "context",
        10,
        lambda n: [{"type": "context", "elements": [plain("x")] * n}],
        "/blocks/0/elements",
        "items",
    ),
    ("actions", 25, lambda n: [actions(*(button("B", f"a{i}") for i in range(n)))], "/blocks/0/elements", "items"),
    ("button text", 75, lambda n: [actions(button("x" * n, "a"))], "/blocks/0/elements/0/text/text", "chars"),
    ("button value", 2000, lambda n: [actions(button("B", "a", "v" * n))], "/blocks/0/elements/0/value", "chars"),
    ("button url", 3000, lambda n: [actions(button("B", "a", url="u" * n))], "/blocks/0/elements/0/url", "chars"),
    (
        "accessibility label",
        75,
        lambda n: [actions(button("B", "a", accessibility_label="x" * n))],
        "/blocks/0/elements/0/accessibility_label",
        "chars",
    ),
    (
        "checkboxes",
        10,
        lambda n: [actions(_element("checkboxes", options=options(n)))],
        "/blocks/0/elements/0/options",
        "items",
    ),
    (
        "radio buttons",
        10,
        lambda n: [actions(_element("radio_buttons", options=options(n)))],
        "/blocks/0/elements/0/options",
        "items",
    ),
    ("select options", 100, lambda n: _menu(options=options(n)), "/blocks/0/elements/0/options", "items"),
    (
        "option groups",
        100,
        lambda n: [actions(_element("static_select", option_groups=_groups(n)))],
        "/blocks/0/elements/0/option_groups",
        "items",
    ),
    (
        "overflow",
        5,
        lambda n: _accessory(_element("overflow", options=options(n))),
        "/blocks/0/accessory/options",
        "items",
    ),
    (
        "option text",
        75,
        lambda n: _menu(options=[option("x" * n, "o")]),
        "/blocks/0/elements/0/options/0/text/text",
        "chars",
    ),
    (
        "option value",
        150,
        lambda n: _menu(options=[option("O", "o" * n)]),
        "/blocks/0/elements/0/options/0/value",
        "chars",
    ),
    (
        "option description",
        75,
        lambda n: _menu(options=[_one(description=plain("x" * n))]),
        "/blocks/0/elements/0/options/0/description/text",
        "chars",
    ),
    (
        "group label",
        75,
        lambda n: [
            actions(_element("static_select", option_groups=[{"label": plain("x" * n), "options": options(1)}])),
        ],
        "/blocks/0/elements/0/option_groups/0/label/text",
        "chars",
    ),
    ("placeholder", 150, lambda n: _menu(placeholder=plain("x" * n)), "/blocks/0/elements/0/placeholder/text", "chars"),
    ("confirm title", 100, lambda n: _confirm(title=n), "/blocks/0/elements/0/confirm/title/text", "chars"),
    ("confirm text", 300, lambda n: _confirm(text=n), "/blocks/0/elements/0/confirm/text/text", "chars"),
    ("confirm button", 30, lambda n: _confirm(confirm=n), "/blocks/0/elements/0/confirm/confirm/text", "chars"),
    ("deny button", 30, lambda n: _confirm(deny=n), "/blocks/0/elements/0/confirm/deny/text", "chars"),
    ("markdown", 12000, lambda n: [{"type": "markdown", "text": "x" * n}], "/blocks/0/text", "chars"),
    (
        "image alt text",
        2000,
        lambda n: [{"type": "image", "image_url": "https://x", "alt_text": "x" * n}],
        "/blocks/0/alt_text",
        "chars",
    ),
    ("message blocks", 50, lambda n: [section("x")] * n, "/blocks", "items"),
    (
        "table rows",
        100,
        lambda n: [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * n}],
        "/blocks/0/rows",
        "items",
    ),
    (
        "table columns",
        20,
        lambda n: [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * n]}],
        "/blocks/0/rows/0",
        "items",
    ),
]

VIEW_LIMITS: list[tuple[str, int, Callable[[int], Json], str, str]] = [
    ("title", 24, lambda n: modal(title=plain("x" * n)), "/view/title/text", "chars"),
    ("submit", 24, lambda n: modal(submit=plain("x" * n)), "/view/submit/text", "chars"),
    ("close", 24, lambda n: modal(close=plain("x" * n)), "/view/close/text", "chars"),
    ("private_metadata", 3000, lambda n: modal(private_metadata="x" * n), "/view/private_metadata", "chars"),
    ("callback_id", 255, lambda n: modal(callback_id="x" * n), "/view/callback_id", "chars"),
    ("external_id", 255, lambda n: modal(external_id="x" * n), "/view/external_id", "chars"),
    ("view blocks", 100, lambda n: modal(*[section("x")] * n), "/view/blocks", "items"),
    (
        "input label",
        2000,
        lambda n: modal(text_input("x" * n, "b"), submit=plain("Go")),
        "/view/blocks/0/label/text",
        "chars",
    ),
    (
        "hint",
        2000,
        lambda n: modal(text_input("L", "b", hint=plain("x" * n)), submit=plain("Go")),
        "/view/blocks/0/hint/text",
        "chars",
    ),
    (
        "initial value",
        3000,
        lambda n: modal(text_input("L", "b", element={"initial_value": "x" * n}), submit=plain("Go")),
        "/view/blocks/0/element/initial_value",
        "chars",
    ),
    ("alert", 200, lambda n: modal({"type": "alert", "text": plain("x" * n)}), "/view/blocks/0/text/text", "chars"),
]


def _words(limit: int, kind: str, pointer: str) -> str:
    words = f"must be less than {limit + 1} characters" if kind == "chars" else f"no more than {limit} items allowed"
    return f"{words} [json-pointer:{pointer}]"


@pytest.mark.parametrize(
    ("limit", "build", "pointer", "kind"), [row[1:] for row in BLOCK_LIMITS], ids=[r[0] for r in BLOCK_LIMITS]
)
def test_a_message_at_the_limit_passes_and_one_over_is_refused_there(
    limit: int, build: Callable[[int], list[Json]], pointer: str, kind: str
) -> None:
    assert check_blocks(build(limit), "message") == []
    assert _words(limit, kind, pointer) in check_blocks(build(limit + 1), "message")


@pytest.mark.parametrize(
    ("limit", "build", "pointer", "kind"), [row[1:] for row in VIEW_LIMITS], ids=[row[0] for row in VIEW_LIMITS]
)
def test_a_view_at_the_limit_passes_and_one_over_is_refused_there(
    limit: int, build: Callable[[int], Json], pointer: str, kind: str
) -> None:
    assert check_view(build(limit), "modal") == []
    assert _words(limit, kind, pointer) in check_view(build(limit + 1), "modal")


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([section("x", color="red")], "invalid additional property: color [json-pointer:/blocks/0]"),
        ([{"type": "sections"}], "unsupported type: sections [json-pointer:/blocks/0/type]"),
        ([{"text": plain("x")}], "missing required field: type [json-pointer:/blocks/0]"),
        ([{"type": "section"}], "must define either `text` or `fields` [json-pointer:/blocks/0]"),
        ([{"type": "header"}], "missing required field: text [json-pointer:/blocks/0]"),
        (
            [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
            "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
        ),
        ([section("x", block_id="b")] * 2, '`block_id` "b" already exists [json-pointer:/blocks/1/block_id]'),
        (
            [actions(button("A", "a"), button("B", "a"))],
            '`action_id` "a" already exists [json-pointer:/blocks/0/elements/1/action_id]',
        ),
        (_menu(options=[]), "must provide at least 1 items [json-pointer:/blocks/0/elements/0/options]"),
        (
            _menu(initial_option=option("Other", "o0")),
            "must match one of the provided options [json-pointer:/blocks/0/elements/0/initial_option]",
        ),
        (
            [actions(_element("checkboxes", options=options(2), initial_options=[option("Other", "x")]))],
            "must match one of the provided options [json-pointer:/blocks/0/elements/0/initial_options/0]",
        ),
        (
            _menu(options=[{"text": {"type": "mrkdwn", "text": "*x*"}, "value": "o"}]),
            "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]",
        ),
        (
            [actions(_element("plain_text_input"))],
            "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
        ),
        (
            [actions(_element("datepicker", initial_date="31.01.2026"))],
            "must be a date in the format YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]",
        ),
        (
            [actions(button("B", "a", style="default"))],
            "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
        ),
        ([{"type": "alert", "text": plain("x")}], "unsupported type: alert [json-pointer:/blocks/0/type]"),
        ("nonsense", "must provide an array [json-pointer:/blocks]"),
        ([7], "must provide an object [json-pointer:/blocks/0]"),
    ],
)
def test_what_slack_refuses_in_a_message_is_named(blocks: Any, words: str) -> None:
    assert words in check_blocks(blocks, "message")


def test_action_ids_need_to_differ_only_within_a_block() -> None:
    assert check_blocks([actions(button("A", "a")), actions(button("B", "a"))], "message") == []


def test_an_input_in_a_modal_needs_a_submit_button() -> None:
    words = "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]"
    content = (section("x"), text_input("L", "b"))
    assert check_view(modal(*content), "modal") == [words]
    assert check_view(modal(*content, submit=plain("Go")), "modal") == []
    assert check_view(home(*content), "home") == []


def test_a_home_takes_no_title_and_no_alert() -> None:
    assert check_view({**home(), "title": plain("x")}, "home") == [
        "invalid additional property: title [json-pointer:/view]"
    ]
    alert = {"type": "alert", "text": plain("x")}
    assert check_view(home(alert), "home") == ["unsupported type: alert [json-pointer:/view/blocks/0/type]"]


def test_a_view_may_be_a_quarter_of_a_megabyte_and_no_more() -> None:
    fields = {"type": "section", "fields": [plain("x" * 2000)] * 10}
    assert not view_too_large(modal(*[fields] * 12))
    assert view_too_large(modal(*[fields] * 13))


EXAMPLES: dict[str, Json] = {
    "actions": actions(
        _element("datepicker"),
        {"type": "timepicker", "action_id": "b", "timezone": "Europe/London", "initial_time": "09:30"},
        {"type": "datetimepicker", "action_id": "c", "initial_date_time": 1_790_000_000},
        {"type": "users_select", "action_id": "d"},
        {"type": "conversations_select", "action_id": "e", "filter": {"include": ["im"]}},
        {"type": "workflow_button", "text": plain("W"), "workflow": {"trigger": {"url": "https://x"}}},
    ),
    "alert": {"type": "alert", "text": {"type": "mrkdwn", "text": "*Careful*"}, "level": "warning"},
    "call": {"type": "call", "call_id": "R1"},
    "card": {"type": "card", "title": plain("T"), "actions": [button("B", "a")]},
    "carousel": {"type": "carousel", "elements": [{"type": "card", "body": plain("B")}]},
    "container": {"type": "container", "title": plain("T"), "child_blocks": [section("x")]},
    "context": {"type": "context", "elements": [{"type": "image", "image_url": "https://x", "alt_text": "x"}]},
    "context_actions": {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "f",
                "positive_button": {"text": plain("Good"), "value": "1"},
                "negative_button": {"text": plain("Bad"), "value": "0"},
            },
            {"type": "icon_button", "icon": "trash", "text": plain("Delete"), "action_id": "g"},
        ],
    },
    "data_table": {
        "type": "data_table",
        "caption": "C",
        "rows": [[{"type": "raw_text", "text": "H"}], [{"type": "raw_number", "value": 1}]],
    },
    "data_visualization": {
        "type": "data_visualization",
        "title": "T",
        "chart": {"type": "pie", "segments": [{"label": "L", "value": 1}]},
    },
    "divider": {"type": "divider"},
    "file": {"type": "file", "external_id": "F1", "source": "remote"},
    "header": {"type": "header", "text": plain("H")},
    "image": {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "x", "title": plain("T")},
    "input": text_input("L", "b", optional=True, hint=plain("H"), element={"multiline": True, "max_length": 100}),
    "markdown": {"type": "markdown", "text": "**x**"},
    "plan": {"type": "plan", "title": "P", "tasks": [{"type": "task_card", "task_id": "t", "title": "T"}]},
    "rich_text": {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "x", "style": {"strike": True}}]},
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U1"}]}],
            },
            {"type": "rich_text_quote", "elements": [{"type": "broadcast", "range": "here"}]},
            {"type": "rich_text_preformatted", "elements": [{"type": "link", "url": "https://x"}]},
        ],
    },
    "section": section("x", fields=[plain("f")], accessory=_element("multi_static_select", options=options(2))),
    "table": {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": "x"}]],
        "column_settings": [{"align": "right", "is_wrapped": True}],
    },
    "task_card": {"type": "task_card", "task_id": "t", "title": "T", "status": "complete"},
    "video": {
        "type": "video",
        "alt_text": "x",
        "title": plain("T"),
        "thumbnail_url": "https://x",
        "video_url": "https://x",
    },
}


@pytest.mark.parametrize("kind", sorted(BLOCKS))
@pytest.mark.parametrize("surface", ["message", "modal", "home"])
def test_every_block_is_taken_on_its_surfaces_and_on_no_other(
    kind: str, surface: Literal["message", "modal", "home"]
) -> None:
    errors = check_blocks([EXAMPLES[kind]], surface)
    if kind in SURFACES[surface]:
        assert errors == []
    else:
        assert errors == [f"unsupported type: {kind} [json-pointer:/blocks/0/type]"]
