"""Lines of runs' logs."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import RowNumber


class LogLine(Base):
    """A line, numbered within its run."""

    __tablename__ = "log_lines"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=False)
    attempt: Mapped[int]
    time: Mapped[datetime]
    level: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(20))
    message: Mapped[str] = mapped_column(Text)
