"""The statistics that SQLite should assume for our tables.

Without statistics its planner assumes that a workspace has ten rows, and reads the whole workspace for every list
instead of one client's rows. ANALYZE would count, but an empty database has nothing to count, and a later ANALYZE would
block the writer. So the migrations write typical figures, as SQLite's documentation recommends: plans are good from the
first row and stay the same. PostgreSQL counts by itself.
"""

# Table, index (the primary key of a WITHOUT ROWID table has the table's name), "rows, rows per value of the first
# column, of the first two, …". One busy workspace: 100,000 sessions of 5,000 clients and 100 coaches.
FIGURES = (
    ("sessions", "sessions", "100000 100000 1"),
    ("sessions", "ix_sessions_client", "100000 100000 20 1"),
    ("sessions", "ix_sessions_coach", "100000 100000 1000 1"),
    ("sessions", "ix_sessions_grant", "80000 80000 10"),
    ("refunds", "refunds", "20000 20000 2 1 1"),
    ("refunds", "ix_refunds_action", "20000 20000 2"),
    ("transfers", "transfers", "200000 200000 1"),
    ("transfers", "ix_transfers_grant", "200000 200000 20"),
    ("transfers", "ix_transfers_session", "190000 190000 2"),
    ("timeline", "timeline", "200000 200000 2 1"),
    ("notices", "notices", "200000 200000 1"),
    ("notices", "ix_notices_session", "150000 150000 2"),
    ("notices", "ix_notices_action", "50000 50000 2"),
    ("notices", "ix_notices_recipient", "100000 100000 20 1"),
    ("notices", "ix_notices_due", "100000 2"),
    ("notices", "ix_notices_leader", "5000 5000 3"),
    ("notices", "ix_notices_lease", "50 1"),
    ("members", "members", "5000 5000 1"),
    ("members", "ix_members_unknown", "100 1"),
    ("grants", "grants", "10000 10000 1"),
    ("grants", "ix_grants_client", "10000 10000 2"),
    ("inbound", "inbound", "5000 5000 1"),
    ("inbound", "ix_inbound_at", "5000 1"),
    ("drafts", "drafts", "1000 1000 1"),
    ("drafts", "ix_drafts_updated_at", "1000 1"),
)

LATER_FIGURES = (
    ("sessions", "ix_sessions_rebooks", "2000 2000 1"),
    ("notices", "ix_notices_refresh", "100 1"),
    ("moves", "moves", "20000 20000 2 1"),
    ("moves", "ix_moves_action", "20000 20000 2"),
    ("availability", "availability", "100 100 1"),
    ("time_off", "time_off", "500 500 5 1"),
)

THIRD_FIGURES = (
    ("sessions", "ix_sessions_ends_at", "30000 1"),
    ("grants", "ix_grants_pool", "500 500 5"),
    ("grants", "ix_grants_expires_at", "5000 1"),
    ("pool_members", "pool_members", "2000 2000 20 1"),
    ("pool_members", "ix_pool_members_member", "2000 2000 1 1"),
    ("exceptions", "exceptions", "2000 2000 1 1"),
    ("exceptions", "ix_exceptions_action", "2000 2000 1"),
    ("exceptions", "ix_exceptions_decide_by", "50 1"),
    ("stakeholders", "stakeholders", "200 200 100 2 1"),
)

MEANT_FIGURES = (
    ("sessions", "ix_sessions_rules_seen", "30000 30000 1"),
    ("time_off", "ix_time_off_zone_rules", "500 500 1"),
    ("grants", "ix_grants_expires_rules", "5000 5000"),
)
LISTED_FIGURES = (
    ("sessions", "ix_sessions_client", "100000 100000 20 1 1 1 1"),
    ("sessions", "ix_sessions_coach", "100000 100000 1000 1 1 1 1"),
)
IN_ORDER_FIGURES = (("notices", "ix_notices_conversation", "10 10 1 1"),)
PEOPLE_FIGURES = (
    ("members", "ix_members_fetched_at", "5000 1"),
    ("members", "ix_members_admins", "10 10 1"),
)
FLAT_FIGURES = (
    ("notices", "ix_notices_due", "100000 100000 2"),
    ("notices", "ix_notices_unreachable", "20000 20000 2"),
    ("notices", "ix_notices_line", "1000 1000 10 1"),
    ("notices", "ix_notices_retry", "1000 1"),
    ("notices", "ix_notices_waiting", "1000 1 1"),
    ("notices", "ix_notices_under_way", "50 50 1"),
)
CHECKPOINT_FIGURES = (
    ("transfers", "ix_transfers_grant", "200000 200000 20 2 1"),
    ("transfers", "ix_transfers_number", "100000 100000 20 1"),
    ("transfers", "ix_transfers_unbooked", "10000 10000 2"),
)
REQUEST_FIGURES = (
    ("requests", "requests", "2000 2000 1 1 1"),
    ("requests", "ix_requests_action", "2000 2000 1"),
    ("requests", "ix_requests_decide_by", "50 1"),
)
NAMING_FIGURES = (
    ("notices", "ix_notices_about", "20000 20000 20"),
    ("notices", "ix_notices_copy_of", "20000 20000 200"),
)
LINK_FIGURES = (
    ("link_changes", "link_changes", "10000 10000 2 1"),
    ("link_changes", "ix_link_changes_action", "10000 10000 10"),
)

