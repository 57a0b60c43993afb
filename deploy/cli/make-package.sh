#!/bin/sh
# `npm run cli:package`: the command line as one file that runs with any Node from 20 on, from this checkout.
OSTLER_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$OSTLER_ROOT/deploy/launcher/bootstrap.sh"

ensure_toolchain
ensure_packages
cd "$OSTLER_ROOT/apps/cli"
step 'packing the command line' pnpm run package
chmod 755 "$OSTLER_ROOT/dist/ostler.cjs"
say "dist/ostler.cjs, $(wc -c <"$OSTLER_ROOT/dist/ostler.cjs") bytes: install it as /usr/local/bin/ostler where Node 20 or later is"
