"""ahora datasets: files are uploaded, found again by name or hash, used and deleted."""

from pathlib import Path

from ahora.cli.exits import Exit
from ahora.client import Client
from tests.cli.conftest import Run


def test_a_dataset_is_uploaded_used_and_deleted(ahora: Run, api: Client, tmp_path: Path) -> None:
    file = tmp_path / "capitals.jsonl"
    file.write_text('{"land": "Norway", "city": "Oslo"}\n' * 4)
    unmapped = ahora("datasets", "upload", str(file))
    assert unmapped.code == Exit.USAGE
    assert "prompt_column" in unmapped.err
    columns = ("--prompt", "land", "--answer", "city")
    made = ahora("datasets", "upload", str(file), *columns)
    assert made.code == Exit.OK
    assert "4 rows" in made.out
    [found] = api.datasets()
    assert f"--set data.dataset={found.sha256}" in made.out
    assert "capitals" in ahora("datasets").out
    shown = ahora("datasets", "show", found.sha256[:10])
    assert '"Norway" -> "Oslo"' in shown.out
    run = api.launch(
        "smollm2-addition",
        overrides={
            "data.kind": "jsonl",
            "data.dataset": found.sha256,
            "rewards.functions": [{"kind": "exact_text", "marker": ""}],
        },
    )
    kept = ahora("datasets", "delete", "capitals")
    assert kept.code == Exit.FAILED
    assert run.name in kept.err
    api.stop(run.id)
    assert ahora("datasets", "delete", "capitals").code == Exit.OK
    assert ahora("datasets", "show", "capitals").code == Exit.NOT_FOUND
