# shellcheck shell=bash
# Runs stages one after the other and keeps the count.
#
# A stage is a command with a time limit. Its output goes to a log; what it writes to file
# descriptor 3 goes to the reader at once. It ends with 0 (passed), LACKING (this machine
# cannot run it, and the last line of the log says why) or anything else (failed).

readonly LACKING=77
passed=0
failed=0
lacking=0
running=

# engine_start LOGS: takes the folder that receives one log per stage.
engine_start() {
  logs=$1
  mkdir -p "$logs"
  # `timeout` gives each stage a process group of its own, which a Ctrl-C does not reach.
  trap '[ -z "$running" ] || kill "$running"; exit 130' INT TERM
}

# stage NAME SECONDS COMMAND...: runs one stage; a failure is counted and the next one follows.
stage() {
  local name=$1 limit=$2 begun=$SECONDS status result
  shift 2
  local log=$logs/$name.log

  printf -- '-- %s\n' "$name"
  STAGE_LOG=$log timeout --kill-after=20 "$limit" "$@" 3>&1 >"$log" 2>&1 </dev/null &
  running=$!
  wait "$running"
  status=$?
  running=

  case $status in
    0)
      passed=$((passed + 1))
      result=passed
      ;;
    "$LACKING")
      lacking=$((lacking + 1))
      result="not executed, $(tail -n 1 "$log")"
      ;;
    *)
      failed=$((failed + 1))
      tail -n 60 "$log" | sed 's/^/   | /'
      printf '   the whole output: %s\n' "$log"
      result="failed with status $status"
      [ "$status" -ne 124 ] || result="failed: not done after $limit s"
      ;;
  esac
  printf '== %s: %s (%d s)\n' "$name" "$result" $((SECONDS - begun))
}

# engine_finish: prints the count and ends the run. Nothing is printed after the last line.
engine_finish() {
  printf '\n%d not executed, %d s in all\n' "$lacking" "$SECONDS"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
  exit
}
