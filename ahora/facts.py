"""What an exported model's card tells about its run: handed out with an export, read by the trainer."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class CurvePoint(BaseModel):
    """What a run had reached at a step."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")

    step: int
    reward: float | None = None
    """Mean reward of the step."""
    pass_at_1: float | None = None
    """Greedy Pass@1 on the held-out problems after it."""


class RunFacts(BaseModel):
    """A run as its exported models describe it. Nothing that is unknown is made up: it is None."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings", protected_namespaces=())

    run_id: str
    run_name: str
    checkpoint_id: str
    steps: int
    """Steps the run had trained when the export was asked for."""
    baseline_pass_at_1: float | None = None
    """Greedy Pass@1 before training."""
    peak_pass_at_1: float | None = None
    peak_step: int | None = None
    final_pass_at_1: float | None = None
    final_reward: float | None = None
    curve: list[CurvePoint] = Field(default_factory=list)
    """About ten steps, evenly spread, the first and the last among them."""
    provenance: dict[str, Any] = Field(default_factory=dict)
    """`ahora.events.ProvenanceEvent.values` of the attempt that saved the checkpoint."""
