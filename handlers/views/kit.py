"""Helpers for Block Kit: plain dicts, clipped to Slack's limits, with typed text made harmless."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from coaching.texts import shortened, unturned
from handlers.views.newer import Newer, clipped
from handlers.views.slack_dates import undated
from language.say import Say

Json = dict[str, Any]

TEXT = 3000
PARAGRAPHS = 2900
"""The most characters of paragraphs in one section."""
BUTTON = 75
OPTION = 75
TITLE = 24
HEADER = 150
LABEL = 2000
MODAL_BLOCKS = 100
SELECT = 100
"""The most options in one menu, or in one group of it."""
MESSAGE_BLOCKS = 50
GROUP = 10
"""The most options in one group of check boxes or radio buttons."""
ALERT = 200
CARD_BODY = 200
FIELD = 2000
CARD_BUTTONS = 3
NAME = 80
"""The most characters of a name: enough to recognize it, and short enough that ten of them fit into any text."""

# Characters that start formatting in mrkdwn and cannot be escaped there, and harmless look-alikes.
_LOOKALIKE = str.maketrans({"*": "∗", "`": "ˋ", "~": "∼"})
_EDGE_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")


def clip(text: str, most: int) -> str:
    """Return `text`, cut to `most` characters with an ellipsis if it is longer."""
    return text if len(text) <= most else shortened(text, most)


def clip_lines(lines: Sequence[str], most: int, say: Say | None) -> str:
    """Join whole lines up to `most` characters and say how many did not fit. No line is cut within its markup.

    Without `say` there is only an ellipsis.
    """
    text = "\n".join(lines)
    if len(text) <= most:
        return text
    kept, used = 0, len(_and_more(len(lines), say))
    for line in lines:
        used += len(line) + 1
        if used > most:
            break
        kept += 1
    return "\n".join([*lines[:kept], _and_more(len(lines) - kept, say)])


def _and_more(n: int, say: Say | None) -> str:
    if say is None:
        return "…"
    return say.plural("… and {n} more", "… and {n} more", n)


def fitting(lines: Sequence[str], most: int, rest: Callable[[int], str], *, besides: int = 0) -> list[str]:
    """Return the whole lines that fit into `most` characters, then a line that says how many are left out.

    `besides` is a number of further items that are not among `lines`.
    """
    used = 0
    for index, line in enumerate(lines):
        if used + len(line) > most:
            return [*lines[:index], rest(len(lines) - index + besides)]
        used += len(line) + 2
    return [*lines, rest(besides)] if besides else list(lines)


def escape(text: str) -> str:
    """Return `text` with Slack's three control characters as entities, so that nothing in it can ping or link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Return text from Slack as it was typed. Commands arrive with the three characters as entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@lru_cache(maxsize=2048)
def bare(text: str, most: int = NAME) -> str:
    """Return typed text on one line, for plain text: without control characters, and right-to-left text isolated."""
    line = clip(_CONTROLS.sub(" ", unturned(text)).strip(), most)
    return apart(line)


def apart(text: str) -> str:
    """Return right-to-left text in isolates, so that it does not reverse the text around it.

    Other text is unchanged.
    """
    if any(unicodedata.bidirectional(char) in {"R", "AL"} for char in text):
        return f"\u2068{text}\u2069"
    return text


@lru_cache(maxsize=2048)
def typed(text: str, most: int = NAME) -> str:
    """Return typed text on one line, for mrkdwn: it cannot ping, link, or format the text around it."""
    return escape(_EDGE_UNDERSCORE.sub("ˍ", bare(text, most).translate(_LOOKALIKE)))


def plain(text: str, most: int = TEXT, *, emoji: bool = True) -> Json:
    """Return a plain text object, never empty. Slack shows no dates of its own there."""
    return _as_it_is(undated(text), most, emoji=emoji)


def _as_it_is(text: str, most: int, *, emoji: bool) -> Json:
    return {"type": "plain_text", "text": clip(text, most) or "–", "emoji": emoji}


def mrkdwn(text: str, most: int = TEXT) -> Json:
    """Return a mrkdwn object. It is verbatim, so that Slack links only what we marked."""
    return {"type": "mrkdwn", "text": clip(text, most) or "–", "verbatim": True}


