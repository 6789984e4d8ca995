"""Settings: what is accepted, and the sentence for each mistake."""

from pathlib import Path

import pytest

from bot.settings import Need, Settings, SettingsError, load_settings

HTTP = {"SLACK_BOT_TOKEN": "xoxb-1-made-up", "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5"}
SOCKET = {"SLACK_BOT_TOKEN": "xoxb-1-made-up", "SLACK_APP_TOKEN": "xapp-1-made-up"}


def load(**given: str) -> Settings:
    return load_settings({**HTTP, **given}, env_file=None)


def mistakes(given: dict[str, str], need: Need = Need.SLACK) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(given, env_file=None, need=need)
    return caught.value.mistakes


def test_two_slack_secrets_are_enough_to_start_over_http() -> None:
    settings = load()
    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1-made-up"
    assert not settings.socket_mode
    assert settings.database_url.get_secret_value() == "sqlite+aiosqlite:///sessions.db"
    assert (settings.host, settings.port, settings.log_level, settings.log_format) == (
        "127.0.0.1",
        3000,
        "INFO",
        "console",
    )
    assert settings.slack_api_url == "https://slack.com/api/"


def test_an_app_level_token_means_socket_mode_and_needs_no_signing_secret() -> None:
    settings = load_settings(SOCKET, env_file=None)
    assert settings.socket_mode
    assert settings.slack_signing_secret is None


def test_the_first_admin_is_a_slack_user_id() -> None:
    assert load().first_admin is None
    assert load(FIRST_ADMIN="U012AB3CD").first_admin == "U012AB3CD"
    for wrong in ("@dana", "u012ab3cd", "T012AB3CD", "<@U012AB3CD>"):
        assert mistakes({**HTTP, "FIRST_ADMIN": wrong})[0].startswith("FIRST_ADMIN is not a Slack user id")


def test_nothing_set_names_everything_that_is_missing_at_once() -> None:
    found = mistakes({})
    assert [sentence.split()[0] for sentence in found] == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]
    assert "SLACK_APP_TOKEN" in found[1]


def test_all_mistakes_come_together() -> None:
    found = mistakes({"PORT": "70000", "LOG_LEVEL": "loud", "DATABASE_URL": "mysql://h/d", "LOG_FORMAT": "xml"})
    assert {sentence.split()[0] for sentence in found} == {
        "PORT",
        "LOG_LEVEL",
        "DATABASE_URL",
        "LOG_FORMAT",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
    }


def test_a_command_that_only_needs_the_database_ignores_the_rest() -> None:
    settings = load_settings({"PORT": "nonsense", "LOG_LEVEL": "debug"}, env_file=None, need=Need.DATABASE)
    assert settings.log_level == "DEBUG"
    assert len(mistakes({"DATABASE_URL": "oracle://x/y"}, Need.DATABASE)) == 1


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///my.db", "sqlite+aiosqlite:///my.db"),
        ("sqlite+aiosqlite:////var/lib/sessions.db", "sqlite+aiosqlite:////var/lib/sessions.db"),
        ("postgres://u:p@h:5433/d", "postgresql+asyncpg://u:p@h:5433/d"),
        ("postgresql://u:p%40ss@h/d", "postgresql+asyncpg://u:p%40ss@h/d"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
        ("postgres://h/d?sslmode=require", "postgresql+asyncpg://h/d?ssl=require"),
    ],
)
def test_database_urls_are_brought_to_the_async_drivers(given: str, used: str) -> None:
    assert load(DATABASE_URL=given).database_url.get_secret_value() == used


@pytest.mark.parametrize(
    "given",
    [
        "sqlite://",
        "sqlite+aiosqlite:///:memory:",
        "postgresql://h",
        "mysql://h/d",
        "postgresql+psycopg2://u:hunter2secret@h/d",
        "hunter2secret",
        "postgresql://u:hunter2secret@h:port/d",
    ],
)
def test_unusable_database_urls_are_refused_without_repeating_a_password(given: str) -> None:
    (sentence,) = mistakes({**HTTP, "DATABASE_URL": given})
    assert sentence.startswith("DATABASE_URL ")
    assert sentence.endswith(".")
    assert "hunter2secret" not in sentence


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:9999/api/", "http://127.0.0.1:9999/api/"),
        ("http://127.0.0.1:9999/api", "http://127.0.0.1:9999/api/"),
        ("http://stand-in:9999", "http://stand-in:9999/"),
        ("https://slack.com/api", "https://slack.com/api/"),
        ("https://proxy.example.com/team/slack/api", "https://proxy.example.com/team/slack/api/"),
    ],
)
def test_any_stand_in_for_slack_is_used_exactly_as_given(given: str, used: str) -> None:
    assert load(SLACK_API_URL=given).slack_api_url == used


@pytest.mark.parametrize(
    "given", ["http://slack.com/api/", "http://files.slack.com/", "slack.com/api", "https://", "https://h/?a=1"]
)
def test_an_unusable_slack_address_is_refused(given: str) -> None:
    (sentence,) = mistakes({**HTTP, "SLACK_API_URL": given})
    assert sentence.startswith("SLACK_API_URL ")


