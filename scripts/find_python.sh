#!/usr/bin/env bash
# Prints the first Python 3.11 to 3.13 on this machine that can make virtual environments.
set -uo pipefail

for name in python3.11 python3.12 python3.13 python3 python; do
  path=$(command -v "$name" 2>/dev/null) || continue
  if "$path" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    "$path" -c 'import sys; print(sys.executable)'
    exit 0
  fi
done
echo "Ahora needs Python 3.11, 3.12 or 3.13 with venv (Debian, Ubuntu: sudo apt-get install python3 python3-venv)." >&2
exit 1
