#!/usr/bin/env bash
# Training over the ranks of real MPIs, held against the same training by one process. `make cluster` calls it.
#
#   Tests/Cluster/mpi.sh [SMPO [CASE…]]     cases: short check ends train wire strangers stop slow pages kills
#
# Hosts are network namespaces (hosts.sh, needs root), a rank on each; `short` and `pages` need none. Ways: `openmpi` and `mpich`, by
# their mpirun; `pmix` (Open MPI) and `pmi2` (MPICH), by srun over a Slurm of slurm.sh. KILLS says how many kills (default 50), SEED
# which ones; a seed that is not given is drawn and printed. Exit codes: 0 all hold, 1 one does not, 2 nothing could be tried.
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
sources=$(cd "$here/../.." && pwd -P)
smpo=$(realpath "${1:-$sources/.build/release/smpo}")
shift $(($# > 0))
cases=("$@")
((${#cases[@]} > 0)) || cases=(short check ends train wire strangers stop slow pages kills)
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
kills=${KILLS:-50}

folder=$(mktemp -d "${TMPDIR:-/tmp}/smpo-mpi-XXXXXX")
chmod 0711 "$folder" # munged wants its socket within everybody's reach
hosts=$folder/hosts cluster=$folder/slurm
# What ran by this script and still does: programs, bridges, starters and their agents, but not Slurm's daemons.
ours() { pgrep -f "(^| )($folder/bin/|[^ ]*mpirun[^ ]* .*$folder/)" || true; }
finish() {
    local process place
    for process in $(ours); do kill -9 "$process" 2> /dev/null || true; done
    for place in "$cluster" "$folder/page"; do
        if [[ -d $place ]]; then "$here/slurm.sh" stop "$place" 2> /dev/null || true; fi
    done
    if [[ -d $hosts ]]; then "$here/hosts.sh" down "$hosts" || true; fi
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM
source "$here/expectations.sh"

# The program under a name that only this script's processes have.
mkdir "$folder/bin"
ln "$smpo" "$folder/bin/smpo" 2> /dev/null || cp "$smpo" "$folder/bin/smpo"
smpo=$folder/bin/smpo
for mpi in openmpi mpich; do
    if ! "mpicc.$mpi" -O2 -Wall -Wextra -Werror -o "$folder/bin/smpo-mpi-$mpi" "$sources/Packaging/mpi/smpo-mpi.c"; then
        echo "mpi.sh: no bridge for $mpi: apt-get install openmpi-bin libopenmpi-dev mpich libmpich-dev" >&2
        exit 2
    fi
done
# Starts a command on a host, as ssh would.
cat > "$folder/bin/agent" << AGENT
#!/bin/bash
host=\$1
shift
exec "$here/hosts.sh" on "$hosts" "\$host" bash -c "\$*"
AGENT
# What a rank starts: in a folder of its own with the inputs but rank 0, which alone has a workspace.
cat > "$folder/bin/apart" << APART
#!/bin/bash
rank=\${OMPI_COMM_WORLD_RANK:-\${SLURM_PROCID:-\$PMI_RANK}}
if ((rank > 0)); then cd "\$PWD.\$rank"; fi
if [[ -x ./start ]]; then exec ./start "\$@"; fi
exec "\$@"
APART
chmod +x "$folder/bin/agent" "$folder/bin/apart"

# need_hosts: four hosts and a Slurm of them, once; 1 where they cannot be made.
need_hosts() {
    [[ ! -e $cluster/slurm.conf ]] || return 0
    if ! "$here/hosts.sh" up "$hosts" 4 2> "$folder/hosts.err"; then
        verdict="not tried ($(tail -n 1 "$folder/hosts.err"))"
        return 1
    fi
    SLURM_HOSTS=$hosts "$here/slurm.sh" start "$cluster" 4 4
    eval "$("$here/slurm.sh" env "$cluster")"
}

# ranks WAY RANKS[@HOSTS] COMMAND…: a rank on each host, or RANKS evenly on so many.
ranks() {
    local way=$1 n=${2%@*} on=${2#*@} list i
    shift 2
    list=$(for ((i = 1; i <= on; i++)); do echo "h$i:$((n / on))"; done | paste -sd,)
    case $way in
        openmpi)
            timeout -k 5 600 mpirun.openmpi --allow-run-as-root --mca plm_rsh_agent "$folder/bin/agent" --host "$list" -np "$n" \
                "$folder/bin/smpo-mpi-openmpi" "$@"
            ;;
        mpich)
            UCX_TLS=tcp timeout -k 5 600 mpirun.mpich -launcher rsh -launcher-exec "$folder/bin/agent" \
                -localhost "$(< "$hosts/head")" -hosts "$list" -np "$n" "$folder/bin/smpo-mpi-mpich" "$@"
            ;;
        pmix) timeout -k 5 600 srun -K --mpi=pmix -N "$on" -n "$n" "$folder/bin/smpo-mpi-openmpi" "$@" ;;
        pmi2) UCX_TLS=tcp timeout -k 5 600 srun -K --mpi=pmi2 -N "$on" -n "$n" "$folder/bin/smpo-mpi-mpich" "$@" ;;
    esac
}

# workspace NAME [RANKS]: a folder with what a recipe names, and one beside it for each further rank; the shell goes there.
workspace() {
    local place
    for place in "$folder/$1" $(for ((i = 1; i < ${2:-1}; i++)); do echo "$folder/$1.$i"; done); do
        rm -rf "$place"
        mkdir "$place"
        cp -r "$sources/Manifests" "$place"
        ln -s "$sources/Golden" "$place/Golden"
    done
    cd "$folder/$1"
}

# The run of all cases: four lanes of a pair; a checkpoint at every second step.
recipe=(Manifests/recipes/shapes-smpo.yaml --set training.pairs_per_step=4 --set training.lanes=4 --set data.pairs=64
    --set inversion.steps=2 --set optimizer.warmup=2 --set record.checkpoint_every=2)
# train STEPS: the command that records it.
train() { echo "$smpo" train "${recipe[@]}" --set "training.steps=$1" --record --name ranked --workers 1; }

# one STEPS: the run by one process, made once, in $folder/one-STEPS.
one() {
    local here=$PWD
    if [[ ! -e $folder/one-$1/Manifests/ranked.json ]]; then
        workspace "one-$1"
        expect 0 "$folder/one-$1.out" $(train "$1")
        cd "$here"
    fi
}

# same_run STEPS: this workspace has the run that one process comes to: manifest but for circumstances and the digest over them, record, objects, model.
same_run() {
    local one=$folder/one-$1 what
    if [[ ! -e Manifests/ranked.json ]]; then
        fail "expected Manifests/ranked.json, found none"
        return 0
    fi
    for what in "$one" "$PWD"; do jq 'del(.circumstances, .digest)' "$what/Manifests/ranked.json" > "$what/inputs-and-outcome"; done
    equal "$one/inputs-and-outcome" inputs-and-outcome
    # What a killed process was writing stays beside the objects, under a name that is none of theirs.
    diff -r -x '*.tmp-*' "$one/.smpo/objects" .smpo/objects > "$folder/objects.diff" || { head -3 "$folder/objects.diff" >&2; fail "objects differ"; }
    diff -r "$one/.smpo/runs/ranked" .smpo/runs/ranked > "$folder/model.diff" || { head -3 "$folder/model.diff" >&2; fail "models differ"; }
}

# audited: the run comes out again on one machine without MPI.
audited() {
    expect 0 "$folder/verified" "$smpo" verify ranked
    expect 0 "$folder/audited" "$smpo" audit ranked --unnoted
    said "$folder/audited" "reproduced"
}

# alone RANKS: ranks but the first have made no workspace.
alone() {
    local rank
    for ((rank = 1; rank < $1; rank++)); do
        [[ ! -e $PWD.$rank/.smpo ]] || fail "rank $rank has written: $(find "$PWD.$rank/.smpo" | head -3 | paste -sd ' ')"
    done
}

# Two ranks by each MPI on this machine, as the how-to page starts them.
case_short() {
    local mpi
    one 2
    for mpi in openmpi mpich; do
        workspace "short-$mpi"
        local options=()
        if [[ $mpi == openmpi ]]; then options=(--allow-run-as-root --oversubscribe); fi
        expect 0 "$folder/short-$mpi.out" timeout -k 5 60 "mpirun.$mpi" "${options[@]}" -np 2 "$folder/bin/smpo-mpi-$mpi" $(train 2)
        same_run 2
    done
    audited
}

# What `smpo ranks check` finds, on one to four hosts, each way.
case_check() {
    need_hosts || return 0
    local way n sum expected=
    workspace check
    for way in openmpi mpich pmix pmi2; do
        for n in 1 2 3 4 4@2; do
            expect 0 "$folder/check-$way-$n" ranks $way $n "$smpo" ranks check --json --megabytes 1
            sum=$(sed -n 's/.*"sum": "\(.*\)".*/\1/p' "$folder/check-$way-$n")
            expected=${expected:-$sum}
            [[ $sum && $sum == "$expected" ]] || fail "$way, $n ranks: expected the sum $expected, found $sum"
            [[ $(grep -o '"h[0-9]"' "$folder/check-$way-$n" | sort -u | wc -l) == "${n#*@}" ]] || fail "$way, $n: expected ${n#*@} hosts"
        done
    done
}

# One chain head, byte-equal checkpoints, for all ways and numbers of hosts; audited without MPI.
case_train() {
    need_hosts || return 0
    local way n
    one 4
    for way in openmpi mpich pmix pmi2; do
        for n in 1 2 3 4 4@2; do
            workspace "train-$way-$n" "${n%@*}"
            expect 0 "$folder/train-$way-$n.out" ranks $way $n "$folder/bin/apart" $(train 4)
            same_run 4
            alone "${n%@*}"
            if [[ $way-$n == openmpi-4 || $way-$n == mpich-3 || $way-$n == pmix-2 ]]; then audited; fi
        done
    done
}

# sent HOSTS: the bytes that have left the hosts so far, by their interfaces' counters.
sent() {
    local i total=0
    for ((i = 1; i <= $1; i++)); do
        total=$((total + $("$here/hosts.sh" on "$hosts" "h$i" awk '$1 == "eth0:" { print $10 }' /proc/net/dev)))
    done
    echo "$total"
}

# Bytes on the wire: what four further steps send, of everything that leaves a host's interface: gradients, weights, what is gathered for
# the record, headers and acknowledgements of TCP, the MPI's own words. A run of two steps and one of six start, end and keep
# checkpoints alike, so that their difference is the steps'.
case_wire() {
    need_hosts || return 0
    local way n steps before bytes gradient
    workspace wire 4
    for way in openmpi mpich pmix; do
        for n in 2 4; do
            declare -A bytes=()
            for steps in 2 6; do
                rm -rf .smpo Manifests/ranked.json
                before=$(sent "$n")
                expect 0 "$folder/wire-$way-$n-$steps" ranks $way $n "$folder/bin/apart" $(train $steps) --set record.checkpoint_every=6
                bytes[$steps]=$(($(sent "$n") - before))
            done
            gradient=$(("$(stat -L -c %s Golden/shapes-base/unet/diffusion_pytorch_model.safetensors)"))
            awk -v way="$way" -v n="$n" -v less="${bytes[2]}" -v more="${bytes[6]}" -v gradient="$gradient" 'BEGIN {
                each = (more - less) / 4 / n; rule = 2 * (n - 1) / n * gradient
                printf "  %s, %d ranks: %d bytes a step and rank, %.3f of 2(R-1)/R of %d\n", way, n, each, each / rule, gradient
                exit each > 1.05 * rule }' || fail "$way, $n ranks: expected at most 1.05"
        done
    done
}

# A rank with another program, model or data is refused by name, before anything is recorded.
case_strangers() {
    need_hosts || return 0
    local way what place status command
    "$smpo" data generate --model "$sources/Golden/shapes-base" --scorer "$sources/Golden/shapes-pickscore" --pairs 8 --steps 2 \
        --out "$folder/pairs" > /dev/null
    for way in openmpi mpich pmix; do
        for what in program model data; do
            workspace "stranger-$way-$what" 3
            for place in "$PWD" "$PWD.1" "$PWD.2"; do cp -r "$folder/pairs" "$place/pairs"; done
            command=$(train 2)
            case $what in
                program)
                    cp "$smpo" "$PWD.1/smpo"
                    echo >> "$PWD.1/smpo"
                    printf '#!/bin/bash\nshift\nexec ./smpo "$@"\n' > "$PWD.1/start"
                    chmod +x "$PWD.1/start"
                    ;;
                model)
                    rm "$PWD.1/Golden"
                    mkdir "$PWD.1/Golden"
                    "$smpo" init model "$sources/Manifests/models/shapes" --seed 7 --out "$PWD.1/Golden/shapes-base" > /dev/null
                    ;;
                data)
                    command="$smpo train Manifests/recipes/folder-smpo.yaml --record --name ranked --workers 1
                        --set model.path=Golden/shapes-base --set data.path=pairs --set data.size=16 --set inversion.steps=2
                        --set training.pairs_per_step=4 --set training.lanes=4 --set training.steps=2 --set optimizer.warmup=1"
                    sed -i '1s/"caption":"a /"caption":"the /' "$PWD.1/pairs/pairs.jsonl"
                    ;;
            esac
            status=0
            ranks $way 3 "$folder/bin/apart" $command > "$folder/stranger" 2> "$folder/stranger.err" || status=$?
            ((status != 0)) || fail "$way, another $what: expected an exit code that is not 0"
            said "$folder/stranger" "on rank 1 (host h2)"
            said "$folder/stranger" "$what"
            [[ ! -e Manifests/ranked.json ]] || fail "$way, another $what: expected no manifest"
        done
    done
    # With nobody strange the same command does its work.
    workspace friends 3
    for place in "$PWD" "$PWD.1" "$PWD.2"; do cp -r "$folder/pairs" "$place/pairs"; done
    expect 0 "$folder/pairs.out" ranks openmpi 3 "$folder/bin/apart" $command
}

