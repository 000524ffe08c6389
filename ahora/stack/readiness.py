"""Asking the API whether it is ready and whether the worker is there.

Plain `http.client`: the launcher must start fast, and no proxy must come between.
"""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from ahora.home import Home


def _get(url: str, path: str, headers: dict[str, str]) -> Any:
    """The JSON body of a 200; None for anything else."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5.0)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        return json.loads(body) if response.status == 200 else None
    except (OSError, http.client.HTTPException, json.JSONDecodeError):
        return None
    finally:
        connection.close()


def api_is_ready(url: str) -> bool:
    """Whether the API has its database and takes requests."""
    return _get(url, "/readyz", {}) is not None


def online_worker(url: str, home: Home, pid: int) -> dict[str, Any] | None:
    """The worker that runs as process `pid` of this machine, when the API knows it as online."""
    token = home.user_token()
    if token is None:
        return None
    workers = _get(url, "/api/v1/workers", {"Authorization": f"Bearer {token}"})
    for worker in workers or []:
        if worker["pid"] == pid and worker["status"] == "online":
            return dict(worker)
    return None
