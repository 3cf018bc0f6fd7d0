#!/bin/sh
# Checks a running demo and starts again what is dead.
# The options are those of `chaos health`; --help lists them.
set -eu
cd "$(dirname "$0")/.."
exec cargo run --release --bin chaos -- health "$@"
