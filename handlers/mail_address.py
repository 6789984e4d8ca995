"""Which mail addresses can be written to, in the form that every mail server takes."""

import re

import idna

LONGEST = 254
"""The most octets of an address (RFC 5321, 4.5.3.1.3, without the angle brackets)."""
_LONGEST_LOCAL = 64
# A dot-atom (RFC 5322, 3.2.3). Other local parts are legal only in quotes, and hardly any server gives them out.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def writable(typed: str) -> str | None:
    """Return an address as a server takes it, its domain in ASCII (IDNA), or None if it cannot be written to.

    "=?" would begin an encoded word in a mail's header, so no address with it is written to.
    """
    local, at, domain = typed.strip().rpartition("@")
    if not at or len(local) > _LONGEST_LOCAL or "=?" in local or not _LOCAL.fullmatch(local):
        return None
    try:
        host = idna.encode(domain.lower(), uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
    address = f"{local}@{host}"
    return address if _DOMAIN.fullmatch(host) and len(address) <= LONGEST else None
