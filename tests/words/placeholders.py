"""The places in a message that values fill."""

import string


def placeholders(text: str) -> list[str]:
    """Return the names in braces. Raises ValueError where the text is no template."""
    found = []
    for _, name, form, conversion in string.Formatter().parse(text):
        if name is not None:
            if not name.isidentifier() or form or conversion:
                raise ValueError(f"{{{name}}} is no plain name")
            found.append(name)
    return found
