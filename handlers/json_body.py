"""JSON to and from Slack. A view has a hundred objects, and the standard library takes ten times as long for them."""

import json
from typing import Any

import orjson


def encoded(value: Any) -> bytes:  # noqa: ANN401 - whatever Slack's client sends
    """Return a value as JSON. What orjson refuses, such as half a surrogate pair, is escaped as json does it."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value).encode()


def decoded(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return the value of a JSON text. Raises ValueError. What orjson refuses and json does not is read by json."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
