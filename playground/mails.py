"""A mailbox for each person, outsiders too: the mails that came, as their mail program shows them.

It is no part of Slack. `post_office.py` fills it by SMTP. Nothing in a mail runs or loads: its HTML has a policy of its own.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from urllib.parse import quote

from aiohttp import web

from playground.calendars import Guard
from playground.json_types import JsonObject
from playground.workspace import NoSuchThingError, User, Workspace

KEPT = 500
"""The most mails of one person. The oldest are thrown away."""
HEADERS = {
    # Links may be followed, in a window of their own. The frame may be measured, since nothing in it can run.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_NEW_WINDOW = '<base target="_blank">'
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or a calendar part, of a mail."""

    name: str
    kind: str
    method: str | None
    octets: bytes

    def view(self) -> JsonObject:
        """Return what a list of attachments says of it."""
        return {"name": self.name, "kind": self.kind, "method": self.method, "bytes": len(self.octets)}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that came, at an instant of the workspace's clock (Unix seconds)."""

    id: int
    at: float
    headers: JsonObject
    text: str
    html: str | None
    parts: Sequence[Part]

    def view(self) -> JsonObject:
        """Return it as JSON, without its HTML and what is in its parts."""
        parts = [part.view() for part in self.parts]
        about = {"id": self.id, "at": self.at, "text": self.text, "has_html": self.html is not None, "parts": parts}
        return {**self.headers, **about}


class Mails:
    """The mailboxes. `invite` is told what mails bring for somebody's calendar."""

    def __init__(self, workspace: Workspace, invite: Callable[[str, str], None]) -> None:
        self._workspace = workspace
        self._invite = invite
        self._boxes: dict[str, list[Mail]] = {}
        self._count: dict[str, int] = {}

    def routes(self, guarded: Guard) -> list[web.RouteDef]:
        """The routes that this part serves."""
        place = "/control/people/{user}/mails"
        return [
            web.get(place, guarded(self.read)),
            web.get(f"{place}/{{mail:\\d+}}/html", guarded(self.html)),
            web.get(f"{place}/{{mail:\\d+}}/parts/{{part:\\d+}}", guarded(self.part)),
        ]

    def knows(self, address: str) -> bool:
        """Return whether somebody here has this address."""
        return self._workspace.addressed(address) is not None

    def receive(self, octets: bytes, recipients: Sequence[str]) -> None:
        """Put a mail into the mailbox of each recipient who is known here, and its events into their calendar."""
        mail = message_from_bytes(octets, policy=default)
        for address in recipients:
            if (user := self._workspace.addressed(address)) is not None:
                self._put(user, mail)

    def count(self, user: str) -> int:
        """Return how many mails a person has got."""
        return self._count.get(user, 0)

    def clear(self) -> None:
        """Throw all mails away."""
        self._boxes.clear()
        self._count.clear()

    async def read(self, request: web.Request) -> web.Response:
        """Return a person's mails, the newest first."""
        user = self._workspace.anybody(request.match_info["user"])
        mails = [mail.view() for mail in reversed(self._boxes.get(user.id, ()))]
        return web.json_response({"ok": True, "address": user.email, "mails": mails})

    async def html(self, request: web.Request) -> web.Response:
        """Return what a frame shows of a mail."""
        mail = self._find(request)
        page = mail.html or ""
        # Links open a window of their own: the frame belongs to the mail.
        page = (
            _HEAD.sub(lambda head: head[0] + _NEW_WINDOW, page, count=1) if _HEAD.search(page) else _NEW_WINDOW + page
        )
        return web.Response(text=page, content_type="text/html", charset="utf-8", headers=HEADERS)

    async def part(self, request: web.Request) -> web.Response:
        """Return a file of a mail, to be saved."""
        parts, number = self._find(request).parts, int(request.match_info["part"])
        if number >= len(parts):
            raise NoSuchThingError("this mail has no such part")
        named = f"attachment; filename*=UTF-8''{quote(parts[number].name, safe='')}"
        kind = "application/octet-stream"
        return web.Response(
            body=parts[number].octets, content_type=kind, headers={**HEADERS, "Content-Disposition": named}
        )

    def _find(self, request: web.Request) -> Mail:
        user, number = self._workspace.anybody(request.match_info["user"]), int(request.match_info["mail"])
        found = next((one for one in self._boxes.get(user.id, ()) if one.id == number), None)
        if found is None:
            raise NoSuchThingError("there is no such mail")
        return found

    def _put(self, user: User, mail: EmailMessage) -> None:
        self._count[user.id] = number = self.count(user.id) + 1
        parts = list(_parts(mail))
        name, address = parseaddr(_header(mail, "From"))
        headers = {
            "from_name": name or address,
            "from_address": address,
            "to": _header(mail, "To"),
            "reply_to": _header(mail, "Reply-To") or None,
            "subject": _header(mail, "Subject"),
            "date": _header(mail, "Date"),
        }
        kept = Mail(number, self._workspace.clock(), headers, _body(mail, "plain") or "", _body(mail, "html"), parts)
        self._boxes[user.id] = [*self._boxes.get(user.id, ()), kept][-KEPT:]
        for part in parts:
            if part.kind == "text/calendar":
                try:
                    self._invite(user.id, part.octets.decode(errors="replace"))
                except (ValueError, KeyError):
                    continue  # the mail shows it all the same
        self._workspace.feed.emit("mail", user=user.id, mail=number)


def _parts(mail: EmailMessage) -> Iterator[Part]:
    """Yield the attachments. A calendar part without a name is the same as the file beside it, if there is one."""
    found = []
    for part in mail.walk():
        name, kind = part.get_filename(), part.get_content_type()
        if part.is_multipart() or not (name or kind == "text/calendar"):
            continue
        raw = part.get_payload(decode=True)
        method = part.get_param("method")
        octets = raw if isinstance(raw, bytes) else b""
        found.append(Part(name or "", kind, str(method) if method else None, octets.replace(b"\r\n", b"\n")))
    files = {part.octets.strip() for part in found if part.name}
    for one in found:
        if one.name or one.octets.strip() not in files:
            yield replace(one, name=one.name or "calendar.ics")


def _header(mail: EmailMessage, name: str) -> str:
    return str(mail.get(name, ""))


def _body(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    if part is None:
        return None
    try:
        content = str(part.get_content())
    except LookupError:  # a charset that nobody knows
        content = repr(part.get_payload())
    return content.replace("\r\n", "\n")
