#!/bin/sh
# Starts the agent that lies beside this file, with the Node and the memory limits that it was measured with.
folder=$(dirname "$(readlink -f "$0")")
# shellcheck disable=SC2046
exec "$folder/node" $(cat "$folder/agent-flags.txt") "$folder/agent.cjs" "$@"
