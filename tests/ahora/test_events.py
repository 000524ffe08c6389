"""Events survive the trip through a line of JSON, whatever their values."""

import json
import math

import pytest
from pydantic import ValidationError

from ahora.events import EVENT, MetricsEvent, Numbered, StatusEvent
from ahora.status import RunStatus


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.1, 1e308, -0.0])
def test_metric_values_round_trip_as_strict_json(value: float) -> None:
    event = MetricsEvent(step=3, elapsed=1.5, tokens=7, values={"reward": value})
    line = event.line()
    assert "\n" not in line
    json.loads(line, parse_constant=pytest.fail)  # no bare NaN: other readers would refuse it
    back = EVENT.validate_json(line)
    assert isinstance(back, MetricsEvent)
    assert repr(back.values["reward"]) == repr(value)


def test_an_unknown_type_or_key_is_refused() -> None:
    with pytest.raises(ValidationError):
        EVENT.validate_python({"type": "telemetry"})
    with pytest.raises(ValidationError):
        EVENT.validate_python({"type": "progress", "phase": "training", "percent": 3})


def test_a_job_cannot_report_a_state_that_is_not_its_own() -> None:
    assert StatusEvent(status=RunStatus.COMPLETED).line()
    with pytest.raises(ValidationError):
        EVENT.validate_python({"type": "status", "status": "lost"})


def test_numbers_start_at_one() -> None:
    event = StatusEvent(status=RunStatus.RUNNING)
    assert Numbered(seq=1, event=event).seq == 1
    with pytest.raises(ValidationError):
        Numbered(seq=0, event=event)
