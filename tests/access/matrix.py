"""The table of what everybody may do: a line for every action, dialog, event and word of the command.

The columns are the roles of `roles.py`: client, another client, coach, another coach · admin, named admin · stakeholder,
pool's contact, pool member, somebody never met, an admin of another organization (Slack Connect) · from the other workspace:
Anna (a named admin there), Carla (a coach there), Ada (an admin there). Every payload names things of the first workspace.

    Y  carried out: `says` is among the words that come back, exactly the tables of `writes` change, and in them only
       rows that are about the thing named
    o  answered with what is theirs anyway: nothing is written
    -  refused: nothing is written, and the words say how to go on
    w  carried out, in their own workspace only
    g  greeted: at most the tables of `writes` change, and what is written there is for whoever did this
    .  nobody listens, because Slack sends it by itself: nothing is written, nothing is said
    h  heard: Slack's own news of somebody, by which nothing changes but what is kept of them

Those who lost something (`Role.before`) have no column: see `Line.verdict`.

Whatever the verdict, nobody is shown a word that is not theirs to see (`estate.SEES`).
"""

from handlers.ids import MODE_MOVE, OFF_BOOKED, OFF_EDIT, OFF_REMOVE, Shortcut
from tests.access import days_off, forms
from tests.access.data import DATA
from tests.access.estate import CREDITS, POOL, SOLD, Estate
from tests.access.events import EVENTS
from tests.access.every import EVERY
from tests.access.forms import at_home, booking, choosing, in_dialog, in_list, in_message, in_setup, menu, sent
from tests.access.line import (
    _BOOKED,
    _CANCEL,
    _ENDED,
    _KEPT,
    _REFUNDED,
    _UNDONE,
    ADAS,
    ADMINS,
    ASK,
    BOOK,
    CREDITS_OF,
    DECIDE,
    EVERYBODY,
    HOURS,
    LISTS,
    NOBODY,
    NOT_SENT,
    OPEN,
    OWN,
    PICKS,
    POOLS,
    SAVES,
    SAVES_HOURS,
    SENT_BY_SLACK,
    THINGS,
    UNHEARD,
    A,
    C,
    Line,
    _anna,
    _both_late,
    _carla,
    _credits,
    _id,
    _new,
    _newer,
    _older,
    _only,
    _pool,
    _received,
    _session_link,
    _type,
    _type_and_sessions,
    _type_link,
)
from tests.access.moving import MOVING
from tests.access.requests import REQUESTS
from tests.access.roles import ANNA, CARLA, CONRAD, NELL, SAM, Holding, Role


def _a_month(e: Estate, _h: Holding) -> str:
    return f"{e.open.starts_at:%Y-%m}"


