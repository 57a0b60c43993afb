#!/bin/sh
# `npm run cli:package`: the command line as one file that runs with any Node from 20 on, from this checkout.
OSTLER_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$OSTLER_ROOT/deploy/launcher/bootstrap.sh"

ensure_toolchain
ensure_packages
cd "$OSTLER_ROOT/apps/cli"
step 'packing the command line' pnpm run package
chmod 755 "$OSTLER_ROOT/dist/ostler"
say "dist/ostler, $(wc -c <"$OSTLER_ROOT/dist/ostler") bytes: put it anywhere on the PATH of a machine with Node 20 or later"
