#!/usr/bin/env bash
# A Slurm cluster in a folder, for tests: munged, slurmctld and a slurmd for each node, on this machine.
#
#   slurm.sh start DIR [NODES [CPUS]]   exit 0 when all nodes n1 … are idle (default: 2 nodes of 2 processors)
#   slurm.sh env DIR                    shell lines to eval before sbatch, squeue, …
#   slurm.sh pid DIR NAME               the process of n1 …, slurmctld or munged
#   slurm.sh node DIR NAME              start a node's slurmd again
#   slurm.sh steps DIR [NAME]           the processes of slurmstepd, those of all nodes or of one
#   slurm.sh stop DIR                   end the daemons of DIR and what they started, and nothing else
#   slurm.sh run DIR [NODES [CPUS]] -- COMMAND…   start, run, stop: also on failure or a signal
#
# With SLURM_HOSTS=FOLDER the nodes are the hosts that `hosts.sh up FOLDER` made, each with its address and host name.
# Everything lies below DIR: configuration, key, state, logs. No systemd, no database, no cgroups; root is not needed, and
# clusters side by side do not see each other. Debian: slurm-wlm (or slurmctld, slurmd, slurm-client) and munge.
# Exit codes: the command's; 2 the cluster could not be started; 64 usage.
set -euo pipefail
shopt -s inherit_errexit nullglob
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
PATH=$PATH:/usr/sbin:/sbin

die() {
    echo "slurm.sh: $*" >&2
    exit 2
}

usage() {
    sed -n '2,/^# With/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed '$d' >&2
    exit 64
}