HISTORY_FIGURES = (
    ("transfers", "ix_transfers_grant", "100000 100000 10 2"),
    ("transfers", "ix_transfers_client", "50000 50000 20 2"),
    ("notices", "ix_notices_session", "150000 150000 2 1 1"),
)

COACH_FIGURES = (
    ("coaches", "coaches", "100 100 1"),
    ("coaches", "ix_coaches_name", "100 100 1 1"),
    ("availability", "ix_availability_name", "100 100 1 1"),
)
MAIL_FIGURES = (
    ("notices", "ix_notices_mail_due", "20000 20000 2"),
    ("notices", "ix_notices_mail_line", "1000 1000 10 1"),
    ("notices", "ix_notices_mail_retry", "1000 1"),
    ("notices", "ix_notices_mail_waiting", "1000 1 1"),
)
CALENDAR_FIGURES = (
    ("calendar_addresses", "calendar_addresses", "2000 2000 1"),
    ("calendar_addresses", "ix_calendar_addresses_digest", "2000 2000 1"),
)

NOTIFICATION_FIGURES = (("notifications", "notifications", "2000 2000 1"),)

ADDRESS_FIGURES = (("stakeholder_addresses", "stakeholder_addresses", "100 100 1"),)
REFUSED_FIGURES = (("members", "ix_members_refused_at", "100 1"),)
EXPORT_FIGURES = (("exports", "exports", "200 200 1"),)
FORGIVEN_FIGURES = (("refunds", "ix_refunds_forgiven", "500 500 1"),)
WITH_COACH_FIGURES = (("requests", "ix_requests_coach", "500 500 10"),)
WAITING_FIGURES = (
    ("sessions", "ix_sessions_canceled", "20000 20000 200 1"),
    ("sessions", "ix_sessions_unplanned", "30000 1"),
    ("requests", "ix_requests_open", "50 50 1"),
    ("coaches", "ix_coaches_agenda_due", "100 1"),
)
BUSINESS_FIGURES = (
    ("members", "ix_members_left", "100 100 1"),
    ("members", "ix_members_refused", "100 100 1"),
    ("notices", "ix_notices_failed", "200 200 1"),
)
HANDED_FIGURES = (
    ("moves", "ix_moves_old_coach", "500 500 10"),
    ("moves", "ix_moves_new_coach", "500 500 10"),
)
NOTE_FIGURES = (
    ("notes", "notes", "20000 20000 1"),
    ("notes", "ix_notes_client", "20000 20000 10 1 1"),
    ("sessions", "ix_sessions_pair", "100000 100000 1000 20 1 1"),
)
FILE_MAP_FIGURES = (("file_maps", "file_maps", "20 20 1"),)
NAMED_CLIENT_FIGURES = (("session_type_clients", "session_type_clients", "500 500 20 1"),)
GIVER_FIGURES = (("session_type_coaches", "session_type_coaches", "100 100 5 1"),)
EVERY_FIGURES = (("sessions", "ix_sessions_every", "100000 100000 1 1 1"),)


