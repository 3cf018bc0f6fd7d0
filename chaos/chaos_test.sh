#!/bin/sh
# Kills random members of a running demo.
# The options are those of `chaos monkey`; --help lists them.
set -eu
cd "$(dirname "$0")/.."
exec cargo run --release --bin chaos -- monkey "$@"
