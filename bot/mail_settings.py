"""The settings for mail: what each may be, and where they lead."""

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from bot.hosts import LOOPBACK_HOSTS
from bot.mail_addresses import mailbox

ReplyTo = Literal["coach", "support", "nobody"]
"""Whom an answer to a mail reaches."""
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the mail server is, and how to log in. No repr shows the password."""

    host: str
    port: int
    at_once: bool
    """Whether the connection begins with TLS (smtps) instead of changing to it (STARTTLS)."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def in_clear(self) -> bool:
        """Whether nothing is encrypted: this machine talks to itself."""
        return not self.at_once and self.host in LOOPBACK_HOSTS


def parse_url(url: str) -> ServerAddress:
    """Return what an SMTP URL means. Raises ValueError with the end of a sentence, which never repeats the password."""
    problem = "is not a mail server's address: write smtp://user:password@host:587 or smtps://user:password@host:465."
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")  # as a connection does
    except ValueError:
        raise ValueError(problem) from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(problem)
    if (parts.username is None) != (parts.password is None):
        raise ValueError("has a user without a password, or a password without a user: give both, or none.")
    user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
    if any(char in (user or "") + (password or "") for char in "\r\n\0"):
        raise ValueError("has a line break in its user or password: copy it again.")
    return ServerAddress(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "smtps", user, password)


def smtp_url(value: str) -> SecretStr:
    """Check SMTP_URL. Raises ValueError with the end of a sentence."""
    parse_url(value)
    return SecretStr(value)


def mail_from(value: str) -> str:
    """Check MAIL_FROM. Raises ValueError with the end of a sentence."""
    if mailbox(value) is None:
        raise ValueError(
            "is not an address to write from: write sessions@example.com or Sessions <sessions@example.com>."
        )
    return value


def reply_to(value: str) -> ReplyTo:
    """Check MAIL_REPLY_TO. Raises ValueError with the end of a sentence."""
    match value.lower():
        case "coach":
            return "coach"
        case "support":
            return "support"
        case "nobody":
            return "nobody"
        case _:
            raise ValueError("names nobody who could answer: use coach, support (the support contact) or nobody.")


def per_minute(value: str) -> int:
    """Check MAIL_PER_MINUTE. Raises ValueError with the end of a sentence."""
    if not re.fullmatch(r"[0-9]{1,5}", value) or int(value) == 0:
        raise ValueError("is not a number of mails: use a whole number from 1 to 99999, or leave it out for no limit.")
    return int(value)