# program_of HOST, bridge_of HOST: the processes of the rank on a host.
program_of() { pgrep -f "^$folder/bin/smpo " | by_host "$1"; }
# The first one: the watcher is its child.
bridge_of() { pgrep -f "^$folder/bin/smpo-mpi-[a-z]* " | by_host "$1"; }
# by_host HOST: of the processes read, the first in that host.
by_host() {
    local process net
    net=$("$here/hosts.sh" on "$hosts" "$1" readlink /proc/self/ns/net)
    while read -r process; do
        if [[ $(readlink "/proc/$process/ns/net") == "$net" ]]; then
            echo "$process"
            return 0
        fi
    done
    return 1
}
in_host() { "${1}_of" "$2"; }

# kill_one WHICH RANK: kills -9 the program or bridge of a rank in the background's run; it must end, name the rank, and leave nothing.
# Sets `status` and `took`; fails where there is nothing to kill.
kill_one() {
    local begin
    kill -9 "$("${1}_of" "h$(($2 + 1))")" 2> /dev/null || return 1
    begin=$SECONDS
    ended
    until_holds 30 gone || fail "$line: still there: $(ours | xargs -r ps -o pid,args -p | tail -n +2 | cut -c 1-100)"
    took=$((SECONDS - begin))
    ((took <= 30)) || fail "$line: gone after $took s, expected 30"
    ((status != 0)) || fail "$line: expected an exit code that is not 0"
    # Of a killed bridge srun may be the only one to speak: it ends the step, the watcher too. The first whom it names is at fault.
    grep -qE "rank $2 \(host h$(($2 + 1))\)" "$folder/begun.err" "$folder/begun" \
        || [[ $(grep -m 1 -oE 'n[0-9]: task [0-9]+: Killed' "$folder/begun.err") == "n$(($2 + 1)): task $2: Killed" ]] \
        || { tail -n 5 "$folder/begun.err" >&2; fail "$line: expected the rank and its host by name"; }
}

