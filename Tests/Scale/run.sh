#!/bin/sh
# A large ledger, and what its users' commands take. 1,000 runs of 2,000 steps of 700 tensors are 55 GB and half an hour.
#
#   Tests/Scale/run.sh [RUNS,STEPS,TENSORS [FOLDER]]
set -eu
scale=${1:-1000,2000,700}
folder=${2:-$(mktemp -d)}
smpo=$PWD/.build/release/smpo
swift build -c release --product smpo
SMPO_SCALE=$scale SMPO_SCALE_FOLDER=$folder swift test -c release --filter '^LedgerTests\.ScaleTests'
cd "$folder"
ls -l .smpo/ledger.sqlite
# timed STATUS COMMAND…: the command must end with that exit code.
timed() {
    expected=$1 status=0
    shift
    begin=$(date +%s.%N)
    "$@" > out.txt || status=$?
    test "$status" = "$expected" || { echo "$*: expected exit code $expected, found $status" >&2; exit 1; }
    printf '%8.2f s  %s\n' "$(echo "$(date +%s.%N) $begin" | awk '{print $1 - $2}')" "$*" | sed "s|$smpo|smpo|"
    tail -n 1 out.txt
}
timed 0 "$smpo" runs list
timed 0 "$smpo" runs list --last 5
timed 0 "$smpo" runs show run-2
timed 0 "$smpo" verify run-2 --skip-inputs
timed 1 "$smpo" diff run-1 run-2 --no-rerun
timed 0 "$smpo" runs export run-2 --format csv --out run-2.csv
timed 0 "$smpo" runs prune run-2
