#!/bin/sh
# `./ostler`: the CLI of this checkout.
OSTLER_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$OSTLER_ROOT/deploy/launcher/bootstrap.sh"

ensure_toolchain
ensure_packages
cli=$OSTLER_ROOT/apps/cli/dist/main.js
# Checked by time and not by turbo, which would cost each command a third of a second.
is_stale() { [ ! -f "$cli" ] || [ -n "$(find "$OSTLER_ROOT/apps/cli/src" "$OSTLER_ROOT"/packages/*/src -newer "$cli" -type f -print -quit)" ]; }
if is_stale; then
  ensure_build --filter=@ostler/cli
  touch -c "$cli"
fi
exec node "$cli" "$@"
