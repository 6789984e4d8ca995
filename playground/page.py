"""The browser half of the playground: plain files, served with a strict content policy."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from playground import loopback

WEB = Path(__file__).resolve().parent / "web"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HEADERS = {
    # Our own script shows everything from an app as text nodes. Nothing else can run, load or be framed.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; "
    "img-src 'self' data: http://127.0.0.1:* http://localhost:*; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page:
    """Serves `/` and `/static/…`: the files in `web/`, and no others."""

    def __init__(self, folder: Path = WEB) -> None:
        self._index = folder / "index.html"
        self._files = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.suffix in _TYPES and path != self._index
        }

    def routes(self) -> list[web.RouteDef]:
        """The routes that this part serves."""
        return [web.get("/", self.index), web.get("/static/{name:.+}", self.file)]

    async def index(self, _: web.Request) -> web.Response:
        """Return the page itself."""
        return _answer(self._index)

    async def file(self, request: web.Request) -> web.Response:
        """Return a script, a style sheet or the icon. Only known names are looked up, so no path can lead out."""
        path = self._files.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound(text="there is no such file")
        return _answer(path)


def _answer(path: Path) -> web.Response:
    # Files are read on each request: there are only a dozen small ones, and an edited one shows after a reload.
    return web.Response(
        text=path.read_text(encoding="utf-8"), content_type=_TYPES[path.suffix], charset="utf-8", headers=_HEADERS
    )


@web.middleware
async def own_pages_only(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refuse the control API to pages of other websites, even if their host name points to this machine."""
    if request.path.startswith("/control/"):
        origin = request.headers.get("Origin")
        foreign = origin is not None and origin != f"{request.scheme}://{request.host}"
        if foreign or request.url.host not in loopback.NAMES:
            words = "only this machine, from the playground's own page"
            return web.json_response({"ok": False, "error": "forbidden", "message": words}, status=403)
    return await handler(request)
