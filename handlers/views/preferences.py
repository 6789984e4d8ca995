"""The form for how and when people are notified."""

from collections.abc import Sequence

from coaching.quiet import quiet_text
from coaching.reminder_times import EXAMPLE, offsets_text
from coaching.workspace import Settings
from handlers.ids import NO, YES, Action, Block, Callback
from handlers.views.kit import Json, Kept, field, modal, number_input, option, radio, select, text_input
from handlers.views.typed_words import reminder_words_in
from language.say import Say
from language.spoken import DEFAULT, spoken

MAX_TIMES = 100
"""The length of typed times: of reminders, of quiet hours."""


def preferences_form(settings: Settings, say: Say) -> Json:
    """Build the form for how and when people are notified."""
    words = reminder_words_in(say)
    shown = [option(say("Show them in the alert channel"), YES), option(say("Keep them in the details"), NO)]
    start = settings.start_reminder
    blocks = [
        field(
            say("Reminders before free cancellation ends"),
            text_input(Action.INPUT, initial=offsets_text(settings.reminder_offsets, words), most=MAX_TIMES),
            Block.REMINDERS,
            hint=say(
                "For example: {example}. At most five; leave it empty for none.", example=offsets_text(EXAMPLE, words)
            ),
            optional=True,
        ),
        whole_number(
            say("Minutes before the start for one more reminder"),
            Block.START_REMINDER,
            start.total_seconds() / 60 if start else None,
            10080,
            hint=say("0 or empty for none."),
            optional=True,
        ),
        whole_number(
            say("Days before credits expire to say so"),
            Block.EXPIRY_NOTICE,
            settings.expiry_notice.days if settings.expiry_notice else None,
            366,
            hint=say("0 or empty: nobody is told."),
            optional=True,
        ),
        field(
            say("Quiet hours"),
            text_input(Action.INPUT, initial=quiet_text(settings.quiet_hours), most=MAX_TIMES),
            Block.QUIET_HOURS,
            hint=say(
                "For example: {example}, on each client's own clock. "
                "A reminder that would come at night comes the evening before.",
                example="22:00–08:00",
            ),
            optional=True,
        ),
        whole_number(
            say("Seconds in which a cancellation can be taken back"),
            Block.UNDO_WINDOW,
            settings.undo_window.total_seconds(),
            600,
            hint=say("0: not at all."),
        ),
        field(
            say("Reasons clients give"),
            radio(Action.INPUT, shown, YES if settings.reason_in_channel else NO),
            Block.REASON_IN_CHANNEL,
        ),
        field(
            say("Support contact"),
            text_input(Action.INPUT, initial=settings.support_contact, most=200),
            Block.SUPPORT,
            hint=say("A name, address or channel for clients whose coach stays silent."),
            optional=True,
        ),
        field(
            say("Language"),
            select(
                Action.INPUT,
                [option(own, name) for name, own in spoken().items()],
                chosen=language_of(settings),
                placeholder=say("Choose a language"),
            ),
            Block.LANGUAGE,
            hint=say(
                "Used for messages in channels and for copies to others. Everybody else reads the language that they use "
                "Slack in; a coach's alert channel has the coach's."
            ),
        ),
    ]
    return set_up_form(say.title("Reminders and contact"), Callback.SETUP_PREFERENCES, blocks, None, say)


def language_of(settings: Settings) -> str:
    """Return the language for channels: US English if the chosen one is not available."""
    chosen = settings.language or DEFAULT
    return chosen if chosen in spoken() else DEFAULT


def whole_number(
    label: str, block_id: str, value: float | None, most: int, *, hint: str | None = None, optional: bool = False
) -> Json:
    element = number_input(Action.INPUT, None if value is None else f"{value:g}", most, decimals=False)
    return field(label, element, block_id, hint=hint, optional=optional)


def set_up_form(title: str, callback: Callback, blocks: Sequence[Json], metadata: Kept | None, say: Say) -> Json:
    submit, close = say.title("Save"), say.title("Back")
    return modal(title, callback, blocks, metadata=metadata, submit=submit, close=close)
