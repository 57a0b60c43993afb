#!/bin/sh
# Makes a copy of a golden image a server of its own: the image knows the control plane (/etc/ostler/control), the
# token comes with this boot: ostler.token= on the kernel's command line, or the file /etc/ostler/join-token.
set -eu
settings=/etc/ostler
folder=$(dirname "$(readlink -f "$0")")

say() { printf 'ostler-agent: %s\n' "$*" >&2; }

from_kernel() { tr ' ' '\n' </proc/cmdline | sed -n "s/^ostler\\.$1=//p" | tail -n 1; }

setting() {
  value=$(from_kernel "$1")
  [ -n "$value" ] || value=$(sed -n "s/^$1=//p" "$settings/control" 2>/dev/null || true)
  printf '%s' "$value"
}

token=$(from_kernel token)
[ -n "$token" ] || token=$(tr -d ' \n' <"$settings/join-token" 2>/dev/null) || true
control=$(setting control)
[ -n "$token" ] || { say "no token: put one into $settings/join-token and run systemctl start ostler-agent-first-boot"; exit 64; }
[ -n "$control" ] || { say "$settings/control names no control plane: make the image with install.sh --image"; exit 64; }

set -- --control "$control"
for option in listener_pin ca_pin name proxy; do
  value=$(setting "$option")
  [ -z "$value" ] || set -- "$@" "--$(printf '%s' "$option" | tr _ -)" "$value"
done
OSTLER_JOIN_TOKEN=$token "$folder/ostler-agent" join "$@"
# Spent; the identity is all that is needed from now on.
rm -f "$settings/join-token"
