"""What can become of a fault."""

from enum import StrEnum


class Verdict(StrEnum):
    """What became of a fault."""

    CAUGHT = "caught"
    HANGS = "caught: a test never ends"
    SURVIVED = "survived"
    UNTESTED = "no test runs it"
    UNFINISHED = "not finished"

    @property
    def noticed(self) -> bool:
        """Whether some test fails because of it."""
        return self in (Verdict.CAUGHT, Verdict.HANGS)
