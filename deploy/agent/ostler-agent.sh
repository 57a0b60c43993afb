#!/bin/sh
# Starts the agent that lies beside this file, with the Node and the memory limits that it was measured with. A
# server that has just joined begins to serve at once, and does so at each boot.
set -eu
folder=$(dirname "$(readlink -f "$0")")
unit=ostler-agent.service
program=$folder/agent.cjs

if [ "${1:-}" = join ] && [ -f "/etc/systemd/system/$unit" ]; then
  "$folder/node" "$program" "$@"
  systemctl enable --no-reload --quiet "$unit"
  exec systemctl restart "$unit"
fi
# shellcheck disable=SC2046
exec "$folder/node" $(cat "$folder/agent-flags.txt") "$program" "$@"