# A rank's program or bridge is killed while its group sends.
case_ends() {
    need_hosts || return 0
    local way which status starter took line
    workspace ends
    for way in openmpi mpich pmix pmi2; do
        for which in program bridge; do
            line="$way, $which"
            ranks $way 3 "$smpo" ranks check --megabytes 512 > "$folder/begun" 2> "$folder/begun.err" &
            starter=$!
            until_holds 60 in_host program h3 || return 0
            sleep 1.5
            kill_one $which 2 || fail "$line: expected a process, found none"
        done
    done
}

# begun WAY RANKS STEPS NAME: starts a recorded run in the background, in a workspace of that name; `starter` is its process. Waits for
# the first step.
begun() {
    workspace "$4" "$2"
    rm -f "$folder/begun.err"
    ranks "$1" "$2" "$folder/bin/apart" $(train "$3") > "$folder/begun" 2> "$folder/begun.err" &
    starter=$!
    until_holds 60 a_step
}
a_step() { grep -q '^step 1/' "$folder/begun.err"; }
# ended: waits for the starter's end, at most 120 s, and sets `status`.
ended() {
    status=0
    wait "$starter" || status=$?
}
gone() { [[ ! $(ours) ]]; }

# Asked to stop, by a signal to one rank's program or bridge, all finish the step, keep a checkpoint and end with 130.
case_stop() {
    need_hosts || return 0
    local way which status starter
    one 12
    for way in openmpi mpich pmix; do
        for which in program bridge; do
            begun $way 3 12 "stop-$way-$which" || return 0
            kill -TERM "$("${which}_of" h2)"
            ended
            [[ $status == 130 ]] || fail "$way, $which: expected exit code 130, found $status"
            until_holds 30 gone || return 0
            [[ ! -e Manifests/ranked.json ]] || fail "$way, $which: the run came to its end"
            expect 0 "$folder/resumed" ranks $way 2 "$folder/bin/apart" "$smpo" train --resume ranked --workers 1
            same_run 12
        done
    done
}

