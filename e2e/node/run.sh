#!/usr/bin/env bash
# Runs e2e/node on a real Kubernetes with a real node, in a network namespace of its own, and takes it down again.
#
# Usage: e2e/node/run.sh [FILE...]          (npm run test:node; FILE is a part of a test file's name)
# Needs root, Go and Debian's packages (tools/kube/README.md). Without them it says loudly what was not tested.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd); cd "$ROOT"
NODE=$ROOT/node_modules/node/bin/node
PORT=${MOORAGE_NODE_TEST_PORT:-6750}

skip() { printf '\n######## NOT TESTED: the real node (%s) ########\n\n' "$1"; exit 0; }
[ "$(uname -s)" = Linux ] || skip "it needs Linux"
[ "$(id -u)" = 0 ] || skip "it needs root"
command -v go >/dev/null || skip "it needs Go to build Kubernetes"
if ! command -v buildah >/dev/null || ! command -v debootstrap >/dev/null || ! [ -d /usr/lib/cni ]; then
  command -v apt-get >/dev/null || skip "it needs buildah, debootstrap, busybox-static and the CNI plugins"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq buildah debootstrap busybox-static \
    containernetworking-plugins iptables iproute2 conntrack libseccomp-dev pkg-config gcc openssl curl >/dev/null
fi

tools/kube/build.sh control-plane node
WORK=$(mktemp -d); CLUSTER=$WORK/cluster
finish() {
  local status=$?
  [ $status = 0 ] || tail -n 30 "$CLUSTER"/logs/kubelet.log 2>/dev/null || true
  [ ! -d "$CLUSTER" ] || tools/kube/down.sh "$CLUSTER" >/dev/null 2>&1 || true
  rm -rf "$WORK"
}
trap finish EXIT

tools/image/build.sh "$WORK/images" >/dev/null
e2e/node/build-test-image.sh "$WORK/images"
tools/kube/up.sh --node --dir "$CLUSTER" --port "$PORT" >/dev/null
tools/kube/load-image.sh "$CLUSTER" "$WORK"/images/*.tar 2>/dev/null
# The next release, for the upgrade: the same image under another name.
"${KUBE_HOME:-$HOME/.cache/kube}/bin/ctr" -a "$CLUSTER/containerd.sock" -n k8s.io images tag \
  ghcr.io/moorage/moorage:0.1.0 ghcr.io/moorage/moorage:0.1.1 >/dev/null
export MOORAGE_NODE_KUBECONFIG=$CLUSTER/kubeconfig PATH=$ROOT/node_modules/.bin:$PATH
nsenter --net="/var/run/netns/kube-$PORT" "$NODE" node_modules/vitest/vitest.mjs run --config e2e/node/vitest.config.ts "$@"
