"""What every job on a checkpoint starts from: the device, the policy, and what it may reach."""

from pathlib import Path
from typing import Any

from ahora.config import RunConfig
from worker.trainer.checkpoints.files import Unusable, verify
from worker.trainer.checkpoints.layout import MANIFEST
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.journal import Journal
from worker.trainer.models import Policy, load_checkpoint_policy
from worker.trainer.models.checkpoint import read_about
from worker.trainer.network import Network
from worker.trainer.setup import choose_device, reporter
from worker.trainer.stop import Stop


class Workbench:
    """A checkpoint that is worked on."""

    def __init__(self, config: RunConfig, checkpoint: Path, journal: Journal, stop: Stop) -> None:
        self.config = config
        self.checkpoint = checkpoint
        self.journal = journal
        self.stop = stop
        self.environment = Environment.from_environ()
        self.device = choose_device(config.resources)
        _check_whole(checkpoint)
        self.about: dict[str, Any] = read_about(checkpoint)
        """What the checkpoint says about itself."""

    @property
    def step(self) -> int:
        """The step the checkpoint was saved after."""
        return int(self.about.get("step", 0))

    def policy(self, **model: Any) -> Policy:
        """The policy as the checkpoint left it; `model` changes fields of the model's configuration."""
        policy, notes = load_checkpoint_policy(
            self.config.model.model_copy(update=model),
            self.checkpoint,
            self.device,
            self.environment,
            reporter(self.journal, self.stop),
        )
        for line in notes:
            self.journal.log("warning", line)
        self.journal.log(
            "info",
            f"Checkpoint of step {self.step} of {self.config.model.model_name_or_path} loaded on "
            f"{self.device}.",
        )
        return policy

    def network(self, policy: Policy) -> Network:
        """The policy's network, in the precision it was trained in."""
        config = self.config.model
        network = Network(policy.model, autocast=config.dtype == "bfloat16" and not config.use_peft)
        network.verify()
        return network


def _check_whole(checkpoint: Path) -> None:
    if not (checkpoint / MANIFEST).exists():
        return  # of a version that wrote none
    try:
        verify(checkpoint)
    except Unusable as error:
        raise RunError(
            "checkpoint_invalid",
            f"the checkpoint cannot be used because {error}: choose another one",
        ) from error
