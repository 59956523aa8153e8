#!/usr/bin/env bash
# Runs every kernel on this CPU, on emulated ones and, cross-compiled, on an emulated aarch64, and compares the digests
# with expected.txt. `make travel` calls it. `run.sh --accept` first writes expected.txt anew from the portable kernels.
# Exit codes: 0 all equal, 1 a difference, 2 something could not be built or run, 64 usage.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/../.."
out=.build/travel
expected=Tests/Travel/expected.txt
all_sets=(baseline avx2 avx512 neon)
if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "$0: expected Linux on x86-64, found $(uname -sm)" >&2
    exit 2
fi
if (( $# > 1 )) || [[ ${1:---accept} != --accept ]]; then
    echo "usage: $0 [--accept]" >&2
    exit 64
fi

# build NAME FLAG...
build() {
    clang -std=gnu17 -Wall -Wextra -Werror -Wno-psabi -Wno-unused-function -static "${@:2}" \
        -I Sources/CKernels/include Tests/Travel/travel.c Sources/CKernels/*.c -o "$out/$1" || exit 2
}

# has FLAG...: whether this CPU has all of them.
has() {
    local flag
    for flag in "$@"; do grep -qw -m 1 "$flag" /proc/cpuinfo || return 1; done
}

# machine NAME SETS COMMAND...: runs the program there. SETS are those that the dispatcher has to report.
status=0
machine() {
    local name=$1 sets=$2 set code verdict digest begin file
    shift 2
    if [[ $("$@" --list 2> "$out/errors.txt" | paste -sd ' ') != "$sets" ]]; then
        echo "$name: expected the instruction sets \"$sets\", found: $("$@" --list 2>&1 | paste -sd ' ')" >&2
        status=1
    fi
    for set in "${all_sets[@]}"; do
        file="$out/$name, $set.txt" begin=${EPOCHREALTIME//[.,]/} code=0
        "$@" --isa "$set" > "$file" 2> "$out/errors.txt" || code=$?
        if [[ " $sets " != *" $set "* ]]; then
            if (( code == 4 )); then continue; fi
            verdict="exit code $code, expected 4"
        elif (( code != 0 )); then
            cat "$out/errors.txt" >&2
            verdict="exit code $code"
        elif cmp -s "$file" "$expected"; then
            verdict="equal"
        else
            verdict="$(diff "$file" "$expected" | grep -c '^<' || true) lines differ"
        fi
        if [[ $verdict != equal ]]; then status=1; fi
        digest=$(awk '$1 == "all" { print $2 }' "$file")
        printf '| %-34s | %-8s | %-16s | %5d ms | %s |\n' "$name" "$set" "$digest" \
            $(((${EPOCHREALTIME//[.,]/} - begin) / 1000)) "$verdict"
        if [[ $verdict == *differ ]]; then diff "$file" "$expected" | grep '^[<>]' | head -20 || true; fi
    done
}

mkdir -p "$out"
build native -O2
build native-O0 -O0
build aarch64 -O2 --target=aarch64-linux-gnu -fuse-ld=lld
if (( $# == 1 )); then "$out/native" --isa baseline > "$expected"; fi

own=baseline
if has avx2 fma; then own+=" avx2"; fi
if has avx512f avx512vl avx512dq avx512bw fma; then own+=" avx512"; fi
machine "this CPU" "$own" "$out/native"
machine "this CPU, -O0" "$own" "$out/native-O0"
machine "qemu-x86_64 -cpu Haswell" "baseline avx2" qemu-x86_64 -cpu Haswell "$out/native"
machine "qemu-x86_64 -cpu SandyBridge" "baseline" qemu-x86_64 -cpu SandyBridge "$out/native"
machine "qemu-x86_64 -cpu Nehalem" "baseline" qemu-x86_64 -cpu Nehalem "$out/native"
machine "qemu-aarch64 -cpu cortex-a53" "baseline neon" qemu-aarch64 -cpu cortex-a53 "$out/aarch64"
machine "qemu-aarch64 -cpu max" "baseline neon" qemu-aarch64 -cpu max "$out/aarch64"
exit "$status"
