#!/bin/sh
# Installs the control plane of the package that this file lies in as a systemd service, or upgrades it:
#
#   sh install.sh               installs or upgrades, and starts
#   sh install.sh --no-start    for a restore: ostler-control restore FILE comes before the first start
#
# Safe to run again. The version before is kept in /opt/ostler-control-plane, older ones go.
set -eu
fail() {
  echo "ostler: $*" >&2
  exit 1
}
[ "$(id -u)" -eq 0 ] || fail 'install.sh needs root'
[ -d /run/systemd/system ] || fail 'this machine was not booted with systemd, which is to run the control plane'
start=yes
[ "${1:-}" != --no-start ] || start=no

package=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
version=$(cat "$package/VERSION")
home=/opt/ostler-control-plane
unit=ostler-control-plane.service
data=/var/lib/ostler

getent passwd ostler >/dev/null ||
  useradd --system --user-group --no-create-home --home-dir "$data" --shell /usr/sbin/nologin ostler

install -d -m 755 "$home"
if [ ! -d "$home/$version" ]; then
  staging=$home/.$version.$$
  rm -rf "$staging"
  cp -R "$package" "$staging"
  chown -R root:root "$staging"
  chmod -R go-w,a+rX "$staging"
  mv -T "$staging" "$home/$version"
fi
before=$(readlink "$home/current" || true)
ln -sfn "$version" "$home/.current.$$"
mv -T "$home/.current.$$" "$home/current"
ln -sfn "$home/current/ostler-control" /usr/local/bin/ostler-control
for old in "$home"/*/; do
  old=$(basename "$old")
  case $old in
    current | "$version" | "$before") ;;
    *) rm -rf "${home:?}/$old" ;;
  esac
done

install -d -m 711 -o ostler -g ostler "$data"
install -d -m 755 /etc/ostler
[ -e /etc/ostler/control-plane.env ] ||
  install -m 640 -g ostler "$home/current/control-plane.env" /etc/ostler/control-plane.env
install -m 644 "$home/current/$unit" "/etc/systemd/system/$unit"
systemctl daemon-reload
if [ "$start" = no ]; then
  echo "installed $version; start it with: systemctl enable --now $unit"
  exit 0
fi
first=no
[ -e "$data/master.key" ] || first=yes
systemctl enable --quiet "$unit"
systemctl restart "$unit"

# Ready, or the reason in its own words.
tries=0
until ostler-control ready >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ] || [ "$(systemctl is-failed "$unit" || true)" = failed ]; then
    journalctl --no-pager -n 20 -o cat -u "$unit" >&2 || true
    fail "$version does not start; the lines above say why. The version before: ${before:-none}"
  fi
  sleep 1
done
echo "runs $version: $(ostler-control ready)"
if [ "$first" = yes ]; then
  echo 'first login, shown this once:'
  ostler-control reset-login
fi
