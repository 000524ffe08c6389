"""Whether a worker can run something, and if not, why."""

from collections.abc import Iterable
from dataclasses import dataclass

from ahora.config import RunConfig
from ahora.schemas.workers import Device, DeviceUse
from backend.db.models import Run, Worker

KINDS = {"cpu": "cpu", "gpu": "cuda"}
"""Kind of device behind each queue."""


@dataclass(frozen=True)
class Needs:
    """What a run asks of a worker."""

    queue: str
    labels: tuple[str, ...]
    min_memory_gb: float
    store: str = ""
    """Identity of the artifact store it must reach; empty when it reads none."""

    @classmethod
    def of(cls, config: RunConfig) -> "Needs":
        """Of a run with this configuration."""
        resources = config.resources
        return cls(resources.queue, tuple(resources.labels), resources.min_memory_gb)

    @classmethod
    def of_run(cls, run: Run) -> "Needs":
        """Of the next attempt at a run."""
        return cls(run.queue, tuple(run.labels), run.min_memory_gb, run.needs_store)


def devices(worker: Worker, queue: str) -> dict[int, Device]:
    """The worker's devices behind a queue, by slot."""
    if queue not in worker.queues:
        return {}
    found = enumerate(Device.model_validate(device) for device in worker.devices)
    return {slot: device for slot, device in found if device.kind == KINDS[queue]}


def troubles(worker: Worker, queue: str) -> dict[int, str]:
    """Why slots of the worker behind a queue take no runs, as it last said, by slot."""
    said = [DeviceUse.model_validate(use) for use in (worker.use or {}).get("devices", [])]
    return {
        use.slot: use.trouble for use in said if use.trouble and use.slot in devices(worker, queue)
    }


def why_none_fits(needs: Needs, online: Iterable[Worker]) -> str | None:
    """Why none of the workers could run it, as a sentence with the remedy; None when one could."""
    workers = list(online)
    if not workers:
        return "No worker is online. Start one with `ahora worker`."
    serving = [worker for worker in workers if devices(worker, needs.queue)]
    if not serving:
        remedy = (
            "start a worker on a machine with an NVIDIA GPU, or set resources.device to cpu"
            if needs.queue == "gpu"
            else "start one with `ahora worker --queues cpu`"
        )
        return f"No worker that is online serves the queue {needs.queue}: {remedy}."
    labelled = [worker for worker in serving if set(needs.labels) <= set(worker.labels)]
    if not labelled:
        wanted = ", ".join(needs.labels)
        offered = sorted({label for worker in serving for label in worker.labels})
        return (
            f"It needs {_labels(needs.labels)} {wanted}; the workers of the queue {needs.queue} that "
            f"are online have {', '.join(offered) or 'none'}. Start one with `ahora worker --labels "
            f"{','.join(needs.labels)}`, or change resources.labels."
        )
    reaching = [worker for worker in labelled if needs.store in ("", worker.store)]
    if not reaching:
        return (
            "It goes on from a checkpoint in an artifact store that no fitting worker reaches: start "
            "one with the AHORA_STORE of the worker that saved it, or let it begin anew."
        )
    places = [
        (each, slot, device.memory_gb)
        for each in reaching
        for slot, device in devices(each, needs.queue).items()
    ]
    largest = max(memory for _, _, memory in places)
    if largest < needs.min_memory_gb:
        return (
            f"The run asks for {needs.min_memory_gb:g} GB of device memory; the most that a fitting "
            f"worker has is {largest:g} GB. Lower resources.min_memory_gb or start a larger worker."
        )
    held = [
        (each.name, slot, troubles(each, needs.queue).get(slot, ""))
        for each, slot, memory in places
        if memory >= needs.min_memory_gb
    ]
    if all(trouble for _, _, trouble in held):
        name, slot, trouble = held[0]
        return f"No slot that it fits takes runs now. Slot {slot} of {name}: {trouble}"
    return None


def _labels(labels: tuple[str, ...]) -> str:
    return "the label" if len(labels) == 1 else "the labels"
