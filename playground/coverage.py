"""Which part of Slack's Web API the playground supports. `python -m playground.coverage` prints the table."""

import sys
from dataclasses import dataclass

_API = "tests/playground/test_web_api.py"
_VIEWS = "tests/playground/test_views.py"


@dataclass(frozen=True, slots=True)
class Coverage:
    """One method: its tests and what is `missing`.

    If nothing is, it does all that an app with a bot token can observe.
    """

    tests: tuple[str, ...]
    missing: str = ""

    @property
    def support(self) -> str:
        """`supported` or `partial`."""
        return "partial" if self.missing else "supported"


TABLE: dict[str, Coverage] = {
    "apps.connections.open": Coverage(
        (
            "tests/playground/test_socket_mode.py::test_commands_submissions_and_events_go_over_the_socket",
            "tests/playground/test_socket_mode.py::test_only_an_app_token_opens_a_socket",
        )
    ),
    "auth.test": Coverage((f"{_API}::test_auth_test_names_the_app_and_its_team", f"{_API}::test_tokens_are_checked")),
    "bots.info": Coverage((f"{_API}::test_team_and_bot_say_who_they_are",), "icons; other apps' bots"),
    "chat.delete": Coverage((f"{_API}::test_a_message_is_edited_and_deleted_by_its_own_app_only",)),
    "chat.getPermalink": Coverage((f"{_API}::test_a_permalink_leads_to_a_message_that_exists",), "thread parameters"),
    "chat.postEphemeral": Coverage(
        (f"{_API}::test_an_ephemeral_message_is_for_one_person",), "attachments are kept but not checked"
    ),
    "chat.postMessage": Coverage(
        (
            f"{_API}::test_a_message_is_refused_with_slacks_word",
            f"{_API}::test_refused_blocks_come_with_their_place",
            f"{_API}::test_a_message_to_a_person_goes_to_their_conversation_with_the_app",
            f"{_API}::test_posting_faster_than_slack_allows_says_when_to_come_back",
        ),
        "attachments are kept but not checked; reply_broadcast, unfurling, parse, username and icon are ignored",
    ),
    "chat.update": Coverage(
        (
            f"{_API}::test_a_message_is_edited_and_deleted_by_its_own_app_only",
            f"{_API}::test_what_a_message_may_say_is_less_once_it_is_edited",
        ),
        "attachments are kept but not checked",
    ),
    "conversations.history": Coverage(
        (f"{_API}::test_history_is_newest_first_without_what_one_person_saw",), "metadata switches"
    ),
    "conversations.info": Coverage((f"{_API}::test_channels_are_known_as_far_as_the_app_may",)),
    "conversations.list": Coverage((f"{_API}::test_channels_are_known_as_far_as_the_app_may",)),
    "conversations.members": Coverage((f"{_API}::test_channels_are_known_as_far_as_the_app_may",)),
    "conversations.open": Coverage(
        (f"{_API}::test_a_message_to_a_person_goes_to_their_conversation_with_the_app",), "group conversations"
    ),
    "files.info": Coverage(
        ("tests/playground/test_files.py::test_the_app_fetches_what_a_person_chose",),
        "comments; files elsewhere than in forms",
    ),
    "team.info": Coverage((f"{_API}::test_team_and_bot_say_who_they_are",), "icons; other teams"),
    "users.info": Coverage((f"{_API}::test_a_person_has_a_zone_and_with_scopes_an_email_and_a_locale",), "avatars"),
    "users.list": Coverage((f"{_API}::test_people_are_found_by_email_and_listed_page_by_page",), "avatars"),
    "users.lookupByEmail": Coverage((f"{_API}::test_people_are_found_by_email_and_listed_page_by_page",), "avatars"),
    "views.open": Coverage(
        (
            f"{_VIEWS}::test_a_trigger_opens_one_view",
            f"{_VIEWS}::test_a_trigger_expires_by_the_wall_clock",
            f"{_VIEWS}::test_a_refused_view_does_not_use_the_trigger_up",
            f"{_API}::test_a_view_over_a_quarter_of_a_megabyte_is_too_large",
        ),
        "interactivity_pointer",
    ),
    "views.publish": Coverage((f"{_VIEWS}::test_a_home_is_published_for_one_person_and_has_a_hash",)),
    "views.push": Coverage(
        (
            f"{_VIEWS}::test_three_views_are_a_stack_and_a_fourth_is_refused",
            f"{_VIEWS}::test_a_push_needs_a_trigger_from_within_a_modal",
        ),
        "interactivity_pointer",
    ),
    "views.update": Coverage(
        (
            f"{_VIEWS}::test_an_update_with_an_old_hash_is_a_conflict",
            f"{_VIEWS}::test_what_was_typed_survives_only_under_unchanged_ids",
            f"{_VIEWS}::test_an_external_id_finds_its_view_and_is_unique",
        )
    ),
}
"""Every method that the playground supports. A test proves that the list is complete and that the named tests exist."""


def table() -> str:
    """Return the table as text."""
    lines = []
    for name, coverage in sorted(TABLE.items()):
        lines.append(f"{name:<24} {coverage.support:<10} {coverage.missing}".rstrip())
        lines += [f"{'':<24} {test}" for test in coverage.tests]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
