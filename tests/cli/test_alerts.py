"""alerts, against the real API."""

from ahora.cli.exits import Exit
from ahora.client import Client
from tests.backend.support import RUNNING, FakeWorker, metrics
from tests.cli.conftest import Run


def test_alerts_are_listed_and_acknowledged_and_rules_changed(
    ahora: Run, api: Client, worker: FakeWorker
) -> None:
    api.launch({"max_steps": 9}, name="watched")
    changed = ahora(
        "alerts", "set", "kl-blowup", "--pause", "--set", "value=0.5", "--set", "reports=1"
    )
    assert changed.out.strip() == "kl-blowup  on, pause: kl is above 0.5."
    assert "kl-blowup" in ahora("alerts", "rules").out
    assert ahora("alerts", "set", "none").code == Exit.NOT_FOUND
    refused = ahora("alerts", "set", "kl-blowup", "--set", "op=between")
    assert refused.code == Exit.USAGE
    assert ahora("alerts").out.strip() == "No alerts."

    job = worker.job()
    worker.events(job, 1, RUNNING, metrics(1, kl=0.75))
    assert "kl was 0.75 at step 1" in ahora("alerts").out
    (found,) = ahora("alerts", "--run", "watched", "--json").json
    assert found["paused"]
    assert ahora("alerts", "ack", "watched", "kl-blowup").code == Exit.OK
    assert ahora("alerts").out.strip() == "No alerts."
    assert "known" in ahora("alerts", "--all").out

    ahora("alerts", "set", "kl-blowup", "--run", "watched", "--off")
    by_key = {rule.key: rule for rule in api.rules(run_id=job["run_id"])}
    assert (by_key["kl-blowup"].origin, by_key["kl-blowup"].enabled) == ("run", False)
    api.delete_rule("kl-blowup", run_id=job["run_id"])
    assert api.rules(run_id=job["run_id"]) == api.rules()
