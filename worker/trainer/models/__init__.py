"""Models: where weights come from, and the policy made of them."""

from worker.trainer.models.cache import Report
from worker.trainer.models.checkpoint import load_checkpoint_policy
from worker.trainer.models.load import load_policy
from worker.trainer.models.policy import Policy

__all__ = ["Policy", "Report", "load_checkpoint_policy", "load_policy"]
