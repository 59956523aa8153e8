#!/usr/bin/env bash
# Audits over a Slurm of two nodes and over GNU parallel, held against the same audits here; then with processes killed, and
# with files in a result's place that are none. `make cluster` calls it.
#
#   Tests/Cluster/run.sh [SMPO [CASE…]]
#
# Cases: same tampered diverged final results driver gate walk ablate eval encode disk readonly hosts pages work task stepd node trainer
# kills. `task`, `stepd`, `node` and `trainer` wait for what Slurm does not tell, minutes; `kills` is KILLS=20 rounds of such, drawn by
# KILLS_SEED. `disk`, `readonly` and `hosts` need root. Exit codes: 0 all hold, 1 one does not, 2 no cluster.
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
sources=$(cd "$here/../.." && pwd -P)
smpo=$(realpath "${1:-$sources/.build/release/smpo}")
shift $(($# > 0))
cases=("$@")
((${#cases[@]} > 0)) || cases=(same tampered diverged final results driver gate walk ablate eval encode disk readonly hosts pages work task
    stepd node trainer kills)

folder=$(mktemp -d "${TMPDIR:-/tmp}/smpo-cluster-XXXXXX")
chmod 0711 "$folder" # munged wants its socket within everybody's reach
cluster=$folder/slurm
finish() {
    # A command that still waits, where a case ended before its end.
    kill $(jobs -p) 2> /dev/null || true
    "$here/slurm.sh" stop "$cluster" 2> /dev/null || true
    if [[ -d $folder/hosts ]]; then "$here/hosts.sh" down "$folder/hosts" || true; fi
    for place in full readonly; do
        if mountpoint -q "$folder/$place"; then umount "$folder/$place"; fi
    done
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

source "$here/expectations.sh"

# fresh: no job is left in the workspace, and no task that could still write into one.
fresh() {
    scancel -u "$(id -un)" 2> /dev/null || true
    until_holds 120 bash -c '[[ ! $(squeue -h) ]]' || true
    rm -rf .smpo/jobs
}
job() { echo .smpo/jobs/*; }
results() { find "$(job)/tasks" -name result.json -printf '%P %i %T@\n' | sort; }

some_result() { compgen -G '.smpo/jobs/*/tasks/*/result.json'; }
# A task's `smpo job run`, and no other process.
task_process() { pgrep -of "^$smpo job run $PWD/.smpo/jobs/"; }

# begun TASK: how often its command was started, as the log says.
begun() { grep -c ': smpo audit ' "$1/log" || true; }

# undone TASK: its command was started after there was a result. The log counts in seconds.
undone() {
    local last result
    last=$(grep ': smpo audit ' "$1/log" | tail -n 1 | cut -d ' ' -f 1)
    result=$(stat -c %Y "$1/result.json")
    (($(date -d "$last" +%s) > result))
}

# finish_killed: the same command again comes to the end, and leaves results that were there as they are.
finish_killed() {
    local before after
    before=$(results)
    expect 0 "$folder/again" "$smpo" audit eight --segments all --unnoted --on slurm
    equal "$folder/local" "$folder/again"
    after=$(results)
    [[ $(comm -12 <(echo "$before") <(echo "$after")) == "$before" ]] || fail "a result was made twice"
    [[ $(wc -l <<< "$after") == 8 ]] || fail "expected 8 results"
}

# forged: the folder of a workspace whose run holds in every digest, and whose step 5 no replay reproduces.
forged() {
    local copy=$folder/forged
    if [[ ! -d $copy ]]; then
        cp -r "$PWD" "$copy"
        rm -rf "$copy/.smpo/jobs"
        (cd "$copy" && python3 "$here/forge.py" eight 5) || fail "forge.py"
    fi
    echo "$copy"
}

case_same() {
    fresh
    expect 0 "$folder/slurm.out" "$smpo" audit eight --segments all --unnoted --on slurm
    equal "$folder/local" "$folder/slurm.out"
    expect 0 "$folder/gathered" "$smpo" job gather "$(job)"
    equal "$folder/local" "$folder/gathered"
    expect 2 "$folder/written" "$smpo" audit eight --segments all --unnoted --on "file:$folder/job"
    said "$folder/written" "incomplete: 0 of 8 tasks"
    head -n 7 "$folder/job/tasks.txt" | parallel -j 2 > "$folder/parallel.out"
    # Seven of eight are no verdict.
    expect 2 "$folder/seven" "$smpo" job gather "$folder/job"
    said "$folder/seven" "incomplete: 7 of 8 segments"
    parallel -j 2 < "$folder/job/tasks.txt" > "$folder/parallel.out"
    [[ $(grep -c 'has a result already' "$folder/parallel.out") == 7 ]] || fail "tasks with a result ran again"
    expect 0 "$folder/parallel.report" "$smpo" job gather "$folder/job"
    equal "$folder/local" "$folder/parallel.report"
}

# A flipped bit in the evidence: the same verdict, wherever the tasks run.
case_tampered() {
    local object copy=$folder/tampered
    cp -r "$PWD" "$copy"
    pushd "$copy" > /dev/null
    fresh
    object=$(find .smpo/objects -type f -size +100k | sort | head -n 1)
    chmod u+w "$object"
    printf '\x5a' | dd of="$object" bs=1 seek=90000 conv=notrunc status=none
    expect 3 "$folder/tampered.local" "$smpo" audit eight --segments all --unnoted --jobs 2
    expect 3 "$folder/tampered.slurm" "$smpo" audit eight --segments all --unnoted --on slurm
    equal "$folder/tampered.local" "$folder/tampered.slurm"
    popd > /dev/null
}

# A wrong step in segment 5 of 8, which all evidence hides.
case_diverged() {
    pushd "$(forged)" > /dev/null
    fresh
    expect 1 "$folder/diverged.local" "$smpo" audit eight --segments all --unnoted --jobs 2
    said "$folder/diverged.local" "steps 5..5        diverged: step 5, phase loss, loss[0]"
    [[ $(grep -c ' reproduced$' "$folder/diverged.local") == 7 ]] || fail "expected 7 reproduced segments"
    expect 1 "$folder/diverged.slurm" "$smpo" audit eight --segments all --unnoted --on slurm
    equal "$folder/diverged.local" "$folder/diverged.slurm"
    popd > /dev/null
}

# A task that was asked wrongly (64) says so once, and is no verdict: its evidence is exchanged for that of a shorter run.
case_final() {
    local driver status=0 number
    mkdir "$folder/short"
    cp -r Manifests Golden "$folder/short"
    rm "$folder/short/Manifests/eight.json"
    (
        cd "$folder/short" \
            && "$smpo" train Manifests/recipes/shapes-smpo.yaml --record --name eight --set training.steps=1 \
                --set training.pairs_per_step=2 --set inversion.steps=2 --set optimizer.warmup=1 \
            && "$smpo" runs pack eight pack
    ) > "$folder/short.out" 2>&1 || { fail "$(tail -n 1 "$folder/short.out")"; return 0; }
    fresh
    "$smpo" audit eight --sample 2 --seed final --unnoted --on slurm --slurm-arg=--hold > "$folder/final" 2> "$folder/final.err" &
    driver=$!
    until_holds 60 bash -c "grep -q '^      \"job\"' .smpo/jobs/*/engine.json" || return 0
    mv "$(job)/evidence" "$folder/aside"
    mv "$folder/short/pack" "$(job)/evidence"
    number=$(sed -n 's/^      "job": "\(.*\)".*/\1/p' "$(job)/engine.json")
    scontrol release "$number"
    wait "$driver" || status=$?
    [[ $status == 2 ]] || fail "tasks that were asked wrongly: expected exit code 2, found $status"
    said "$folder/final" "exit code 64"
    [[ $(cat "$(job)"/tasks/*/result.json | grep -c '"exit": 64') == 2 ]] || fail "expected two results with exit code 64"
    [[ $(cat "$(job)"/tasks/*/log | grep -c ': smpo audit ') == 2 ]] || fail "a task that was asked wrongly ran again"
    # Nor is it asked again later.
    expect 2 "$folder/final.again" "$smpo" audit eight --sample 2 --seed final --unnoted --on slurm
    [[ $(grep -c '"name"' "$(job)/engine.json") == 1 ]] || fail "a task that was asked wrongly was submitted again"
}

# Evidence where nothing can be written: read by tasks, and as it was.
case_readonly() {
    local place=$folder/readonly
    mkdir "$place"
    expect 0 "$folder/pack" "$smpo" runs pack eight "$folder/packed"
    if ! { mount --bind "$folder/packed" "$place" && mount -o remount,ro,bind "$place"; } 2> "$folder/mount.err"; then
        verdict="not tried ($(tail -n 1 "$folder/mount.err"))"
        return 0
    fi
    if touch "$place/probe" 2> /dev/null; then fail "$place can be written"; fi
    fresh
    find "$place" -printf '%P %i %s %T@\n' | sort > "$folder/packed.before"
    expect 0 "$folder/readonly.verify" "$smpo" verify eight --evidence "$place"
    expect 0 "$folder/readonly.slurm" "$smpo" audit eight --evidence "$place" --segments all --unnoted --on slurm
    said "$folder/readonly.slurm" "noted in no ledger"
    # The trained model is not in the pack, which the report says.
    diff <(grep -v 'trained model\|not checked' "$folder/local") <(grep -v 'trained model\|not checked' "$folder/readonly.slurm") > "$folder/readonly.diff" \
        || fail "evidence that cannot be written: $(head -n 3 "$folder/readonly.diff")"
    expect 0 "$folder/readonly.segment" "$smpo" audit eight --evidence "$place" --segment 4..4
    find "$place" -printf '%P %i %s %T@\n' | sort > "$folder/packed.after"
    equal "$folder/packed.before" "$folder/packed.after"
    umount "$place"
}

case_results() {
    local result=$folder/job/tasks/0003/result.json kept=$folder/kept.json kind
    if [[ ! -e $folder/job/job.json ]]; then
        expect 2 "$folder/written" "$smpo" audit eight --segments all --unnoted --on "file:$folder/job"
        parallel -j 2 < "$folder/job/tasks.txt" > /dev/null
    fi
    cp "$result" "$kept"
    for kind in empty truncated neighbour folder program; do
        rm -rf "$result"
        case $kind in
            empty) : > "$result" ;;
            truncated) head -c 300 "$kept" > "$result" ;;
            neighbour) cp "$folder/job/tasks/0004/result.json" "$result" ;;
            folder) mkdir "$result" ;;
            program) sed -E 's/("program": ")[0-9a-f]{4}/\10000/' "$kept" > "$result" ;;
        esac
        expect 2 "$folder/foreign" "$smpo" job gather "$folder/job"
        said "$folder/foreign" "tasks/0003/result.json"
    done
    rm -rf "$result"
    cp "$kept" "$result"
    expect 0 "$folder/mended" "$smpo" job gather "$folder/job"
}

