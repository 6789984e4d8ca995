"""Whatever is signed, reading it raises nothing but that it is not understood."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.inbound import NotUnderstood, kind_of, parse, parse_envelope

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["T1", "U1", "list", "team_join", "broken"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "type",
                    "user",
                    "team",
                    "event",
                    "view",
                    "actions",
                    "action_id",
                    "callback_id",
                    "state",
                    "item",
                    "enterprise_id",
                    "team_id",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
_TYPES = (
    "event_callback block_actions view_submission view_closed block_suggestion shortcut message_action interactive_message "
    "dialog_submission workflow_step_edit url_verification ssl_check x"
)
_FIELDS = (
    "event view actions user team channel message authorizations response_urls command user_id team_id enterprise_id "
    "is_enterprise_install callback_id action_id container token"
)
_types = st.sampled_from(_TYPES.split())
_payloads = st.dictionaries(st.sampled_from(_FIELDS.split()), _json, max_size=8)


@given(_payloads, _types)
def test_parsing_raises_nothing_but_not_understood(payload: dict[str, Any], kind: str) -> None:
    body = {**payload, "type": kind}
    for build in (lambda: parse(json.dumps(body).encode(), headers={}), lambda: parse_envelope(body)):
        try:
            request = build()
        except NotUnderstood:
            continue
        assert isinstance(request.context.user_id, str | None)
        assert kind_of(request.body)


@given(st.binary(max_size=300))
def test_parsing_any_bytes_raises_nothing_but_not_understood(body: bytes) -> None:
    try:
        request = parse(body, headers={"Content-Type": "application/json"})
    except NotUnderstood:
        return
    assert isinstance(request.body, dict)
