"""The ids of people and stakeholders who are known by a mail address: one for each address, however it is spelled."""

from unicodedata import normalize

from coaching.sessions import PENDING

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
# Full stops of other scripts part labels as ours does (UTS 46). NFKC makes the narrow one of the wide one.
_STOPS = str.maketrans({"\u3002": "."})


def pending_id(email: str) -> str:
    """Return the id of a person who is known by e-mail only. Their domain is in ASCII there, as mail servers know it."""
    local, at, domain = email.strip().lower().rpartition("@")
    return f"{PENDING}{local}{at}{_in_ascii(domain) if at else domain}"


def pending_ids(email: str) -> set[str]:
    """Return all ids that somebody with this address may have: earlier releases kept a domain as it was typed."""
    return {pending_id(email), PENDING + email.strip().lower()}


def _in_ascii(domain: str) -> str:
    """Return a domain in ASCII (RFC 5890). `idna` finds the same, and is not of the standard library."""
    if domain.isascii():
        return domain
    plain = normalize("NFKC", normalize("NFKC", domain.translate(_UNSEEN)).lower()).translate(_STOPS)
    return ".".join(one if one.isascii() else f"xn--{one.encode('punycode').decode()}" for one in plain.split("."))
