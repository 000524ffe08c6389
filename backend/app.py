"""The application: routes, what guards them, and what runs beside them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware

import ahora
from backend import health, openapi, problems
from backend.auth import router as auth
from backend.auth.principal import current_user, current_worker
from backend.checkpoints import router as checkpoints
from backend.compare import router as compare
from backend.config import router as config
from backend.dashboard import Dashboard
from backend.datasets import router as datasets
from backend.db import Database
from backend.events import router as events
from backend.experiments import router as experiments
from backend.export import router as export
from backend.guard import Guard
from backend.housekeeping import router as housekeeping
from backend.housekeeping.keeper import Keeper
from backend.jobs import router as jobs
from backend.logs import router as logs
from backend.metrics import router as metrics
from backend.projects import router as projects
from backend.queue import Doorbell
from backend.rollouts import router as rollouts
from backend.rules import router as rules
from backend.rules.silence import SilenceWatch
from backend.runs import control_router as control
from backend.runs import router as runs
from backend.saved_views import router as saved_views
from backend.settings import Settings
from backend.stream import router as stream
from backend.stream.hub import Hub
from backend.sweeper import Sweeper
from backend.table import router as table
from backend.workers import router as workers
from backend.workers.fencing import current_attempt
from backend.workers.reaper import Reaper

PREFIX = "/api/v1"

# Whoever adds a router chooses one of these lists, and so who may call it.
OPEN = (auth.open_router,)
FOR_USERS = (
    auth.router,
    config.router,
    table.router,  # before the runs: /runs/columns is no run
    runs.router,
    control.router,
    experiments.router,
    datasets.router,
    projects.router,
    saved_views.router,
    housekeeping.router,
    workers.user_router,
    metrics.router,
    logs.router,
    rollouts.router,
    rules.router,
    checkpoints.router,
    jobs.router,
    compare.router,
    export.router,
    stream.router,
)
FOR_WORKERS = (workers.worker_router, datasets.worker_router)
FOR_ATTEMPTS = (workers.attempt_router, events.router)


THREADS = 16
"""Requests that are worked on at the same time; the others wait. They take turns in Python anyway, and of
many threads each waits for its turn again after every word with the database."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application. It expects a database that `backend.db.migrate` has brought up to date."""
    settings = settings or Settings()
    app = FastAPI(
        title="Ahora",
        version=ahora.__version__,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.database = Database(settings.database)
    app.state.doorbell = Doorbell(settings.broker)
    app.state.hub = Hub(app.state.database)
    app.include_router(health.router)
    app.include_router(auth.page_router)
    for router in OPEN:
        app.include_router(router, prefix=PREFIX)
    for routers, caller in (
        (FOR_USERS, current_user),
        (FOR_WORKERS, current_worker),
        (FOR_ATTEMPTS, current_attempt),
    ):
        for router in routers:
            app.include_router(router, prefix=PREFIX, dependencies=[Depends(caller)])
    app.include_router(_description(app), prefix=PREFIX, dependencies=[Depends(current_user)])
    app.state.dashboard = app.router.default = Dashboard(settings.dashboard)
    problems.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(Guard, allowed_hosts=settings.allowed_hosts)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _description(app: FastAPI) -> APIRouter:
    router = APIRouter()

    @router.get("/openapi.json", include_in_schema=False)
    def get_openapi() -> dict[str, Any]:
        return openapi.describe(app)

    return router


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    database: Database = app.state.database
    doorbell: Doorbell = app.state.doorbell
    reaper = Reaper(database, doorbell, settings.lease_seconds)
    silence = SilenceWatch(database)
    sweeper = Sweeper(database, doorbell, reaper, silence, settings.sweep_seconds)
    keeper = Keeper(database, settings.artifacts, settings.journal_days)
    hub: Hub = app.state.hub
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    doorbell.start()
    sweeper.start()
    keeper.start()
    await hub.start()
    yield
    await hub.stop()
    keeper.stop()
    sweeper.stop()
    doorbell.stop()
    database.dispose()
