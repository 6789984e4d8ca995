"""Which module loads which family."""

from collections.abc import Mapping

from bot.delivery.news import (
    admins,
    bookings,
    cancellations,
    credits,
    days,
    decisions,
    greetings,
    handovers,
    meetings,
    moves,
    outcomes,
    reminders,
    roles,
    stakeholders,
)
from bot.delivery.news.family import Load
from coaching.news.kinds import Family

LOADS: Mapping[Family, Load] = {
    Family.BOOKINGS: bookings.load,
    Family.CANCELLATIONS: cancellations.load,
    Family.MOVES: moves.load,
    Family.HANDOVERS: handovers.load,
    Family.MEETINGS: meetings.load,
    Family.REMINDERS: reminders.load,
    Family.DECISIONS: decisions.load,
    Family.OUTCOMES: outcomes.load,
    Family.CREDITS: credits.load,
    Family.ADMINS: admins.load,
    Family.GREETINGS: greetings.load,
    Family.STAKEHOLDERS: stakeholders.load,
    Family.DAYS: days.load,
    Family.ROLES: roles.load,
}