case_driver() {
    fresh
    "$smpo" audit eight --segments all --unnoted --on slurm > "$folder/killed" 2>&1 &
    local driver=$!
    until_holds 60 some_result || return 0
    kill -9 "$driver"
    wait "$driver" 2> /dev/null || true
    # As if it had been killed before Slurm's answer was written down.
    sed -i '/^      "job"/d' "$(job)/engine.json"
    finish_killed
    said "$folder/again" "tasks that an earlier command submitted are waited for"
    for task in "$(job)"/tasks/*; do
        [[ $(begun "$task") == 1 ]] || fail "$task: expected to be run once, found $(begun "$task") times"
    done
    # Asked to stop, it takes its tasks back.
    fresh
    "$smpo" audit eight --segments all --unnoted --on slurm > "$folder/stopped" 2>&1 &
    driver=$!
    until_holds 60 some_result || return 0
    kill -INT "$driver"
    local status=0
    wait "$driver" || status=$?
    [[ $status == 130 ]] || fail "the driver, interrupted: expected exit code 130, found $status"
    until_holds 30 bash -c '[[ ! $(squeue -h) ]]' || return 0
    finish_killed
}

# killed NAME COMMAND…: while a driver waits, the command kills something.
killed() {
    fresh
    "$smpo" audit eight --segments all --unnoted --on slurm > "$folder/$1" 2> "$folder/$1.err" &
    local driver=$! status=0
    until_holds 60 task_process || return 0
    "${@:2}"
    wait "$driver" || status=$?
    [[ $status == 0 ]] || fail "$1 killed: expected exit code 0, found $status"
    equal "$folder/local" "$folder/$1"
}
kill_task() { kill -9 "$(task_process)"; }
kill_stepd() { kill -9 $("$here/slurm.sh" steps "$cluster" | head -n 1) && kill -9 "$(task_process)"; }
kill_node() {
    kill -9 "$("$here/slurm.sh" pid "$cluster" n2)" $("$here/slurm.sh" steps "$cluster")
    for process in $(pgrep -f "^$smpo job run $PWD/.smpo/jobs/"); do kill -9 "$process"; done
    sleep 25
    "$here/slurm.sh" node "$cluster" n2
}
case_task() { killed task kill_task; }
case_stepd() { killed stepd kill_stepd; }
case_node() { killed node kill_node; }

# descendants PID…: these and all that they started.
descendants() {
    local process
    for process; do
        echo "$process"
        descendants $(pgrep -P "$process")
    done
}

# strike KIND: kills one of its kind, drawn among those that are there; 1 where none is just now.
strike() {
    local found=() one
    case $1 in
        task) mapfile -t found < <(pgrep -f "^$smpo job run $PWD/.smpo/jobs/") ;;
        command) mapfile -t found < <(pgrep -f "^$smpo audit eight .*--evidence $PWD/.smpo/jobs/") ;;
        stepd) mapfile -t found < <("$here/slurm.sh" steps "$cluster") ;;
        slurmd | node) found=(n1 n2) ;;
        driver | early) found=("$driver") ;;
    esac
    ((${#found[@]} > 0)) || return 1
    one=${found[RANDOM % ${#found[@]}]}
    case $1 in
        task | command | driver | early) kill -9 "$one" 2> /dev/null || return 1 ;;
        stepd) kill -9 $(descendants "$one") 2> /dev/null || true ;;
        slurmd)
            node=$one
            kill -9 "$("$here/slurm.sh" pid "$cluster" "$one")"
            ;;
        node)
            node=$one
            kill -9 "$("$here/slurm.sh" pid "$cluster" "$one")" $(descendants $("$here/slurm.sh" steps "$cluster" "$one")) || true
            ;;
    esac
}

lives() { kill -0 "$1" 2> /dev/null; }
is_idle() { [[ $(sinfo -h -N -o '%t' | grep -c '^idle$') == 2 ]]; }

# drive: starts the command that waits, in the background.
drive() {
    "$smpo" audit eight --segments all --unnoted --on slurm > "$folder/kills.out" 2>> "$folder/kills.err" &
    driver=$!
}

# kill_round ROUND KIND RUN RESULTS TENTHS AGAIN PAUSE: kills one of KIND so many tenths of a second after so many results were
# there; a driver AGAIN times and each time started anew, a slurmd after PAUSE seconds. 1 where it came too late.
kill_round() {
    local kind=$2 begin=$SECONDS count status=0 before after task node= driver times=1 expected=0 report=$folder/local failed=$failures
    if [[ $3 == forged ]]; then
        expected=1 report=$folder/diverged.local
        pushd "$(forged)" > /dev/null
    else
        pushd "$PWD" > /dev/null
    fi
    fresh
    until_holds 120 is_idle || true
    : > "$folder/kills.err"
    drive
    if [[ $kind != early ]]; then
        until_holds 120 task_process || true
        while lives "$driver" && count=$(find "$(job)/tasks" -name result.json | wc -l) && ((count < $4)); do sleep 0.1; done
    fi
    sleep "$(($5 / 10)).$(($5 % 10))"
    before=$(results 2> /dev/null || true)
    while ! lives "$driver" || ! strike "$kind"; do
        if ! lives "$driver"; then
            wait "$driver" || true
            popd > /dev/null
            return 1
        fi
        sleep 0.1
    done
    if [[ $kind == driver || $kind == early ]]; then
        while wait "$driver" 2> /dev/null || true; do
            drive
            ((times < $6)) || break
            sleep "0.$(($5 % 10))"
            strike "$kind" || break
            times=$((times + 1))
        done
    fi
    if [[ $node ]]; then
        sleep "$7"
        "$here/slurm.sh" node "$cluster" "$node"
    fi
    for ((count = 0; count < 900; count++)); do
        lives "$driver" || break
        sleep 1
    done
    if lives "$driver"; then
        kill -9 "$driver"
        fail "round $1: no end after $((SECONDS - begin)) s"
    fi
    wait "$driver" || status=$?
    [[ $status == "$expected" ]] || fail "round $1: expected exit code $expected, found $status: $(tail -n 1 "$folder/kills.err")"
    equal "$report" "$folder/kills.out"
    after=$(results)
    [[ ! $before || $(comm -12 <(echo "$before") <(echo "$after")) == "$before" ]] || fail "round $1: a result was made twice"
    [[ $(wc -l <<< "$after") == 8 ]] || fail "round $1: expected 8 results"
    count=0
    for task in "$(job)"/tasks/*; do
        if undone "$task"; then fail "round $1: $task was computed again although it had a result"; fi
        count=$((count + $(begun "$task")))
    done
    # What a command that was killed has submitted, the next one waits for.
    [[ $kind != driver || $count == 8 ]] || fail "round $1: 8 tasks were begun $count times"
    ((failures == failed)) || tail -n 5 "$folder/kills.err" >&2
    printf '  %3d  %-7s %-6s %d results + %d.%d s%s: %d s, %d begun\n' "$1" "$kind" "$3" "$4" $(($5 / 10)) $(($5 % 10)) \
        "$([[ $kind != driver && $kind != early ]] || echo ", $times times")${node:+, $node back after $7 s}" $((SECONDS - begin)) "$count"
    popd > /dev/null
}

# Kills at moments that are drawn, of all that can be killed; each round comes to the report of one machine.
case_kills() {
    local rounds=${KILLS:-20} seed=${KILLS_SEED:-$(date +%s)} i=1 late=0 kinds=(task command stepd slurmd node driver driver early) runs=(eight forged)
    RANDOM=$seed
    echo "  $rounds rounds, KILLS_SEED=$seed"
    if [[ ! -e $folder/diverged.local ]]; then
        pushd "$(forged)" > /dev/null
        expect 1 "$folder/diverged.local" "$smpo" audit eight --segments all --unnoted --jobs 2
        popd > /dev/null
    fi
    while ((i <= rounds && late < 3 * rounds)); do
        # Drawn before anything runs: what happens meanwhile does not change what is drawn next.
        local kind=${kinds[RANDOM % 8]} run=${runs[RANDOM % 2]} count=$((RANDOM % 7)) tenths=$((RANDOM % 20)) times=$((1 + RANDOM % 3)) pause=$((1 + RANDOM % 30))
        local next=$((RANDOM + 1))
        if kill_round "$i" "$kind" "$run" "$count" "$tenths" "$times" "$pause"; then i=$((i + 1)); else late=$((late + 1)); fi
        RANDOM=$next
    done
    ((i > rounds)) || fail "only $((i - 1)) rounds came in time"
}

# A task whose result finds no room is trouble, and leaves nothing that looks like one; with room again it goes on.
case_disk() {
    local full=$folder/full
    mkdir -p "$full"
    if ! mount -t tmpfs -o size=256m tmpfs "$full" 2> "$folder/mount.err"; then
        verdict="not tried ($(tail -n 1 "$folder/mount.err"))"
        return 0
    fi
    expect 2 "$folder/disk.job" "$smpo" audit eight --segments all --unnoted --on "file:$full/job"
    dd if=/dev/zero of="$full/filler" bs=64k status=none 2> /dev/null || true
    expect 2 "$folder/disk.full" "$smpo" job run "$full/job" 0
    said "$folder/disk.full" "No space left on device"
    [[ ! $(find "$full/job" -name '*result*') ]] || fail "a result on a full disk: $(find "$full/job" -name '*result*')"
    expect 2 "$folder/disk.gathered" "$smpo" job gather "$full/job"
    said "$folder/disk.gathered" "incomplete: 0 of 8"
    rm "$full/filler"
    expect 0 "$folder/disk.room" "$smpo" job run "$full/job" 0
    [[ -s $full/job/tasks/0000/result.json ]] || fail "expected a result, found none"
    umount "$full"
}

# Golden runs as tasks, and mutants of a run.
case_gate() {
    fresh
    expect 0 "$folder/gate.local" "$smpo" gate short-dpo short-sft --workers 1
    expect 0 "$folder/gate.slurm" "$smpo" gate short-dpo short-sft --workers 1 --on slurm
    equal "$folder/gate.local" "$folder/gate.slurm"
    expect 0 "$folder/self-test.local" "$smpo" audit short-dpo --self-test --workers 1
    expect 0 "$folder/self-test.slurm" "$smpo" audit short-dpo --self-test --jobs 2 --on slurm
    equal "$folder/self-test.local" "$folder/self-test.slurm"
}

# A walk over kept gradients and drawn units, here and there, and of a run in which a step was tampered with.
case_walk() {
    local object draw=(audit walked --unnoted --sample-steps 1 --sample-lanes 4 --seed monday)
    fresh
    if [[ ! -e Manifests/walked.json ]]; then
        "$smpo" train Manifests/recipes/shapes-lora.yaml --record --name walked --set training.steps=4 --set optimizer.warmup=2 \
            --set training.lanes=4 --set record.gradients=true > "$folder/walked.out"
    fi
    expect 0 "$folder/walk.local" "$smpo" "${draw[@]}"
    expect 0 "$folder/walk.two" "$smpo" "${draw[@]}" --jobs 2
    equal "$folder/walk.local" "$folder/walk.two"
    expect 0 "$folder/walk.slurm" "$smpo" "${draw[@]}" --on slurm
    equal "$folder/walk.local" "$folder/walk.slurm"
    expect 0 "$folder/walk.gathered" "$smpo" job gather "$(job)"
    equal "$folder/walk.local" "$folder/walk.gathered"
    object=$(find .smpo/objects -type f -newer "$folder/train.out" | sort | head -n 1)
    cp "$object" "$folder/object"
    chmod u+w "$object"
    printf '\x5a' | dd of="$object" bs=1 seek=900 conv=notrunc status=none
    fresh
    expect 3 "$folder/walk.tampered" "$smpo" "${draw[@]}"
    expect 3 "$folder/walk.tampered.slurm" "$smpo" "${draw[@]}" --on slurm
    # The object that is named lies in the workspace, or in the job's evidence.
    sed -i -E 's|[^ ]*/objects/|objects/|' "$folder/walk.tampered" "$folder/walk.tampered.slurm"
    equal "$folder/walk.tampered" "$folder/walk.tampered.slurm"
    mv -f "$folder/object" "$object"
}

