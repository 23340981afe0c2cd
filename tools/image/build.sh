#!/usr/bin/env bash
# Builds Moorage's images as OCI archives, with neither a daemon nor a registry.
#
# Usage: build.sh [--base IMAGE] OUT_DIR
#   OUT_DIR/moorage.tar   operator, proxy and bridge-install: Node.js with its libraries on scratch (or on --base)
#   OUT_DIR/runner.tar    npx and uvx: a small Debian with Node.js, npm, Python and uv
# Both run as user 65532, need no writable root and are named ghcr.io/moorage/{moorage,runner}:VERSION.
# apt: buildah busybox-static debootstrap
set -euo pipefail
BASE=scratch
while [ $# -gt 1 ]; do case $1 in
  --base) BASE=$2; shift 2 ;;
  *) echo "build.sh: unknown option '$1'" >&2; exit 2 ;;
esac; done
[ $# -eq 1 ] || { echo "Usage: build.sh [--base IMAGE] OUT_DIR" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd); ROOT=$(cd "$HERE/../.." && pwd)
mkdir -p "$1"; OUT=$(cd "$1" && pwd)
VERSION=$(sed -n 's/^  "version": "\(.*\)",/\1/p' "$ROOT/package.json")
NODE=$ROOT/node_modules/node/bin/node
USER_ID=65532
WORK=$(mktemp -d); trap 'rm -rf "$WORK"' EXIT

image() { # name, context: builds the Containerfile there and writes OUT/name.tar
  local tag=ghcr.io/moorage/$1:$VERSION
  buildah --storage-driver vfs --root "$WORK/storage" bud --isolation chroot --quiet -t "$tag" "$2" >/dev/null
  rm -f "$OUT/$1.tar"
  buildah --storage-driver vfs --root "$WORK/storage" push --quiet "$tag" "oci-archive:$OUT/$1.tar:$tag"
}

moorage() {
  local context=$WORK/moorage; mkdir -p "$context/rootfs/app" "$context/rootfs/bin" "$context/rootfs/tmp"
  "$NODE" "$HERE/bundle.ts"
  cp "$ROOT"/dist/image/* "$context/rootfs/app/"
  cp "$NODE" "$context/rootfs/bin/node"; strip "$context/rootfs/bin/node"
  cp /bin/busybox "$context/rootfs/bin/busybox"
  # The loader and the libraries that Node.js is linked to, at the places where it looks for them.
  ldd "$NODE" | grep -oE '/[^ ]+' | while read -r library; do
    mkdir -p "$context/rootfs$(dirname "$library")"; cp -L "$library" "$context/rootfs$library"
  done
  cat > "$context/Containerfile" <<C
FROM $BASE
COPY rootfs /
# A young generation of half V8's default size: a larger one lets garbage pile up, in a smaller one what a proxy works on
# is copied again and again (bench/README.md has the figures). The operator's Deployment sets its own.
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=16
USER $USER_ID:$USER_ID
ENTRYPOINT ["/bin/node", "/app/moorage.mjs"]
C
  image moorage "$context"
}

runner() {
  local context=$WORK/runner; mkdir -p "$context"
  debootstrap --variant=minbase --include=python3,ca-certificates bookworm "$context/rootfs" >"$WORK/debootstrap.log" 2>&1 ||
    { tail -n 20 "$WORK/debootstrap.log" >&2; exit 1; }
  rm -rf "$context"/rootfs/{var/cache/apt,var/lib/apt/lists,usr/share/doc,usr/share/man,dev,proc,sys}/* 2>/dev/null || true
  cp "$NODE" "$context/rootfs/usr/local/bin/node"; strip "$context/rootfs/usr/local/bin/node"
  npm install --silent --no-audit --no-fund --prefix "$context/npm" npm@11.19.1
  mkdir -p "$context/rootfs/usr/local/lib/node_modules"
  cp -r "$context/npm/node_modules/npm" "$context/rootfs/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$context/rootfs/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$context/rootfs/usr/local/bin/npx"
  python3 -m pip download --quiet --no-deps --dest "$context/uv" uv==0.9.9
  python3 -m zipfile -e "$context"/uv/uv-*.whl "$context/uv/unpacked"
  install -m 755 "$context"/uv/unpacked/uv-*.data/scripts/{uv,uvx} "$context/rootfs/usr/local/bin/"
  cat > "$context/Containerfile" <<C
FROM scratch
COPY rootfs /
ENV HOME=/tmp npm_config_update_notifier=false UV_CACHE_DIR=/tmp/uv
WORKDIR /tmp
USER $USER_ID:$USER_ID
C
  image runner "$context"
}

moorage
runner
ls -l "$OUT"/*.tar
