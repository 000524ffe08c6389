#!/usr/bin/env bash
# Makes the environment of the dashboards that `make bench-ui` is measured beside:
# scripts/install_peers.sh [FOLDER], FOLDER being .venv-peers unless given.
#
# They live apart from the product, so that neither decides the other's versions. A peer that cannot be
# installed is said and left out: the benchmark reports it as missing. Does nothing when all is in place.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-.venv-peers}
python="$folder/bin/python"

if [ ! -x "$python" ]; then
  base=$(scripts/find_python.sh)
  echo "MLflow and trackio in an environment of their own: $folder"
  "$base" -m venv "$folder"
fi
have=$("$python" -m pip list --format=freeze --disable-pip-version-check 2>/dev/null)
for peer in mlflow==3.17.2 trackio==0.43.0; do
  grep -qx "$peer" <<<"$have" || "$python" -m pip install -q "$peer" || echo "$peer could not be installed" >&2
done