# A short ablation: the same tables, chain heads and audits.
case_ablate() {
    ablation_here
    expect 0 "$folder/ablate.slurm" "$smpo" ablate plan.yaml --out "$folder/ablation" --on slurm
    same_ablation
}

# The same with its driver killed, and one task's training.
case_trainer() {
    ablation_here
    "$smpo" ablate plan.yaml --out "$folder/ablation" --on slurm > "$folder/ablate.killed" 2>&1 &
    local driver=$!
    until_holds 120 training || return 0
    kill -9 "$(training)"
    kill -9 "$driver"
    wait "$driver" 2> /dev/null || true
    expect 0 "$folder/ablate.slurm" "$smpo" ablate plan.yaml --out "$folder/ablation" --on slurm
    same_ablation
}
training() { pgrep -of "^$smpo train recipes/late-"; }

ablation_here() {
    fresh
    rm -rf "$folder/ablation"
    plan
    [[ -e $folder/ablation-here ]] ||
        expect 0 "$folder/ablate.local" "$smpo" ablate plan.yaml --jobs 2 --out "$folder/ablation-here"
}
plan() {
    cat > plan.yaml << 'END'
name: two
seeds: [1]
scorer: Golden/shapes-pickscore
bases: {late: {path: Golden/shapes-base}}
pairs: {late: {base: late, count: 8}}
evaluation: {steps: 4, validation_captions: 4, test_captions: 4, curve_every: 1, curve_captions: 2}
tuning: {lr: [3.0e-5], beta: [1]}
common:
  data: {size: 16}
  optimizer: {schedule: constant}
  training: {steps: 2, pairs_per_step: 2}
  record: {checkpoint_every: 1, latents: false}
arms:
  dpo: {objective: {name: dpo, beta: 500}}
  smpo: {objective: {name: smpo, beta: 500, gamma: 10}, inversion: {steps: 2}}
comparisons: [[smpo, dpo]]
END
}
prompts() { printf '%s\n' "a small red circle" "a big blue square" "a green triangle" "a yellow circle" > prompts.txt; }

