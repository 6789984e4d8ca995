"""Block Kit as the plain lines of text that a person reads. All functions are pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playground.json_types import Json, JsonObject
from playground.mrkdwn import unescape

_MARKUP = re.compile(r"<([^<>]*)>")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_ITALIC = re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader: their IANA zone, the names of ids, and the instant that *today* refers to (None: dates only)."""

    tz: str = "UTC"
    names: Mapping[str, str] = field(default_factory=dict)
    now: datetime | None = None


def _ordinal(day: int) -> str:
    suffix = "th" if 11 <= day % 100 <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _clock(moment: datetime, *, seconds: bool = False) -> str:
    text = f"{moment.hour % 12 or 12}:{moment.minute:02d}"
    if seconds:
        text += f":{moment.second:02d}"
    return f"{text} {'AM' if moment.hour < 12 else 'PM'}"


def date(timestamp: int, pattern: str, reader: Reader) -> str:
    """Return a `<!date^…>` pattern filled in for the reader's zone."""
    moment = datetime.fromtimestamp(timestamp, UTC).astimezone(ZoneInfo(reader.tz))
    month, day = _MONTHS[moment.month - 1], _DAYS[moment.weekday()]
    plain = f"{month} {_ordinal(moment.day)}, {moment.year}"
    short = f"{month[:3]} {moment.day}, {moment.year}"
    near = None
    if reader.now is not None:
        days = (moment.date() - reader.now.astimezone(ZoneInfo(reader.tz)).date()) / timedelta(days=1)
        near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(int(days))
    known = {
        "date_num": f"{moment:%Y-%m-%d}",
        "date": plain,
        "date_short": short,
        "date_long": f"{day}, {plain}",
        "date_pretty": near or plain,
        "date_short_pretty": near or short,
        "date_long_pretty": near or f"{day}, {plain}",
        "day_divider_pretty": near or f"{day}, {month} {_ordinal(moment.day)}",
        "time": _clock(moment),
        "time_secs": _clock(moment, seconds=True),
    }
    return re.sub(r"\{(\w+)\}", lambda match: known.get(match[1], match[0]), pattern)


def mrkdwn(text: str, reader: Reader) -> str:
    """Return markup as displayed: names for ids, labels for links, dates in the reader's zone, bold without stars."""

    def markup(match: re.Match[str]) -> str:
        body, _, label = match[1].partition("|")
        if body.startswith("!date^"):
            parts = body.split("^")
            try:
                return date(int(parts[1]), parts[2], reader)
            except (IndexError, ValueError):
                return label
        if body.startswith("@"):
            return f"@{reader.names.get(body[1:], label or body[1:])}"
        if body.startswith("#"):
            return f"#{reader.names.get(body[1:], label or body[1:])}"
        if body.startswith("!"):
            return label or f"@{body[1:]}"
        return label or body.removeprefix("mailto:")

    read = _MARKUP.sub(markup, text)
    return unescape(_ITALIC.sub(r"\1", _BOLD.sub(r"\1", read)))


def text_of(node: Json, reader: Reader) -> str:
    """Return the displayed text of a text object, or of nothing."""
    if not isinstance(node, dict):
        return str(node or "")
    if node.get("type") == "rich_text":
        return " ".join(rich_text(node, reader))
    text = str(node.get("text", node.get("value", "")))
    return mrkdwn(text, reader) if node.get("type") == "mrkdwn" else text


def _run(run: JsonObject, reader: Reader) -> str:
    kind = run["type"]
    if kind in ("text", "link"):
        text = run.get("text") or run.get("url", "")
    elif kind == "emoji":
        text = f":{run['name']}:"
    elif kind in ("user", "channel", "usergroup"):
        target = run.get(f"{kind}_id", "")
        text = ("#" if kind == "channel" else "@") + reader.names.get(target, target)
    elif kind == "broadcast":
        text = f"@{run['range']}"
    elif kind == "date":
        text = date(run["timestamp"], run["format"], reader)
    else:
        text = str(run.get("value", ""))
    return f"~{text}~" if run.get("style", {}).get("strike") else str(text)


