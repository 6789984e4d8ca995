"""The lines of the table for what Slack tells of people: that they opened the app, wrote to it, joined, or changed."""

from tests.access import forms
from tests.access.line import GREETED, HEARD, UNHEARD, WRITTEN, Line

EVENTS = (
    *(
        Line("app_home_opened", tab, GREETED, forms.told(type="app_home_opened", tab=tab, channel="D1"), "", "notices")
        for tab in ("home", "messages")
    ),
    Line("message", "to the app", GREETED, forms.told(**WRITTEN), "", "notices"),
    Line("message", "edited", UNHEARD, forms.told(**WRITTEN, subtype="message_changed")),
    Line("message", "in a channel", UNHEARD, forms.told(**WRITTEN | {"channel_type": "channel"})),
    Line("message", "of an app", UNHEARD, forms.told(**WRITTEN, bot_id="B1")),
    Line("user_change", "claims to be an admin", HEARD, forms.news("user_change")),
    Line("team_join", "claims to be an admin", HEARD, forms.news("team_join")),
)
