"""How often a run that loses its workers is tried, whoever found out that they are lost."""

from backend.db.models import Run


def no_more_tries(run: Run, lost: int) -> str | None:
    """Why `run`, of which `lost` attempts ended with their workers, is not tried again; None when it is.

    Attempts that a worker gave back in order (a shutdown, an update) are not among `lost`.
    """
    if lost < run.max_attempts:
        return None
    times = "once" if lost == 1 else f"{lost} times"
    return (
        f"Its worker was lost {times}, and resources.max_attempts allows no more tries. Look at the "
        "worker's log and memory (running out of it is the most likely cause), then clone the run."
    )
