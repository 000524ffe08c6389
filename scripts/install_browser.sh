#!/usr/bin/env bash
# Makes sure there is a Chromium for the end-to-end tests and prints its path.
set -euo pipefail

find_browser() {
  for name in chromium chromium-browser google-chrome-stable google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then command -v "$name"; return 0; fi
  done
  return 1
}

find_browser && exit 0
if command -v apt-get >/dev/null 2>&1; then
  run=""
  if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      echo "The end-to-end tests need Chromium: sudo apt-get install chromium" >&2
      exit 1
    fi
    run="sudo -n"
  fi
  $run apt-get update -q >&2
  $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-liberation >&2
fi
find_browser || { echo "The end-to-end tests need Chromium or Chrome on PATH" >&2; exit 1; }
