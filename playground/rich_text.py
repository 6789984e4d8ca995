"""Rich text: sections, lists, quotes and preformatted runs."""

from playground.objects import (
    BLOCK_ID,
    TYPE,
    Check,
    boolean,
    by_type,
    integer,
    items,
    one_of,
    record,
    string,
)

_STYLE: dict[str, Check] = {
    "style": record(
        {},
        dict.fromkeys(
            ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
        ),
    )
}
_ID = string(255, 1)
_RUN = by_type(
    {
        "text": record({**TYPE, "text": string(12_000, 1)}, _STYLE),
        "link": record({**TYPE, "url": string(3000, 1)}, {**_STYLE, "text": string(12_000), "unsafe": boolean}),
        "emoji": record(
            {**TYPE, "name": string(255, 1)}, {**_STYLE, "unicode": string(255), "skin_tone": integer(1, 6)}
        ),
        "user": record({**TYPE, "user_id": _ID}, _STYLE),
        "usergroup": record({**TYPE, "usergroup_id": _ID}, _STYLE),
        "channel": record({**TYPE, "channel_id": _ID}, _STYLE),
        "broadcast": record({**TYPE, "range": one_of("here", "channel", "everyone")}, _STYLE),
        "date": record(
            {**TYPE, "timestamp": integer(0), "format": string(1000, 1)},
            {**_STYLE, "url": string(3000), "fallback": string(3000)},
        ),
        "color": record({**TYPE, "value": string(255, 1)}, _STYLE),
        "team": record({**TYPE, "team_id": _ID}, _STYLE),
    }
)
_RUNS = items(_RUN, least=0)
_SECTION = record({**TYPE, "elements": _RUNS})
_BORDER: dict[str, Check] = {"border": integer(0, 1)}


_PARTS = by_type(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": record(
            {
                **TYPE,
                "style": one_of("bullet", "ordered"),
                "elements": items(by_type({"rich_text_section": _SECTION}), least=0),
            },
            {**_BORDER, "indent": integer(0, 8), "offset": integer(0)},
        ),
        "rich_text_quote": record({**TYPE, "elements": _RUNS}, _BORDER),
        "rich_text_preformatted": record({**TYPE, "elements": _RUNS}, {**_BORDER, "language": string(255)}),
    }
)
RICH_TEXT = by_type({"rich_text": record({**TYPE, "elements": items(_PARTS, least=0)}, BLOCK_ID)})
"""A rich text block. It is also the value of a rich text input."""
