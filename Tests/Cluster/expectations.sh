# What the cluster's tests say and expect; read by `source`, with `folder` and `smpo` set.

failures=0
fail() {
    echo "  FAILED: $*" >&2
    failures=$((failures + 1))
}

# expect STATUS FILE COMMAND…: the command ends with that exit code; FILE takes what it prints.
expect() {
    local expected=$1 file=$2 status=0
    shift 2
    "$@" > "$file" 2> "$file.err" || status=$?
    if [[ $status != "$expected" ]]; then
        tail -n 3 "$file.err" >&2
        fail "$(basename "$1") ${*:2}: expected exit code $expected, found $status"
    fi
}

equal() { cmp -s "$1" "$2" || { { diff "$1" "$2" || true; } | head -6 >&2; fail "$1 and $2 differ"; }; }
said() { grep -qF -- "$2" "$1" "$1.err" || { tail -n 3 "$1" "$1.err" >&2; fail "expected \"$2\""; }; }

# until_holds SECONDS COMMAND…: waits for it to hold.
until_holds() {
    local i
    for ((i = 0; i < $1 * 10; i++)); do
        if "${@:2}" > /dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    fail "after $1 s: ${*:2}"
    return 1
}

# run_case NAME: calls case_NAME and tells how it went; a case that could not be tried says so in `verdict`.
run_case() {
    local begin=$SECONDS before=$failures
    verdict=holds
    "case_$1"
    ((failures == before)) || verdict=FAILED
    printf '%-10s %4d s  %s\n' "$1" $((SECONDS - begin)) "$verdict"
}
