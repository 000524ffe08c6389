"""Routes of the configuration: schema, presets, validation."""

from typing import Any

from fastapi import APIRouter

from ahora import presets
from ahora.config import RunConfig
from ahora.presets import Preset
from ahora.schemas.runs import Validated
from backend.datasets import service as datasets
from backend.dependencies import Db
from backend.workers.fit import Needs
from backend.workers.waiting import Waiting

router = APIRouter(prefix="/config", tags=["config"])


@router.get("/schema")
def get_config_schema() -> dict[str, Any]:
    """JSON Schema of a run's configuration, with help texts: what the launch form is made from."""
    return RunConfig.model_json_schema()


@router.get("/presets")
def list_presets() -> list[Preset]:
    """Configurations to start from."""
    return presets.list_presets()


@router.post("/validate")
def validate_config(config: RunConfig, db: Db) -> Validated:
    """Check a configuration as a launch would, and say what it would wait for."""
    with db.read() as session:
        datasets.check(session, config, prefix="")
        waiting, needs = Waiting(session), Needs.of(config)
        waits_for, fitting = waiting.why(needs), waiting.takers(needs)
    return Validated(config=config.resolved(), waits_for=waits_for, workers=fitting)
