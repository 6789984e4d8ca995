"""Applies an app's acknowledgements: answers to commands and to submitted modals, checked as Slack checks them."""

from playground.dispatch import Ack
from playground.errors import ApiError
from playground.json_types import Json
from playground.response_urls import answer_content
from playground.traffic import Traffic
from playground.views import Views
from playground.workspace import Channel, View, Workspace

TROUBLE = "We had some trouble connecting. Try again?"


class Answers:
    """Applies acknowledgements to the workspace."""

    def __init__(self, workspace: Workspace, views: Views, traffic: Traffic) -> None:
        self._traffic = traffic
        self._workspace = workspace
        self._views = views

    def command(self, answer: Json, channel: Channel, user_id: str) -> str | None:
        """Show a command's answer, to its sender unless it is `in_channel`.

        Return Slack's error code for a bad answer.
        """
        if answer is None:
            return None
        body = answer if isinstance(answer, dict) else {"text": str(answer)}
        try:
            text, blocks = answer_content(body, self._workspace.without_blocks())
        except ApiError as error:
            # An object without text shows nothing: Bolt's plain ack() sends one in Socket Mode.
            if error.code == "no_text":
                return None
            self._refused("command", error)
            return "invalid_command_response"
        self._workspace.post(
            channel,
            self._workspace.bot_user,
            text,
            blocks,
            by_app=True,
            ephemeral_to=None if body.get("response_type") == "in_channel" else user_id,
        )
        return None

    def submission(self, view: View, ack: Ack) -> str:
        """Apply the answer to a submitted modal.

        Returns:
            `closed`, `errors`, `updated`, `pushed`, `cleared`, or `trouble` if the person sees an error.
        """
        view.errors = {}
        view.warning = None
        answer = ack.payload() if ack.ok else None
        try:
            outcome = self._apply(view, answer) if ack.ok else "trouble"
        except ApiError as error:
            self._refused("view_submission", error)
            outcome = "trouble"
        if outcome in ("trouble", "errors"):
            if outcome == "trouble":
                view.warning = TROUBLE
            self._workspace.feed.emit("view_changed", user=view.user, tab=view.tab, view_id=view.id)
        return outcome

    def _apply(self, view: View, answer: Json) -> str:
        if answer is None or answer == {}:
            self._views.close(view)
            return "closed"
        if not isinstance(answer, dict):
            raise ApiError("invalid_arguments", ["[ERROR] the answer is not JSON"])
        match answer.get("response_action"):
            case None:
                self._views.close(view)
                return "closed"
            case "clear":
                for other in list(self._views.stack(view.user, view.tab)):
                    self._views.close(other)
                return "cleared"
            case "errors":
                view.errors = _checked_errors(view, answer.get("errors"))
                return "errors"
            case "update":
                self._views.check_answer(answer.get("view"), view)
                self._views.replace(view, answer["view"])
                return "updated"
            case "push":
                self._views.check_answer(answer.get("view"), None)
                self._views.push_onto(view, answer["view"])
                return "pushed"
            case other:
                raise ApiError("invalid_arguments", [f"[ERROR] unknown response_action: {other}"])

    def _refused(self, what: str, error: ApiError) -> None:
        self._traffic.add("from_app", "answer", what, ok=False, error=error.code, messages=error.messages)


def _checked_errors(view: View, errors: Json) -> dict[str, str]:
    if not isinstance(errors, dict) or not errors:
        raise ApiError("invalid_arguments", ["[ERROR] missing required field: errors"])
    inputs = {block["block_id"] for block in view.payload["blocks"] if block["type"] == "input"}
    for block_id, words in errors.items():
        if block_id not in inputs:
            raise ApiError("invalid_arguments", [f"[ERROR] errors: {block_id} is not an input block of the view"])
        if not isinstance(words, str) or not words:
            raise ApiError("invalid_arguments", [f"[ERROR] errors: {block_id} has no words"])
    return errors
