#!/bin/sh
# `npm run agent:package`: the agent for other servers, from this checkout; with --image as an image for a container.
OSTLER_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$OSTLER_ROOT/deploy/launcher/bootstrap.sh"

ensure_toolchain
ensure_packages
ensure_build --filter=@ostler/agent
maker=make-package.ts
if [ "${1:-}" = --image ]; then
  maker=make-image.ts
  shift
fi
exec node "$OSTLER_ROOT/deploy/agent/$maker" "$@"
