"""A browser without scripts: it reads a page's form as HTML says, and sends what a person would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

import aiohttp

_VOID = {"input", "meta", "br", "hr"}


@dataclass
class Control:
    """A control of the form: what it sends, and the words beside or on it."""

    kind: str
    name: str
    value: str
    on: bool = False
    label: str = ""


@dataclass
class Seen:
    """A page as it was received."""

    status: int
    source: str = ""
    title: str = ""
    text: str = ""
    drawn: str = ""
    """The text with what can be chosen and pressed."""
    action: str = ""
    controls: list[Control] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    alerts: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """What is on the page, line by line: words, what can be chosen, and buttons."""
        return [line for part in self.drawn.splitlines() if (line := part.strip())]

    def buttons(self) -> list[str]:
        """The words on all buttons."""
        return [one.label for one in self.controls if one.kind == "submit"]

    def offered(self, name: str) -> list[str]:
        """What can be chosen under a name."""
        return [one.label for one in self.controls if one.name == name and one.kind in ("radio", "checkbox", "option")]


class _Reader(HTMLParser):
    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self.seen = seen
        self._open: list[tuple[str, dict[str, str]]] = []
        self._within: Control | None = None
        self._label: list[Control] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" or any(name.startswith("on") for name in given):
            raise ValueError("this page has a script")
        self.seen.drawn += _drawn(tag, given)
        if tag not in _VOID:
            self._open.append((tag, given))
        if tag == "form":
            self.seen.action = given["action"]
        elif tag == "select":
            self._select = given["name"]
        elif tag == "label":
            self._label = []
        elif tag == "br":
            self.seen.text += "\n"
        elif (control := self._control(tag, given)) is not None:
            self.seen.controls.append(control)
            if tag != "input":
                self._within = control
            elif self._label is not None:
                self._label.append(control)

    def _control(self, tag: str, given: dict[str, str]) -> Control | None:
        match tag:
            case "input":
                return Control(given["type"], given["name"], given["value"], "checked" in given)
            case "button":
                return Control("submit", given["name"], given["value"])
            case "option":
                return Control("option", self._select, given["value"], "selected" in given)
            case "textarea":
                return Control("text", given["name"], "", on=True)
        return None

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop()[0] != tag:
            raise ValueError(f"</{tag}> closes another element")
        if tag in ("button", "textarea", "select"):
            self.seen.drawn += " ]\n"
        if tag in ("button", "option", "textarea"):
            self._within = None
        elif tag == "label":
            self._label = None

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self._open]
        if "style" in tags or "head" in tags:
            return
        if self._within is not None and self._within.kind == "text":
            self._within.value += data.removeprefix("\n")
        elif self._within is not None:
            self._within.label += data.strip()
        for one in self._label or ():
            one.label += data.strip() + " " if data.strip() else ""
        if "h1" in tags:
            self.seen.title += data
        if "a" in tags and data.strip():
            self.seen.links[data.strip()] = self._open[-1][1].get("href", "")
        if any("alert" in given.get("class", "").split() for _, given in self._open):
            self.seen.alerts.append(data)
        self.seen.text += data
        if "option" not in tags or "selected" in self._open[-1][1]:
            self.seen.drawn += data.replace("\n", " ")


def _drawn(tag: str, given: dict[str, str]) -> str:
    """Return what begins an element in a drawing of the page."""
    match tag:
        case "input" if given["type"] in ("radio", "checkbox"):
            marks = "( )", "(•)", "[ ]", "[x]"
            return f"{marks[2 * (given['type'] == 'checkbox') + ('checked' in given)]} "
        case "button" | "textarea" | "select":
            return "\n[ "
        case "p" | "h1" | "h2" | "legend" | "label" | "br" | "hr" | "div" | "a":
            return "\n"
        case "span":
            return " "
    return ""


def read(status: int, source: str) -> Seen:
    """Return a page as a person sees it. Raises ValueError for one with scripts, or with elements that are not closed."""
    seen = Seen(status, source)
    if source.startswith("<!doctype html>"):
        reader = _Reader(seen)
        reader.feed(source)
        reader.close()
        for one in seen.controls:
            one.label = one.label.strip()
    return seen


class Browser:
    """A person with a browser. What they look for and is not there, or twice, raises ValueError."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.page = Seen(0)
        self._path = ""

    async def open(self, path: str) -> Seen:
        """Follow a link."""
        self._path = path
        async with self._session.get(self._url + path) as answer:
            self.page = read(answer.status, await answer.text())
        return self.page

    def tick(self, words: str, *, on: bool = True) -> None:
        """Tick the box, or choose the option, whose words contain these."""
        [one] = [c for c in self.page.controls if c.kind in ("checkbox", "radio", "option") and words in c.label]
        if one.kind != "checkbox":
            for other in self.page.controls:
                other.on = other.on and other.name != one.name
        one.on = on

    def fill(self, name: str, text: str) -> None:
        """Type into a field."""
        [one] = [c for c in self.page.controls if c.kind == "text" and c.name == name]
        one.value = text

    def fields(self, button: str) -> list[tuple[str, str]]:
        """What is sent when a button is pressed."""
        [pressed] = [c for c in self.page.controls if c.kind == "submit" and c.label == button]
        held = [c for c in self.page.controls if c.kind in ("hidden", "text") or (c.on and c.kind != "submit")]
        first = {c.name: c for c in reversed(self.page.controls) if c.kind == "option"}
        # A menu without a choice sends its first option.
        held += [c for name, c in first.items() if not any(o.on and o.name == name for o in self.page.controls)]
        return [*((c.name, c.value) for c in held), (pressed.name, pressed.value)]

    async def press(self, button: str) -> Seen:
        """Press a button, and see the page that follows."""
        return await self.send(self.page.action, self.fields(button))

    async def send(self, path: str, fields: list[tuple[str, str]], **headers: str) -> Seen:
        """Send a form."""
        body = urlencode(fields)
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        self._path = path = urljoin(self._path, path)
        async with self._session.post(self._url + path, data=body, headers=headers) as answer:
            self.page = read(answer.status, await answer.text())
        return self.page
