"""The typed client of Ahora's REST API."""

from ahora.client.client import Client
from ahora.client.errors import (
    AhoraError,
    ApiError,
    ConflictError,
    DownloadError,
    InvalidInputError,
    NotAllowedError,
    NotConfiguredError,
    NotFoundError,
    OutdatedError,
    ServerUnreachableError,
    WaitTimeoutError,
)
from ahora.client.stream import (
    CheckpointsChanged,
    JobAsked,
    LogArrived,
    MetricsArrived,
    ProvenanceArrived,
    Ready,
    RolloutsArrived,
    RunChanged,
    StreamEvent,
)

__all__ = [
    "AhoraError",
    "ApiError",
    "CheckpointsChanged",
    "Client",
    "ConflictError",
    "DownloadError",
    "InvalidInputError",
    "JobAsked",
    "LogArrived",
    "MetricsArrived",
    "NotAllowedError",
    "NotConfiguredError",
    "NotFoundError",
    "OutdatedError",
    "ProvenanceArrived",
    "Ready",
    "RolloutsArrived",
    "RunChanged",
    "ServerUnreachableError",
    "StreamEvent",
    "WaitTimeoutError",
]
