"""What ``run.json`` says about a job on a checkpoint. Reading it loads no torch."""

from pydantic import BaseModel

from ahora.config import JobSpec
from ahora.facts import RunFacts


class JobOrder(BaseModel):
    """A job on a checkpoint."""

    spec: JobSpec
    """Its `kind` says what is done."""
    facts: RunFacts | None = None
    """About the run, for an export's model card."""
