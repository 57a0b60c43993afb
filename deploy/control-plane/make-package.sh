#!/bin/sh
# `npm run control:package`: the control plane for a machine that is to run it as a service, from this checkout.
OSTLER_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$OSTLER_ROOT/deploy/launcher/bootstrap.sh"

ensure_toolchain
ensure_packages
ensure_build
# What its servers are installed from.
node "$OSTLER_ROOT/deploy/release/make-release.ts" --when-changed
exec node "$OSTLER_ROOT/deploy/control-plane/make-package.ts" "$@"
