"""The settings for mail, and what doctor says of the mail server."""

import pytest

from bot.delivery.channels.mail_server import MailServer
from bot.doctor import mail
from bot.doctor.report import Group
from bot.mail_addresses import Mailbox
from bot.mailing import mail_server
from bot.settings import Need, Settings, SettingsError, load_settings
from tests.support.post_office import PostOffice

SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "abc"}
MAIL = {"SMTP_URL": "smtp://me:s%2Fcret-word@127.0.0.1:2525", "MAIL_FROM": "Sessions <sessions@example.com>"}


FROM = Mailbox("sessions@example.com", "Sessions")


def load(**given: str) -> Settings:
    return load_settings({**SLACK, **given}, env_file=None)


def test_without_an_smtp_url_there_is_no_mail() -> None:
    assert load().smtp_url is None


def test_the_password_is_hidden_as_it_is_and_as_it_is_written_in_the_url() -> None:
    settings = load(**MAIL)
    assert "s/cret-word" not in repr(settings)
    assert {"s/cret-word", "s%2Fcret-word"} <= set(settings.secret_values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example.com"),
        ("SMTP_URL", "smtp://me@mail.example.com"),
        ("SMTP_URL", "smtp://mail..example.com"),
        ("SMTP_URL", f"smtp://{'m' * 64}.example.com"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "Bücher <pät@example.com>"),
        ("MAIL_REPLY_TO", "everybody"),
        ("MAIL_PER_MINUTE", "0"),
        ("MAIL_PER_MINUTE", "-1"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(**MAIL | {name: value})
    [sentence] = caught.value.mistakes
    assert sentence.startswith(f"{name} ")
    assert "s/cret" not in sentence


def test_a_mail_server_needs_an_address_to_write_from() -> None:
    with pytest.raises(SettingsError, match="MAIL_FROM is missing"):
        load(SMTP_URL=MAIL["SMTP_URL"])


def test_an_import_needs_no_mail() -> None:
    assert load_settings({"SMTP_URL": "nonsense"}, env_file=None, need=Need.DATABASE).smtp_url is None


def server(url: str) -> MailServer:
    found = mail_server(load(**MAIL | {"SMTP_URL": url}))
    assert found is not None
    return found


async def looked(office: PostOffice, who: str) -> Group:
    async with office.serving():
        return await mail.look(server(f"smtp://{who}@127.0.0.1:{office.port}"), FROM)


async def test_doctor_logs_in_and_sends_nothing() -> None:
    office = PostOffice(login=("me", "right"))
    group = await looked(office, "me:right")
    assert not group.faults
    assert "lets the bot in" in group.note
    assert (office.logins, office.mails) == (["me"], [])


async def test_doctor_names_a_wrong_password_and_a_server_that_is_away() -> None:
    office = PostOffice(login=("me", "right"))
    [fault] = (await looked(office, "me:wrong")).faults
    assert fault.id == "mail_login_refused"
    [silent] = (await mail.look(server(f"smtp://me:s3cret@127.0.0.1:{office.port}"), FROM)).faults
    assert silent.id == "mail_silent"
    assert "s3cret" not in silent.what + silent.advice


async def test_doctor_names_a_sender_that_the_server_does_not_take() -> None:
    office = PostOffice(login=("me", "right"), sender_answer="550 5.7.1 not yours")
    [fault] = (await looked(office, "me:right")).faults
    assert fault.id == "mail_sender_refused"
    assert "MAIL_FROM" in fault.advice
    assert not office.mails