LINES = (
    # id, what it is tried on, verdicts, payload, words, tables
    *(Line(one, "input", UNHEARD, forms.unheard(one)) for one in SENT_BY_SLACK),
    *(Line(one, "no button sends it", UNHEARD, sent(one, "chosen")) for one in NOT_SENT),
    # the list
    Line(A.LIST_UPCOMING, "", LISTS, in_list(A.LIST_UPCOMING), "Quartz coaching", selves=False),
    Line(A.LIST_PAST, "", LISTS, in_list(A.LIST_PAST), "Session Canceled", selves=False),
    Line(A.LIST_EARLIER, "", LISTS, in_list(A.LIST_EARLIER), "Quartz coaching", selves=False),
    Line(A.LIST_LATER, "", LISTS, in_list(A.LIST_LATER), "Quartz coaching", selves=False),
    Line(A.LIST_MONTH, "", LISTS, in_list(A.LIST_MONTH, _a_month), "Quartz coaching", selves=False),
    Line(A.LIST_MONTH_BACK, "", LISTS, in_list(A.LIST_MONTH_BACK, _a_month), "Quartz coaching", selves=False),
    Line(A.LIST_ALL, "", LISTS, in_list(A.LIST_ALL), "Quartz coaching", selves=False),
    Line(A.LIST_FIND, "", LISTS, in_list(A.LIST_FIND), "Find sessions", selves=False),
    Line(C.FIND, "", "Y-Y- YY ----- .-.", forms.finding, selves=False),  # what it shows is the list beneath
    Line(A.LIST_AS_CLIENT, "", EVERYBODY, in_list(A.LIST_AS_CLIENT)),
    Line(A.LIST_AS_COACH, "", EVERYBODY, in_list(A.LIST_AS_COACH)),
    Line(A.CANCEL_OPEN, "list", LISTS, in_list(A.CANCEL_OPEN), "Quartz coaching", selves=False),
    Line(A.CANCEL_OPEN, "home", EVERYBODY, at_home(A.CANCEL_OPEN, "client")),
    # one session
    Line(A.SESSION_MENU, "details", OPEN, menu(A.SESSION_MENU, "details"), "vermilion"),
    Line(A.SESSION_MENU, "details, home", OPEN, menu(A.SESSION_MENU, "details", on="home"), "vermilion"),
    Line(A.SESSION_MENU, "cancel", OPEN, menu(A.SESSION_MENU, "cancel"), "Confirm cancellation?"),
    Line(A.SESSION_MENU, "cancel, canceled", OPEN, menu(A.SESSION_MENU, "cancel", of="late"), "is canceled"),
    Line(A.SESSION_MENU, "move", OPEN, menu(A.SESSION_MENU, "move"), "Nothing is moved", "", selves=False),
    Line(A.SESSION_MENU, "join", UNHEARD, menu(A.SESSION_MENU, "join")),
    Line(A.SESSION_CANCEL, "", OPEN, menu(A.SESSION_CANCEL, "cancel"), "Confirm cancellation?"),
    Line(A.SESSION_JOIN, "", UNHEARD, in_message(A.SESSION_JOIN, _id("open"))),
    Line(A.RECORD, "open", OPEN, in_message(A.RECORD, _id("open")), "vermilion"),
    Line(A.RECORD, "late", OPEN, in_message(A.RECORD, _id("late")), "reason-heliotrope"),
    Line(A.RECORD, "past", OPEN, in_message(A.RECORD, _id("past")), "Quartz coaching"),
    Line(A.SCHEDULE, "as before", "Y--- YY ----- ---", in_message(A.SCHEDULE, _id("canceled")), "Carla Cobalt"),
    Line(A.SCHEDULE, "anew", EVERYBODY, at_home(A.SCHEDULE)),
    # their own calendar
    Line(A.CALENDAR, "", EVERYBODY, at_home(A.CALENDAR)),
    Line(A.CALENDAR_RENEW, "", EVERYBODY, forms.in_calendar(A.CALENDAR_RENEW)),
    Line(A.CALENDAR_REVOKE, "", EVERYBODY, forms.in_calendar(A.CALENDAR_REVOKE)),
    # how they hear
    Line(A.NOTIFY, "", EVERYBODY, at_home(A.NOTIFY)),
    *(Line(one, "", EVERYBODY, forms.in_calendar(one)) for one in forms.HEARS),
    *(Line(one, "", EVERYBODY, in_message(one, lambda _e: None)) for one in (A.MAIL_TOO, A.MAIL_NOT)),
    *(Line(A.NOTIFY_WITHOUT, one, EVERYBODY, forms.in_calendar(A.NOTIFY_WITHOUT, one)) for one in forms.SWITCHES),
    *(Line(A.NOTIFY_WITH, one, EVERYBODY, forms.in_calendar(A.NOTIFY_WITH, one)) for one in forms.SWITCHES),
    # choosing, confirming
    Line(A.CHOOSE_MODE, "", OPEN, choosing(A.CHOOSE_MODE), "How would you like"),
    Line(A.CHOOSE_EARLIER, "", OPEN, choosing(A.CHOOSE_EARLIER), "How would you like"),
    Line(A.CHOOSE_LATER, "", OPEN, choosing(A.CHOOSE_LATER), "How would you like"),
    Line(A.CHOOSE_ALL, "", PICKS, choosing(A.CHOOSE_ALL), "How would you like"),
    Line(A.CHOOSE_NONE, "", PICKS, choosing(A.CHOOSE_NONE), "How would you like"),
    Line(A.CHOOSE_MODE, "Anna's dialog", OWN, choosing(A.CHOOSE_MODE, theirs=Role.OWNER), "How would you like"),
    Line(A.CONFIRM_LATE, "", OPEN, in_dialog(A.CONFIRM_LATE, "quoted"), "Confirm cancellation?"),
    Line(
        A.CONFIRM_LATE, "Anna's dialog", OWN, in_dialog(A.CONFIRM_LATE, "quoted", theirs=Role.OWNER), "Confirm cancell"
    ),
    Line(A.CONFIRM_BACK, "", LISTS, in_dialog(A.CONFIRM_BACK, "quoted"), "How would you like", selves=False),
    Line(C.CHOOSE, "", OPEN, choosing(None), "Confirm cancellation?"),
    Line(C.CHOOSE, "Anna's dialog", OWN, choosing(None, theirs=Role.OWNER), "Confirm cancellation?"),
    Line(C.CHOOSE, "with Boris's", NOBODY, choosing(None, mixed=True)),
    Line(C.CHOOSE, "to move, with Boris's", NOBODY, choosing(None, mixed=True, mode=MODE_MOVE)),
    Line(A.CHOOSE_MODE, "with Boris's", NOBODY, choosing(A.CHOOSE_MODE, mixed=True)),
    Line(C.CHOOSE, "to move", OPEN, choosing(None, mode=MODE_MOVE), "Nothing is moved"),
    Line(C.CONFIRM, "", OPEN, sent(C.CONFIRM, "quoted"), "canceled", _CANCEL),
    Line(C.CONFIRM, "Anna's dialog", OWN, sent(C.CONFIRM, "quoted", theirs=Role.OWNER), "canceled", _CANCEL),
    Line(C.CONFIRM, "Ada's dialog", ADAS, sent(C.CONFIRM, "quoted", theirs=Role.ADMIN), "canceled", _CANCEL),
    # late cancellations
    Line(A.LATE_REFUND, "", DECIDE, in_message(A.LATE_REFUND, _id("late")), "Refunded", _REFUNDED, _only("late")),
    Line(A.LATE_KEEP, "", DECIDE, in_message(A.LATE_KEEP, _id("late")), "Kept", _KEPT, _only("late")),
    Line(
        A.LATE_REFUND_ALL,
        "",
        DECIDE,
        in_message(A.LATE_REFUND_ALL, forms.late_ids),
        "Refunded",
        _REFUNDED,
        _only("late"),
    ),
    Line(A.LATE_KEEP_ALL, "", DECIDE, in_message(A.LATE_KEEP_ALL, forms.late_ids), "Kept", _KEPT, _only("late")),
    Line(
        A.LATE_REFUND_ALL,
        "with Boris's",
        THINGS,
        in_message(A.LATE_REFUND_ALL, forms.mixed_ids),
        "2 ",
        _REFUNDED,
        _both_late,
    ),
    Line(A.LATE_DECIDE, "with Boris's", THINGS, in_message(A.LATE_DECIDE, forms.mixed_ids), "Refund a part"),
    Line(A.UNDO, "", OWN, in_message(A.UNDO, lambda e: e.undoable), "is booked as before", _UNDONE, _only("undone")),
    Line(A.LATE_DECIDE, "", DECIDE, in_message(A.LATE_DECIDE, forms.late_ids), "Refund a part"),
    Line(A.LATE_RETURN, "", DECIDE, in_message(A.LATE_RETURN, forms.late_ids), "nothing to decide"),
    Line(A.LATE_STAYS, "", DECIDE, in_message(A.LATE_STAYS, forms.late_ids), "nothing to decide", ""),
    Line(C.LATE_DECIDE, "a part", DECIDE, forms.decision("part", "0.5"), "0.5", _REFUNDED, _only("late")),
    Line(C.LATE_DECIDE, "nothing", DECIDE, forms.decision("none"), "Kept", _KEPT, _only("late")),
    Line(A.SESSION_MENU, "ask", ASK, menu(A.SESSION_MENU, "ask", of="late"), "exception"),
    Line(A.ASK_EXCEPTION, "", ASK, in_message(A.ASK_EXCEPTION, _id("late")), "exception"),
    Line(C.ASK_EXCEPTION, "", ASK, forms.exception, "asked", "requests timeline notices", _only("late")),
    # how it ended
    Line(A.COMPLETED, "", DECIDE, in_message(A.COMPLETED, _id("past")), "ompleted", _ENDED, _only("past")),
    Line(A.NO_SHOW, "", DECIDE, in_message(A.NO_SHOW, _id("past")), "a no-show", f"{_ENDED} notices", _only("past")),
    Line(A.SESSION_MENU, "completed", DECIDE, menu(A.SESSION_MENU, "completed", of="past"), "", _ENDED, _only("past")),
    Line(A.SESSION_MENU, "missed", DECIDE, menu(A.SESSION_MENU, "missed", of="past"), "no-show"),
    Line(C.NO_SHOW, "", DECIDE, forms.no_show, "*No-show*", f"{_ENDED} notices", _only("past")),
    # reminders
    Line(
        A.REMINDER_KEEP, "", OWN, in_message(A.REMINDER_KEEP, _id("open")), "stays booked", "sessions timeline notices"
    ),
    Line(
        A.REMINDER_CANCEL, "", "Y-o- oo ----- ---", in_message(A.REMINDER_CANCEL, _id("open")), "Confirm cancellation?"
    ),
    *MOVING,
    *REQUESTS,
    # booking
    *(
        Line(one, "", BOOK, booking(one), "Cost:", selves=False)
        for one in (A.BOOK_COACH, A.BOOK_TYPE, A.BOOK_DAY, A.BOOK_TIME)
    ),
    Line(A.BOOK_GRANT, "", BOOK, booking(A.BOOK_GRANT, pays=CREDITS), "Cost:", selves=False),
    Line(C.BOOK, "", "Y--- YY ----- ---", booking(None), "Booked", _BOOKED, _new, selves=False),
    Line(C.BOOK, "instead", "Y--- YY ----- ---", booking(None, rebooks=True), "Booked", _BOOKED, _new),
    Line(C.BOOK, "under the id of a session", "o-o- oo ----- ---", booking(None, again=True)),
    # hours
    Line(A.HOME_SETUP, "message", ADMINS, in_message(A.HOME_SETUP, lambda _e: None), "C0CRIMSON"),
    Line(A.HOURS, "", HOURS, in_message(A.HOURS, lambda _e: CARLA), "Weekly hours"),
    Line(A.HOURS_ADD_OFF, "", HOURS, forms.hours_button(A.HOURS_ADD_OFF, CARLA), "First day off"),
    Line(
        A.OFF_MENU,
        "remove",
        SAVES_HOURS,
        forms.hours_button(A.OFF_MENU, f"{OFF_REMOVE}|{days_off.THE_OFF}"),
        "No time off ahead",
        "time_off",
        _carla,
    ),
    Line(A.OFF_MENU, "edit", HOURS, forms.hours_button(A.OFF_MENU, f"{OFF_EDIT}|{days_off.THE_OFF}"), "First day off"),
    Line(
        A.OFF_MENU, "booked", HOURS, forms.hours_button(A.OFF_MENU, f"{OFF_BOOKED}|{days_off.WHILE}"), "Quartz coaching"
    ),
    Line(C.HOURS, "", SAVES_HOURS, forms.hours_form, "Saved", "availability", _carla),
    Line(C.TIME_OFF, "", SAVES_HOURS, days_off.day_off, "", "time_off", _carla),
    Line(C.TIME_OFF_CHANGE, "", SAVES_HOURS, days_off.other_day_off, "", "time_off", _carla),
    # meeting links
    Line(A.MEETING_LINK, "session", DECIDE, in_message(A.MEETING_LINK, _session_link), "vermilion"),
    Line(A.MEETING_LINK, "coach", HOURS, in_message(A.MEETING_LINK, lambda _e: f"coach:{CARLA}"), "verdigris"),
    Line(A.MEETING_LINK, "type", THINGS, in_message(A.MEETING_LINK, _type_link), "Quartz coaching"),
    Line(
        C.MEETING_LINK,
        "session",
        DECIDE,
        forms.link("session"),
        "",
        "sessions link_changes timeline notices",
        _only("open"),
    ),
    Line(C.MEETING_LINK, "coach", SAVES_HOURS, forms.link("coach"), "", "coaches", _carla),
    Line(
        C.MEETING_LINK,
        "type",
        THINGS,
        forms.link("type"),
        "",
        "session_types link_changes timeline notices",
        _type_and_sessions,
    ),
    # the App Home
    *(Line(one, "", EVERYBODY, at_home(one)) for one in (A.HOME_LIST, A.HOME_PAST, A.HOME_COACH)),
    Line(A.FIGURES, "", ADMINS, at_home(A.FIGURES), "Cancellations by month"),
    Line(A.FIGURES_BACK, "", EVERYBODY, at_home(A.FIGURES_BACK)),
    Line(A.HOME_SETUP, "", ADMINS, at_home(A.HOME_SETUP), "C0CRIMSON"),
    # credits
    Line(A.CREDITS, "own", EVERYBODY, at_home(A.CREDITS)),
    Line(A.CREDITS, "Anna's", CREDITS_OF, in_message(A.CREDITS, _anna), "Indigo credits"),
    Line(A.CREDITS, "pool's", POOLS, in_message(A.CREDITS, _pool), "Umber Works"),
    Line(A.CREDITS_HISTORY, "Anna's", CREDITS_OF, in_message(A.CREDITS_HISTORY, _anna), "Indigo credits"),
    Line(A.CREDITS_HISTORY, "pool's", POOLS, in_message(A.CREDITS_HISTORY, _pool), "Umber Works"),
    Line(A.CREDITS_TABLE, "Anna's", CREDITS_OF, in_message(A.CREDITS_TABLE, _anna), "Indigo credits"),
    Line(A.CREDITS_TABLE, "pool's", POOLS, in_message(A.CREDITS_TABLE, _pool), "Umber Works"),
    Line(A.CREDITS_EARLIER, "", CREDITS_OF, in_message(A.CREDITS_EARLIER, _older), "Indigo credits"),
    Line(A.CREDITS_LATER, "", CREDITS_OF, in_message(A.CREDITS_LATER, _newer), "Indigo credits"),
    Line(A.CREDITS_GIVE, "Anna", ADMINS, in_message(A.CREDITS_GIVE, _anna), "Give"),
    Line(A.CREDITS_GIVE, "pool", THINGS, in_message(A.CREDITS_GIVE, _pool), "Give"),
    Line(A.CREDITS_MENU, "back", THINGS, in_message(A.CREDITS_MENU, lambda _e: f"back:{CREDITS}"), "Take back"),
    Line(A.CREDITS_MENU, "expiry", THINGS, in_message(A.CREDITS_MENU, lambda _e: f"expiry:{CREDITS}"), "expiry"),
    Line(C.CREDITS_GIVE, "Anna", SAVES, forms.give(_anna), "Indigo credits", "grants transfers notices", _received),
    # Mia has asked for credits of the pool: a gift by hand answers her.
    Line(
        C.CREDITS_GIVE, "pool", THINGS, forms.give(_pool), "Umber Works", "requests grants transfers notices", _received
    ),
    Line(C.CREDITS_BACK, "", THINGS, forms.about_grant(C.CREDITS_BACK), "Taken back", "transfers", _credits),
    Line(C.CREDITS_EXPIRY, "", THINGS, forms.about_grant(C.CREDITS_EXPIRY), "Saved", "grants", _credits),
    # packages and pools
    Line(A.CATALOGUE, "", ADMINS, in_setup(A.CATALOGUE), "Umber Works"),
    Line(A.PACKAGE_ADD, "", ADMINS, in_setup(A.PACKAGE_ADD), "Quartz coaching"),
    Line(A.PACKAGE_MENU, "edit", THINGS, in_setup(A.PACKAGE_MENU, lambda e: f"edit:{e.package_id}"), SOLD),
    Line(A.PACKAGE_MENU, "terms", THINGS, in_setup(A.PACKAGE_MENU, lambda e: f"terms:{e.package_id}"), SOLD),
    Line(A.POOL_ADD, "", ADMINS, in_setup(A.POOL_ADD), "ontact"),
    Line(A.POOL_MENU, "edit", THINGS, in_setup(A.POOL_MENU, lambda _e: f"edit:{POOL}"), "Umber Works"),
    Line(A.POOL_MENU, "credits", THINGS, in_setup(A.POOL_MENU, lambda _e: f"credits:{POOL}"), "Umber Works"),
    Line(C.PACKAGE, "", THINGS, forms.package, "", "packages", lambda e: {e.package_id}),
    Line(C.POOL, "", THINGS, forms.pool, "", "pools pool_members members notices", lambda _e: {POOL, CONRAD, SAM}),
    # the set-up
    *(Line(one, "", ADMINS, in_setup(one), "C0CRIMSON") for one in (A.SETUP_EARLIER, A.SETUP_LATER)),
    Line(A.SETUP_ADD_COACH, "", ADMINS, in_setup(A.SETUP_ADD_COACH), "coach"),
    Line(A.SETUP_COACH_MENU, "edit", ADMINS, forms.coach_menu("edit"), "Carla Cobalt"),
    Line(A.SETUP_COACH_MENU, "edit, home", ADMINS, at_home(A.SETUP_COACH_MENU, f"edit:{CARLA}"), "Carla Cobalt"),
    Line(A.SETUP_COACH_MENU, "remove, home", ADMINS, at_home(A.SETUP_COACH_MENU, f"remove:{CARLA}"), "Carla Cobalt"),
    Line(A.SETUP_COACH_MENU, "remove", ADMINS, forms.coach_menu("remove"), "Carla Cobalt"),
    Line(A.SETUP_COACH_MENU, "hours", ADMINS, forms.coach_menu("hours"), "Carla Cobalt"),
    Line(A.SETUP_ADD_COACH, "home", ADMINS, at_home(A.SETUP_ADD_COACH), "coach"),
    Line(A.SETUP_ADD_TYPE, "home", ADMINS, at_home(A.SETUP_ADD_TYPE), "Minutes"),
    Line(A.PACKAGE_ADD, "home", ADMINS, at_home(A.PACKAGE_ADD), "Quartz coaching"),
    Line(A.CREDITS_GIVE, "home", ADMINS, at_home(A.CREDITS_GIVE), "Umber Works"),
    Line(A.TERMS_OPEN, "home", ADMINS, at_home(A.TERMS_OPEN, "workspace:"), "comes back"),
    Line(A.SETUP_COACH_BACK, "", ADMINS, forms.coach_back, "Carla Cobalt"),
    Line(A.SETUP_PREFERENCES, "", ADMINS, in_setup(A.SETUP_PREFERENCES), "help-desk-topaz"),
    Line(A.SETUP_ADMINS, "", ADMINS, in_setup(A.SETUP_ADMINS), NELL),
    Line(A.SETUP_ADD_TYPE, "", ADMINS, in_setup(A.SETUP_ADD_TYPE), "Minutes"),
    Line(
        A.SETUP_TYPE_MENU, "edit", THINGS, in_setup(A.SETUP_TYPE_MENU, lambda e: f"edit:{e.type_id}"), "Quartz coaching"
    ),
    Line(A.SETUP_TYPE_MENU, "terms", THINGS, in_setup(A.SETUP_TYPE_MENU, lambda e: f"terms:{e.type_id}"), "comes back"),
    Line(
        C.SETUP_COACH,
        "channel",
        SAVES,
        forms.set_up(C.SETUP_COACH, forms.COACH_FORM, lambda _e: CARLA),
        "",
        "coaches",
        _carla,
    ),
    Line(C.SETUP_REMOVE, "", SAVES, forms.set_up(C.SETUP_REMOVE, {}, lambda _e: CARLA), "", "coaches notices", _carla),
    Line(
        C.SETUP_PREFERENCES, "", SAVES, forms.set_up(C.SETUP_PREFERENCES, forms.PREFERENCES), "", "workspaces replans"
    ),
    Line(
        C.SETUP_ADMINS,
        "",
        SAVES,
        forms.set_up(C.SETUP_ADMINS, forms.admins(SAM)),
        "",
        "admins members notices",
        lambda _e: {SAM, NELL},
    ),
    Line(
        C.SETUP_TYPE,
        "",
        THINGS,
        forms.set_up(C.SETUP_TYPE, forms.TYPE_FORM, lambda e: e.type_id),
        "",
        "session_types",
        _type,
    ),
    Line(A.SETUP_COACH_MENU, "link", ADMINS, forms.coach_menu("link"), "verdigris"),
    Line(
        A.SETUP_TYPE_MENU, "link", THINGS, in_setup(A.SETUP_TYPE_MENU, lambda e: f"link:{e.type_id}"), "Quartz coaching"
    ),
    Line(A.SETUP_COACH_MENU, "told", ADMINS, forms.coach_menu("told"), "Carla Cobalt"),
    Line(
        A.SETUP_TYPE_MENU, "told", THINGS, in_setup(A.SETUP_TYPE_MENU, lambda e: f"told:{e.type_id}"), "Quartz coaching"
    ),
    Line(
        C.SETUP_TOLD,
        "coach",
        SAVES,
        forms.told_of(lambda _e: f"coach:{CARLA}"),
        "",
        "stakeholders members",
        lambda _e: {CARLA, SAM},
    ),
    Line(
        C.SETUP_TOLD,
        "type",
        THINGS,
        forms.told_of(lambda e: f"type:{e.type_id}"),
        "",
        "stakeholders members",
        lambda e: {e.type_id, SAM},
    ),
    *DATA,
    *EVERY,
    # terms
    Line(
        A.TERMS_OPEN, "workspace", ADMINS, in_message(A.TERMS_OPEN, lambda e: forms.scope("workspace", e)), "comes back"
    ),
    Line(A.TERMS_OPEN, "type", THINGS, in_message(A.TERMS_OPEN, lambda e: forms.scope("type", e)), "comes back"),
    Line(A.TERMS_PREVIEW, "", THINGS, forms.terms(A.TERMS_PREVIEW, "type"), "comes back"),
    Line(A.TERMS_DROP, "", THINGS, forms.terms(A.TERMS_DROP, "type"), "comes back"),
    Line(C.TERMS, "workspace", SAVES, forms.terms(None), "", "workspaces policies"),
    Line(C.TERMS, "package", THINGS, forms.terms(None, "package"), "", "packages policies", lambda e: {e.package_id}),
    Line(C.TERMS, "type", THINGS, forms.terms(None, "type"), "", "session_types policies", _type),
    *EVENTS,
    # shortcuts
    *(Line(one, "", EVERYBODY, forms.shortcut(one)) for one in Shortcut),
    # words
    *(
        Line(f"/sessions {word}".rstrip(), "", EVERYBODY, forms.typed(word))
        for word in ("", "past", "cancel", "book", "help", "hours", "credits")
    ),
    Line(
        "/sessions credits for", "", "o--- YY ----- o-o", forms.typed(f"credits for <@{ANNA}|anna>"), "Indigo credits"
    ),
    Line("/sessions notifications", "", EVERYBODY, forms.typed("notifications")),
    Line("/sessions calendar", "", EVERYBODY, forms.typed("calendar")),
    Line("/sessions setup", "", ADMINS, forms.typed("setup"), "C0CRIMSON"),
    Line("/sessions for", "", "--Y- YY ----- ooo", forms.typed(f"for <@{ANNA}|anna>"), "Anna Amaranth"),
    Line("/sessions _", "", EVERYBODY, forms.typed("frobnicate")),
)
