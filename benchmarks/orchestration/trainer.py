"""What the dispatch benchmark runs as a trainer: says when it started, and completes."""

import json
import sys
import time

now = time.time()
run_json, out = sys.argv[1], sys.argv[2]
with open(run_json, encoding="utf-8") as file:  # noqa: PTH123 (nothing is imported that takes time)
    name = json.load(file)["run_name"]
root = run_json.split("/worker-")[0]
with open(f"{root}/started/{name}.part", "w", encoding="utf-8") as file:  # noqa: PTH123
    file.write(repr(now))
with open(f"{out}/events.jsonl", "w", encoding="utf-8") as file:  # noqa: PTH123
    file.write('{"type":"status","status":"running"}\n{"type":"status","status":"completed"}\n')

import os  # noqa: E402

os.rename(f"{root}/started/{name}.part", f"{root}/started/{name}")  # noqa: PTH104
