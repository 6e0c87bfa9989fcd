#!/bin/bash
# boot.sh BASE LAYER CGROUP: boots the Debian in BASE with a systemd of its own; what it writes goes to LAYER.
# boot.sh BASE LAYER CGROUP try: does all that the host must allow for it, and boots nothing.
#
# Runs in namespaces of its own (mounts, processes, control groups), so that a host without systemd, or with
# control groups of version 1, serves as well. Nothing of the host is touched but CGROUP, which the caller made
# and removes.
set -euo pipefail

if [ "${5:-}" != inside ]; then
    echo $$ > "$3/cgroup.procs"
    exec setpriv --pdeathsig KILL unshare --mount --cgroup --pid --fork --mount-proc --kill-child "$0" "$1" "$2" "$3" "${4:-boot}" inside
fi

mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
umount --recursive /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mkdir /sys/fs/cgroup/supervisor
for process in $(cat /sys/fs/cgroup/cgroup.procs); do
    echo "$process" > /sys/fs/cgroup/supervisor/cgroup.procs 2>/dev/null || true # some have ended: cat was one
done
[ "$4" = boot ] || exit 0
# bpf: without it systemd leaves IPAddressDeny= and DeviceAllow= out and says nothing
# 133 asks for another start: the machine wants to boot again
while status=0; do
    systemd-nspawn --boot --directory="$2/root" --machine="${3##*/}" --hostname=server --notify-ready=yes \
        --private-network --register=no --keep-unit --link-journal=no --console=pipe --system-call-filter=bpf \
        || status=$?
    [ "$status" = 133 ] || exit "$status"
done