def rich_text(block: JsonObject, reader: Reader) -> list[str]:
    """Return rich text as lines: lists with bullets or numbers, quotes with `>`."""
    lines: list[str] = []
    for part in block.get("elements", ()):
        if part["type"] == "rich_text_list":
            start = part.get("offset", 0) + 1
            for number, item in enumerate(part["elements"], start=start):
                mark = "•" if part["style"] == "bullet" else f"{number}."
                content = "".join(_run(run, reader) for run in item["elements"])
                lines.append("  " * part.get("indent", 0) + f"{mark} {content}")
            continue
        content = "".join(_run(run, reader) for run in part["elements"])
        prefix = "> " if part["type"] == "rich_text_quote" else ""
        lines.extend(prefix + line for line in content.splitlines() or [""])
    return lines


def _value(element: JsonObject, values: Json) -> Json:
    """Return what is chosen or typed in an element, or its initial value if it was not changed."""
    kept = values.get(element.get("action_id", "")) if values else None
    if kept is not None:
        return next((value for name, value in kept.items() if name != "type"), None)
    return next((value for name, value in element.items() if name.startswith("initial_")), None)


def _choice_list(element: JsonObject, reader: Reader, values: Json) -> list[str]:
    chosen = _value(element, values)
    picked = [item["value"] for item in (chosen if isinstance(chosen, list) else [chosen]) if item]
    on, off = ("[x]", "[ ]") if element["type"] == "checkboxes" else ("(x)", "( )")
    lines = []
    for option in element["options"]:
        mark = on if option["value"] in picked else off
        more = f" – {text_of(option['description'], reader)}" if "description" in option else ""
        lines.append(f"{mark} {text_of(option['text'], reader)}{more}")
    return lines


def _shown(value: Json, reader: Reader) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(item, reader) for item in value)
    if isinstance(value, dict):
        return text_of(value.get("text"), reader) if "value" in value else text_of(value, reader)
    return reader.names.get(str(value), str(value))


def element_lines(element: JsonObject, reader: Reader, values: Json = None) -> list[str]:
    """Return one element as displayed: `[Button]`, `[x] box`, `(x) choice`, `[Menu ▾]`, `[typed text]`."""
    kind = element["type"]
    if kind in ("button", "workflow_button", "icon_button"):
        return [f"[{text_of(element['text'], reader)}]"]
    if kind == "feedback_buttons":
        return [" ".join(f"[{text_of(element[f'{way}_button']['text'], reader)}]" for way in ("positive", "negative"))]
    if kind == "image":
        return [f"({element['alt_text']})"]
    if kind in ("checkboxes", "radio_buttons"):
        return _choice_list(element, reader, values)
    if kind == "overflow":
        return [f"[⋯ {' · '.join(text_of(option['text'], reader) for option in element['options'])}]"]
    value = _value(element, values)
    shown = _shown(value, reader) if value not in (None, "", []) else text_of(element.get("placeholder"), reader)
    if kind == "datetimepicker" and isinstance(value, int):
        shown = date(value, "{date_short} {time}", reader)
    if kind.endswith(("_select", "picker")):
        return [f"[{shown} ▾]"]
    return [f"[{shown}]"]


def _section(block: JsonObject, reader: Reader, values: Json) -> list[str]:
    lines = text_of(block["text"], reader).splitlines() if "text" in block else []
    for item in block.get("fields", ()):
        lines += text_of(item, reader).splitlines()
    if "accessory" in block:
        lines += element_lines(block["accessory"], reader, values)
    return lines


def _actions(block: JsonObject, reader: Reader, values: Json) -> list[str]:
    lines: list[str] = []
    row: list[str] = []
    for element in block["elements"]:
        shown = element_lines(element, reader, values)
        if element["type"] in ("checkboxes", "radio_buttons"):
            lines += shown
        else:
            row += shown
    return lines + ([" ".join(row)] if row else [])


