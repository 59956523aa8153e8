#!/usr/bin/env bash
# Audits by a walk over kept gradients, of runs of the size of Stable Diffusion 1.5 with random weights on random latents.
# `make full-size-walk` calls it.
#
#   Tests/Scale/walk.sh SMPO lora|full [FOLDER [KEY=VALUE…]]
#
# lora: three steps of four pairs in four lanes, adapters of rank 8. Recorded, audited by a walk with drawn steps and lanes in one process,
# in two, and as tasks of a folder: the same report each time. With SMPO_FORGE=COMMAND in the environment, a command that runs
# AuditTests' WalkScaleTests (`swift test -c release --filter WalkScaleTests`), forged runs are recorded too, and found when drawn.
#
# full: two steps of four pairs in four lanes, all weights, Adafactor. Recorded, audited with all steps and with drawn lanes.
#
# Latents are those of pictures of 256 pixels. Further words override values of the recipe. Of each command the time and the peak of
# memory are printed. With FOLDER, a model that is there is taken, and all stays.
set -euo pipefail
smpo=$(realpath "$1")
kind=$2
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
if (($# > 2)); then
    mkdir -p "$3"
    folder=$(realpath "$3")
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi
shift $(($# > 3 ? 3 : $#))
cd "$folder"

# timed STATUS FILE COMMAND…: the command ends with that exit code; FILE takes what it prints.
timed() {
    local expected=$1 file=$2 status=0
    shift 2
    /usr/bin/env time -f '%e s, %M KiB' -o time.txt "$@" > "$file" 2> "$file.err" || status=$?
    echo "$(tail -n 1 time.txt)  $(basename "$1") ${*:2}"
    if [[ $status != "$expected" ]]; then
        tail -n 3 "$file" "$file.err" >&2
        echo "expected exit code $expected, found $status" >&2
        exit 1
    fi
}
equal() { cmp "$1" "$2" || exit 1; }

case $kind in
    lora | full) ;;
    *)
        echo "expected lora or full, found $kind" >&2
        exit 64
        ;;
esac

[[ -d sd15 ]] || timed 0 model.out "$smpo" init model "$sources/Manifests/models/sd15" --seed 7 --dtype f16 --out sd15
[[ -d random-latents ]] || timed 0 latents.out "$smpo" data latents --pairs 16 --shape 4x32x32 --seed 1 --out random-latents

optimizer='name: adamw' steps=3 adapters='lora: {rank: 8, targets: [to_k, to_q, to_v, to_out.0]}'
if [[ $kind == full ]]; then optimizer='name: adafactor' steps=2 adapters=''; fi
cat > recipe.yaml << EOF
name: walk
seed: 42
data: {kind: latents, path: random-latents, size: 32}
model: {path: sd15}
$adapters
objective: {name: smpo, beta: 2000, gamma: 10, winner: reward}
inversion: {steps: 1}
optimizer: {$optimizer, lr: 1.024e-5, schedule: constant}
training: {steps: $steps, pairs_per_step: 4, micro_pairs: 1, lanes: 4, recompute: true}
record: {checkpoint_every: 0, gradients: true}
EOF
overrides=()
for pair in "$@"; do overrides+=(--set "$pair"); done

"$smpo" train recipe.yaml "${overrides[@]}" --dry-run | sed -n '/^most at once/p'
if [[ ! -e Manifests/walk.json ]]; then
    timed 0 train.out "$smpo" train recipe.yaml "${overrides[@]}" --record --name walk
fi
du -sh .smpo/objects

audit=("$smpo" audit walk --unnoted)
if [[ $kind == full ]]; then
    timed 0 lanes.out "${audit[@]}" --sample-lanes 2 --seed one
    cat lanes.out
    timed 0 steps.out "${audit[@]}" --sample-steps 2 --seed two
    cat steps.out
    exit 0
fi

timed 0 updates.out "${audit[@]}" --sample-steps 0
timed 0 one.out "${audit[@]}" --sample-steps 1 --sample-lanes 4 --seed one
cat one.out
timed 0 two.out "${audit[@]}" --sample-steps 1 --sample-lanes 4 --seed one --jobs 2
equal one.out two.out
timed 2 tasks.out "${audit[@]}" --sample-steps 1 --sample-lanes 4 --seed one --on "file:$PWD/job"
# The walk is the first task, and the others build on it.
while IFS= read -r line; do timed 0 task.out bash -c "$line"; done < job/tasks.txt
timed 0 gathered.out "$smpo" job gather job
equal one.out gathered.out
du -sh job/states
# A kept gradient with another bit.
object=$(find .smpo/objects -type f -size +1M -printf '%s %p\n' | sort -n | head -n 1 | cut -d ' ' -f 2)
cp "$object" kept
chmod u+w "$object"
printf '\x5a' | dd of="$object" bs=1 seek=900000 conv=notrunc status=none
timed 3 tampered.out "${audit[@]}" --sample-steps 0
cat tampered.out
mv -f kept "$object"

[[ -z ${SMPO_FORGE:-} ]] || SMPO_WALK=$PWD bash -c "cd '$sources' && $SMPO_FORGE"
