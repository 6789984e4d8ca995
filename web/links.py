"""Signed links: the way in to a session for one person, and what a page sends back about itself."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MAX_TOKEN = 700
"""The longest token in characters."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PURPOSE = b"sessions for slack: links of the web pages, first kind"


@dataclass(frozen=True, slots=True)
class Way:
    """Whom a link is for, and the session to which it leads."""

    workspace_id: str
    person_id: str
    session_id: str


class Links:
    """Makes links and reads them. `secret` is one that the operator has set anyway; the key is derived from it."""

    def __init__(self, secret: str, base: str) -> None:
        self._key = hmac.new(secret.encode(), _PURPOSE, hashlib.sha256).digest()
        self.base = base

    def way_in(self, way: Way) -> str:
        """Return the address of the page of a session, for one person."""
        payload = json.dumps([way.workspace_id, way.person_id, way.session_id], separators=(",", ":"))
        return f"{self.base}/s/{self._signed('way', payload)}"

    def read(self, token: str) -> Way | None:
        """Return whom a link is for, or None if it is not ours."""
        payload = self._read("way", token)
        if payload is None:
            return None
        workspace_id, person_id, session_id = json.loads(payload)
        return Way(workspace_id, person_id, session_id)

    def no_mail(self, workspace_id: str, person_id: str) -> str:
        """Return the address of the page where a person says that they want no mails."""
        payload = json.dumps([workspace_id, person_id], separators=(",", ":"))
        return f"{self.base}/mail/{self._signed('no mail', payload)}"

    def read_no_mail(self, token: str) -> tuple[str, str] | None:
        """Return the workspace and the person of such an address, or None if it is not ours."""
        payload = self._read("no mail", token)
        if payload is None:
            return None
        workspace_id, person_id = json.loads(payload)
        return workspace_id, person_id

    def asked(self, workspace_id: str, address_id: str, asked_at: datetime) -> str:
        """Return the address of the page where a stakeholder's mail address says yes, for the question of that time."""
        payload = json.dumps([workspace_id, address_id, _micros(asked_at)], separators=(",", ":"))
        return f"{self.base}/copies/{self._signed('copies asked', payload)}"

    def no_copies(self, workspace_id: str, address_id: str) -> str:
        """Return the address of the page where a stakeholder's mail address says that it wants no mails."""
        payload = json.dumps([workspace_id, address_id], separators=(",", ":"))
        return f"{self.base}/copies/{self._signed('no copies', payload)}"

    def read_copies(self, token: str) -> tuple[str, str, datetime | None] | None:
        """Return workspace, address, and when it was asked (None: not by this link), or None if the link is not ours."""
        if (payload := self._read("copies asked", token)) is not None:
            workspace_id, address_id, micros = json.loads(payload)
            return workspace_id, address_id, _EPOCH + timedelta(microseconds=micros)
        if (payload := self._read("no copies", token)) is not None:
            workspace_id, address_id = json.loads(payload)
            return workspace_id, address_id, None
        return None

    def export(self, workspace_id: str, export_id: str) -> str:
        """Return the address of the page where an export is fetched."""
        payload = json.dumps([workspace_id, export_id], separators=(",", ":"))
        return f"{self.base}/export/{self._signed('export', payload)}"

    def read_export(self, token: str) -> tuple[str, str] | None:
        """Return the workspace and the export of such an address, or None if it is not ours."""
        payload = self._read("export", token)
        if payload is None:
            return None
        workspace_id, export_id = json.loads(payload)
        return workspace_id, export_id

    def page(self, token: str, step: str, state: str) -> str:
        """Return what a page sends back: its step and its state, valid for the link of this token only."""
        return self._signed(f"page {token}", f"{step} {state}")

    def read_page(self, token: str, sent: str) -> tuple[str, str] | None:
        """Return a page's step and state, or None if this link's page did not send it."""
        payload = self._read(f"page {token}", sent, most=4 * MAX_TOKEN)
        if payload is None:
            return None
        step, _, state = payload.partition(" ")
        return step, state

    def _signed(self, purpose: str, payload: str) -> str:
        content = _text(payload.encode())
        return f"{content}.{self._mark(purpose, content)}"

    def _read(self, purpose: str, token: str, most: int = MAX_TOKEN) -> str | None:
        content, _, mark = token.partition(".")
        # Compared as bytes: text beyond ASCII would raise.
        if len(token) > most or not hmac.compare_digest(
            mark.encode(errors="replace"), self._mark(purpose, content).encode()
        ):
            return None
        return base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)).decode()

    def _mark(self, purpose: str, content: str) -> str:
        text = f"{purpose}\n{content}".encode(errors="replace")
        return _text(hmac.new(self._key, text, hashlib.sha256).digest())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
