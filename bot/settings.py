"""Settings from the environment and `.env`, checked once at start. All mistakes are reported together."""

import enum
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic_settings import BaseSettings, DotEnvSettingsSource
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot import mail_settings
from bot.hosts import LOOPBACK_HOSTS
from bot.mail_settings import ReplyTo, parse_url

LogFormat = Literal["console", "json"]


class LogLevel(enum.StrEnum):
    """How much is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


DEFAULT_DATABASE_URL = "sqlite+aiosqlite:///sessions.db"
DEFAULT_SLACK_API_URL = "https://slack.com/api/"
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
_T = TypeVar("_T")


class SettingsError(Exception):
    """The settings cannot be used. `mistakes` has one sentence each and never the value of a secret."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


FEWEST_DAYS, MOST_DAYS = 30, 36_500
"""For how long people are kept at least and at most, where that is set."""


class Need(enum.Enum):
    """Which settings a command needs. DATABASE (migrate, import) ignores those for Slack, mail and the web server.

    WHAT_IS_SET (doctor) checks those too, but only if there is a bot token.
    """

    DATABASE = enum.auto()
    WHAT_IS_SET = enum.auto()
    SLACK = enum.auto()


class Settings(BaseModel):
    """The process's settings, checked and normalized. Secrets are SecretStr, so that no repr shows them."""

    model_config = ConfigDict(frozen=True)

    database_url: SecretStr = SecretStr(DEFAULT_DATABASE_URL)
    database_listen_url: SecretStr | None = None
    log_level: str = "INFO"
    log_format: LogFormat = "console"
    host: str = "127.0.0.1"
    port: int = 3000
    public_url: str | None = None
    slack_bot_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_api_url: str = DEFAULT_SLACK_API_URL
    first_admin: str | None = None
    keep_personal_days: int | None = None
    metrics_token: SecretStr | None = None
    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    mail_reply_to: ReplyTo = "support"
    mail_per_minute: int | None = None

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is reached through Socket Mode (an app-level token is set) instead of signed HTTP."""
        return self.slack_app_token is not None

    @property
    def own_secret(self) -> str:
        """The secret from which the key of our own links is derived: one that Slack gave this app and nobody else."""
        held = self.slack_signing_secret or self.slack_app_token or self.slack_bot_token
        return "" if held is None else held.get_secret_value()

    @property
    def listen_url(self) -> str | None:
        """The address at which processes wake each other and see who is there: PostgreSQL itself; None with SQLite.

        It is DATABASE_URL unless DATABASE_LISTEN_URL is set.
        """
        url = (self.database_listen_url or self.database_url).get_secret_value()
        return None if url.startswith("sqlite") else url

    def secret_values(self) -> tuple[str, ...]:
        """Return every secret in plain text, for the redaction of logs only."""
        given = (self.slack_bot_token, self.slack_signing_secret, self.slack_app_token, self.metrics_token)
        urls = [make_url(url.get_secret_value()) for url in (self.database_url, self.database_listen_url) if url]
        passwords = {str(url.password) for url in urls if url.password}
        if self.smtp_url and (password := parse_url(self.smtp_url.get_secret_value()).password):
            passwords |= {password, quote(password, safe="")}
        return (*(secret.get_secret_value() for secret in given if secret), *sorted(passwords))


class _DotEnv(BaseSettings):
    """Only tells pydantic-settings how to read the file. `load_settings` checks the values."""

    model_config = {"extra": "allow"}


class _Judge:
    """Collects one sentence per mistake, so that all can be corrected at once."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.mistakes: list[str] = []

    def has(self, name: str) -> bool:
        return name in self._given

    def read(self, name: str, rule: Callable[[str], _T], default: _T) -> _T:
        if name not in self._given:
            return default
        try:
            return rule(self._given[name])
        except ValueError as mistake:
            self.mistakes.append(f"{name} {mistake}")
            return default

    def require(self, name: str, because: str) -> None:
        if name not in self._given:
            self.mistakes.append(f"{name} is missing: {because}")


