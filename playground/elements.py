"""Block elements: buttons, menus, pickers and inputs, each with its fields and limits."""

from playground.json_types import Json
from playground.objects import (
    ACTION_ID,
    CONFIRM,
    CONVERSATION_FILTER,
    DISPATCH,
    OPTION,
    OPTION_GROUP,
    SLACK_FILE,
    TYPE,
    WORKFLOW,
    Check,
    Errors,
    boolean,
    by_type,
    chosen,
    fail,
    integer,
    items,
    one_of,
    option,
    pattern,
    plain,
    record,
    string,
)
from playground.rich_text import RICH_TEXT

_FOCUS: dict[str, Check] = {"focus_on_load": boolean}
_PLACEHOLDER: dict[str, Check] = {"placeholder": plain(150)}
_INTERACTIVE: dict[str, Check] = {**ACTION_ID, "confirm": CONFIRM}
_PICKER: dict[str, Check] = {**_INTERACTIVE, **_FOCUS, **_PLACEHOLDER}
_INPUT: dict[str, Check] = {**ACTION_ID, **_FOCUS, **_PLACEHOLDER, "dispatch_action_config": DISPATCH}
_MULTI: dict[str, Check] = {**_PICKER, "max_selected_items": integer(1)}
_STYLE: dict[str, Check] = {"style": one_of("primary", "danger")}
_ID = string(255, 1)
_DATE = pattern(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "must be a date in the format YYYY-MM-DD")
_TIME = pattern(r"([01]\d|2[0-3]):[0-5]\d", "must be a time in the format HH:mm")
_MIXED_OPTION = option(mrkdwn=True)


def _offered(check: Check) -> Check:
    """Check that there are options or option groups, never both, and that initial options are among them."""

    def whole(value: Json, pointer: str, errors: Errors) -> None:
        before = len(errors)
        check(value, pointer, errors)
        if len(errors) > before:
            return
        groups = value.get("option_groups")
        if value["type"].endswith("static_select"):
            if "options" in value and groups is not None:
                fail(errors, "must not provide both options and option_groups", pointer)
            elif "options" not in value and groups is None:
                fail(errors, "missing required field: options", pointer)
        offered = chosen(value.get("options", ()), groups or ())
        initial = value.get("initial_option")
        if initial is not None and initial not in offered:
            fail(errors, "must match one of the provided options", f"{pointer}/initial_option")
        for index, item in enumerate(value.get("initial_options", ())):
            if item not in offered:
                fail(errors, "must match one of the provided options", f"{pointer}/initial_options/{index}")
        most = value.get("max_selected_items")
        if most is not None and len(value.get("initial_options", ())) > most:
            fail(errors, f"no more than {most} items allowed", f"{pointer}/initial_options")

    return whole


def _length_bounds(check: Check) -> Check:
    """Check that a text input's bounds agree with each other and with its initial value."""

    def whole(value: Json, pointer: str, errors: Errors) -> None:
        before = len(errors)
        check(value, pointer, errors)
        if len(errors) > before:
            return
        least, most = value.get("min_length", 0), value.get("max_length", 3000)
        if least > most:
            fail(errors, "must be less than or equal to max_length", f"{pointer}/min_length")
        elif "initial_value" in value and value["initial_value"] and len(value["initial_value"]) > most:
            fail(errors, f"must be less than {most + 1} characters", f"{pointer}/initial_value")

    return whole


def _image(value: Json, pointer: str, errors: Errors) -> None:
    _IMAGE(value, pointer, errors)
    if isinstance(value, dict) and ("image_url" in value) == ("slack_file" in value):
        fail(errors, "must provide exactly one of image_url or slack_file", pointer)


_IMAGE = record({**TYPE, "alt_text": string(2000, 1)}, {"image_url": string(3000, 1), "slack_file": SLACK_FILE})


BUTTON = record(
    {**TYPE, "text": plain(75)},
    {
        **_INTERACTIVE,
        **_STYLE,
        "url": string(3000, 1),
        "value": string(2000),
        "accessibility_label": string(75),
        "visible_to_user_ids": items(_ID, most=10),
    },
)