# A rank that stands still for ten seconds is slow, not dead.
case_slow() {
    need_hosts || return 0
    local way status starter process
    one 12
    for way in openmpi mpich pmix; do
        begun $way 3 12 "slow-$way" || return 0
        process=$(program_of h3)
        kill -STOP "$process"
        sleep 10
        kill -CONT "$process"
        ended
        [[ $status == 0 ]] || fail "$way: expected exit code 0, found $status"
        same_run 12
    done
}

# kill -9 of a random rank's program or bridge, at a random moment: all is gone within 30 s and whoever it was is named; the ledger
# is whole, and another number of ranks takes the run to its end.
case_kills() {
    need_hosts || return 0
    local round way n victim which status starter wait_ms took line again
    local ways=(openmpi mpich pmix pmi2)
    one 12
    echo "  seed $seed"
    RANDOM=$seed
    for ((round = 1; round <= kills; round++)); do
        way=${ways[RANDOM % 4]} n=$((2 + RANDOM % 3)) which=$([[ $((RANDOM % 2)) == 0 ]] && echo program || echo bridge)
        victim=$((RANDOM % n)) wait_ms=$((RANDOM % 3000)) again=$((1 + RANDOM % 4))
        line="round $round: $way, $n ranks, $which of rank $victim, $wait_ms ms after step 1, resumed with $again"
        begun "$way" "$n" 12 kill || return 0
        sleep "$((wait_ms / 1000)).$(printf %03d $((wait_ms % 1000)))"
        if ! kill_one "$which" "$victim"; then
            # It was quicker than the kill.
            ended
            echo "  $line: ended before"
            [[ $status == 0 ]] || fail "$line: expected exit code 0, found $status"
            same_run 12
            continue
        fi
        expect 0 "$folder/verified" "$smpo" verify ranked
        workspace_of_resume "$again"
        expect 0 "$folder/resumed" ranks "$way" "$again" "$folder/bin/apart" "$smpo" train --resume ranked --workers 1
        same_run 12
        echo "  $line: exit code $status, gone in $took s"
    done
}
# workspace_of_resume RANKS: folders for as many ranks.
workspace_of_resume() {
    local i
    for ((i = 1; i < $1; i++)); do
        [[ -e $PWD.$i ]] || cp -rP "$PWD.1" "$PWD.$i"
    done
}

