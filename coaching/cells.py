"""Text in cells of a table that spreadsheets open: what would be calculated there is written so that it is read.

A client who gives `=HYPERLINK(…)` as a reason must not reach an admin's machine by it (OWASP, CSV injection). So a cell
that begins like a formula gets an apostrophe before it. One that begins with apostrophes and then like a formula gets one
more, so that `disarmed` finds every text again.
"""

import re

_SIGNS = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
"""The last four are the wide forms of the first four, which some spreadsheets take for them."""
_FORMULA = re.compile(f"'*{_SIGNS}")
_ARMED = re.compile(f"'+{_SIGNS}")


def armed(text: str) -> str:
    """Return a text as a cell has it."""
    return f"'{text}" if _FORMULA.match(text) else text


def disarmed(cell: str) -> str:
    """Return the text of a cell that `armed` made."""
    return cell[1:] if _ARMED.match(cell) else cell