def load_settings(
    environ: Mapping[str, str] | None = None,
    env_file: Path | None = Path(".env"),
    *,
    need: Need = Need.SLACK,
) -> Settings:
    """Read the settings. The environment overrides the file, and an empty value counts as not set.

    Raises SettingsError with every mistake among the settings that `need` covers.
    """
    judge = _Judge(_given(os.environ if environ is None else environ, env_file))
    settings = Settings(
        database_url=SecretStr(judge.read("DATABASE_URL", _database_url, DEFAULT_DATABASE_URL)),
        database_listen_url=judge.read("DATABASE_LISTEN_URL", _optional(_listen_url), None),
        log_level=judge.read("LOG_LEVEL", _log_level, "INFO"),
        log_format=judge.read("LOG_FORMAT", _log_format, "console"),
        public_url=judge.read("PUBLIC_URL", _optional(public_url), None),
    )
    if need is not Need.DATABASE:
        settings = settings.model_copy(update=_mail(judge))
    if need is Need.SLACK or (need is Need.WHAT_IS_SET and judge.has("SLACK_BOT_TOKEN")):
        settings = settings.model_copy(update=_slack_and_web(judge))
    if settings.database_listen_url and settings.database_url.get_secret_value().startswith("sqlite"):
        judge.mistakes.append(
            "DATABASE_LISTEN_URL is set, and DATABASE_URL is no PostgreSQL: leave it out, or set both."
        )
    if judge.mistakes:
        raise SettingsError(tuple(judge.mistakes))
    return settings


def _slack_and_web(judge: _Judge) -> dict[str, object]:
    none: SecretStr | None = None
    judge.require(
        "SLACK_BOT_TOKEN",
        "copy the Bot User OAuth Token (it starts with xoxb-) from your app's OAuth & Permissions page.",
    )
    if not judge.has("SLACK_APP_TOKEN"):
        judge.require(
            "SLACK_SIGNING_SECRET",
            "copy it from your app's Basic Information page, or set SLACK_APP_TOKEN to use Socket Mode instead.",
        )
    return {
        "host": judge.read("HOST", _host, "127.0.0.1"),
        "port": judge.read("PORT", _port, 3000),
        "slack_bot_token": judge.read("SLACK_BOT_TOKEN", _optional(_bot_token), none),
        "slack_signing_secret": judge.read("SLACK_SIGNING_SECRET", _optional(_signing_secret), none),
        "slack_app_token": judge.read("SLACK_APP_TOKEN", _optional(_app_token), none),
        "slack_api_url": judge.read("SLACK_API_URL", _slack_api_url, DEFAULT_SLACK_API_URL),
        "first_admin": judge.read("FIRST_ADMIN", _optional(_user_id), None),
        "keep_personal_days": judge.read("KEEP_PERSONAL_DAYS", _optional(_days), None),
        "metrics_token": judge.read("METRICS_TOKEN", _optional(_metrics_token), none),
    }


def _mail(judge: _Judge) -> dict[str, object]:
    """Return the settings for mail. Without SMTP_URL there is none, and the others mean nothing."""
    none: SecretStr | None = None
    found: dict[str, object] = {
        "smtp_url": judge.read("SMTP_URL", _optional(mail_settings.smtp_url), none),
        "mail_from": judge.read("MAIL_FROM", _optional(mail_settings.mail_from), None),
        "mail_reply_to": judge.read("MAIL_REPLY_TO", mail_settings.reply_to, "support"),
        "mail_per_minute": judge.read("MAIL_PER_MINUTE", _optional(mail_settings.per_minute), None),
    }
    if judge.has("SMTP_URL"):
        judge.require(
            "MAIL_FROM", "with SMTP_URL, say from which address to write, as in Sessions <sessions@example.com>."
        )
    return found


def _given(environ: Mapping[str, str], env_file: Path | None) -> dict[str, str]:
    try:
        # By default the source lower-cases names, as the environment's source does. Ours are upper case.
        source = DotEnvSettingsSource(_DotEnv, env_file=env_file, env_file_encoding="utf-8", case_sensitive=True)
        from_file = source.env_vars
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            (f"The file {env_file} cannot be read ({type(error).__name__}): save it as UTF-8 text.",)
        ) from error
    merged = {**from_file, **environ}
    return {name: value.strip() for name, value in merged.items() if value is not None and value.strip()}


