"""Blocks with data: tables and charts, with their limits."""

from playground.json_types import Json
from playground.objects import (
    BLOCK_ID,
    TYPE,
    Check,
    Errors,
    boolean,
    by_type,
    fail,
    integer,
    items,
    number,
    one_of,
    record,
    string,
)
from playground.rich_text import RICH_TEXT

DATA_TABLE_CHARACTERS = 20_000
"""The most characters in all cells of a data table."""
CHARTS = 2
"""The most charts in a message."""

_RAW: dict[str, Check] = {
    "raw_text": record({**TYPE, "text": string(3000)}),
    "raw_number": record({**TYPE, "value": number}, {"text": string(3000)}),
}
_HEADER_CELL = by_type(_RAW)
_CELL = by_type({**_RAW, "rich_text": RICH_TEXT})

TABLE = record(
    {**TYPE, "rows": items(items(_CELL, most=20), most=100)},
    {
        **BLOCK_ID,
        "column_settings": items(
            record({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}), most=20
        ),
    },
)

_DATA_TABLE = record(
    {**TYPE, "rows": items(items(_CELL, most=20), least=2, most=201), "caption": string(3000, 1)},
    {**BLOCK_ID, "page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
)


def data_table(value: Json, pointer: str, errors: Errors) -> None:
    """Check a data table: its first row is a header, and all rows are equally long."""
    before = len(errors)
    _DATA_TABLE(value, pointer, errors)
    if len(errors) > before:
        return
    for index, cell in enumerate(value["rows"][0]):
        _HEADER_CELL(cell, f"{pointer}/rows/0/{index}", errors)
    if len({len(row) for row in value["rows"]}) > 1:
        fail(errors, "all rows must have the same number of cells", f"{pointer}/rows")
    if _characters(value["rows"]) > DATA_TABLE_CHARACTERS:
        fail(errors, f"must be less than {DATA_TABLE_CHARACTERS + 1} characters", f"{pointer}/rows")


def _characters(node: Json) -> int:
    if isinstance(node, list):
        return sum(map(_characters, node))
    if not isinstance(node, dict):
        return 0
    own = len(node.get("text", "")) if isinstance(node.get("text"), str) else len(str(node.get("value", "")))
    return own + _characters(node.get("elements", []))


_LABEL = string(20, 1)
_POINTS = items(record({"label": _LABEL, "value": number}), most=20)
_SERIES: dict[str, Check] = {
    "series": items(record({"name": _LABEL, "data": _POINTS}), most=12),
    "axis_config": record({"categories": items(_LABEL, most=20)}, {"x_label": string(50), "y_label": string(50)}),
}
_CHART = by_type(
    {
        "pie": record({**TYPE, "segments": items(record({"label": _LABEL, "value": number}), most=12)}),
        **{kind: record({**TYPE, **_SERIES}) for kind in ("bar", "area", "line")},
    }
)
_DATA_VISUALIZATION = record({**TYPE, "title": string(50, 1), "chart": _CHART}, BLOCK_ID)


def data_visualization(value: Json, pointer: str, errors: Errors) -> None:
    """Check a chart: series have different names, and a value for each category."""
    before = len(errors)
    _DATA_VISUALIZATION(value, pointer, errors)
    chart = value.get("chart") if len(errors) == before else None
    if chart is None or chart["type"] == "pie":
        return
    categories = chart["axis_config"]["categories"]
    if len({one["name"] for one in chart["series"]}) < len(chart["series"]):
        fail(errors, "series must have different names", f"{pointer}/chart/series")
    for index, one in enumerate(chart["series"]):
        if [point["label"] for point in one["data"]] != categories:
            fail(errors, "data must have a value for each category", f"{pointer}/chart/series/{index}/data")
