"""The business: sessions, policies, quotes, credits and reminders, on the standard library alone."""

from coaching import (
    zones as zones,  # first of all: whoever imports anything of the product tells time by the pinned rules
)