same_ablation() {
    local name run heads='.runs[] | [.run, .chain_head]'
    equal "$folder/ablate.local" "$folder/ablate.slurm"
    equal "$folder/ablation-here/report.md" "$folder/ablation/report.md"
    for name in ablation-here ablation; do
        jq -c "$heads" "$folder/$name/report.json" > "$folder/$name.heads"
        sqlite3 -readonly "$folder/$name/.smpo/ledger.sqlite" \
            'SELECT run, verdict, report FROM audits ORDER BY run' > "$folder/$name.audits"
        pushd "$folder/$name" > /dev/null
        find grids pairs -type f | sort | xargs md5sum > "$folder/$name.files"
        for run in $(sqlite3 -readonly .smpo/ledger.sqlite 'SELECT name FROM runs ORDER BY name'); do
            expect 0 "$folder/verified" "$smpo" verify "$run"
            cat "$folder/verified" >> "$folder/$name.files"
        done
        popd > /dev/null
    done
    equal "$folder/ablation-here.heads" "$folder/ablation.heads"
    equal "$folder/ablation-here.audits" "$folder/ablation.audits"
    equal "$folder/ablation-here.files" "$folder/ablation.files"
    [[ ! -e .smpo/jobs || ! $(find .smpo/jobs -name 'work-*') ]] || fail "expected no task's folder to be left"
}