def _inserts(figures: tuple[tuple[str, str, str], ...]) -> tuple[str, ...]:
    return tuple(f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('{t}', '{i}', '{s}')" for t, i, s in figures)


FIRST = ("ANALYZE", *_inserts(FIGURES))
"""Written by migration 0001. ANALYZE creates the table of statistics, which connections read when they open."""
SECOND = _inserts(LATER_FIGURES)
"""Added by migration 0002."""
THIRD = _inserts(THIRD_FIGURES)
"""Added by migration 0003."""
MEANT = _inserts(MEANT_FIGURES)
"""Added by migration 0005, which stores agreed local times."""
IN_ORDER = _inserts(IN_ORDER_FIGURES)
"""Added by migration 0009, which keeps notices in order."""
LISTED = _inserts(LISTED_FIGURES)
"""Replaced by migration 0018, which lets lists be read from an index alone. SQLite forgets those of a dropped index."""
PEOPLE = _inserts(PEOPLE_FIGURES)
"""Added by migration 0019, which finds admins and those to look up among many members."""
FLAT = _inserts(FLAT_FIGURES)
"""Added by migration 0020, which gives what cannot be claimed indexes of its own."""
CHECKPOINTS = _inserts(CHECKPOINT_FIGURES)
"""Written by migration 0021, which numbers the movements of grants."""
NAMING = _inserts(NAMING_FIGURES)
"""Added by migration 0022, which finds the notices that name a person."""
REQUESTS = _inserts(REQUEST_FIGURES)
"""Added by migration 0025, which makes exceptions one kind of request."""
_AGAIN = ("ix_notices_due", "ix_notices_unreachable", "ix_notices_waiting")
LINKS = _inserts((*LINK_FIGURES, *(one for one in FLAT_FIGURES if one[1] in _AGAIN)))
"""Added by migration 0026, which records changes of meeting links and makes three indexes of notices anew."""
HISTORIES = _inserts(HISTORY_FIGURES)
"""Written by migration 0027, which lets histories be read in the order of an index."""
WISHES = _inserts(tuple(one for one in FLAT_FIGURES if one[1] in _AGAIN))
"""Added by migration 0029, which makes the three indexes anew."""
COACHES = _inserts(COACH_FIGURES)
"""Written by migration 0030, which lets coaches be read by name."""
CALENDARS = _inserts(CALENDAR_FIGURES)
"""Added by migration 0031, which keeps addresses to subscribe to."""
MAILS = _inserts((*MAIL_FIGURES, *(one for one in FLAT_FIGURES if one[1] != "ix_notices_under_way")))
"""Added by migration 0033, which gives mail its own indexes and makes those of Slack's notices anew."""
NOTIFICATIONS = _inserts(NOTIFICATION_FIGURES)
"""Added by migration 0034, which keeps how people want to hear."""
ADDRESSES = _inserts(ADDRESS_FIGURES)
"""Added by migration 0037, which keeps whether stakeholders' addresses may be written to."""
REFUSED = _inserts(REFUSED_FIGURES)
"""Added by migration 0039, which lets marks of refused addresses be found when they are old."""
WITH_COACHES = _inserts(WITH_COACH_FIGURES)
"""Added by migration 0041, which finds the requests that name a coach."""
EXPORTS = _inserts(EXPORT_FIGURES)
"""Added by migration 0048, which keeps who exported what."""
FILE_MAPS = _inserts(FILE_MAP_FIGURES)
"""Added by migration 0052, which remembers what columns mean."""
BUSINESS = _inserts(BUSINESS_FIGURES)
"""Added by migration 0050, which finds what is broken."""
WAITING = _inserts(WAITING_FIGURES)
"""Added by migration 0042, which finds what waits for a coach."""
_WITH_KINDS = {"ix_notices_due", "ix_notices_unreachable", "ix_notices_waiting", "ix_notices_mail_due"}
HANDED = _inserts((*HANDED_FIGURES, *(one for one in (*FLAT_FIGURES, *MAIL_FIGURES) if one[1] in _WITH_KINDS)))
"""Added by migration 0046, which records which sessions were handed over, and makes four indexes of notices anew."""
NOTES = _inserts(NOTE_FIGURES)
"""Added by migration 0043, which keeps private notes and finds the sessions of a coach with one client."""
FORGIVEN = _inserts(FORGIVEN_FIGURES)
"""Added by migration 0044, which finds the late cancellations that were forgiven."""
NAMED_CLIENTS = _inserts(NAMED_CLIENT_FIGURES)
"""Added by migration 0056, which keeps which clients may book a type."""
GIVERS = _inserts(GIVER_FIGURES)
"""Added by migration 0055, which keeps which coaches give sessions of a type."""
EVERY = _inserts(EVERY_FIGURES)
"""Added by migration 0051, which finds the sessions of a whole workspace by their start."""
