#!/bin/sh
# `npm start`: everything from a fresh clone to a running control plane, in the foreground until Ctrl-C.
OSTLER_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$OSTLER_ROOT/deploy/launcher/bootstrap.sh"
. "$OSTLER_ROOT/deploy/launcher/debian.sh"

ensure_toolchain
ensure_packages
ensure_build
ensure_nginx

# The agent for other servers, packed and signed beside: what was made of the same build is not made again.
mkdir -p "$OSTLER_ROOT/dist"
(nice -n 19 node "$OSTLER_ROOT/deploy/release/make-release.ts" --when-changed \
  </dev/null >"$OSTLER_ROOT/dist/agent-release.log" 2>&1 &)
export OSTLER_AGENT_RELEASES="${OSTLER_AGENT_RELEASES:-$OSTLER_ROOT/dist/agent-releases}"

# Takes this process's place: signals reach the control plane itself, which ends all that it started.
exec node "$OSTLER_ROOT/apps/control-plane/dist/main.js" "$@"
