"""Times as they stand in a channel, where Slack shows each reader their own clock in its own long format."""

import re
from datetime import datetime

_SHORT = re.compile(r"\w{3}, (\w{3} \d{1,2}), (\d{1,2}:\d{2})(?: – (\d{1,2}:\d{2}))? ([AP]M)")


def in_channel(time: str, year: int = 2026) -> str:
    """Return "Tuesday, November 17th, 2026, 3:00 PM – 3:50 PM" for "Tue, Nov 17, 3:00 – 3:50 PM"."""
    found = _SHORT.fullmatch(time)
    assert found, time
    day, start, end, half = found.groups()
    date = datetime.strptime(f"{day} {year}", "%b %d %Y")  # noqa: DTZ007 - a day of a calendar, of no zone
    suffix = "th" if 11 <= date.day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(date.day % 10, "th")
    begins = f"{date:%A, %B} {date.day}{suffix}, {year}, {start} {half}"
    return f"{begins} – {end} {half}" if end else begins
