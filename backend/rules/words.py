"""Conditions and what they found, as sentences."""

from ahora.schemas.rules import Condition, NotFinite, Shift, Silence, Stalled, Threshold
from backend.rules.conditions import Episode

_OPS = {">": "above", ">=": "at or above", "<": "below", "<=": "at or below"}


def condition_words(condition: Condition) -> str:
    """What the rule waits for."""
    match condition:
        case Threshold():
            return (
                f"{condition.metric} is {_OPS[condition.op]} {_number(condition.value)}"
                f"{_in_a_row(condition.reports)}."
            )
        case Shift():
            return f"{condition.metric} {_shift(condition)}{_in_a_row(condition.reports)}."
        case Stalled():
            enough = condition.enough
            unless = "" if enough is None else f", unless it is as good as {_number(enough)}"
            beat = f" by more than {_number(condition.min_delta)}" if condition.min_delta else ""
            return (
                f"{condition.metric}, smoothed over {condition.smoothing} reports, has had no new "
                f"{_best(condition)}{beat} for {condition.steps} steps{unless}."
            )
        case NotFinite():
            what = "Any metric" if condition.metric == "*" else condition.metric
            return f"{what} is NaN or infinite."
        case Silence():
            return f"The trainer says nothing for {_minutes(condition)}, though the run is running."


def alert_words(condition: Condition, episode: Episode) -> str:
    """What the rule found."""
    value = "not a number" if episode.value is None else _number(episode.value)
    now = f"{episode.metric} was {value} at step {episode.last_step}"
    match condition:
        case Threshold():
            return (
                f"{now}: {_OPS[condition.op]} {_number(condition.value)}"
                f"{_in_a_row(condition.reports)}, since step {episode.step}."
            )
        case Shift():
            return (
                f"{now}: it {_shift(condition)}{_in_a_row(condition.reports)}, since step "
                f"{episode.step}."
            )
        case Stalled():
            return (
                f"{now}: smoothed, it has had no new {_best(condition)} since step "
                f"{episode.step - condition.steps} or longer."
            )
        case NotFinite():
            return f"{episode.metric} was NaN or infinite at step {episode.last_step}."
        case Silence():
            return f"The trainer has said nothing for {_minutes(condition)} or more."


def _shift(condition: Shift) -> str:
    base = "first" if condition.baseline == "start" else "running mean of"
    verb = "rises" if condition.direction == "rises" else "drops"
    return (
        f"{verb} by more than {_number(100 * condition.by)} % of its {base} "
        f"{condition.baseline_reports} reports"
    )


def _in_a_row(reports: int) -> str:
    return "" if reports == 1 else f" in {reports} reports in a row"


def _best(condition: Stalled) -> str:
    return "high" if condition.better == "higher" else "low"


def _minutes(condition: Silence) -> str:
    return f"{_number(condition.minutes)} {'minute' if condition.minutes == 1 else 'minutes'}"


def _number(value: float) -> str:
    return f"{value:.4g}"