# free_port FROM: a port nobody listens on.
free_port() {
    local port=$1
    while (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do port=$((port + 1)); done
    echo "$port"
}

# node_names: the nodes of the configuration.
node_names() { [[ ! -e $dir/slurm.conf ]] || sed -n 's/^NodeName=\([^ ]*\) .*/\1/p' "$dir/slurm.conf"; }

# configure NODES CPUS BASE: BASE is where free ports are looked for.
configure() {
    local nodes=$1 cpus=$2 base=$3 user memory i own head=127.0.0.1
    mkdir -p "$dir"/{munge,key,state,spool,log,run}
    chmod 0711 "$dir" "$dir/munge" # munged wants its socket within everybody's reach
    chmod 0700 "$dir/key"
    user=$(id -un)
    own=$(uname -n)
    own=${own%%.*}
    memory=$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
    if [[ ${SLURM_HOSTS:-} ]]; then head=$(< "$SLURM_HOSTS/head"); fi
    (umask 077 && head -c 1024 /dev/urandom > "$dir/key/munge.key")
    {
        cat << CONF
ClusterName=folder
SlurmctldHost=$own($head)
SlurmctldPort=$(free_port "$base")
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
MpiDefault=none
ReturnToService=2
JobRequeue=1
KillWait=3
SlurmdTimeout=20
MinJobAge=3600
MaxArraySize=${SLURM_ARRAY_SIZE:-1001}
CONF
        for ((i = 1; i <= nodes; i++)); do
            if [[ ${SLURM_HOSTS:-} ]]; then
                printf 'NodeName=n%d NodeHostname=h%d NodeAddr=%s Port=%d' "$i" "$i" "$(< "$SLURM_HOSTS/h$i")" $((base + 100))
            else
                printf 'NodeName=n%d NodeHostname=%s NodeAddr=127.0.0.1 Port=%d' "$i" "$own" "$(free_port $((base + 100 * i)))"
            fi
            echo " CPUs=$cpus RealMemory=$memory State=UNKNOWN"
        done
        echo "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO"
    } > "$dir/slurm.conf"
    # Without a version slurmd looks for a mounted /sys/fs/cgroup and ends where a container has none.
    printf 'CgroupPlugin=cgroup/v1\n' > "$dir/cgroup.conf"
    # Hosts of hosts.sh share /tmp, where Slurm's PMIx plugin keeps a folder for each step; /dev/shm is each host's own.
    if [[ ${SLURM_HOSTS:-} ]]; then
        echo "PMIxCliTmpDirBase=/dev/shm" > "$dir/mpi.conf"
        echo "$SLURM_HOSTS" > "$dir/hosts"
    fi
}

start_node() {
    local name=$1 enter=()
    if [[ -s $dir/hosts ]]; then enter=("$here/hosts.sh" on "$(< "$dir/hosts")" "h${name#n}"); fi
    # Nothing of a job that this runs in: a task would think that it is that job's.
    env $(compgen -e SLURM_ | sed '/^SLURM_CONF$/d; s/^/-u /') "${enter[@]}" slurmd -N "$name" -f "$dir/slurm.conf"
}

# begin: daemons and nodes; 1 if one does not come up.
begin() {
    local name i count
    export SLURM_CONF=$dir/slurm.conf
    munged --key-file="$dir/key/munge.key" --socket="$dir/munge/socket" --pid-file="$dir/run/munged.pid" \
        --log-file="$dir/log/munged.log" --seed-file="$dir/key/seed" --num-threads=2 || return 1
    slurmctld -i -c -f "$SLURM_CONF" 2>> "$dir/log/slurmctld.err" || return 1
    for name in $(node_names); do start_node "$name" 2>> "$dir/log/$name.err" || return 1; done
    count=$(node_names | wc -l)
    for ((i = 0; i < 150; i++)); do
        # `sinfo -t idle` counts unknown nodes too.
        if [[ $(sinfo -h -N -o '%N %t' 2> /dev/null | grep -c ' idle$') == "$count" ]]; then return 0; fi
        sleep 0.2
    done
    sinfo -N -l >> "$dir/log/sinfo.err" 2>&1 || true
    return 1
}

start() {
    local nodes=${1:-2} cpus=${2:-2} tool try
    [[ $nodes =~ ^[1-9][0-9]*$ && $cpus =~ ^[1-9][0-9]*$ ]] || usage
    for tool in munged slurmctld slurmd sbatch squeue sinfo; do
        command -v "$tool" > /dev/null || die "$tool is missing: apt-get install slurm-wlm munge"
    done
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd -P)
    [[ ! -e $dir/slurm.conf ]] || die "$dir holds a cluster already: slurm.sh stop $dir"
    ((${#dir} <= 80)) || die "$dir: the path is too long for a socket; at most 80 characters"
    for try in 1 2 3; do
        # Below the ports that the kernel hands out by itself.
        configure "$nodes" "$cpus" $((12000 + (RANDOM * 32768 + RANDOM) % 18000))
        if begin; then return 0; fi
        tail -n 4 "$dir"/log/* >&2 || true
        stop
        echo "slurm.sh: the cluster did not start, try $try of 3" >&2
    done
    die "no cluster in $dir; its logs are in $dir/log"
}

# of_this_cluster: processes that belong to jobs of this cluster: those of slurmstepd, and theirs.
of_this_cluster() {
    local process
    for process in /proc/[0-9]*; do
        if [[ $(cat "$process/comm" 2> /dev/null) == slurmstepd ]]; then
            # It has overwritten its environment, but its socket and logs lie below DIR.
            if { readlink "$process"/fd/* 2> /dev/null || true; } | grep -qF "$dir/"; then echo "${process#/proc/}"; fi
        elif { tr '\0' '\n' < "$process/environ"; } 2> /dev/null | grep -qxF "SLURM_CONF=$dir/slurm.conf" \
            && { tr '\0' '\n' < "$process/environ"; } 2> /dev/null | grep -q '^SLURM_JOB_ID='; then
            echo "${process#/proc/}"
        fi
    done
}

# steps [NAME]: slurmstepd of the cluster, or of a node, into whose log it writes.
steps() {
    local pid
    for pid in $(of_this_cluster); do
        [[ $(cat "/proc/$pid/comm" 2> /dev/null) == slurmstepd ]] || continue
        if [[ ${1:-} ]] && ! { readlink "/proc/$pid"/fd/* 2> /dev/null || true; } | grep -qxF "$dir/log/$1.log"; then continue; fi
        echo "$pid"
    done
}

# end PID…: what they would tidy up lies in DIR, and goes with it; slurmctld takes 5 seconds to end by itself.
end() {
    (($# > 0)) || return 0
    kill -9 "$@" 2> /dev/null || true
    local i
    for ((i = 0; i < 50; i++)); do
        kill -0 "$@" 2> /dev/null || return 0
        sleep 0.1
    done
}

# daemon NAME: its process, if it is one that was started for this folder: a pid file may be older than a reboot.
daemon() {
    local file=$dir/run/$1.pid pid
    [[ -s $file ]] || return 0
    pid=$(< "$file")
    if { tr '\0' ' ' < "/proc/$pid/cmdline"; } 2> /dev/null | grep -qF "$dir/"; then echo "$pid"; fi
}

stop() {
    local name jobs try
    [[ -d $dir/run ]] || return 0
    # The daemons first, so that nothing begins anew. A job's processes may make others meanwhile.
    end $(for name in $(node_names) slurmctld munged; do daemon "$name"; done)
    for try in 1 2 3 4 5; do
        mapfile -t jobs < <(of_this_cluster)
        ((${#jobs[@]} > 0)) || break
        end "${jobs[@]}"
    done
    rm -f "$dir"/run/*.pid "$dir"/munge/socket*
    if [[ -e $dir/slurm.conf ]]; then mv "$dir/slurm.conf" "$dir/slurm.conf.stopped"; fi
    rm -rf "$dir/state" "$dir/spool"
}

(($# >= 2)) || usage
verb=$1 dir=$2
shift 2
if [[ $verb != start && $verb != run ]]; then
    [[ -d $dir ]] || die "$dir: there is no such folder"
    dir=$(cd "$dir" && pwd -P)
fi
case $verb in
    start) start "$@" ;;
    env) echo "export SLURM_CONF='$dir/slurm.conf'" ;;
    pid) daemon "${1:?}" ;;
    node) SLURM_CONF=$dir/slurm.conf start_node "${1:?}" ;;
    steps) steps "$@" ;;
    stop) stop ;;
    run)
        options=()
        while (($# > 0)) && [[ $1 != -- ]]; do
            options+=("$1")
            shift
        done
        (($# > 1)) || usage
        shift
        trap stop EXIT
        trap 'exit 130' INT TERM
        start "${options[@]}"
        export SLURM_CONF=$dir/slurm.conf
        "$@"
        ;;
    *) usage ;;
esac
