"""Mail addresses: which ones can be written to, in the form that every mail server takes."""

import re
from dataclasses import dataclass
from email.utils import parseaddr

import idna

from coaching.sessions import Person

LONGEST = 254
"""The most octets of an address (RFC 5321, 4.5.3.1.3, without the angle brackets)."""
_LONGEST_LOCAL = 64
# A dot-atom (RFC 5322, 3.2.3). Other local parts are legal only in quotes, and hardly any server gives them out.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address that can be written to, and the name in front of it (empty: none)."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        """The part behind the @."""
        return self.address.rpartition("@")[2]


def writable(typed: str) -> str | None:
    """Return an address as a server takes it, its domain in ASCII (IDNA), or None if it cannot be written to."""
    local, at, domain = typed.strip().rpartition("@")
    if not at or len(local) > _LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        return None
    try:
        host = idna.encode(domain.lower(), uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
    address = f"{local}@{host}"
    return address if _DOMAIN.fullmatch(host) and len(address) <= LONGEST else None


def mailbox(typed: str) -> Mailbox | None:
    """Return what "Name <address>" or a bare address means, or None if the address cannot be written to."""
    if any(ord(char) < 32 or char == "\x7f" for char in typed):
        return None
    name, address = parseaddr(typed)
    found = writable(address)
    return None if found is None else Mailbox(found, name)


def address_of(person: Person) -> str | None:
    """Return the address at which a person can be written to, or None. One from which mails come back counts as none."""
    known = None if person.mails_come_back else person.address
    return None if known is None else writable(known)


def can_be_mailed(person: Person) -> bool:
    """Return whether a person can be written to."""
    return address_of(person) is not None
