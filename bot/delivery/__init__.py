"""Delivery: what a commit had to say reaches people, once, whatever happens in between."""

from bot.delivery.relay import Relay
from bot.delivery.retry import Pace

__all__ = ["Pace", "Relay"]
