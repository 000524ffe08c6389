"""Rules of the structure that a tool can check."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ahora", "backend", "worker")


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def test_the_import_rules_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "module", ["backend.app", "worker.celery_app", "worker.supervisor", "ahora.cli.main"]
)
def test_importing_a_server_process_does_not_load_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"\b(?:import|from) pickle\b", "no pickle anywhere"),
        (r"\btorch\.(?:save|load)\(", "weights are safetensors, state is JSON"),
        (r"shell=True", "no shell strings"),
        (r"trust_remote_code=True", "code from a hub never runs"),
        (r"weights_only=False", "no pickled weights"),
        (r"\btime\.time\(\).*lease", "leases run on a monotonic clock"),
        (r"TODO|FIXME|XXX", "what is unfinished is an issue, not a comment"),
    ],
)
def test_what_the_product_never_does(pattern: str, why: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == [], why


def test_files_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): n
        for path in sources()
        if (n := len(path.read_text().splitlines())) > 400
    }
    assert long == {}