# The how-to page's commands as they stand there, each block a shell of its own, with Open MPI and a Slurm of one node; only its
# recipe is made shorter.
case_pages() {
    local block number=0 chosen=$folder/pages.bin
    workspace pages
    ln -s "$sources/Packaging" Packaging
    mkdir -p "$chosen"
    ln -sf "$smpo" "$chosen/smpo"
    ln -sf "$(command -v mpicc.openmpi)" "$chosen/mpicc"
    ln -sf "$(command -v mpirun.openmpi)" "$chosen/mpirun"
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
    "$here/slurm.sh" start "$folder/page" 1 8
    while IFS= read -r -d '' block; do
        if [[ $block == yaml$'\n'* ]]; then
            sed '/^training:/,/^$/d; s/warmup: 10/warmup: 1/' Manifests/recipes/shapes-smpo.yaml > recipe.yaml
            sed 's/^yaml$//; s/steps: [0-9]*/steps: 2/; s/pairs_per_step: [0-9]*/pairs_per_step: 8/' <<< "$block" >> recipe.yaml
            continue
        fi
        number=$((number + 1))
        expect 0 "$folder/page-$number" env PATH="$chosen:$PATH" SLURM_CONF="$folder/page/slurm.conf" \
            timeout -k 5 300 bash -euo pipefail -c "${block#sh}" < /dev/null
    done < <(awk '/^```(sh|yaml)$/ { inside = 1; print substr($0, 4); next }
        /^```$/ && inside { inside = 0; printf "%c", 0 } inside' "$sources/Documentation/howto/mpi.md")
    "$here/slurm.sh" stop "$folder/page"
    unset OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM OMPI_MCA_rmaps_base_oversubscribe
    ((number >= 4)) || fail "mpi.md: expected four blocks of commands, found $number"
    [[ $(jq -r .outcome.chain_head Manifests/r1.json) == $(jq -r .outcome.chain_head Manifests/r2.json) ]] || fail "mpi.md: r1 and r2 differ"
    expect 0 "$folder/page-audit" "$smpo" audit r1 --unnoted
}

for name in "${cases[@]}"; do run_case "$name"; done
((failures == 0))
