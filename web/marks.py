"""Slack's mrkdwn, as our views write it, as HTML: bold, struck, code, links, lines, and a few signs."""

import re

from markupsafe import Markup, escape

from handlers.views.kit import unescape

_SIGNS = {
    ":white_check_mark:": "✓",
    ":warning:": "⚠",
    ":no_entry:": "✕",
    ":leftwards_arrow_with_hook:": "↩",
    ":information_source:": "ℹ",
    ":hourglass_flowing_sand:": "⏳",
}
_TAGS = {
    "*": Markup("<strong>{}</strong>"),
    "~": Markup("<s>{}</s>"),
    "`": Markup("<code>{}</code>"),
}
_PARTS = re.compile(
    r"<(?P<link>[^@#|<>][^|<>]*)\|(?P<label>[^<>]*)>|<@(?P<who>\w+)>"
    r"|(?P<mark>[*~`])(?P<marked>(?:(?!(?P=mark))[^\n])+)(?P=mark)|(?P<sign>:[a-z_]+:)|(?P<line>\n)"
)


def html(words: str) -> Markup:
    """Return mrkdwn as HTML. Typed text in it has no marks (`kit.typed`), and everything else is escaped."""
    parts: list[Markup] = []
    at = 0
    for found in _PARTS.finditer(words):
        parts += [escape(unescape(words[at : found.start()])), _part(found)]
        at = found.end()
    return Markup("").join([*parts, escape(unescape(words[at:]))])


def _part(found: re.Match[str]) -> Markup:
    if found["line"]:
        return Markup("<br>")
    if sign := found["sign"]:
        shown = _SIGNS.get(sign)
        return (
            escape(sign) if shown is None else Markup('<span class="sign" aria-hidden="true">{}</span>').format(shown)
        )
    if mark := found["mark"]:
        inside = escape(unescape(found["marked"])) if mark == "`" else html(found["marked"])
        return _TAGS[mark].format(inside)
    if found["link"]:
        link, label = unescape(found["link"]), unescape(found["label"])
        if link.startswith(("https://", "http://")):
            return Markup('<a href="{}" rel="noreferrer">{}</a>').format(link, label)
        return escape(label)
    return escape(found["who"])
