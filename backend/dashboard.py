"""Serving the built dashboard: files as they are, index.html for every other address of the page."""

from pathlib import Path

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

_FOREVER = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"

_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Ahora</title></head>
<body><h1>The dashboard is not built</h1>
<p>Run <code>make setup</code> in the project's folder, then load this page again. The API is there.</p>
</body></html>
"""


class Dashboard:
    """ASGI application for what no route of the API takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, with index.html, or not at all."""
        if scope["type"] != "http":
            raise HTTPException(404)
        path = str(scope["path"])
        if path == "/api" or path.startswith("/api/"):
            raise HTTPException(404)
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        response = await anyio.to_thread.run_sync(self._answer, path)
        await response(scope, receive, send)

    def _answer(self, path: str) -> Response:
        file = self._inside(path)
        if file is not None:
            # the build puts a hash of its content into the name of each file in assets/
            hashed = path.startswith("/assets/")
            return FileResponse(
                file, headers={"Cache-Control": _FOREVER if hashed else _REVALIDATE}
            )
        if path.startswith("/assets/"):
            raise HTTPException(404)
        return self.page()

    def page(self) -> Response:
        """index.html, which shows what its address says."""
        index = self._folder / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, status_code=503, headers={"Cache-Control": "no-store"})
        return FileResponse(index, headers={"Cache-Control": _REVALIDATE})

    def _inside(self, path: str) -> Path | None:
        if "\0" in path:
            return None
        file = (self._folder / path.lstrip("/")).resolve()
        return file if file.is_relative_to(self._folder) and file.is_file() else None