def section(text: str, accessory: Json | None = None, *, block_id: str | None = None) -> Json:
    """Return a section of mrkdwn."""
    block: Json = {"type": "section", "text": mrkdwn(text)}
    if accessory is not None:
        block["accessory"] = accessory
    if block_id is not None:
        block["block_id"] = block_id
    return block


def columns(*texts: str) -> Json:
    """Return a section of mrkdwn in two columns: a row of a table, on every surface."""
    return {"type": "section", "fields": [mrkdwn(text, FIELD) for text in texts]}


def paragraphs(lines: Sequence[str]) -> list[Json]:
    """Return sections with as many paragraphs each as fit."""
    held: list[list[str]] = []
    size = PARAGRAPHS
    for line in lines:
        size += len(line) + 2
        if size > PARAGRAPHS:
            held.append([])
            size = len(line) + 2
        held[-1].append(line)
    return [section("\n\n".join(some)) for some in held]


def verbatim(text: str) -> Json:
    """Return a section with text as it was typed, except direction controls. It cannot ping or render."""
    return {"type": "section", "text": _as_it_is(unturned(text), TEXT, emoji=False)}


def context(*texts: str) -> Json:
    """Return a line of small print in mrkdwn."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:10]]}


def header(text: str) -> Json:
    """Return a headline in plain text."""
    return {"type": "header", "text": plain(text, HEADER)}


def divider() -> Json:
    """Return a thin line."""
    return {"type": "divider"}


def alert(text: str, say: Say) -> Json:
    """Return a banner for modals. It begins with a word, so that its level does not depend on color alone."""
    words = f"*{say('Please note:')}* {text}"
    older = section(f":warning: {words}")
    if len(words) > ALERT:
        return older
    return Newer({"type": "alert", "text": mrkdwn(words), "level": "warning"}, [older])


def card(
    title: str,
    subtitle: str,
    body: str,
    buttons: Sequence[Json],
    older: Sequence[Json],
    *,
    heading: Json | None = None,
    block_id: str | None = None,
) -> list[Json]:
    """Return a card (texts in mrkdwn), or the older blocks if a text or the buttons do not fit into one.

    `heading` stands above a card only.
    """
    if max(len(title), len(subtitle)) > HEADER or len(body) > CARD_BODY or len(buttons) > CARD_BUTTONS:
        return list(older)
    block: Json = {"type": "card", "title": mrkdwn(title)}
    for name, text in (("subtitle", subtitle), ("body", body)):
        if text:
            block[name] = mrkdwn(text)
    if buttons:
        block["actions"] = list(buttons)
    if block_id is not None:
        block["block_id"] = block_id
    above = [Newer(heading, [], "card")] if heading is not None else []
    return [*above, Newer(block, older)]


def news(text: str) -> Json:
    """Return a banner about something that was done or is to be done."""
    return section(f":information_source: {text}")


def button(
    text: str,
    action_id: str,
    value: str | None = None,
    *,
    style: str | None = None,
    url: str | None = None,
    confirm: Json | None = None,
    label: str | None = None,
) -> Json:
    """Return a button. `label` is for screen readers, if the text alone is not enough.

    What is spoken contains what is visible, so that a person who speaks commands can say what they see.
    """
    element: Json = {"type": "button", "text": plain(text, BUTTON), "action_id": action_id}
    for name, given in (("value", value), ("style", style), ("url", url), ("confirm", confirm)):
        if given is not None:
            element[name] = given
    if label is not None:
        seen = text.strip("✓‹›… ")
        spoken = label if seen.casefold() in label.casefold() else f"{seen}: {label}"
        element["accessibility_label"] = clip(undated(spoken), BUTTON)
    return element


def confirm(title: str, text: str, yes: str, no: str) -> Json:
    """Return a question that is asked before a button acts."""
    return {"title": plain(title, 100), "text": plain(text, 300), "confirm": plain(yes, 30), "deny": plain(no, 30)}


def option(text: str, value: str, description: str | None = None, *, url: str | None = None) -> Json:
    """Return an option in plain text."""
    element: Json = {"text": plain(text, OPTION), "value": value}
    if description:
        element["description"] = plain(description, OPTION)
    if url is not None:
        element["url"] = url
    return element


def overflow(action_id: str, options: Iterable[Json], *, confirm: Json | None = None) -> Json:
    """Return an overflow menu (three dots) of up to five options."""
    element: Json = {"type": "overflow", "action_id": action_id, "options": list(options)[:5]}
    if confirm is not None:
        element["confirm"] = confirm
    return element


def actions(elements: Sequence[Json], block_id: str | None = None) -> Json:
    """Return a row of buttons."""
    block: Json = {"type": "actions", "elements": list(elements)[:25]}
    if block_id is not None:
        block["block_id"] = block_id
    return block


def field(
    label: str,
    element: Json,
    block_id: str,
    *,
    hint: str | None = None,
    optional: bool = False,
    dispatch: bool = False,
) -> Json:
    """Return an input block."""
    block: Json = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, LABEL),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint, LABEL)
    if dispatch:
        block["dispatch_action"] = True
    return block


def radio(action_id: str, options: Sequence[Json], chosen: str) -> Json:
    """Return radio buttons with the option of value `chosen` set."""
    options = list(options)
    initial = next((item for item in options if item["value"] == chosen), options[0])
    return {"type": "radio_buttons", "action_id": action_id, "options": options, "initial_option": initial}


def checkboxes(action_id: str, options: Sequence[Json]) -> Json:
    """Return check boxes, none of them ticked: at most GROUP options."""
    return {"type": "checkboxes", "action_id": action_id, "options": list(options)}


def select(
    action_id: str,
    options: Sequence[Json],
    *,
    chosen: str | None = None,
    placeholder: str,
    groups: Sequence[tuple[str, Sequence[Json]]] = (),
) -> Json:
    """Return a menu to choose one of `options`, or of `groups` (label and options). Long lists are grouped.

    The option of value `chosen` is preset. There must be at least one option.
    """
    element: Json = {"type": "static_select", "action_id": action_id, "placeholder": plain(placeholder, 150)}
    if not groups and len(options) > SELECT:
        parts = [options[at : at + SELECT] for at in range(0, len(options), SELECT)]
        groups = [(f"{clip(p[0]['text']['text'], 34)} – {clip(p[-1]['text']['text'], 34)}", p) for p in parts[:SELECT]]
    if groups:
        element["option_groups"] = [{"label": plain(label, OPTION), "options": list(part)} for label, part in groups]
    else:
        element["options"] = list(options)
    everything = [item for _, part in groups for item in part] if groups else options
    initial = next((item for item in everything if item["value"] == chosen), None) if chosen is not None else None
    if initial is not None:
        element["initial_option"] = initial
    return element


def text_input(action_id: str, *, initial: str | None = None, most: int = TEXT, multiline: bool = False) -> Json:
    """Return a text input."""
    element: Json = {
        "type": "plain_text_input",
        "action_id": action_id,
        "multiline": multiline,
        "max_length": most,
    }
    if initial:
        element["initial_value"] = clip(initial, most)
    return element


def number_input(action_id: str, initial: str | None, most: int, *, least: int = 0, decimals: bool = True) -> Json:
    """Return an input for a number from `least` to `most`."""
    element: Json = {
        "type": "number_input",
        "action_id": action_id,
        "is_decimal_allowed": decimals,
        "min_value": str(least),
        "max_value": str(most),
    }
    if initial is not None:
        element["initial_value"] = initial
    return element


class Kept(Protocol):
    """What a view stores until it comes back: one of the classes in `handlers.meta`."""

    def dump(self) -> str:
        """Return the text that the view stores, which `load` of the same class reads."""
        ...


def modal(
    title: str,
    callback_id: str,
    blocks: Sequence[Json],
    *,
    metadata: Kept | None = None,
    close: str,
    submit: str | None = None,
    clear_on_close: bool = False,
) -> Json:
    """Return a modal view. `close` is the label of the button that closes it."""
    view: Json = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, TITLE),
        "close": plain(close, TITLE),
        "blocks": clipped(blocks, MODAL_BLOCKS),
        "private_metadata": metadata.dump() if metadata is not None else "",
    }
    if submit is not None:
        view["submit"] = plain(submit, TITLE)
    if clear_on_close:
        view["clear_on_close"] = True
    return view
