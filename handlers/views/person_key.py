"""A person's name in the value of a menu's option."""

import hashlib


def person_key(person_id: str) -> str:
    """Return a person's name for an option's value (150 characters). A long e-mail address is hashed."""
    return person_id if len(person_id) <= 100 else hashlib.sha256(person_id.encode()).hexdigest()
