"""All tables. Importing this package registers them with `backend.db.Base`."""

from backend.db.models.access import LoginCode, LoginSession, Token
from backend.db.models.attempts import Attempt
from backend.db.models.checkpoints import Checkpoint
from backend.db.models.datasets import Dataset, RunDataset
from backend.db.models.experiments import Experiment
from backend.db.models.jobs import Job
from backend.db.models.logs import LogLine
from backend.db.models.metrics import MetricChunk, MetricSeries
from backend.db.models.rollouts import RolloutGroup
from backend.db.models.rules import Alert, Rule
from backend.db.models.runs import IdempotencyKey, Project, Run, RunTag, StatusChange
from backend.db.models.stream import StreamItem
from backend.db.models.table import ConfigField, SavedView
from backend.db.models.workers import Worker

__all__ = [
    "Alert",
    "Attempt",
    "Checkpoint",
    "ConfigField",
    "Dataset",
    "Experiment",
    "IdempotencyKey",
    "Job",
    "LogLine",
    "LoginCode",
    "LoginSession",
    "MetricChunk",
    "MetricSeries",
    "Project",
    "RolloutGroup",
    "Rule",
    "Run",
    "RunDataset",
    "RunTag",
    "SavedView",
    "StatusChange",
    "StreamItem",
    "Token",
    "Worker",
]
