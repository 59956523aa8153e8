#!/usr/bin/env bash
# What a machine with a GPU of NVIDIA's has to show: known answers, golden runs, one step of a model of Stable Diffusion
# 1.5's size whose record the CPU reproduces, and speeds. Some minutes, most of them the CPU's.
#
#   Tests/Cuda/check.sh PROGRAM [OUT]
#
# PROGRAM is a build that can load libcuda; OUT receives a log a part. Parts: SMPO_CUDA_PARTS="answers golden embedded sd15
# speed" (all). The speeds need PyTorch with CUDA, and diffusers; the part says so where they are missing.
set -uo pipefail
cd "$(dirname "$0")/../.."
program=$(realpath "$1")
out=${2:-$(mktemp -d)}
parts=${SMPO_CUDA_PARTS:-answers golden embedded sd15 speed}
mkdir -p "$out"
out=$(realpath "$out")
failed=()

part() {
    local name=$1 begin=$SECONDS
    shift
    [[ " $parts " == *" $name "* ]] || return 0
    echo "==> $name"
    if "$@" > "$out/$name.log" 2>&1; then
        tail -n 40 "$out/$name.log"
        echo "==> $name: passed in $((SECONDS - begin)) s"
    else
        tail -n 60 "$out/$name.log"
        echo "==> $name: FAILED ($?) after $((SECONDS - begin)) s"
        failed+=("$name")
    fi
}

answers() { "$program" doctor --device cuda; }

golden() { "$program" gate --device cuda --jobs 4; }

# The embedded run, whole, from the shell's point of view.
embedded() {
    time "$program" audit run-42 --device cuda
}

# Two pairs: recorded on the GPU, replayed on the CPU.
sd15() {
    local work
    work=$(mktemp -d)
    cp -r Manifests "$work/"
    (
        set -e
        cd "$work"
        "$program" init model Manifests/models/sd15 --seed 7 --dtype f16 --out sd15
        "$program" data latents --pairs 2 --shape 4x64x64 --seed 1 --out random-latents
        "$program" train Manifests/recipes/sd15-step.yaml --set training.pairs_per_step=2 --dry-run --device cuda
        time "$program" train Manifests/recipes/sd15-step.yaml --set training.pairs_per_step=2 --record --name gpu \
            --device cuda
        time "$program" audit gpu --device cuda
        time "$program" audit gpu
    )
    local status=$?
    rm -rf "$work"
    return $status
}

speed() {
    local python=${PYTHON:-python3}
    "$python" -c 'import torch, diffusers; assert torch.cuda.is_available(); print(torch.__version__)' || return 1
    "$python" Tests/Speed/pytorch.py --smpo "$program" --device cuda --rounds 3 --work "SD1.5 UNet"
    "$python" Tests/Speed/pytorch.py --smpo "$program" --device cuda --rounds 3 --work "attention"
    "$python" Tests/Speed/pytorch.py --smpo "$program" --device cuda --rounds 3 --work "conv"
}

for one in answers golden embedded sd15 speed; do part "$one" "$one"; done
if (( ${#failed[@]} )); then
    echo "==> FAILED: ${failed[*]}; logs in $out"
    exit 1
fi
echo "==> all passed in $SECONDS s; logs in $out"
