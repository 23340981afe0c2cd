#!/usr/bin/env bash
# Ends the node of up.sh --node as a power cut does, pods included, and starts it again; etcd, the API server and its
# controllers go on, as those of another machine would. Usage: restart-node.sh DIR
set -euo pipefail
[ -d "${1:?Usage: restart-node.sh DIR}" ] || { echo "restart-node.sh: there is no folder \"$1\"" >&2; exit 1; }
DIR=$(cd "$1" && pwd)
BIN=${KUBE_HOME:-$HOME/.cache/kube}/bin
PARTS=(containerd kubelet kube-proxy coredns)

for name in "${PARTS[@]}"; do kill -KILL "$(cat "$DIR/pids/$name")"; done
# A container's first process is a child of its shim, and every other one ends with it.
for shim in $(pgrep -f "containerd-shim-runc-v2 .*-address $DIR/containerd.sock"); do
  containers=$(pgrep -P "$shim" || true)
  # shellcheck disable=SC2086 # several pids
  kill -KILL "$shim" $containers 2>/dev/null || true
done
# What a machine holds in memory only: mounts, and the containers that containerd thinks are running.
grep -oE " $DIR/containerd-state[^ ]*" /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
rm -rf "$DIR/containerd-state" "$DIR/containerd.sock"

for name in "${PARTS[@]}"; do
  bash "$DIR/commands/$name" >>"$DIR/logs/$name.log" 2>&1 </dev/null & echo $! > "$DIR/pids/$name"
  [ "$name" != containerd ] || until "$BIN/ctr" -a "$DIR/containerd.sock" version >/dev/null 2>&1; do sleep 0.2; done
done
