#!/bin/sh
# `npm run release:agent`: a signed release of the agent, from this checkout.
OSTLER_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$OSTLER_ROOT/deploy/launcher/bootstrap.sh"

ensure_toolchain
ensure_packages
ensure_build --filter=@ostler/agent
exec node "$OSTLER_ROOT/deploy/release/make-release.ts" "$@"
