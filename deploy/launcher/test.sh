#!/bin/sh
# `npm test`: every check and every ring, and one closing line. `npm test -- walls ring01` runs only those.
OSTLER_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$OSTLER_ROOT/deploy/launcher/bootstrap.sh"
. "$OSTLER_ROOT/deploy/launcher/debian.sh"

test_packages() { sed 's/#.*//' "$OSTLER_ROOT/deploy/test-packages.txt" | tr -s ' \n' '\n'; }

missing_test_packages() {
  for package in $(test_packages); do
    has_package "$package" || printf '%s ' "$package"
  done
}

ensure_test_packages() {
  is_debian || {
    say 'this is no Debian: tests that need Debian packages (deploy/test-packages.txt) are skipped where those are missing'
    return 0
  }
  missing=$(missing_test_packages)
  [ -n "$missing" ] || return 0
  if is_root; then
    # A package that cannot be had is no reason to run nothing: what needs it says so.
    # shellcheck disable=SC2086
    (step "install through apt: $missing" install_packages_of_debian $missing) || true
  else
    say "not root: tests that need these packages are skipped: $missing"
  fi
}

# Whatever goes wrong before the first check counts as one that failed: CI reads the last line.
trap 'status=$?; [ "$status" -eq 0 ] || echo "0 passed, 1 failed, 0 skipped"; exit "$status"' EXIT
ensure_toolchain
ensure_packages
[ "$#" -gt 0 ] || ensure_test_packages
trap - EXIT
exec node "$OSTLER_ROOT/deploy/tooling/test-run/run.ts" "$@"
