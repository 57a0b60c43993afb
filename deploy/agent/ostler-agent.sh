#!/bin/sh
# Starts the agent that lies beside this file, with the Node and the memory limits that it was measured with.
folder=$(dirname "$(readlink -f "$0")")
# Of one arena for all threads the agent at rest is 3 MB smaller (glibc, mallopt(3)).
export MALLOC_ARENA_MAX=1
# shellcheck disable=SC2046
exec "$folder/node" $(cat "$folder/agent-flags.txt") "$folder/agent.cjs" "$@"
