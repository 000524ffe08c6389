#!/usr/bin/env bash
# Installs the pinned torch into a Python: scripts/install_torch.sh cpu|cuda PYTHON
#
# The plain PyPI wheel brings gigabytes of CUDA libraries, so a CPU machine gets the CPU build: from a
# wheel pip is already configured to find (find-links), else from PyTorch's own CPU index.
set -euo pipefail

flavour=${1:?usage: install_torch.sh cpu|cuda PYTHON}
python=${2:?usage: install_torch.sh cpu|cuda PYTHON}
version=2.13.0

have=$("$python" -c 'import importlib.metadata as m
try: print(m.version("torch"))
except m.PackageNotFoundError: print("")')

case "$flavour" in
  cpu)
    if [ "$have" = "$version+cpu" ]; then exit 0; fi
    echo "torch $version, CPU build (TORCH=cuda installs the CUDA build)"
    "$python" -m pip install -q --no-index --no-deps "torch==$version+cpu" 2>/dev/null ||
      "$python" -m pip install -q --no-deps "torch==$version" --index-url https://download.pytorch.org/whl/cpu
    ;;
  cuda)
    if [ "$have" = "$version" ]; then exit 0; fi
    echo "torch $version, CUDA build (TORCH=cpu installs the smaller CPU build)"
    PIP_FIND_LINKS='' "$python" -m pip install -q -c constraints.txt --upgrade "torch==$version"
    ;;
  *)
    echo "TORCH must be cpu or cuda, not '$flavour'" >&2
    exit 2
    ;;
esac
