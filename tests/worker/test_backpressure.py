"""An API that is away for long fills the disk and nothing else."""

import psutil
import pytest

from tests.worker.conftest import Bench
from tests.worker.contract import until

LINES, WIDTH = 20_000, 4_000
"""80 MB: what a chatty run reports in many minutes."""
MOST_MEMORY = 48 * 2**20


@pytest.mark.slow
def test_a_large_spool_is_held_on_disk_and_arrives_whole(bench: Bench) -> None:
    bench.api.forget = True
    stored = bench.start(f"""
wait_for("away")
line = '{{"type":"log","message":"' + "x" * {WIDTH} + '"}}\\n'
for _ in range({LINES}):
    events.write(line)
events.flush()
note("written", "")
wait_for("finish")
status("completed")
""")
    until(lambda: stored.events, "the supervisor's first word")
    bench.api.down()
    process = psutil.Process()
    before = process.memory_info().rss
    most = 0

    def grown() -> int:
        nonlocal most
        most = max(most, process.memory_info().rss - before)
        return most

    (bench.folder / "away").touch()
    bench.noted("written")
    spool = bench.spool() / "spool.jsonl"
    until(lambda: grown() >= 0 and spool.stat().st_size > LINES * WIDTH, "all is spooled", 60)
    assert most < MOST_MEMORY, f"{most / 2**20:.0f} MiB more while it spooled"
    bench.api.up()
    until(lambda: grown() >= 0 and len(stored.events) > LINES, "all has arrived", 120)
    assert most < MOST_MEMORY, f"{most / 2**20:.0f} MiB more while it shipped"
    (bench.folder / "finish").touch()
    bench.join()
    # its first word, the lines, and how it ended
    assert len(stored.events) == 1 + LINES + 1
    assert stored.final is not None
    assert stored.final.status == "completed"