def _days(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not FEWEST_DAYS <= int(value) <= MOST_DAYS:
        raise ValueError(
            f"is no number of days from {FEWEST_DAYS} to {MOST_DAYS:,}: leave it out to erase nobody by itself."
        )
    return int(value)


def _optional(rule: Callable[[str], _T]) -> Callable[[str], _T | None]:
    return rule


def _database_url(value: str) -> str:
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        # The parser's own message repeats the URL, including the password.
        raise ValueError(
            "is not a database URL: write sqlite:///sessions.db or postgresql://user:password@host/database."
        ) from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise ValueError(
            f"names the database {url.drivername}: use SQLite (sqlite:///…) or PostgreSQL (postgresql://…)."
        )
    url = url.set(drivername=driver)
    return _sqlite(url) if driver.startswith("sqlite") else _postgresql(url)


def _listen_url(value: str) -> SecretStr:
    url = _database_url(value)
    if url.startswith("sqlite"):
        raise ValueError("is for PostgreSQL only: leave it out with SQLite, whose processes need no waking.")
    return SecretStr(url)


def _sqlite(url: URL) -> str:
    if not url.database or ":memory:" in url.database:
        raise ValueError(
            "names no file: readers and the writer are separate connections, so write sqlite:///sessions.db."
        )
    return url.render_as_string(hide_password=False)


def _postgresql(url: URL) -> str:
    if not url.database:
        raise ValueError("names no database: end it with one, as in postgresql://user:password@host/sessions.")
    if "sslmode" in url.query:  # libpq's name, in the URLs of hosting companies; asyncpg calls it ssl
        query = dict(url.query)
        query["ssl"] = query.pop("sslmode")
        url = url.set(query=query)
    return url.render_as_string(hide_password=False)


def _log_level(value: str) -> str:
    if value.upper() not in list(LogLevel):
        raise ValueError(f"is not a log level: use one of {', '.join(LogLevel)}.")
    return value.upper()


def _log_format(value: str) -> LogFormat:
    match value.lower():
        case "console":
            return "console"
        case "json":
            return "json"
        case _:
            raise ValueError("is not a log format: use console (for people) or json (one line each).")


def _host(value: str) -> str:
    if re.search(r"[\s/]", value):
        raise ValueError(
            "is not a host to listen on: write 127.0.0.1 (this machine), 0.0.0.0 (every network) or a host name."
        )
    return value


def _port(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", value) or int(value) > 65535:
        raise ValueError("is not a port: use a whole number from 1 to 65535, or 0 for any free port.")
    return int(value)


def public_url(value: str) -> str:
    """Check the address at which Slack reaches the bot and drop its trailing slash. Raises ValueError with a sentence.

    Slack calls https only. http is allowed for this machine, where the playground stands in for Slack.
    """
    parts = _http_url(value, "as in https://sessions.example.com")
    if parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS:
        raise ValueError(
            "must start with https://: Slack does not call plain http (only this machine's own address may)."
        )
    return value.rstrip("/")


def _slack_api_url(value: str) -> str:
    parts = _http_url(value, f"as in {DEFAULT_SLACK_API_URL}")
    host = parts.hostname or ""
    # A stand-in may listen anywhere, so plain http is allowed there. The real Slack must never get a token in clear.
    if parts.scheme == "http" and (host == "slack.com" or host.endswith(".slack.com")):
        raise ValueError(
            "must start with https:// for Slack itself: plain http would send your token readable to anybody."
        )
    return value.rstrip("/") + "/"


def _http_url(value: str, example: str) -> SplitResult:
    problem = f"is not a web address: write it {example}, without a query or a user name."
    try:
        parts = urlsplit(value)
        _ = parts.port  # reading it raises if it is out of range
    except ValueError:
        raise ValueError(problem) from None
    extras = parts.query or parts.fragment or parts.username or re.search(r"\s", value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or extras:
        raise ValueError(problem)
    return parts


def _header_safe(value: str) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise ValueError("contains a space or an unusual character: copy it again, without quotes around it.")
    return SecretStr(value)


def _bot_token(value: str) -> SecretStr:
    if re.match(r"xapp-|xoxp-|xoxe", value):
        raise ValueError("holds another kind of token: it takes the Bot User OAuth Token, which starts with xoxb-.")
    return _header_safe(value)


def _app_token(value: str) -> SecretStr:
    if re.match(r"xox", value):
        raise ValueError("holds another kind of token: it takes an App-Level Token, which starts with xapp-.")
    return _header_safe(value)


def _signing_secret(value: str) -> SecretStr:
    if re.match(r"xox|xapp-", value):
        raise ValueError("holds a token: copy the Signing Secret from your app's Basic Information page instead.")
    return _header_safe(value)


def _user_id(value: str) -> str:
    if not re.fullmatch(r"[UW][A-Z0-9]{2,30}", value):
        raise ValueError("is not a Slack user id (like U012AB3CD): open your profile in Slack, ⋮, Copy member ID.")
    return value


def _metrics_token(value: str) -> SecretStr:
    if len(value) < 16:
        raise ValueError(
            "is too short to be a secret: use at least 16 characters, for example from `openssl rand -hex 16`."
        )
    return _header_safe(value)
