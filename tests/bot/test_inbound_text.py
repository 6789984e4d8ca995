"""However a text arrives, what is read of it can be stored."""

import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import example, given
from hypothesis import strategies as st

from bot.inbound import parse
from coaching.texts import storable

texts = st.text(st.one_of(st.characters(), st.sampled_from("\x00\ud800\udfff😀\\u0d8")), max_size=8)
values = st.recursive(
    st.one_of(texts, st.integers(), st.none()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(values)
@example("\x00")
@example("\ud83d")
@example({"\udc00": ["\\u0000", "😀"]})
def test_json_is_read_without_what_no_database_stores(value: Any) -> None:
    body = json.dumps({"type": "event_callback", "event": {"type": "x"}, "x": value})
    for sent in (body, urlencode({"payload": body})):
        assert parse(sent.encode(), headers={}).body["x"] == storable(value)


def test_so_is_a_command() -> None:
    sent = b"command=/sessions&user_id=U1&text=a%00b%ED%A0%80c&team_id=T1"
    assert parse(sent, headers={}).body["text"] == storable("ab���c")


def test_the_escapes_may_be_in_capitals() -> None:
    sent = rb'{"type": "event_callback", "event": {"type": "x"}, "x": ["\uD83D", "\uDC00", "\uD83D\uDE00"]}'
    assert parse(sent, headers={}).body["x"] == ["?", "?", "😀"]
