"""`python -m bot serve`."""

import asyncio

import structlog
from rich.console import Console

from bot import app, files
from bot.authorize import TokenRefused
from bot.database import DatabaseUnusable
from bot.garbage import keep
from bot.lifecycle import STOP_SECONDS, Lifecycle
from bot.logs import configure_logging
from bot.settings import Settings
from bot.socket_mode import AppTokenRefused
from coaching.errors import StorageBusy

log = structlog.get_logger(__name__)


async def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT. Print one sentence and return 1 if it cannot start."""
    configure_logging(settings.log_level, settings.log_format, secrets=settings.secret_values())
    files.raise_limit()
    files.say_seldom_when_out_of_files(asyncio.get_running_loop())
    try:
        async with Lifecycle(last_resort=STOP_SECONDS) as lifecycle:
            bot = await lifecycle.start(app.running(settings))
            if bot is not None:
                keep()  # engines, listeners and pages stay as long as the process
                log.info("ready", mode="socket" if settings.socket_mode else "http", port=bot.port)
                await lifecycle.run_until_stopped()
    except TokenRefused as error:
        return _stop(f"SLACK_BOT_TOKEN: Slack does not accept it ({error}). Copy it again from your app's settings.")
    except AppTokenRefused as error:
        return _stop(
            f"SLACK_APP_TOKEN: Slack does not accept it ({error}). Generate one with connections:write on your app's Basic "
            "Information page."
        )
    except DatabaseUnusable as error:
        return _stop(str(error))
    except StorageBusy:
        return _stop("DATABASE_URL: the database does not answer. Is it running, and is the address right?")
    except OSError as error:
        return _stop(f"Cannot start on {settings.host}:{settings.port}: {error.strerror or error}. Set HOST or PORT.")
    return 0


def _stop(sentence: str) -> int:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(sentence)
    return 1
