"""Delivery: every committed notice reaches its recipient once, whatever happens on the way."""

from bot.delivery.relay import Relay
from bot.delivery.retry import Pace

__all__ = ["Pace", "Relay"]
