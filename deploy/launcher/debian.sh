# POSIX shell, sourced: Debian packages, for root on Debian and its relatives. Needs bootstrap.sh.

is_debian() { [ -f /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; }

is_root() { [ "$(id -u)" -eq 0 ]; }

has_package() { dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"; }

# The timeout above covers dpkg's lock; the lock on the lists is only refused at once.
apt_update() {
  for pause in 5 15 30; do
    ! apt update || return 0
    sleep "$pause"
  done
  apt update
}

# Fresh machines know no packages yet, and old lists name versions that are gone.
apt_install() {
  apt install --no-install-recommends -y "$@" || { apt_update && apt install --no-install-recommends -y "$@"; }
}

# Where PID 1 is not systemd nobody would supervise what a package starts, and it would take ports 80 and 443
# from those who do. Debian asks this file before a package starts a service.
apt_install_without_starting() {
  policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then
    apt_install "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT INT TERM
  install_status=0
  apt_install "$@" || install_status=$?
  rm -f "$policy"
  trap - EXIT INT TERM
  return "$install_status"
}

install_packages_of_debian() {
  if [ -d /run/systemd/system ]; then apt_install "$@"; else apt_install_without_starting "$@"; fi
}

# nginx serves the sites. Without it the control plane runs all the same and the server says what it lacks.
ensure_nginx() {
  [ ! -x /usr/sbin/nginx ] || return 0
  if is_root && is_debian; then
    (step 'install nginx through apt' install_packages_of_debian nginx) ||
      say 'going on without nginx: this machine cannot serve sites until it is installed'
  else
    say 'nginx is not installed (apt-get install nginx): this machine cannot serve sites until it is'
  fi
}
