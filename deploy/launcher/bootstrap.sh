# POSIX shell, sourced by the launchers beside it. Gives a checkout its tools, packages and builds, each only
# when something is missing or has changed, and says one line for each step that it takes.
#
# Reads: OSTLER_CACHE (where the tools are kept, default ~/.cache/ostler/toolchain).
# Sets:  OSTLER_ROOT, PATH (Node and pnpm first).

set -eu
umask 022
export TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1 TURBO_NO_UPDATE_NOTIFIER=1 NO_UPDATE_NOTIFIER=1

# npm tells its own scripts where it stands; the installs in here stand somewhere else.
unset npm_config_prefix npm_config_local_prefix npm_config_global_prefix npm_config_package npm_package_json

# To standard error, so that the output of `./ostler get -o json` stays what was asked for.
say() { printf 'ostler: %s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

# step NAME COMMAND...: runs quietly and says how long it took; when it fails, shows the end of what it said.
step() {
  step_name=$1
  shift
  step_log=$(mktemp "${TMPDIR:-/tmp}/ostler-step.XXXXXX")
  step_start=$(date +%s)
  step_status=0
  # On a terminal the line is there while the step runs, and is written over by how it ended.
  [ ! -t 2 ] || printf 'ostler: %s ...\r' "$step_name" >&2
  "$@" >"$step_log" 2>&1 </dev/null || step_status=$?
  if [ "$step_status" -ne 0 ]; then
    [ ! -t 2 ] || echo >&2
    tail -n 60 "$step_log" >&2
    rm -f "$step_log"
    fail "$step_name failed (exit $step_status); the lines above say why"
  fi
  rm -f "$step_log"
  say "$step_name ($(($(date +%s) - step_start)) s)"
}

# Lets one launcher at a time work on a folder. The lock goes with its holder, however that one ends; the
# command must close descriptor 9, lest something that it leaves running keeps the lock.
exclusively() {
  lock_file=$1
  shift
  mkdir -p "$(dirname "$lock_file")"
  if command -v flock >/dev/null 2>&1; then
    (
      flock 9
      "$@"
    ) 9>"$lock_file"
  else
    "$@"
  fi
}

processor() {
  case $(uname -m) in
    x86_64 | amd64) echo x64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) echo unknown ;;
  esac
}

node_major() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }

install_toolchain() {
  command -v npm >/dev/null 2>&1 || {
    echo 'npm was not found; it comes with Node, from https://nodejs.org or your distribution'
    return 1
  }
  staging=$toolchain.$$.new
  rm -rf "$staging"
  mkdir -p "$staging"
  printf '{"private": true}\n' >"$staging/package.json"
  npm install --prefix "$staging" --ignore-scripts --no-audit --no-fund --no-save --no-package-lock \
    --loglevel=error "node-linux-$arch@$node_version" "@pnpm/exe.linux-$arch@$pnpm_version" 9>&- || return 1
  # Proves that they run here: the packages hold glibc binaries.
  "$staging/node_modules/node-linux-$arch/bin/node" --version || return 1
  "$staging/node_modules/@pnpm/exe.linux-$arch/pnpm" --version || return 1
  mv -T "$staging" "$toolchain"
}

install_toolchain_once() { [ -d "$toolchain" ] || step "install Node $node_version and pnpm $pnpm_version" install_toolchain; }

use_system_tools() {
  . "$OSTLER_ROOT/deploy/launcher/toolchain.env"
  command -v node >/dev/null 2>&1 || fail 'Node was not found. Install Node 20 or newer, then try again.'
  [ "$(node_major node)" -ge "$OLDEST_SYSTEM_NODE" ] ||
    fail "Node $NODE_VERSION could not be installed, and the system's Node $(node --version) is older than $OLDEST_SYSTEM_NODE. Check the connection to the npm registry, or install Node 24."
  command -v pnpm >/dev/null 2>&1 ||
    fail "pnpm could not be installed. Check the connection to the npm registry, or install pnpm $PNPM_VERSION."
  say "going on with the system's Node $(node --version) and pnpm $(pnpm --version)"
}

ensure_toolchain() {
  . "$OSTLER_ROOT/deploy/launcher/toolchain.env"
  arch=$(processor)
  node_version=$NODE_VERSION
  pnpm_version=$PNPM_VERSION
  if [ "$arch" = arm64 ]; then
    node_version=$NODE_VERSION_arm64
    pnpm_version=$PNPM_VERSION_arm64
  fi
  cache=${OSTLER_CACHE:-${HOME:-/root}/.cache/ostler/toolchain}
  toolchain=$cache/node-$node_version-pnpm-$pnpm_version-$arch
  if [ ! -d "$toolchain" ] && [ "$arch" != unknown ]; then
    exclusively "$cache/lock" install_toolchain_once || true
    rm -rf "$toolchain".*.new
  fi
  PATH=$OSTLER_ROOT/node_modules/.bin:$PATH
  if [ -d "$toolchain" ]; then
    PATH=$toolchain/node_modules/node-linux-$arch/bin:$toolchain/node_modules/@pnpm/exe.linux-$arch:$PATH
  else
    use_system_tools
  fi
  export PATH
}

# Everything that decides what an install makes: the lock, the settings, each package.json, and Node itself.
install_fingerprint() {
  (
    cd "$OSTLER_ROOT"
    node --version
    cat pnpm-lock.yaml pnpm-workspace.yaml package.json apps/*/package.json packages/*/package.json e2e/package.json \
      deploy/tooling/*/package.json examples/*/package.json
  ) | cksum
}

install_packages() { (cd "$OSTLER_ROOT" && CI=true pnpm install --frozen-lockfile --prefer-offline 9>&-); }

install_packages_if_changed() {
  stamp=$OSTLER_ROOT/node_modules/.ostler-installed
  fingerprint=$(install_fingerprint)
  [ "$(cat "$stamp" 2>/dev/null)" != "$fingerprint" ] || return 0
  step 'install the packages' install_packages
  printf '%s\n' "$fingerprint" >"$stamp"
}

ensure_packages() { exclusively "$OSTLER_ROOT/node_modules/.ostler-lock" install_packages_if_changed; }

build() { (cd "$OSTLER_ROOT" && turbo run build --output-logs=errors-only --no-daemon "$@" 9>&-); }

# ensure_build [TURBO FILTER...]: turbo skips what has not changed.
ensure_build() { exclusively "$OSTLER_ROOT/node_modules/.ostler-lock" step 'build what has changed' build "$@"; }
