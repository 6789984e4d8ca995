"""What the mail server says: whether it can be reached, is who it claims to be, and lets the bot in. Nothing is sent."""

from bot.delivery.channels.channel import Locked, Sent
from bot.delivery.channels.mail_server import LOGIN, SENDER, TLS, MailServer
from bot.doctor.report import Fault, Group
from bot.mail_addresses import Mailbox

ANSWER_SECONDS = 10.0
_TRUTH = "The mail server lets the bot in."
_WHAT: dict[str, str] = {
    LOGIN: "It refuses the user or the password.",
    TLS: "The connection cannot be encrypted with a trusted certificate.",
    SENDER: "It takes no mails from the address in MAIL_FROM.",
}
_ADVICE: dict[str, str] = {
    LOGIN: "Copy both again from your mail provider into SMTP_URL, percent-encoded where they have special characters. "
    "Some providers want a password made for apps. Mails wait meanwhile, and Slack's messages go on.",
    TLS: "The server has to offer STARTTLS (smtp://) or begin with TLS (smtps://), with a certificate for the name in "
    "SMTP_URL that this machine trusts (SSL_CERT_FILE names others). Mails wait meanwhile, and Slack's messages go on.",
    SENDER: "Set MAIL_FROM to an address that this user may write from, or let your mail provider allow this one. Mails wait "
    "meanwhile, and Slack's messages go on.",
}


async def look(server: MailServer, sender: Mailbox | None) -> Group:
    """Connect to the mail server, log in, and ask whether it takes mails of `sender`."""
    answer = await server.probe(ANSWER_SECONDS, None if sender is None else sender.address)
    await server.close()
    where = f"{server.address.host}:{server.address.port}"
    if isinstance(answer, Sent):
        how = "unencrypted on this machine" if server.address.in_clear else "encrypted"
        return _group(f"{where} lets the bot in, {how}; nothing was sent")
    if isinstance(answer, Locked) and (what := _WHAT.get(answer.code)) is not None:
        fault = Fault(id=f"mail_{answer.code}", truth=_TRUTH, what=what, advice=_ADVICE[answer.code])
        return _group(f"{where} does not let the bot in", fault)
    return _group(
        f"{where} does not answer",
        Fault(
            id="mail_silent",
            truth=_TRUTH,
            what=f"Nothing came back from {where} that a mail server says.",
            advice="See that SMTP_URL names the right host and port, that the server runs, and that this machine may reach "
            "it: many hosting companies block port 25. Mails wait meanwhile, and Slack's messages go on.",
        ),
    )


def _group(note: str, *faults: Fault) -> Group:
    return Group(id="mail", name="Mail", note=note, faults=faults)
