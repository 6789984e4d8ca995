"""Products whose export is documented in public. A preset says what their columns are, and nothing that a file must say.

Cal.com: the columns are in the public source of its bookings page (github.com/calcom/cal.com, the component
`BookingsCsvDownload`). Start and end are on the clock of whoever exported, so the zone is asked for, as is the coach, of
whom it says nothing.
"""

from collections.abc import Sequence

from coaching.bringing.file_map import FileMap, Meaning, Target, word_key

_CAL_COM = ("Booking UID", "Title", "Status", "Start Time", "End Time", "Attendee Name", "Event Type", "Location")
_CAL_COM_MAIL = ("Attendee Email", "Email")


def preset(names: Sequence[str]) -> tuple[str, FileMap] | None:
    """Return the product that writes files with these columns, and what they are."""
    own = {word_key(name): name for name in names}
    mail = next((own[word_key(name)] for name in _CAL_COM_MAIL if word_key(name) in own), None)
    if mail is None or {word_key(name) for name in _CAL_COM} | {word_key(mail)} != set(own):
        return None
    columns = {
        Target.ID: "Booking UID",
        Target.CLIENT: mail,
        Target.TYPE: "Event Type",
        Target.START: "Start Time",
        Target.END: "End Time",
        Target.STATUS: "Status",
    }
    return "Cal.com", FileMap(
        columns={target: (own[word_key(name)],) for target, name in columns.items()},
        statuses={
            "accepted": Meaning.SCHEDULED,
            "cancelled": Meaning.CANCELED,
            "rejected": Meaning.LEFT_OUT,
            "pending": Meaning.LEFT_OUT,
            "awaiting_host": Meaning.LEFT_OUT,
        },
    )
