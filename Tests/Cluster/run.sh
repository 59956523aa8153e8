#!/usr/bin/env bash
# Audits over a Slurm of two nodes and over GNU parallel, held against the same audits here; then with processes killed, and
# with files in a result's place that are none. `make cluster` calls it.
#
#   Tests/Cluster/run.sh [SMPO [CASE…]]     cases: same tampered results driver disk gate walk ablate eval encode hosts pages work task stepd node trainer
#
# `task`, `stepd`, `node` and `trainer` wait for what Slurm does not tell, minutes. `disk` and `hosts` need root. Exit codes: 0 all hold, 1 one does not, 2 no cluster.
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
sources=$(cd "$here/../.." && pwd -P)
smpo=$(realpath "${1:-$sources/.build/release/smpo}")
shift $(($# > 0))
cases=("$@")
((${#cases[@]} > 0)) || cases=(same tampered results driver gate walk ablate eval encode disk hosts pages work task stepd node trainer)

folder=$(mktemp -d "${TMPDIR:-/tmp}/smpo-cluster-XXXXXX")
chmod 0711 "$folder" # munged wants its socket within everybody's reach
cluster=$folder/slurm
finish() {
    "$here/slurm.sh" stop "$cluster" 2> /dev/null || true
    if [[ -d $folder/hosts ]]; then "$here/hosts.sh" down "$folder/hosts" || true; fi
    if mountpoint -q "$folder/full"; then umount "$folder/full"; fi
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

source "$here/expectations.sh"

# fresh: no job is left in the workspace, and no task that could still write into one.
fresh() {
    scancel -u "$(id -un)" 2> /dev/null || true
    until_holds 60 bash -c '[[ ! $(squeue -h) ]]' || true
    rm -rf .smpo/jobs
}
job() { echo .smpo/jobs/*; }
results() { find "$(job)/tasks" -name result.json -printf '%P %i %T@\n' | sort; }

some_result() { compgen -G '.smpo/jobs/*/tasks/*/result.json'; }
# A task's `smpo job run`, and no other process.
task_process() { pgrep -of "^$smpo job run $PWD/.smpo/jobs/"; }

# finish_killed WHAT: the same command again comes to the end, and leaves results that were there as they are.
finish_killed() {
    local before after
    before=$(results)
    expect 0 "$folder/again" "$smpo" audit eight --segments all --unnoted --on slurm
    equal "$folder/local" "$folder/again"
    after=$(results)
    [[ $(comm -12 <(echo "$before") <(echo "$after")) == "$before" ]] || fail "a result was made twice"
    [[ $(wc -l <<< "$after") == 8 ]] || fail "expected 8 results"
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
    finish_killed
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

# A walk over kept gradients and drawn units, here and there; with a task killed, and of a run in which a step was tampered with.
case_walk() {
    local object draw=(audit kept --unnoted --sample-steps 1 --sample-lanes 4 --seed monday)
    fresh
    if [[ ! -e Manifests/kept.json ]]; then
        "$smpo" train Manifests/recipes/shapes-lora.yaml --record --name kept --set training.steps=4 --set training.lanes=4 \
            --set record.gradients=true > "$folder/kept.out"
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
