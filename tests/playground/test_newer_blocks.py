"""The limits of cards, containers, tables and charts, and a workspace that lacks them."""

from collections.abc import Callable
from typing import Any

import pytest

from playground.blocks import check_blocks
from tests.playground.kit import button, plain, section
from tests.playground.test_blocks import _words

Json = dict[str, Any]


def card(**more: Any) -> Json:
    return {"type": "card", "title": plain("T"), **more}


def container(*children: Json) -> Json:
    return {"type": "container", "title": plain("T"), "child_blocks": list(children)}


def data_table(rows: int, columns: int, words: str = "x") -> Json:
    cells = [{"type": "raw_text", "text": words}] * columns
    return {"type": "data_table", "caption": "C", "rows": [cells] * rows}


def point(number: int) -> Json:
    return {"label": f"P{number}", "value": number}


def bars(*, series: int, points: int) -> Json:
    data = [point(number) for number in range(points)]
    named = [{"name": f"S{number}", "data": data} for number in range(series)]
    return {"type": "bar", "series": named, "axis_config": {"categories": [one["label"] for one in data]}}


def chart(**more: Any) -> Json:
    return {"type": "data_visualization", "title": "T", "chart": bars(series=1, points=1), **more}


LIMITS: list[tuple[str, int, Callable[[int], Json], str, str]] = [
    ("card title", 150, lambda n: card(title=plain("x" * n)), "/title/text", "chars"),
    ("card subtitle", 150, lambda n: card(subtitle=plain("x" * n)), "/subtitle/text", "chars"),
    ("card body", 200, lambda n: card(body=plain("x" * n)), "/body/text", "chars"),
    ("card actions", 3, lambda n: card(actions=[button("B", f"a{i}") for i in range(n)]), "/actions", "items"),
    ("carousel", 10, lambda n: {"type": "carousel", "elements": [card()] * n}, "/elements", "items"),
    ("container", 10, lambda n: container(*[section("x")] * n), "/child_blocks", "items"),
    ("data table rows", 201, lambda n: data_table(n, 1), "/rows", "items"),
    ("data table columns", 20, lambda n: data_table(2, n), "/rows/0", "items"),
    ("chart title", 50, lambda n: chart(title="x" * n), "/title", "chars"),
    ("chart series", 12, lambda n: chart(chart=bars(series=n, points=1)), "/chart/series", "items"),
    ("chart points", 20, lambda n: chart(chart=bars(series=1, points=n)), "/chart/series/0/data", "items"),
    (
        "chart segments",
        12,
        lambda n: chart(chart={"type": "pie", "segments": [point(i) for i in range(n)]}),
        "/chart/segments",
        "items",
    ),
]


@pytest.mark.parametrize(("limit", "build", "pointer", "kind"), [row[1:] for row in LIMITS], ids=[r[0] for r in LIMITS])
def test_at_its_limit_a_block_passes_and_one_over_it_is_refused_there(
    limit: int, build: Callable[[int], Json], pointer: str, kind: str
) -> None:
    assert check_blocks([build(limit)], "message") == []
    assert _words(limit, kind, f"/blocks/0{pointer}") in check_blocks([build(limit + 1)], "message")


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([container(card())], "unsupported type: card [json-pointer:/blocks/0/child_blocks/0/type]"),
        ([container(data_table(2, 1))], "unsupported type: data_table [json-pointer:/blocks/0/child_blocks/0/type]"),
        ([data_table(101, 2, "x" * 100)], "must be less than 20001 characters [json-pointer:/blocks/0/rows]"),
        ([data_table(1, 1)], "must provide at least 2 items [json-pointer:/blocks/0/rows]"),
        ([chart()] * 3, "no more than 2 charts allowed [json-pointer:/blocks]"),
        (
            [chart(chart={**bars(series=1, points=2), "axis_config": {"categories": ["P0"]}})],
            "data must have a value for each category [json-pointer:/blocks/0/chart/series/0/data]",
        ),
        (
            [{**data_table(2, 1), "rows": [[{"type": "rich_text", "elements": []}]] * 2}],
            "unsupported type: rich_text [json-pointer:/blocks/0/rows/0/0/type]",
        ),
    ],
)
def test_what_slack_refuses_in_newer_blocks_is_named(blocks: list[Json], words: str) -> None:
    assert words in check_blocks(blocks, "message")


def test_a_workspace_that_lacks_a_newer_block_refuses_it_by_name() -> None:
    blocks = [section("x"), card(), {"type": "divider"}]
    assert check_blocks(blocks, "message", without={"card"}) == ["unsupported type: card [json-pointer:/blocks/1/type]"]
    assert check_blocks(blocks, "message", without={"alert"}) == []
