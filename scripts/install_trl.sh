#!/usr/bin/env bash
# Makes the environment of the peer that parity and benchmarks are measured against:
# scripts/install_trl.sh cpu|cuda [FOLDER], FOLDER being .venv-trl unless given.
#
# TRL lives apart from the product, so that neither decides the other's versions. What both use
# (transformers, peft, numpy ...) is pinned by constraints.txt, so that a difference in numbers or in
# time is TRL's and not that of another transformers. Does nothing when all is in place.
set -euo pipefail
cd "$(dirname "$0")/.."

flavour=${1:?usage: install_trl.sh cpu|cuda [FOLDER]}
folder=${2:-.venv-trl}
python="$folder/bin/python"
trl=1.16.0

if [ ! -x "$python" ]; then
  base=$(scripts/find_python.sh)
  echo "TRL $trl in an environment of its own: $folder"
  "$base" -m venv "$folder"
fi
scripts/install_torch.sh "$flavour" "$python"

pins=$(grep -E '^(transformers|peft)==' constraints.txt)
have=$("$python" -m pip list --format=freeze --disable-pip-version-check 2>/dev/null)
missing=""
for pin in "trl==$trl" $pins; do
  grep -qx "$pin" <<<"$have" || missing="$missing $pin"
done
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086  # one word a package
  "$python" -m pip install -q -c constraints.txt $missing
fi
