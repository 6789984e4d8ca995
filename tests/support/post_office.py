"""A mail server to send to: it speaks SMTP over TCP and keeps what it takes."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Received:
    """A mail as it arrived, and to whom the envelope was addressed."""

    to: list[str]
    octets: bytes
    encrypted: bool

    @property
    def mail(self) -> EmailMessage:
        """The mail, read by the standard library."""
        found = message_from_bytes(self.octets, policy=default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def text(self) -> str:
        """The text part."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.mail.get_body((kind,))
        assert part is not None
        content = part.get_content()
        assert isinstance(content, str)
        return content.replace("\r\n", "\n")


@dataclass
class PostOffice:
    """Keeps mails. What it answers can be set: by recipient, for the next mails, or that it hangs up after the next."""

    mails: list[Received] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    data_answers: list[str] = field(default_factory=list)
    """What is said to the next mails before their text is taken."""
    hangs_up: int = 0
    connections: int = 0
    sender_answer: str | None = None
    logins: list[str] = field(default_factory=list)
    login: tuple[str, str] | None = None
    port: int = 0
    _open: set[asyncio.Transport] = field(default_factory=set)

    async def handle_MAIL(  # noqa: N802 - the name that the server calls it by
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.sender_answer is not None:
            return self.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if (said := self.refuses.get(address)) is not None:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        said = self.answers.pop(0) if self.answers else "250 OK"
        if said.startswith("250"):
            self.mails.append(Received(list(envelope.rcpt_tos), envelope.content, session.ssl is not None))
        if self.hangs_up:
            self.hangs_up -= 1
            server.transport.abort()
        return said

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        """Let in who knows the password."""
        assert isinstance(given, LoginPassword)
        said = (given.login.decode(), given.password.decode())
        self.logins.append(said[0])
        return AuthResult(success=said == self.login, handled=False)

    def to(self, address: str) -> list[Received]:
        """The mails to one address."""
        return [one for one in self.mails if address in one.to]

    def hang_up(self) -> None:
        """End every connection, as a server does that nobody used for a while."""
        for transport in self._open:
            transport.abort()

    @asynccontextmanager
    async def serving(
        self, *, tls: ssl.SSLContext | None = None, at_once: bool = False, port: int = 0
    ) -> AsyncIterator["PostOffice"]:
        """Serve until the block ends; with STARTTLS, or with TLS `at_once`."""
        loop = asyncio.get_running_loop()
        office = self

        class Counted(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                assert isinstance(transport, asyncio.Transport)
                if transport not in office._open:
                    office.connections += 1
                office._open.add(transport)

            def connection_lost(self, error: Exception | None) -> None:
                super().connection_lost(error)

            async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
                if office.data_answers:
                    await self.push(office.data_answers.pop(0))
                else:
                    await super().smtp_DATA(arg)

        def protocol() -> SMTP:
            return Counted(
                self,
                hostname="post.test",
                loop=loop,
                tls_context=None if at_once else tls,
                require_starttls=tls is not None and not at_once,
                auth_require_tls=False,
                auth_exclude_mechanism=["LOGIN", "PLAIN"] if self.login is None else [],
                authenticator=self.authenticate,
            )

        server = await loop.create_server(protocol, "127.0.0.1", port, ssl=tls if at_once else None)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.hang_up()
            await asyncio.sleep(0.01)  # transports close their sockets in a later turn of the loop
            await server.wait_closed()


@dataclass(frozen=True)
class Certificates:
    """A certificate for localhost, and who trusts it."""

    path: Path

    @property
    def server(self) -> ssl.SSLContext:
        """What the server shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context

    @property
    def trusting(self) -> ssl.SSLContext:
        """A client that trusts it."""
        return ssl.create_default_context(cafile=str(self.path))


def certificates(directory: Path, *, host: str = "localhost") -> Certificates:
    """Make a certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return Certificates(path)
