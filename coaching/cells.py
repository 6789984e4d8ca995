"""Text in cells of a table that spreadsheets open: what would be calculated there is written so that it is read.

A client who gives `=HYPERLINK(…)` as a reason must not reach an admin's machine by it (OWASP, CSV injection). So a cell
that begins like a formula gets an apostrophe before it. One that begins with apostrophes and then like a formula gets one
more, so that `disarmed` finds every text again. What follows a semicolon or a tab is armed as well: some spreadsheets take
these for the end of a cell.
"""

import re

_SIGNS = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
"""The last four are the wide forms of the first four, which some spreadsheets take for them."""
_BEGINS = r"(?<![^;\t])"
_FORMULA = re.compile(f"{_BEGINS}(?='*{_SIGNS})")
_ARMED = re.compile(f"{_BEGINS}'(?='*{_SIGNS})")


def armed(text: str) -> str:
    """Return a text as a cell has it."""
    return _FORMULA.sub("'", text)


def disarmed(cell: str) -> str:
    """Return the text of a cell that `armed` made."""
    return _ARMED.sub("", cell)
