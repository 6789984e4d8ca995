"""The business: sessions, policies, quotes, credits and reminders, on the standard library alone."""

from coaching import (
    zones as zones,  # first, so that everything that imports the product uses the pinned time-zone rules
)
