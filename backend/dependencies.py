"""What routes get from the application they belong to.

Asynchronous although they wait for nothing: FastAPI sends a plain function to a thread, at every request.
"""

from typing import Annotated, cast

from fastapi import Depends, Request

from backend.db import Database
from backend.queue import Doorbell
from backend.settings import Settings


async def get_database(request: Request) -> Database:
    """The application's database."""
    return cast(Database, request.app.state.database)


async def get_settings(request: Request) -> Settings:
    """The application's settings."""
    return cast(Settings, request.app.state.settings)


async def get_doorbell(request: Request) -> Doorbell:
    """The application's doorbell."""
    return cast(Doorbell, request.app.state.doorbell)


Db = Annotated[Database, Depends(get_database)]
AppSettings = Annotated[Settings, Depends(get_settings)]
Bell = Annotated[Doorbell, Depends(get_doorbell)]