# Seeds of the shapes world, and shares of a file of prompts.
case_eval() {
    local prompted=(eval --prompts prompts.txt --model Golden/shapes-base --rewards pickscore=Golden/shapes-pickscore --steps 4 --size 16 --json)
    local shapes=(eval --model Golden/shapes-base --reference Golden/shapes-base --captions 4 --pairs 4 --steps 4 --seeds 1,2)
    local figures='del(.made_now, .asked)'
    fresh
    prompts
    expect 0 "$folder/eval.local" "$smpo" "${prompted[@]}" --pictures "$folder/pictures"
    expect 0 "$folder/eval.slurm" "$smpo" "${prompted[@]}" --on slurm --jobs 3
    jq -S "$figures" "$folder/eval.local" > "$folder/eval.local.figures"
    jq -S "$figures" "$folder/eval.slurm" > "$folder/eval.slurm.figures"
    equal "$folder/eval.local.figures" "$folder/eval.slurm.figures"
    [[ $(jq -c .made_now.pictures "$folder/eval.slurm") == '[0]' ]] || fail "the command has drawn pictures itself"
    [[ $(results | wc -l) == 3 ]] || fail "expected three results"
    fresh
    expect 0 "$folder/seeds.local" "$smpo" "${shapes[@]}"
    expect 0 "$folder/seeds.slurm" "$smpo" "${shapes[@]}" --on slurm
    equal "$folder/seeds.local" "$folder/seeds.slurm"
}

