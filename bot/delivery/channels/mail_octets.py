"""Octets of a mail as the standard library's `email` writes them, without its trees for what needs none.

A mail of ours has the same few headers and parts each time. Building it as an `EmailMessage` took most of the mail relay's
processor time. So what goes on the wire as it is, is written as it is. Everything else (names and subjects that have to be
quoted, encoded or broken) is folded by `policy.SMTP`. A test compares the octets with an `EmailMessage`, for any text.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Sequence
from email import quoprimime
from email.headerregistry import Address
from email.policy import SMTP, EmailPolicy
from functools import lru_cache
from typing import Any

LONGEST = 78
"""The most characters of a line that people typed (RFC 5322, 2.1.1)."""
LONGEST_UNBROKEN = 998
_VERSION = b"MIME-Version: 1.0\r\n"
_SNIFFED = 10
"""The lines by which a text's encoding is chosen."""
_FOLDED = SMTP.clone(cte_type="7bit")
_WIDE = _FOLDED.clone(max_line_length=LONGEST_UNBROKEN)
_WORDS = re.compile(r"[!-~]+(?: [!-~]+)*", re.ASCII)
_BROKEN_OUT = re.compile(rb"\r(?!\n)|(?<!\r)\n|\r\n(?![ \t])")
"""A line end in a header that does not continue it."""
_NOT_WORDS = re.compile(r"[^A-Za-z0-9]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*", re.ASCII)


def header(name: str, value: str) -> bytes:
    """Return a header's octets: of text that people typed, on one line."""
    line = f"{name}: {value}\r\n"
    # "=?" begins an encoded word, also where somebody typed it.
    if len(line) <= LONGEST + 2 and "=?" not in value and _WORDS.fullmatch(value):
        return line.encode("ascii")
    return _folded(_FOLDED, name, value) or _checked(_folded(_FOLDED, name, _NOT_WORDS.sub(" ", value)), name)


def unbroken(name: str, value: str) -> bytes:
    """Return the octets of a header of ids or links. A long one stays as it is: no mail program reads it in encoded words."""
    line = f"{name}: {value}\r\n"
    if len(line) <= LONGEST_UNBROKEN and "=?" not in value and _WORDS.fullmatch(value):
        return line.encode("ascii")
    return _checked(_folded(_WIDE, name, value), name)


@lru_cache(maxsize=256)
def address(name: str, person: str, at: str) -> bytes:
    """Return the octets of a header with one address, of a person with a name or without.

    Raises ValueError if the address itself would write a header.
    """
    local, _, domain = at.rpartition("@")
    line = f"{name}: {person} <{at}>\r\n"
    if len(line) <= LONGEST + 2 and _PLAIN_NAME.fullmatch(person):
        return line.encode("ascii")
    folded = _folded(_FOLDED, name, Address(person, local, domain))
    return folded or _checked(_folded(_FOLDED, name, Address("", local, domain)), name)


def _folded(policy: "EmailPolicy[Any]", name: str, value: str | Address) -> bytes | None:
    """Return a header's octets, or None if it would not stay one header.

    `email` decodes encoded words in what it is given, also those that somebody typed, and writes the line ends in them as
    they are. Callers break such words before. This check is for what nobody thought of.
    """
    octets: bytes = policy.fold_binary(name, policy.header_factory(name, value))
    return octets if octets.endswith(b"\r\n") and not _BROKEN_OUT.search(octets[:-2]) else None


def _checked(octets: bytes | None, name: str) -> bytes:
    if octets is None:
        raise ValueError(f"{name} would write a header of its own")
    return octets


def text_part(subtype: str, text: str) -> bytes:
    """Return a part of plain text or HTML."""
    encoding, octets = _encoded(text)
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n'.encode("ascii")
        + (b"" if subtype == "plain" else _VERSION)
        + b"\r\n"
        + octets
    )


def calendar_part(text: str, method: str) -> bytes:
    """Return an invitation as one form of what the mail says."""
    encoding, octets = _encoded(text)
    head = (
        f'Content-Transfer-Encoding: {encoding}\r\nContent-Type: text/calendar; charset="utf-8"; method="{method}"\r\n'
    )
    return head.encode("ascii") + _VERSION + b"\r\n" + octets


def calendar_file(text: str, method: str, name: str) -> bytes:
    """Return an invitation as a file."""
    head = (
        f'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f'Content-Type: text/calendar; method="{method}"; charset="utf-8"\r\n'
    )
    return head.encode("ascii") + _VERSION + b"\r\n" + _base64(text.encode())


def multipart(subtype: str, parts: Sequence[bytes]) -> bytes:
    """Return parts as one: the last header, and the body."""
    # Nobody can have written into a text what is drawn after it.
    boundary = f"==============={secrets.randbelow(10**19):019}=="
    between = f"\r\n--{boundary}\r\n".encode("ascii")
    space = " " if subtype == "mixed" else "\r\n "  # the line is broken where it would be too long
    return b"".join(
        [
            f'Content-Type: multipart/{subtype};{space}boundary="{boundary}"\r\n\r\n'.encode("ascii"),
            between[2:],
            between.join(parts),
            between[:-2],
            b"--\r\n",
        ]
    )


def message(headers: Sequence[bytes], content: bytes) -> bytes:
    """Return a mail of its headers, and its content with the last of them."""
    return b"".join([*headers, _VERSION, content])


def _encoded(text: str) -> tuple[str, bytes]:
    """Return the shorter one of the encodings of a text, and the text in it."""
    lines = text.encode().splitlines()
    if all(len(line) <= LONGEST for line in lines) and text.isascii():
        return "7bit", b"\r\n".join(lines) + b"\r\n"
    first = b"\r\n".join(lines[:_SNIFFED]) + b"\r\n"
    if len(quoprimime.body_encode(first.decode("latin-1"), LONGEST)) > len(binascii.b2a_base64(first)):
        return "base64", _base64(b"\r\n".join(lines) + b"\r\n")
    quoted = quoprimime.body_encode((b"\n".join(lines) + b"\n").decode("latin-1"), LONGEST)
    return "quoted-printable", "\r\n".join(quoted.split("\n")).encode("ascii")


def _base64(octets: bytes) -> bytes:
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")
