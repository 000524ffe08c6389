"""Workers: the processes that offer slots."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import Json, RowNumber, utcnow


class Worker(Base):
    """A worker process since its start."""

    __tablename__ = "workers"
    __table_args__ = (Index(None, "status"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    status: Mapped[str] = mapped_column(String(10), default="online")
    """`online` or `offline`."""
    queues: Mapped[list[str]]
    slots: Mapped[int]
    devices: Mapped[list[dict[str, Any]]]
    labels: Mapped[list[str]]
    versions: Mapped[dict[str, str]] = mapped_column(Json)
    store: Mapped[str] = mapped_column(String(1000))
    counter: Mapped[int] = mapped_column(RowNumber, default=0)
    """Newest heartbeat."""
    busy_slots: Mapped[int] = mapped_column(default=0)
    draining: Mapped[bool] = mapped_column(default=False)
    """Whether it takes no more runs; a process of the same name and host inherits it."""
    drained_by: Mapped[str] = mapped_column(String(200), default="")
    drain_reason: Mapped[str] = mapped_column(Text, default="")
    use: Mapped[dict[str, Any] | None]
    """How busy the machine and the devices are (`ahora.schemas.workers.WorkerUse`), as last reported."""
    started_at: Mapped[datetime] = mapped_column(default=utcnow)
    last_seen_at: Mapped[datetime] = mapped_column(default=utcnow)
