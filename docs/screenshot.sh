#!/usr/bin/env bash
# Takes the picture of the dashboard that the README shows: starts the services and a load, breaks
# things, and drives a browser. It needs chromium and chromedriver and takes three minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
pictures=$(mktemp -d)
trap 'rm -rf "$pictures"' EXIT
PICTURES=$pictures cargo test -p system-tests --features browser --test browser -- pictures
cp "$pictures/readme.png" docs/dashboard.png
ls -l docs/dashboard.png
