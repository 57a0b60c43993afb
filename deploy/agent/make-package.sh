#!/bin/sh
# `npm run agent:package`: the agent for other servers, from this checkout.
OSTLER_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$OSTLER_ROOT/deploy/launcher/bootstrap.sh"

ensure_toolchain
ensure_packages
ensure_build --filter=@ostler/agent
exec node "$OSTLER_ROOT/deploy/agent/make-package.ts" "$@"