_FEEDBACK = record({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
_STATIC: dict[str, Check] = {
    "options": items(OPTION, most=100),
    "option_groups": items(OPTION_GROUP, most=100),
}

ELEMENTS: dict[str, Check] = {
    "button": BUTTON,
    "image": _image,
    "checkboxes": _offered(
        record(
            {**TYPE, "options": items(_MIXED_OPTION, most=10)},
            {**_INTERACTIVE, **_FOCUS, "initial_options": items(_MIXED_OPTION, most=10)},
        )
    ),
    "radio_buttons": _offered(
        record(
            {**TYPE, "options": items(_MIXED_OPTION, most=10)},
            {**_INTERACTIVE, **_FOCUS, "initial_option": _MIXED_OPTION},
        )
    ),
    "overflow": record({**TYPE, "options": items(option(url=True), most=5)}, _INTERACTIVE),
    "static_select": _offered(record(TYPE, {**_PICKER, **_STATIC, "initial_option": OPTION})),
    "multi_static_select": _offered(
        record(TYPE, {**_MULTI, **_STATIC, "initial_options": items(OPTION, most=100)}),
    ),
    "external_select": record(TYPE, {**_PICKER, "initial_option": OPTION, "min_query_length": integer(0)}),
    "multi_external_select": record(
        TYPE, {**_MULTI, "initial_options": items(OPTION, most=100), "min_query_length": integer(0)}
    ),
    "users_select": record(TYPE, {**_PICKER, "initial_user": _ID}),
    "multi_users_select": record(TYPE, {**_MULTI, "initial_users": items(_ID)}),
    "channels_select": record(TYPE, {**_PICKER, "initial_channel": _ID, "response_url_enabled": boolean}),
    "multi_channels_select": record(TYPE, {**_MULTI, "initial_channels": items(_ID)}),
    "conversations_select": record(
        TYPE,
        {
            **_PICKER,
            "initial_conversation": _ID,
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": CONVERSATION_FILTER,
        },
    ),
    "multi_conversations_select": record(
        TYPE,
        {
            **_MULTI,
            "initial_conversations": items(_ID),
            "default_to_current_conversation": boolean,
            "filter": CONVERSATION_FILTER,
        },
    ),
    "datepicker": record(TYPE, {**_PICKER, "initial_date": _DATE}),
    "timepicker": record(TYPE, {**_PICKER, "initial_time": _TIME, "timezone": string(255, 1)}),
    "datetimepicker": record(
        TYPE, {**_INTERACTIVE, **_FOCUS, "initial_date_time": integer(1_000_000_000, 9_999_999_999)}
    ),
    "plain_text_input": _length_bounds(
        record(
            TYPE,
            {
                **_INPUT,
                "initial_value": string(3000),
                "multiline": boolean,
                "min_length": integer(0, 3000),
                "max_length": integer(1, 3000),
            },
        )
    ),
    "rich_text_input": record(
        TYPE, {**_INPUT, "initial_value": RICH_TEXT, "min_lines": integer(1), "max_lines": integer(1)}
    ),
    "email_text_input": record(TYPE, {**_INPUT, "initial_value": string(3000)}),
    "url_text_input": record(TYPE, {**_INPUT, "initial_value": string(3000)}),
    "number_input": record(
        {**TYPE, "is_decimal_allowed": boolean},
        {
            **_INPUT,
            "initial_value": string(255),
            "min_value": string(255),
            "max_value": string(255),
        },
    ),
    "file_input": record(TYPE, {**ACTION_ID, "filetypes": items(string(255, 1)), "max_files": integer(1, 10)}),
    "workflow_button": record(
        {**TYPE, "text": plain(75), "workflow": WORKFLOW},
        {**ACTION_ID, **_STYLE, "accessibility_label": string(75)},
    ),
    "feedback_buttons": record({**TYPE, "positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, ACTION_ID),
    "icon_button": record(
        {**TYPE, "icon": one_of("trash"), "text": plain(75)},
        {
            **_INTERACTIVE,
            "value": string(2000),
            "accessibility_label": string(75),
            "visible_to_user_ids": items(_ID, most=10),
        },
    ),
    "url": record({**TYPE, "url": string(3000, 1), "text": string(3000, 1)}),
}
"""Every element by its type."""

SELECTS = frozenset(kind for kind in ELEMENTS if kind.endswith("_select"))
SINGLE_SELECTS = frozenset(kind for kind in SELECTS if not kind.startswith("multi_"))
_PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker", "checkboxes", "radio_buttons"})
IN_ACTIONS = SINGLE_SELECTS | _PICKERS | {"button", "overflow", "workflow_button", "rich_text_input"}
IN_SECTION = SELECTS | (_PICKERS - {"datetimepicker"}) | {"button", "image", "overflow", "workflow_button"}
IN_INPUT = (
    SELECTS
    | _PICKERS
    | {"plain_text_input", "rich_text_input", "email_text_input", "url_text_input", "number_input", "file_input"}
)
MODAL_ONLY = frozenset({"file_input"})
"""Inputs that only a modal accepts."""


def allowed(kinds: frozenset[str] | set[str]) -> Check:
    """Check an element that must be one of `kinds`."""
    return by_type({kind: ELEMENTS[kind] for kind in kinds})
