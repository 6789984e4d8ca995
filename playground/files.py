"""Files that people upload into a `file_input`, and the address from which an app with `files:read` fetches them."""

import base64
import binascii
import secrets
from dataclasses import dataclass

from aiohttp import web

from playground.errors import PersonError
from playground.json_types import Json, JsonObject
from playground.manifest import Manifest
from playground.workspace import Workspace

MOST_BYTES = 10 * 2**20
"""Slack's limit for a file in a form."""
SCOPE = "files:read"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file."""

    id: str
    name: str
    user: str
    created: int
    content: bytes

    @property
    def filetype(self) -> str:
        """What Slack calls its type: here the end of its name."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else "text"


class Files:
    """Takes uploads, describes them as Slack does, and serves them to the app."""

    def __init__(self, workspace: Workspace, manifest: Manifest, *, bot_token: str) -> None:
        self._workspace, self._manifest, self._bot_token = workspace, manifest, bot_token
        self.url = ""
        self._stored: dict[str, StoredFile] = {}

    def clear(self) -> None:
        """Delete every file."""
        self._stored.clear()

    def routes(self) -> list[web.RouteDef]:
        """The routes that this part serves."""
        return [web.get("/files-pri/{place}/download/{name}", self.download)]

    def upload(self, user_id: str, name: str, content: str) -> JsonObject:
        """Upload a file, given in base64, as a person does who chooses it in a form.

        Raises:
            PersonError: it is no file, or too big.
        """
        user = self._workspace.user(user_id)
        try:
            data = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise PersonError("no_file", "this is no file") from None
        if not name or "/" in name:
            raise PersonError("no_file", "a file has a name")
        if len(data) > MOST_BYTES:
            raise PersonError("file_too_large", "a file in a form has at most 10 MB")
        stored = StoredFile(self._workspace.new_id("F"), name, user.id, int(self._workspace.clock()), data)
        self._stored[stored.id] = stored
        return {"file": self.shown(stored)}

    def chosen(self, user_id: str, element: JsonObject, choice: Json) -> JsonObject:
        """Return the value of a `file_input` after a person chose these of their uploaded files.

        Raises:
            PersonError: Slack's client would not allow it.
        """
        ids = choice or []
        if not isinstance(ids, list):
            raise PersonError("no_file", "files are chosen as a list of ids")
        found = [self._stored.get(one) for one in ids]
        files = [one for one in found if one is not None and one.user == user_id]
        if len(files) != len(ids):
            raise PersonError("no_such_file", "there is no such file of this person")
        if len(files) > element.get("max_files", 10):
            raise PersonError("too_many_files", f"at most {element.get('max_files', 10)} can be chosen")
        kinds = element.get("filetypes")
        for one in files:
            if kinds and one.filetype not in kinds:
                raise PersonError("wrong_filetype", f"{one.name} is not one of: {', '.join(kinds)}")
        return {"type": "file_input", "files": [self.shown(one) for one in files]}

    def find(self, file_id: str) -> StoredFile | None:
        """Return a file, or None if there is none."""
        return self._stored.get(file_id)

    def shown(self, stored: StoredFile) -> JsonObject:
        """Return a file as Slack describes it."""
        place = f"{self.url}/files-pri/{self._workspace.team['id']}-{stored.id}"
        return {
            "id": stored.id,
            "created": stored.created,
            "timestamp": stored.created,
            "name": stored.name,
            "title": stored.name,
            "mimetype": "text/csv" if stored.filetype == "csv" else "application/octet-stream",
            "filetype": stored.filetype,
            "pretty_type": stored.filetype.upper(),
            "user": stored.user,
            "user_team": self._workspace.team["id"],
            "editable": False,
            "size": len(stored.content),
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": False,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": f"{place}/{stored.name}",
            "url_private_download": f"{place}/download/{stored.name}",
            "has_rich_preview": False,
            "file_access": "visible",
        }

    async def download(self, request: web.Request) -> web.Response:
        """Serve a file to the app. Whoever may not have it is sent to a page for signing in, as Slack does."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        allowed = secrets.compare_digest(token.encode(), self._bot_token.encode())
        stored = self._stored.get(request.match_info["place"].partition("-")[2])
        if not allowed or SCOPE not in self._manifest.scopes:
            page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"
            return web.Response(text=page, content_type="text/html")
        if stored is None or stored.name != request.match_info["name"]:
            return web.Response(status=404)
        return web.Response(body=stored.content, content_type=str(self.shown(stored)["mimetype"]))
