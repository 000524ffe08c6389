"""One run of chaos: faults and users for a while, then peace, then the verdict."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.faults import FAULTS, Undo
from tests.chaos.real import build_model, reference
from tests.chaos.site import Site, site, until
from tests.chaos.story import FINAL, POINTS_CONFIG, REAL_CONFIG, User
from tests.chaos.verdict import judge, judge_end


@dataclass
class Report:
    """What happened."""

    database: str
    seed: int
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    disturbed: dict[str, int] = field(default_factory=dict)
    actions: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    events: int = 0
    clocks: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def run(
    database: str,
    seed: int,
    *,
    faults: int,
    real_runs: int,
    cache: Path,
    say: Callable[[str], None],
    settle: float = 240.0,
) -> Report:
    """Inject `faults` faults while users act; `say` hears what is done. Raises nothing that a broken
    promise causes: those are the report's `problems`."""
    began = time.monotonic()
    report = Report(database, seed)
    undisturbed = None
    if real_runs:
        build_model(cache)
        undisturbed = reference(cache)
    with site(database, seed, cache=cache) as place:
        place.start()
        report.clocks = place.clocks
        user = User(place, seed)
        for number in range(2):
            user.launch(f"points kept {number}", POINTS_CONFIG, keep=True)
        for number in range(real_runs):
            user.launch(f"real {number}", REAL_CONFIG, keep=True)
        try:
            with _acting(user, random.Random(seed + 2), say):
                _storm(place, random.Random(seed), faults, report, say)
                say("calm")
                place.heal()
            _settle(user, settle)
        except AssertionError as error:
            report.problems.append(str(error))
        report.problems += judge(place, user, undisturbed)
        _tell(place, user, report)
        report.problems += _end(place)
        if report.problems:
            keep_logs(place, say)
    report.seconds = time.monotonic() - began
    return report


@contextmanager
def _acting(user: User, rng: random.Random, say: Callable[[str], None]) -> Iterator[None]:
    """A user acts, in a thread: the answer to a request may have to wait until a fault is undone."""
    enough = threading.Event()
    wrong: list[AssertionError] = []

    def act() -> None:
        try:
            while not enough.wait(rng.uniform(0.1, 1.2)):
                say(f"          user: {user.act()}")
        except AssertionError as error:
            wrong.append(error)

    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()
    if wrong:
        raise wrong[0]


def _storm(
    place: Site, rng: random.Random, faults: int, report: Report, say: Callable[[str], None]
) -> None:
    pending: list[tuple[float, Undo]] = []
    place.proxy.trouble = 0.05
    began = time.monotonic()
    while report.faults.total() < faults:
        now = time.monotonic()
        for entry in [entry for entry in pending if entry[0] <= now]:
            pending.remove(entry)
            entry[1]()
        (fault,) = rng.choices([*FAULTS], [*FAULTS.values()])
        done = fault(place, rng)
        if done is not None:
            name, seconds, undo = done
            report.faults[name.rstrip("-0123456789")] += 1
            say(f"{now - began:6.1f} s  {name} for {seconds:.1f} s")
            pending.append((now + seconds, undo))
        time.sleep(rng.uniform(0.2, 2.2))
    for _, undo in pending:
        undo()


def _settle(user: User, timeout: float) -> None:
    """Resume what is paused and wait until every run has ended."""

    def ended() -> bool:
        user.resume_paused()
        states = user.states()
        return len(states) == len(user.runs) and all(run["status"] in FINAL for run in states)

    until(ended, "every run ends", timeout)


def _tell(place: Site, user: User, report: Report) -> None:
    testimony = place.proxy.testimony
    report.disturbed = testimony.disturbed
    report.actions = user.done
    report.runs = Counter(run["status"] for run in user.states())
    report.attempts = len(testimony.claims)
    report.events = len(testimony.accepted)


def _end(place: Site) -> list[str]:
    """Stop everything in order; what does not obey is a problem."""
    problems = []
    for member in [*place.workers, *place.apis, place.redis]:
        try:
            member.terminate()
        except Exception as error:
            problems.append(f"{member.name} does not end: {error!r}")
    return problems + judge_end(place)


def keep_logs(place: Site, say: Callable[[str], None]) -> None:
    """The last lines of every log, for whoever looks for the cause."""
    for member in place.members:
        lines = member.log.read_text(errors="replace").splitlines()[-40:]
        say(f"--- {member.name}\n" + "\n".join(lines))
