#!/bin/bash
# start.sh BASE LAYER: the Debian in BASE as a place for a Postfix; what is written there goes to LAYER.
#
# In namespaces of its own (mounts, processes): whatever happens inside, nothing of the host is touched, and all
# of it ends with the process that started it. The network is the host's, for the loopback. The queue lies on a
# small disk of its own in memory, which stays when every process of the Postfix is killed.
set -euo pipefail

if [ "${3:-}" != inside ]; then
    exec setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$0" "$1" "$2" inside
fi

root="$2/root"
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs -o size=4m,mode=755 tmpfs "$root/var/spool/postfix"
cd "$root"
exec chroot . sh -c 'echo ready; while true; do sleep infinity; done' # whatever is killed, this stays
