#!/bin/sh
# Installs the agent of the package that this file lies in, on a server with systemd:
#
#   sh install.sh                                                      installs; `ostler-agent join ...` comes later
#   sh install.sh --control URL --token TOKEN --ca-pin PIN [--name N]  installs and joins
#
# Safe to run again: a version that is there is kept, and the unit moves to it by a link.
set -eu
[ "$(id -u)" -eq 0 ] || { echo 'ostler-agent: install.sh needs root' >&2; exit 1; }
[ -d /run/systemd/system ] || { echo 'ostler-agent: this server was not booted with systemd, which the agent needs to be supervised' >&2; exit 1; }

package=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
version=$(cat "$package/VERSION")
home=/opt/ostler-agent

install -d -m 755 "$home"
if [ ! -d "$home/$version" ]; then
  staging=$home/.$version.$$
  rm -rf "$staging"
  cp -R "$package" "$staging"
  chown -R root:root "$staging"
  chmod -R go-w "$staging"
  mv -T "$staging" "$home/$version"
fi
ln -sfn "$version" "$home/.current.$$"
mv -T "$home/.current.$$" "$home/current"
ln -sfn "$home/current/ostler-agent" /usr/local/bin/ostler-agent
install -m 644 "$home/current/ostler-agent.service" /etc/systemd/system/ostler-agent.service
systemctl daemon-reload

if [ "$#" -gt 0 ]; then
  exec "$home/current/ostler-agent" join "$@"
fi
! systemctl is-enabled --quiet ostler-agent.service || systemctl restart ostler-agent.service
