"""How long tests wait for what is not their subject: a busy machine is no failure, and what hangs is found all the same."""

from typing import Any

SECONDS = 180.0
"""Until something that has to come has not come: where 15 others want the same two cores, a process starts in more than 60."""
FOR_DATABASE = 120.0
"""For a lock, a connection or a statement (seconds)."""
OF_SLACK: dict[str, Any] = {"ack_seconds": SECONDS, "trigger_seconds": SECONDS}
"""A playground that lets the app take its time."""
