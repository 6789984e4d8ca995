"""One log pipeline for our own events and those of all libraries: console or JSON, both redacted."""

import logging
import sys
from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import IO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.redaction import Redactor
from bot.settings import LogFormat

# Below these levels the libraries log whole requests and rows. No redaction can be sure of such free text. At INFO,
# alembic logs only about itself.
_FLOORS = {
    "alembic": logging.WARNING,
    "asyncio": logging.INFO,
    "slack_sdk": logging.INFO,
    "slack_bolt": logging.INFO,
    "sqlalchemy": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "apscheduler": logging.WARNING,
}

# The SDK looks at its own logger's level. Without one it formats every view and every answer for a line that is not written.
_ASKED = "slack_sdk.web.async_base_client"

# Two messages that mean no fault. Bolt finds SLACK_BOT_TOKEN in the environment and reports it. It also reports each
# request that `authorize` refuses, which `authorize` logs itself.
_NOISE = frozenset(
    {
        "As you gave `client` as well, `token` will be unused.",
        (
            "Although the app should be installed into this workspace, "
            "the AuthorizeResult (returned value from authorize) for it was not found."
        ),
    }
)


def configure_logging(
    level: str = "INFO",
    log_format: LogFormat = "console",
    *,
    secrets: Collection[str] = (),
    stream: IO[str] | None = None,
) -> None:
    """Send structlog and the standard library's loggers through one redacted pipeline to `stream` (default stderr).

    `secrets` are exact values that must never appear (Settings.secret_values()). A second call replaces the setup.
    """
    out = stream or sys.stderr
    redact = _Redact(Redactor(secrets))
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            # A traceback becomes text before redaction, so that no renderer formats an exception afterwards.
            structlog.processors.format_exc_info,
            redact,
            _renderer(log_format, colors=out.isatty()),
        ],
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    handler.addFilter(_above_floor)
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger(_ASKED).setLevel(_FLOORS["slack_sdk"])
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *[p for p in shared if not isinstance(p, structlog.stdlib.ExtraAdder)],
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def request_context(*, request_id: str, workspace_id: str | None, user_id: str | None) -> AbstractContextManager[None]:
    """Bind these ids to every line logged inside, by any library. `request_id` is the reference shown to users."""
    return structlog.contextvars.bound_contextvars(request_id=request_id, workspace_id=workspace_id, user_id=user_id)


class _Redact:
    """The processor that redacts an event. Tracebacks and ids pass through it like everything else."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, _logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
        cleaned: EventDict = self._redactor.mapping(event_dict)
        return cleaned


def _renderer(log_format: LogFormat, *, colors: bool) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _above_floor(record: logging.LogRecord) -> bool:
    if isinstance(record.msg, str) and record.msg in _NOISE:
        return False
    for name, floor in _FLOORS.items():
        if record.levelno < floor and (record.name == name or record.name.startswith(f"{name}.")):
            return False
    return True
