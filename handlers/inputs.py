"""Which input of a form belongs to which setting, and the error for input that cannot be read."""

from collections.abc import Mapping

from coaching.errors import Figure, Wrong
from coaching.fields import Field
from handlers.ids import Block

BLOCKS: Mapping[Field, Block | None] = {
    Field.HOURS: Block.HOURS,
    Field.TIME_ZONE: Block.ZONE,
    Field.BUFFER_BEFORE: Block.BUFFER_BEFORE,
    Field.BUFFER_AFTER: Block.BUFFER_AFTER,
    Field.NOTICE: Block.NOTICE,
    Field.HORIZON: Block.HORIZON,
    Field.STEP: Block.STEP,
    Field.TIME_OFF: Block.LAST_OFF,
    Field.DAY: Block.LAST_OFF,
    Field.LENGTH: None,
    Field.REMINDERS: Block.REMINDERS,
    Field.START_REMINDER: Block.START_REMINDER,
    Field.UNDO_WINDOW: Block.UNDO_WINDOW,
    Field.EXPIRY_NOTICE: Block.EXPIRY_NOTICE,
    Field.QUIET_HOURS: Block.QUIET_HOURS,
    Field.TYPE_NAME: Block.TYPE_NAME,
    Field.TYPE_MINUTES: Block.TYPE_MINUTES,
    Field.TYPE_PRICE: Block.TYPE_PRICE,
    Field.TYPE_COACHES: Block.TYPE_COACHES,
    Field.TYPE_CLIENTS: Block.TYPE_CLIENTS,
    Field.TYPE_AT_MOST: Block.TYPE_AT_MOST,
    Field.MEETING_LINK: Block.MEETING_LINK,
    Field.COACH: Block.COACH,
    Field.CHANNEL: Block.CHANNEL,
    Field.ADMINS: Block.ADMINS,
    Field.TOLD_PEOPLE: Block.TOLD_PEOPLE,
    Field.TOLD_CHANNELS: Block.TOLD_CHANNELS,
    Field.TOLD_ADDRESSES: Block.TOLD_ADDRESSES,
    Field.TOLD_WHOSE: None,
    Field.PACKAGE_NAME: Block.PACKAGE_NAME,
    Field.PACKAGE_TYPE: Block.PACKAGE_TYPE,
    Field.PACKAGE_SESSIONS: Block.PACKAGE_SESSIONS,
    Field.PACKAGE_DAYS: Block.PACKAGE_DAYS,
    Field.POOL_NAME: Block.POOL_NAME,
    Field.POOL_CONTACT: Block.POOL_CONTACT,
    Field.POOL_MEMBERS: Block.POOL_MEMBERS,
    Field.CREDIT_PERSON: Block.CREDIT_PERSON,
    Field.CREDIT_POOL: Block.CREDIT_POOL,
    Field.CREDIT_PACKAGE: Block.CREDIT_PACKAGE,
    Field.CREDIT_AMOUNT: Block.CREDIT_AMOUNT,
    Field.CREDIT_EXPIRY: Block.CREDIT_EXPIRY,
    Field.CREDIT_NOTE: Block.CREDIT_NOTE,
    Field.EXPORT_LAST: Block.EXPORT_LAST,
    Field.ERASED: Block.ERASED,
    Field.ERASED_TYPED: Block.ERASED_TYPED,
}
"""The input of each setting, or None for settings that forms show but do not ask for."""


class BadInput(Wrong):
    """The input at `block` is missing or cannot be read. The message says what to do."""

    def __init__(self, block: str, message: str, many: str | None = None, /, **figures: Figure) -> None:
        super().__init__(message, many, **figures)
        self.block = block
