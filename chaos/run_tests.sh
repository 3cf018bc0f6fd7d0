#!/bin/sh
# Lets the monkey loose while health checks mend what it breaks, and then decides.
# The options are those of `chaos test`; --help lists them.
set -eu
cd "$(dirname "$0")/.."
exec cargo run --release --bin chaos -- test "$@"
