#!/usr/bin/env bash
# Adds test/everything.tar to a folder of images: the MCP project's test server on our runner image, because a pod of the
# test node cannot reach a package registry. Usage: build-test-image.sh DIR
set -euo pipefail
DIR=$(cd "$1" && pwd); WORK=$(mktemp -d); trap 'rm -rf "$WORK"' EXIT
TAG=localhost/everything:1
npm install --silent --no-audit --no-fund --prefix "$WORK/app" @modelcontextprotocol/server-everything@2026.8.31
cat > "$WORK/Containerfile" <<C
FROM oci-archive:$DIR/runner.tar
COPY app /app
ENTRYPOINT ["node", "/app/node_modules/@modelcontextprotocol/server-everything/dist/index.js"]
C
buildah --storage-driver vfs --root "$WORK/storage" bud --isolation chroot --quiet -t "$TAG" "$WORK" >/dev/null
buildah --storage-driver vfs --root "$WORK/storage" push --quiet "$TAG" "oci-archive:$DIR/everything.tar:$TAG"