@pytest.mark.parametrize("given", ["http://sessions.example.com", "sessions.example.com", "https://h:99999"])
def test_a_public_address_that_slack_cannot_call_is_refused(given: str) -> None:
    (sentence,) = mistakes({**HTTP, "PUBLIC_URL": given})
    assert sentence.startswith("PUBLIC_URL ")


def test_a_public_address_loses_its_trailing_slash_and_may_be_http_on_this_machine() -> None:
    assert load(PUBLIC_URL="https://sessions.example.com/").public_url == "https://sessions.example.com"
    assert load(PUBLIC_URL="http://localhost:3000").public_url == "http://localhost:3000"


@pytest.mark.parametrize("given", ["-1", "65536", "3000.5", "³", "http"])
def test_a_port_is_a_whole_number_in_range(given: str) -> None:
    (sentence,) = mistakes({**HTTP, "PORT": given})
    assert sentence.startswith("PORT ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-wrong-kind"),
        ("SLACK_BOT_TOKEN", "xoxp-1-wrong-kind"),
        ("SLACK_BOT_TOKEN", "xoxb-1 with-a-space"),
        ("SLACK_APP_TOKEN", "xoxb-1-wrong-kind"),
        ("SLACK_SIGNING_SECRET", "xoxb-1-wrong-kind"),
        ("METRICS_TOKEN", "tooshort"),
    ],
)
def test_a_wrong_secret_is_named_and_its_value_is_never_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({**HTTP, name: value}, env_file=None)
    (sentence,) = caught.value.mistakes
    assert sentence.startswith(f"{name} ")
    assert value not in str(caught.value)


def test_a_made_up_token_of_a_stand_in_is_accepted() -> None:
    settings = load(SLACK_BOT_TOKEN="stand-in-token")
    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == "stand-in-token"


def test_processes_wake_each_other_at_the_database_unless_another_way_is_named() -> None:
    assert load().listen_url is None
    assert load(DATABASE_URL="postgresql://h/d").listen_url == "postgresql+asyncpg://h/d"
    direct = load(DATABASE_URL="postgresql://pooler/d", DATABASE_LISTEN_URL="postgres://h:5433/d?sslmode=require")
    assert direct.listen_url == "postgresql+asyncpg://h:5433/d?ssl=require"
    assert direct.database_url.get_secret_value() == "postgresql+asyncpg://pooler/d"


@pytest.mark.parametrize("given", ["sqlite:///my.db", "postgresql://u:hunter2secret@h", "nonsense"])
def test_an_unusable_way_to_wake_is_refused_without_repeating_a_password(given: str) -> None:
    (sentence,) = mistakes({**HTTP, "DATABASE_URL": "postgresql://h/d", "DATABASE_LISTEN_URL": given})
    assert sentence.startswith("DATABASE_LISTEN_URL ")
    assert sentence.endswith(".")
    assert "hunter2secret" not in sentence


def test_processes_of_sqlite_cannot_be_woken_by_postgresql() -> None:
    (sentence,) = mistakes({**HTTP, "DATABASE_LISTEN_URL": "postgresql://h/d"})
    assert sentence.startswith("DATABASE_LISTEN_URL ")


def test_no_repr_shows_a_secret() -> None:
    settings = load(
        DATABASE_URL="postgresql://u:hunter2secret@h/d",
        DATABASE_LISTEN_URL="postgresql://u:direct2secret@h/d",
        METRICS_TOKEN="m" * 20,
    )
    for secret in settings.secret_values():
        assert secret not in repr(settings)
        assert secret not in str(settings)
    assert set(settings.secret_values()) == {*HTTP.values(), "hunter2secret", "direct2secret", "m" * 20}


def test_the_environment_wins_over_the_file_and_an_empty_value_is_not_set(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(
        'SLACK_BOT_TOKEN="xoxb-from-file"\nSLACK_SIGNING_SECRET=from-file\nSLACK_APP_TOKEN=\nPORT=4000\n'
    )
    settings = load_settings({"PORT": "5000", "HOST": " "}, env_file=env_file)
    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == "xoxb-from-file"
    assert (settings.port, settings.host, settings.socket_mode) == (5000, "127.0.0.1", False)


def test_an_unreadable_file_is_one_clear_sentence(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"SLACK_BOT_TOKEN=\xff\xfe\xe9")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({}, env_file=env_file)


def test_the_example_file_lists_every_setting_and_can_be_used_as_it_is(tmp_path: Path) -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    named = {
        line.lstrip("# ").split("=")[0]
        for line in example.splitlines()
        if "=" in line and line.lstrip("# ")[0].isupper()
    }
    assert named == {field.upper() for field in Settings.model_fields}
    filled = tmp_path / ".env"
    filled.write_text(example.replace("SLACK_BOT_TOKEN=", "SLACK_BOT_TOKEN=xoxb-1").replace("_SECRET=", "_SECRET=abc"))
    assert not load_settings({}, env_file=filled).socket_mode


def test_how_long_people_are_kept_is_a_number_of_days_and_off_by_itself() -> None:
    assert load().keep_personal_days is None
    assert load(KEEP_PERSONAL_DAYS="365").keep_personal_days == 365
    for wrong in ("0", "29", "36501", "-90", "a year", "90.5"):
        assert mistakes({**HTTP, "KEEP_PERSONAL_DAYS": wrong})[0].startswith("KEEP_PERSONAL_DAYS is no number of days")
