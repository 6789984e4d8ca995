"""A view as a web page: the same blocks, with what a browser cannot do left out."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from jinja2 import Environment, PackageLoader, Template, select_autoescape
from markupsafe import Markup

from handlers.ids import Action, Block, Callback
from handlers.views.kit import Json
from handlers.views.newer import fitted_blocks
from language.say import Say
from web.marks import html

NAMING = frozenset({Action.SCHEDULE, Action.ASK_EXCEPTION, Action.ASK_MOVE, Action.MOVE_WITHDRAW})
"""What is pressed for one thing, which the button names."""
MENUS = frozenset({Action.MOVE_DAY, Action.BOOK_DAY, Action.BOOK_GRANT})
PRESSED = frozenset({Action.CONFIRM_BACK, Action.CONFIRM_LATE, Action.MOVE_BACK, Action.UNDO}) | MENUS | NAMING
"""What can be pressed on a page besides its last button. Everything else is Slack's alone and is left out."""
_NEWER = frozenset({"alert"})
"""Newer blocks that a page has a form for. The others come in the form that every Slack takes."""
_UPDATES = frozenset({Action.CONFIRM_LATE})
_FIELDS = (Block.MODE, Block.SESSIONS, Block.REASON, Block.LATE, Block.MOVE_TIME, Block.TIME, Block.WISHES)
STYLE = Markup(resources.files("web").joinpath("templates", "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What the template shows. `action` is the page's own address, `leave` the words of the link back to its beginning."""

    language: str
    title: str
    action: str
    token: str
    blocks: Sequence[Json]
    submit: str | None
    leave: str | None
    danger: bool
    notice: str | None
    slack: str | None
    words: Mapping[str, str]


def rendered(view: Json, say: Say, *, token: str, link: str, slack: str | None, who: str, notice: str | None) -> str:
    """Return the page of a view. `token` is what it sends back about itself, `link` the token of its address."""
    kind = view["callback_id"]
    page = Page(
        language=str(say.locale).replace("_", "-"),
        title=say.title("Your sessions") if kind == Callback.CHOOSE else view["title"]["text"],
        action=f"./{link}",  # a proxy may serve us under a path of its own
        token=token,
        blocks=[shown for block in fitted_blocks(view["blocks"], _NEWER) if (shown := _shown(block)) is not None],
        submit=view["submit"]["text"] if "submit" in view else None,
        leave=_leave(view, say),
        danger=kind == Callback.CONFIRM,
        notice=notice,
        slack=slack,
        words={
            "slack": say("Open in Slack"),
            "day": say("Show the times of this day"),
            "menu": say("Show"),
            "terms": say("Show these terms"),
            "state": say("Scheduled"),
            "required": say("(required)"),
            "private": say("This page is for {name} only. Pass its address on to nobody.", name=who),
        },
    )
    return template("page.html").render(page=page, style=STYLE)


def _leave(view: Json, say: Say) -> str | None:
    match view["callback_id"]:
        case Callback.CHOOSE:
            return None
        case Callback.CONFIRM | Callback.MOVE_CONFIRM:
            return str(view["close"]["text"])
        case _:
            return say("Back to the sessions")


def _shown(block: Json) -> Json | None:
    """Return a block as a browser can show it, or None if nothing of it is left."""
    match block["type"]:
        case "actions":
            row = [one for one in block["elements"] if one.get("url") or one["action_id"] in PRESSED]
            return {**block, "elements": [_named(one) for one in row if _opens(one)]} if row else None
        case "section":
            accessory = block.get("accessory")
            if accessory and (accessory["type"] != "static_select" or accessory["action_id"] not in PRESSED):
                return {name: part for name, part in block.items() if name != "accessory"}
            return {"accessory": None, **block}
        case "input":
            name = field_of(block["block_id"])
            return {**block, "name": name, "redraws": block["element"]["action_id"] in _UPDATES}
        case "header" | "divider" | "context" | "alert":
            return block
    return None


def _named(element: Json) -> Json:
    """Return a button with what it sends: its name, and the thing that it is for."""
    name = element.get("action_id", "")
    return {**element, "sends": f"{name} {element.get('value', '')}" if name in NAMING else name}


def _opens(element: Json) -> bool:
    url = element.get("url")
    return url is None or url.startswith(("https://", "http://"))


def field_of(block_id: str) -> str:
    """Return the name of an input in the form: its block without numbers."""
    found = next((one for one in _FIELDS if block_id == one or block_id.startswith(f"{one}:")), None)
    return str(found or block_id)


@lru_cache
def template(name: str) -> Template:
    """Return a template. Whatever is put into it is escaped."""
    return _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("web"), autoescape=select_autoescape(default=True))
    environment.filters["html"] = html
    return environment
