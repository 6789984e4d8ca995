"""Facts of different kinds as rows of one shape, so that one statement reads them all."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
    type_coerce,
)

from storage.types import word

WS: ColumnElement[str] = bindparam("ws", type_=String)


def fact(kind: str, **values: Any) -> list[ColumnElement[Any]]:  # noqa: ANN401 - SQLAlchemy's own types
    """Return the columns of one fact. What it does not say is empty."""
    number, text = literal_column("0", BigInteger), cast(null(), String)
    since = values.get("since")
    return [
        word(kind).label("fact"),
        values.get("who", text).label("who"),
        values.get("number", number).label("number"),
        (number if since is None else func.coalesce(type_coerce(since, BigInteger), number)).label("since"),
        values.get("code", text).label("code"),
        values.get("channel", text).label("channel"),
        values.get("session", text).label("session"),
    ]


def first(rows: Select[Any], most: int) -> Select[Any]:
    """Return the first of these rows, in a form that a union takes on both databases."""
    return select(rows.limit(literal_column(str(most))).subquery())
