#!/bin/sh
# What is done beside the control plane on its machine: backup, restore, status... Run as root, it acts as the
# owner of the data folder; files of the command line are opened as root.
set -eu
folder=$(dirname "$(readlink -f "$0")")
settings=/etc/ostler/control-plane.env

# As systemd reads it: a name, an equals sign, the rest of the line; quotes around the whole value are no part of it.
if [ -r "$settings" ]; then
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      [A-Z]*=*) ;;
      *) continue ;;
    esac
    name=${line%%=*}
    value=${line#*=}
    case $value in
      \"*\") value=${value#\"} value=${value%\"} ;;
    esac
    export "$name=$value"
  done <"$settings"
fi
export OSTLER_DATA="${OSTLER_DATA:-/var/lib/ostler}"
[ "$#" -gt 0 ] || set -- --help
exec "$folder/node" "$folder/apps/control-plane/dist/main.js" "$@"
