"""Mail addresses: which ones can be written to, in the form that every mail server takes."""

from dataclasses import dataclass
from email.utils import parseaddr

from coaching.sessions import Person
from handlers.mail_address import writable


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address that can be written to, and the name in front of it (empty: none)."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        """The part behind the @."""
        return self.address.rpartition("@")[2]


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
