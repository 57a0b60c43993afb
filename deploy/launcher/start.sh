#!/bin/sh
# `npm start`: everything from a fresh clone to a running control plane, in the foreground until Ctrl-C.
OSTLER_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$OSTLER_ROOT/deploy/launcher/bootstrap.sh"
. "$OSTLER_ROOT/deploy/launcher/debian.sh"

ensure_toolchain
ensure_packages
ensure_build
ensure_nginx

# Takes this process's place: signals reach the control plane itself, which ends all that it started.
exec node "$OSTLER_ROOT/apps/control-plane/dist/main.js" "$@"
