"""Shutting down with streams open."""

import socket

import uvicorn
from fastapi import FastAPI

from backend.stream.hub import Hub


class Server(uvicorn.Server):
    """Ends the live streams before it waits for all connections to end."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._hub: Hub = app.state.hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Called once, when a signal asked the server to exit."""
        self._hub.close()
        await super().shutdown(sockets)
