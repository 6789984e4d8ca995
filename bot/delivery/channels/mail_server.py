"""The mail server: one connection that is kept, and what each of its answers means for a message."""

import asyncio
import re
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import aiosmtplib
import structlog
from aiosmtplib import SMTP

from bot.delivery.channels.channel import Locked, NotSent, Refused, Reply, Sent, TooFast, Unknown
from bot.delivery.time_limit import time_limit
from bot.mail_settings import ServerAddress
from coaching.news.admins import LockedWhy

IDLE_SECONDS = 30.0
"""How long a connection is kept without a mail. Servers close theirs after some minutes, and then do not answer at first."""
LATER_SECONDS = 60.0
"""How long a mail waits that the server asks to be sent later, as those do that know a new sender by his patience."""
LOGIN, TLS, SENDER = LockedWhy.LOGIN, LockedWhy.TLS, LockedWhy.SENDER
NO_ADDRESS = "no_address"
_LOGIN_FIRST = {530, 534, 535, 538}
_NO_MAILBOX = {550, 551, 553}
_ENHANCED = re.compile(r"(?<![\d.])5\.(\d{1,3}\.\d{1,3})(?!\.?\d)")
"""An enhanced status code (RFC 3463), wherever it stands in an answer."""
_OF_ADDRESSES = re.compile(r"1\.([1-6]|10)|2\.\d+|4\.[14]")
"""Enhanced codes of a recipient's address and mailbox, and of the way there. 1.7 and 1.8 are about the sender."""
_UNSAID = "1.0"
"""The enhanced code of servers that say no more than that it is about an address."""
_ADDRESSES = re.compile(r"\S*@\S*")
_ABOUT_US = re.compile(
    r"relay|rcpthosts|block|black.?list|\blisted|spam|junk|polic|authenti|authori[sz]|permi[ts]|prohibit|den(?:y|ied)|trust"
    r"|reputation|\b(?:spf|dkim|dmarc|dnsbl|rbl|ptr|tls|ip|rate|helo|ehlo)\b|reverse|encrypt|sender|client|quota|limit"
    r"|too many",
    re.IGNORECASE,
)
"""Words of servers that do not want us, as they stand where there is no enhanced code."""
log = structlog.get_logger(__name__)