def _input(block: JsonObject, reader: Reader, values: Json) -> list[str]:
    label = text_of(block["label"], reader) + (" (optional)" if block.get("optional") else "")
    hint = [text_of(block["hint"], reader)] if "hint" in block else []
    return [label, *element_lines(block["element"], reader, values), *hint]


def _context(block: JsonObject, reader: Reader, _: Json) -> list[str]:
    parts = [
        f"({item['alt_text']})" if item["type"] == "image" else text_of(item, reader) for item in block["elements"]
    ]
    return " ".join(parts).splitlines()


def _card(block: JsonObject, reader: Reader, _: Json) -> list[str]:
    lines = [text_of(block[name], reader) for name in ("title", "subtitle", "body") if name in block]
    buttons = [element_lines(button, reader)[0] for button in block.get("actions", ())]
    return lines + ([" ".join(buttons)] if buttons else [])


def _nested(name: str) -> Callable[[JsonObject, Reader, Json], list[str]]:
    def render(block: JsonObject, reader: Reader, values: Json) -> list[str]:
        head = [text_of(block[key], reader) for key in ("title", "rich_text_title", "subtitle") if key in block]
        return head + [line for child in block.get(name, ()) for line in block_lines(child, reader, values)]

    return render


def _table(block: JsonObject, reader: Reader, _: Json) -> list[str]:
    head = [block["caption"]] if "caption" in block else []
    return head + [" | ".join(text_of(cell, reader) for cell in row) for row in block["rows"]]


def _task(block: JsonObject, reader: Reader, _: Json) -> list[str]:
    more = [line for name in ("details", "output") if name in block for line in rich_text(block[name], reader)]
    return [f"{block['title']} ({block.get('status', 'pending')})", *more]


def _chart(block: JsonObject, _reader: Reader, _values: Json) -> list[str]:
    return [f"{block['title']} ({block['chart']['type']} chart)"]


_BLOCKS: dict[str, Callable[[JsonObject, Reader, Json], list[str]]] = {
    "actions": _actions,
    "alert": lambda b, r, _: [f"{b.get('level', 'default')}: {text_of(b['text'], r)}"],
    "call": lambda b, _r, _v: [f"(call {b['call_id']})"],
    "card": _card,
    "carousel": _nested("elements"),
    "container": _nested("child_blocks"),
    "context": _context,
    "context_actions": _actions,
    "data_table": _table,
    "data_visualization": _chart,
    "divider": lambda _b, _r, _v: ["───"],
    "file": lambda b, _r, _v: [f"(file {b['external_id']})"],
    "header": lambda b, r, _: [text_of(b["text"], r)],
    "image": lambda b, r, _: [f"({text_of(b.get('title'), r) or b['alt_text']})"],
    "input": _input,
    "markdown": lambda b, _r, _v: b["text"].splitlines(),
    "plan": _nested("tasks"),
    "rich_text": lambda b, r, _: rich_text(b, r),
    "section": _section,
    "table": _table,
    "task_card": _task,
    "video": lambda b, r, _: [f"(video: {text_of(b['title'], r)})"],
}


def block_lines(block: JsonObject, reader: Reader, values: Json = None) -> list[str]:
    """Return one block as lines. A block that cannot be shown is named.

    Args:
        block: the block.
        reader: the reader.
        values: what is filled in, by action id.
    """
    render = _BLOCKS.get(str(block.get("type")))
    return render(block, reader, values) if render else [f"(a block of type {block.get('type')})"]


def lines(
    blocks: Iterable[JsonObject],
    reader: Reader,
    values: Mapping[str, Json] | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[str]:
    """Return blocks as the lines that a person reads.

    Args:
        blocks: the blocks.
        reader: the reader.
        values: what is filled in, by block id and action id, as in `state.values`.
        errors: errors shown under input blocks, by block id.
    """
    read: list[str] = []
    for block in blocks:
        block_id = str(block.get("block_id"))
        read += block_lines(block, reader, (values or {}).get(block_id))
        if errors and block_id in errors:
            read.append(f"! {errors[block_id]}")
    return read
