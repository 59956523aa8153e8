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
timed() {
    begin=$(date +%s.%N)
    "$@" > out.txt || true
    printf '%8.2f s  %s\n' "$(echo "$(date +%s.%N) $begin" | awk '{print $1 - $2}')" "$*" | sed "s|$smpo|smpo|"
    tail -n 1 out.txt
}
timed "$smpo" runs list
timed "$smpo" runs list --last 5
timed "$smpo" runs show run-2
timed "$smpo" verify run-2 --skip-inputs
timed "$smpo" diff run-1 run-2 --no-rerun
timed "$smpo" runs export run-2 --format csv --out run-2.csv
timed "$smpo" runs prune run-2