class Limit:
    """How many mails may leave in a minute. Times are monotonic seconds."""

    def __init__(self, per_minute: int | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = per_minute
        self._monotonic = monotonic
        self._left: deque[float] = deque()

    def wait(self) -> float:
        """Return the seconds until a mail may leave: 0 if it may now, which then counts as left."""
        if self._most is None:
            return 0.0
        now = self._monotonic()
        while self._left and now - self._left[0] >= 60.0:
            self._left.popleft()
        if len(self._left) >= self._most:
            return 60.0 - (now - self._left[0])
        self._left.append(now)
        return 0.0


class MailServer:
    """Sends mails over one connection, one after the other. It connects when the first one is sent."""

    def __init__(
        self, address: ServerAddress, *, tls: ssl.SSLContext | None = None, limit: Limit | None = None
    ) -> None:
        self.address = address
        self._tls = tls
        self._limit = limit or Limit(None)
        self._turn = asyncio.Lock()
        self._smtp: SMTP | None = None
        self._used = float("-inf")
        self._handed_over = False
        """Whether the text of the present mail may be with the server."""

    async def send(self, sender: str, to: str, octets: bytes, seconds: float) -> Reply:
        """Send one mail. Whatever happens, say what it means for this mail."""
        async with self._turn:
            self._handed_over = False
            if wait := self._limit.wait():
                return TooFast(wait)
            try:
                async with time_limit(seconds):
                    return await self._sent(sender, to, octets, seconds)
            except Exception as error:
                if not isinstance(error, TimeoutError):
                    log.exception("the mail server's answer could not be made out")
                self._forget()
                why = type(error).__name__
                return Unknown(why) if self._handed_over else NotSent(why)

    async def probe(self, seconds: float, sender: str | None = None) -> Reply:
        """Log in, or ask something harmless on the connection that there is: whether mails of `sender` are taken."""
        async with self._turn:
            try:
                async with time_limit(seconds):
                    smtp = await self._connected(seconds)
                    if not isinstance(smtp, SMTP):
                        return smtp
                    await (smtp.noop() if sender is None else smtp.mail(sender))
                    await self._reset()
                    return Sent(None, None)
            except aiosmtplib.SMTPSenderRefused as error:
                await self._reset()
                return Locked(SENDER) if error.code >= 500 else NotSent(f"SMTP {error.code}")
            except Exception as error:
                if not isinstance(error, (OSError, aiosmtplib.SMTPException)):
                    log.exception("the mail server could not be asked")
                self._forget()
                return NotSent(type(error).__name__)

    async def close(self) -> None:
        """End the connection."""
        async with self._turn:
            smtp, self._smtp = self._smtp, None
            if smtp is not None and smtp.is_connected:
                try:
                    async with asyncio.timeout(2.0):
                        await smtp.quit()
                except (OSError, aiosmtplib.SMTPException):
                    smtp.close()

    async def _sent(self, sender: str, to: str, octets: bytes, seconds: float) -> Reply:
        kept = self._smtp is not None
        answer = await self._begun(sender, to, seconds)
        if kept and isinstance(answer, NotSent) and self._smtp is None:
            answer = await self._begun(sender, to, seconds)  # the kept connection had ended, which says nothing
        if not isinstance(answer, SMTP):
            return answer
        self._handed_over = True
        try:
            await answer.data(octets)
        except aiosmtplib.SMTPDataError as error:
            self._handed_over = False  # it was not taken
            await self._reset()
            return self._answered(error.code)
        except (OSError, aiosmtplib.SMTPException) as error:
            self._forget()
            return Unknown(type(error).__name__)
        self._used = time.monotonic()
        return Sent(None, None)

    async def _begun(self, sender: str, to: str, seconds: float) -> SMTP | Reply:
        """Announce a mail up to its recipient. Nothing has been sent so far, whatever the server answers."""
        try:
            smtp = await self._connected(seconds)
            if not isinstance(smtp, SMTP):
                return smtp
            await smtp.mail(sender)
            await smtp.rcpt(to)
        except aiosmtplib.SMTPSenderRefused as error:
            await self._reset()
            return Locked(SENDER) if error.code >= 500 else self._answered(error.code, for_all=True)
        except aiosmtplib.SMTPRecipientRefused as error:
            await self._reset()
            return _judged(self._answered(error.code), error)
        except (OSError, aiosmtplib.SMTPException) as error:
            self._forget()
            return NotSent(type(error).__name__)
        return smtp

    async def _connected(self, seconds: float) -> SMTP | Reply:
        """Return the connection, made anew where it ended, or what it means that there is none."""
        if self._smtp is not None and self._smtp.is_connected and time.monotonic() - self._used < IDLE_SECONDS:
            return self._smtp
        self._forget()
        at = self.address
        smtp = SMTP(
            hostname=at.host,
            port=at.port,
            timeout=seconds,
            use_tls=at.at_once,
            start_tls=False,
            tls_context=self._tls or ssl.create_default_context(),
            local_hostname="localhost" if at.in_clear else None,
        )
        try:
            await smtp.connect()
            if not at.at_once and not at.in_clear:
                await smtp.ehlo()
                if not smtp.supports_extension("starttls"):
                    smtp.close()
                    return Locked(TLS)
                await smtp.starttls()
        except (OSError, aiosmtplib.SMTPException) as error:
            smtp.close()
            return Locked(TLS) if _is_about_tls(error) else NotSent(type(error).__name__)
        if at.user is not None and (refused := await _logged_in(smtp, at.user, at.password or "")) is not None:
            smtp.close()
            return refused
        self._smtp, self._used = smtp, time.monotonic()
        return smtp

    def _answered(self, code: int, *, for_all: bool = False) -> Reply:
        """Translate the server's answer to a mail: try again later (4xx), or never (5xx).

        What it says of a recipient or a text is no word about other mails, unless it is `for_all`.
        """
        self._used = time.monotonic()
        if code == 421:  # the server is closing the connection
            self._forget()
            return NotSent("SMTP 421")
        return TooFast(LATER_SECONDS, only_here=not for_all) if code < 500 else Refused(f"smtp_{code}")

    async def _reset(self) -> None:
        """Have the server forget what was announced."""
        try:
            if self._smtp is not None:
                await self._smtp.rset()
        except (OSError, aiosmtplib.SMTPException):
            self._forget()

    def _forget(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _judged(answer: Reply, error: aiosmtplib.SMTPRecipientRefused) -> Reply:
    """Say what refusing a recipient for good means: nobody is at the address, or it is about who we are or what we said.

    A server that does not pass on our mails refuses every recipient. That says nothing about their addresses.
    """
    if not isinstance(answer, Refused):
        return answer
    if error.code in _LOGIN_FIRST:
        return Locked(LOGIN)
    return replace(answer, no_such_reader=True) if _nobody_there(error.code, error.message) else answer


def _nobody_there(code: int, said: str) -> bool:
    """Return whether an answer says that mails cannot arrive at an address. In doubt it does not."""
    enhanced = _ENHANCED.search(said)
    if enhanced is not None and enhanced[1] != _UNSAID:
        return _OF_ADDRESSES.fullmatch(enhanced[1]) is not None
    return code in _NO_MAILBOX and not _ABOUT_US.search(_ADDRESSES.sub("", said))


async def _logged_in(smtp: SMTP, user: str, password: str) -> Reply | None:
    """Log in. Return what it means if that fails."""
    try:
        await smtp.login(user, password)
    except aiosmtplib.SMTPResponseException as error:
        return Locked(LOGIN) if error.code >= 500 else NotSent(f"SMTP {error.code}")
    except OSError as error:  # the connection was lost, or the answer did not come in time
        return NotSent(type(error).__name__)
    except aiosmtplib.SMTPException:
        return Locked(LOGIN)  # it offers no login, or none that we know
    return None


def _is_about_tls(error: BaseException | None) -> bool:
    """Return whether TLS failed: a certificate that nobody trusts, or no TLS where there should be."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