# A latent set: the same files.
case_encode() {
    local recipe=Manifests/recipes/latents-sd.yaml
    fresh
    expect 0 "$folder/encode.local" "$smpo" data encode $recipe --set data.pairs=70 --out "$folder/latents-here"
    expect 0 "$folder/encode.slurm" "$smpo" data encode $recipe --set data.pairs=70 --out "$folder/latents" --on slurm --jobs 3
    (cd "$folder/latents-here" && md5sum ./*) > "$folder/latents-here.files"
    (cd "$folder/latents" && md5sum ./*) > "$folder/latents.files"
    equal "$folder/latents-here.files" "$folder/latents.files"
    [[ $(results | wc -l) == 3 ]] || fail "expected three results"
}

# Nodes with addresses and names of their own.
case_hosts() {
    local found
    if ! "$here/hosts.sh" up "$folder/hosts" 2 2> "$folder/hosts.err"; then
        verdict="not tried ($(tail -n 1 "$folder/hosts.err"))"
        return 0
    fi
    fresh
    expect 0 "$folder/on-hosts.out" env SLURM_HOSTS="$folder/hosts" "$here/slurm.sh" run "$folder/on-hosts" 2 1 -- \
        "$smpo" audit eight --segments all --unnoted --on slurm
    equal "$folder/local" "$folder/on-hosts.out"
    found=$(cat "$(job)"/tasks/*/result.json | sed -n 's/.*"host": "\(.*\)".*/\1/p' | sort -u | paste -sd ' ')
    [[ $found == "h1 h2" ]] || fail "expected results of h1 and h2, found: $found"
    "$here/hosts.sh" down "$folder/hosts"
}

