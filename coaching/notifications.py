"""How people want to hear: in Slack, by mail, or both."""

from enum import StrEnum

from coaching.sessions import Person


class Ways(StrEnum):
    """How a person hears what concerns them."""

    SLACK = "slack"
    BOTH = "both"
    MAIL = "mail"

    @property
    def by_mail(self) -> bool:
        """Whether mails are sent to them."""
        return self is not Ways.SLACK


def usual(person: Person) -> Ways:
    """Return how somebody hears who has chosen nothing: by mail only who is known by e-mail only."""
    return Ways.SLACK if person.in_slack else Ways.MAIL
