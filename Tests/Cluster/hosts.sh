#!/usr/bin/env bash
# Several hosts on one machine, for tests: network namespaces joined by a bridge, each with its own address, host name and
# /dev/shm, and the same files. Needs root, iproute2 and util-linux; hosts side by side do not see each other.
#
#   hosts.sh up DIR N [RATE]      make hosts h1 … hN, shaped to a rate of tc's if one is given (100mbit)
#   hosts.sh on DIR hK COMMAND…   run a command in a host
#   hosts.sh down DIR             take them away; what still runs there goes on without a network
#
# DIR holds the addresses: DIR/hK of a host, DIR/head of the bridge. Exit codes: the command's; 2 they cannot be made; 64 usage.
set -euo pipefail
shopt -s inherit_errexit nullglob
PATH=$PATH:/usr/sbin:/sbin
verb=${1:-} dir=${2:-}
if (($# < 2)); then
    sed -n '5,7s/^# *//p' "${BASH_SOURCE[0]}" >&2
    exit 64
fi
shift 2

# Names of interfaces have at most 15 characters.
name() { echo "sm$(< "$dir/id")$1"; }

down() {
    local file
    for file in "$dir"/h[0-9]*; do ip netns del "$(name "$(basename "$file")")" 2> /dev/null || true; done
    if [[ -e $dir/id ]]; then ip link del "$(name br)" 2> /dev/null || true; fi
    rm -rf "$dir"
}

case $verb in
    up)
        n=${1:?} rate=${2:-}
        mkdir -p "$dir"
        # A subnet that nobody has: its bridge's name is taken or not, in one step.
        for ((try = 0; try < 50; try++)); do
            id=$((RANDOM % 250))
            if ip link add "sm${id}br" type bridge 2> "$dir/err"; then break; fi
            id=
        done
        if [[ ! $id ]]; then
            echo "hosts.sh: no bridge: $(< "$dir/err")" >&2
            exit 2
        fi
        echo "$id" > "$dir/id"
        trap down ERR
        echo "10.77.$id.254" > "$dir/head"
        ip addr add "10.77.$id.254/24" dev "$(name br)"
        ip link set "$(name br)" up
        for ((i = 1; i <= n; i++)); do
            echo "10.77.$id.$i" > "$dir/h$i"
            ip netns add "$(name "h$i")"
            ip link add "$(name "v$i")" type veth peer name eth0 netns "$(name "h$i")"
            ip link set "$(name "v$i")" master "$(name br)" up
            ip -n "$(name "h$i")" addr add "10.77.$id.$i/24" dev eth0
            ip -n "$(name "h$i")" link set eth0 up
            ip -n "$(name "h$i")" link set lo up
            if [[ $rate ]]; then
                tc qdisc add dev "$(name "v$i")" root tbf rate "$rate" burst 256k latency 100ms
                ip netns exec "$(name "h$i")" tc qdisc add dev eth0 root tbf rate "$rate" burst 256k latency 100ms
            fi
        done
        ;;
    on)
        host=${1:?}
        shift
        # Not `ip netns exec`, which mounts another /sys; a /dev/shm of its own keeps hosts from sharing memory.
        exec nsenter --net="/run/netns/$(name "$host")" unshare --uts --ipc --mount -- bash -c \
            'hostname "$0" && mount -t tmpfs tmpfs /dev/shm && exec "$@"' "$host" "$@"
        ;;
    down) down ;;
    *) exec "${BASH_SOURCE[0]}" ;;
esac