# The commands of the how-to pages, as they stand there; each block is a shell of its own.
case_pages() {
    fresh
    rm -rf cluster.yaml job-1 packed
    ln -sfn "$sources/Tests" Tests
    page slurm
    [[ -e cluster.yaml ]] || fail "slurm.md: expected cluster.yaml, found none"
    equal "$folder/local" "$folder/slurm-2"
    sed -n '/^eight: /,$p' "$folder/slurm-6" > "$folder/slurm-6.report"
    equal "$folder/local" "$folder/slurm-6.report"
    page cluster-ci
    rm -f cluster.yaml Tests
}
case_work() {
    ablation_here
    prompts
    page cluster-work
    equal "$folder/ablate.local" "$folder/cluster-work-1"
    equal "$folder/ablation-here/report.md" by-lines/report.md
    equal "$folder/ablation-here/report.md" .smpo/ablations/two/report.md
}
# page NAME: blocks are divided by NUL; what a page writes down for cluster.yaml is in force from there on.
page() {
    local block number=0
    mkdir -p "$folder/bin"
    ln -sf "$smpo" "$folder/bin/smpo"
    while IFS= read -r -d '' block; do
        number=$((number + 1))
        if [[ $block == yaml$'\n'* ]]; then
            echo "${block#yaml}" > cluster.yaml
        else
            expect 0 "$folder/$1-$number" env PATH="$folder/bin:$PATH" bash -euo pipefail -c "${block#sh}"
        fi
    done < <(awk '/^```(sh|yaml)$/ { inside = 1; print substr($0, 4); next }
        /^```$/ && inside { inside = 0; printf "%c", 0 } inside' "$sources/Documentation/howto/$1.md")
    ((number > 0)) || fail "$1.md: expected commands, found none"
}

"$here/slurm.sh" start "$cluster" 2 1
eval "$("$here/slurm.sh" env "$cluster")"
mkdir "$folder/work"
cp -r "$sources/Manifests" "$sources/Golden" "$folder/work"
cd "$folder/work"
"$smpo" train Manifests/recipes/shapes-smpo.yaml --record --name eight --set training.steps=8 \
    --set training.pairs_per_step=2 --set inversion.steps=2 --set optimizer.warmup=2 --set record.checkpoint_every=1 > "$folder/train.out"
expect 0 "$folder/local" "$smpo" audit eight --segments all --unnoted --jobs 2
for name in "${cases[@]}"; do run_case "$name"; done
((failures == 0))
