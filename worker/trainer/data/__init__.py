"""Problems: where they come from and how they become prompts."""

from worker.trainer.data.load import load_data
from worker.trainer.data.problem import Problem, Problems

__all__ = ["Problem", "Problems", "load_data"]
