#!/bin/sh
# Installs the agent of Ostler on a server with systemd, and joins it to a control plane. Run as root:
#
#   curl -fsSLk --pinnedpubkey 'sha256//K' https://CONTROL:PORT/install.sh | sh -s -- --token TOKEN --ca PIN
#   sh install.sh --install-only          from an unpacked package: no control plane is asked
#
# Options: --token T  --ca PIN  --name NAME  --proxy http://HOST:PORT  --control URL  --listener-pin PIN
#          --image (for a golden image)  --install-only  --uninstall [--purge]  --help
#
# Safe to run again: what is whole stays, what is missing or broken is put back, and a server keeps who it is.
# Everything is in functions, and the last line calls them: a copy that was cut off does nothing.

# What the control plane that sends this file fills in. One line for each architecture: its name, the package's
# SHA-256 and size, the version, the signed release and its signature (base64).
control=''
listener_pin=''
ca_pin=''
release_key=''
packages=''
# End of what is filled in.

home=/opt/ostler-agent
settings=/etc/ostler
state=/var/lib/ostler-agent
units=/etc/systemd/system
unit=ostler-agent.service
first_boot_unit=ostler-agent-first-boot.service
program_link=/usr/local/bin/ostler-agent

say() { printf 'ostler-agent: %s\n' "$*"; }

die() {
  code=$1
  shift
  printf 'ostler-agent: %s\n' "$*" >&2
  exit "$code"
}

usage() {
  printf '%s\n' 'usage: install.sh --token TOKEN --ca PIN [--name NAME] [--proxy http://HOST:PORT]' \
    '       install.sh --image | --install-only | --uninstall [--purge]'
}

read_arguments() {
  action=
  token=${OSTLER_JOIN_TOKEN:-}
  name=
  purge=no
  while [ "$#" -gt 0 ]; do
    case $1 in
      --image | --install-only | --uninstall) action=${1#--} ;;
      --purge) purge=yes ;;
      --help)
        usage
        exit 0
        ;;
      --token | --ca | --ca-pin | --name | --proxy | --control | --listener-pin)
        [ "$#" -gt 1 ] || die 64 "$1 needs a value. $(usage)"
        case $1 in
          --token) token=$2 ;;
          --ca | --ca-pin) ca_pin=$2 ;;
          --name) name=$2 ;;
          --proxy) https_proxy=$2 && export https_proxy ;;
          --control) control=${2%/} ;;
          --listener-pin) listener_pin=$2 ;;
        esac
        shift
        ;;
      *) die 64 "$1 is not understood. $(usage)" ;;
    esac
    shift
  done
  if [ -z "$action" ] && [ -n "$token" ]; then action='join'; fi
  [ -n "$action" ] || die 64 "what to do is missing. $(usage)"
}

require_server() {
  [ "$(id -u)" -eq 0 ] || die 77 'this needs root. Put sudo before sh: curl ... | sudo sh -s -- ...'
  for program in curl tar gzip sha256sum base64 od df flock install systemctl; do
    command -v "$program" >/dev/null 2>&1 || missing_programs="${missing_programs:-}$program "
  done
  case ${missing_programs:-} in
    '') ;;
    *systemctl*) die 69 'this server has no systemd, which supervises the agent. Use the container instead: docs/guides/join-a-server.md.' ;;
    *) die 69 "these programs are missing: ${missing_programs}Install them and run this again." ;;
  esac
  [ "$action" = image ] || [ -d /run/systemd/system ] ||
    die 69 'this server was not booted with systemd, which supervises the agent. Use the container instead: docs/guides/join-a-server.md.'
}

# One installer at a time; the lock ends with this process.
lock_home() {
  install -d -m 755 "$home"
  exec 9>"$home/.lock"
  flock -n 9 || die 75 'another installer is at work on this server. Try again when it has ended.'
  rm -rf "$home"/.staging.* "$home"/.download.*
}

# How curl ended, in words. Its own are on the terminal above.
explain_download() {
  case $1 in
    5) die 69 "the name of the proxy ${https_proxy:-${HTTPS_PROXY:-}} does not resolve." ;;
    6) die 69 "the name in $control does not resolve here. Check DNS (/etc/resolv.conf)." ;;
    7) die 69 "$control cannot be reached from here: no route, a firewall, or nothing listens there." ;;
    22) die 69 "$control answered with an error (above). Take a fresh join command from its console." ;;
    23) die 73 "$home cannot be written: is its disk full?" ;;
    28) die 69 "$control did not answer in time. Is a firewall between?" ;;
    56) die 69 'the connection was cut, or the proxy refused it: it has to allow CONNECT to that port.' ;;
    90) die 76 "$control does not show the key $listener_pin. Something stands between, or the command is of another control plane." ;;
    *) die 69 "the download from $control failed (curl ended with $1)." ;;
  esac
}

from_control() {
  curl -fsSLk --proto '=https' --pinnedpubkey "$listener_pin" --connect-timeout 15 --retry 3 --retry-delay 2 "$@"
}

# A control plane that was just started is still packing. Its script is asked for again, and takes over.
take_over_when_packed() {
  [ "$action" = join ] || [ "$action" = image ] || return 0
  [ -z "$packages" ] && [ -n "$control" ] && [ -n "$listener_pin" ] || return 0
  if own_folder >/dev/null || is_installed; then return 0; fi
  say 'the control plane is still making the package of the agent; waiting for it.'
  script=$(from_control --retry 60 --retry-delay 5 --retry-max-time 600 "$control/install.sh?package=ready") || explain_download $?
  code=0
  printf '%s\n' "$script" | sh -s -- "$@" || code=$?
  exit "$code"
}

# The line of this architecture: $package_sha256 $package_size $package_version $release $signature.
choose_package() {
  architecture=$(uname -m)
  chosen=$(printf '%s\n' "$packages" | while read -r one rest; do
    [ "$one" != "$architecture" ] || printf '%s' "$rest"
  done)
  [ -n "$chosen" ] ||
    die 69 "this server is $architecture, and $control has no package for it. It has: $(printf '%s\n' "$packages" | cut -d' ' -f1 | tr '\n' ' ')"
  # shellcheck disable=SC2086
  set -- $chosen
  package_sha256=$1 package_size=$2 package_version=$3 release=$4 signature=$5
}

# The package and what comes out of it, with room to spare.
require_space() {
  need_kib=$((package_size * 5 / 1024))
  free_kib=$(df -Pk "$home" | awk 'NR == 2 { print $4 }')
  [ "$free_kib" -ge "$need_kib" ] ||
    die 73 "$home needs $((need_kib / 1024)) MiB, and its disk has $((free_kib / 1024)) MiB left."
}

# The key that this server learned at its first installation counts, and no other one.
prepare_release() {
  work=$home/.staging.$$
  install -d -m 700 "$work"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' HUP INT TERM
  if [ -s "$settings/release-key.pub" ]; then
    cp "$settings/release-key.pub" "$work/key"
  else
    printf '%s' "$release_key" | base64 -d >"$work/key"
  fi
  printf '%s' "$release" | base64 -d >"$work/release.bin"
  printf '%s' "$signature" | base64 -d >"$work/signature.bin"
  printf 'ostler agent release\n' | cat - "$work/release.bin" >"$work/signed"
  require_named_digest
}

# The signed release names this package: architecture, then its digest (fields 1 and 2 of an AgentPackage).
require_named_digest() {
  named=$(od -An -v -tx1 "$work/release.bin" | tr -d ' \n')
  wanted=$(printf '%s' "$architecture" | od -An -v -tx1 | tr -d ' \n')
  length=$(printf '%02x' "${#architecture}")
  case $named in
    *"0a$length${wanted}1220$package_sha256"*) ;;
    *) refuse_release ;;
  esac
}

refuse_release() {
  die 76 "the release is refused: it is not signed by the key in $settings/release-key.pub (or the one that this control plane sent). Nothing was installed."
}

# Before anything of the package runs where openssl is new enough, else with the package's node, after its digest.
verify_with_openssl() {
  case $(openssl version 2>/dev/null) in 'OpenSSL '[3-9]*) ;; *) return 1 ;; esac
  openssl pkeyutl -verify -pubin -inkey "$work/key" -rawin -in "$work/signed" -sigfile "$work/signature.bin" \
    >/dev/null 2>&1 || refuse_release
}

verify_with_node() {
  "$1/node" -e 'const [, key, signed, signature] = process.argv.map((file, index) => index && require("fs").readFileSync(file));
    process.exit(require("crypto").verify(null, signed, key, signature) ? 0 : 1);' \
    "$work/key" "$work/signed" "$work/signature.bin" >/dev/null 2>&1 || refuse_release
}

download_package() {
  say "downloading the agent $package_version ($((package_size / 1048576)) MiB)"
  from_control --speed-limit 1 --speed-time 60 -o "$work/package.tar.gz" "$control/agent/$package_sha256.tar.gz" || explain_download $?
  printf '%s  %s\n' "$package_sha256" "$work/package.tar.gz" | sha256sum -c --status 2>/dev/null ||
    die 76 'the package is refused: it is not what the control plane named. Nothing was installed; run this again, and if it stays so, something changes it on its way.'
}

unpack_package() {
  tar -xzf "$work/package.tar.gz" -C "$work" --no-same-owner || die 73 "the package could not be unpacked: is the disk of $home full?"
  rm "$work/package.tar.gz"
  unpacked=$work/ostler-agent
  [ "$(cat "$unpacked/VERSION")" = "$package_version" ] || refuse_release
  "$unpacked/node" --version >/dev/null 2>&1 ||
    die 69 "the programs of the package do not run on this system: they need glibc 2.28 or newer, and $home must not be mounted noexec."
}

# A version is there whole or not at all: a folder is made beside it and renamed.
keep_version() {
  chown -R root:root "$1"
  chmod -R go-w "$1"
  sync -f "$1" 2>/dev/null || sync
  rm -rf "${home:?}/$2"
  mv -T "$1" "$home/$2"
}

point_to_version() {
  ln -sfn "$1" "$home/.current.$$"
  mv -T "$home/.current.$$" "$home/current"
  changed=yes
}

is_whole() {
  [ -s "$1/VERSION" ] && [ -s "$1/SHA256SUMS" ] && (cd "$1" && sha256sum -c --status SHA256SUMS 2>/dev/null)
}

# The version that runs here stays when it is whole: newer ones come by updates, and none goes back.
is_installed() {
  [ -L "$home/current" ] && is_whole "$home/current"
}

install_downloaded() {
  choose_package
  require_space
  prepare_release
  verified=no
  verify_with_openssl && verified=yes
  download_package
  unpack_package
  [ "$verified" = yes ] || verify_with_node "$unpacked"
  install -d -m 755 "$settings"
  [ -s "$settings/release-key.pub" ] || install -m 644 "$work/key" "$settings/release-key.pub"
  install -m 644 "$work/release.bin" "$work/signature.bin" "$unpacked"
  keep_version "$unpacked" "$package_version"
  point_to_version "$package_version"
}

install_from_folder() {
  version=$(cat "$1/VERSION")
  if ! is_whole "$home/$version"; then
    work=$home/.staging.$$
    trap 'rm -rf "$work"' EXIT
    cp -R "$1" "$work"
    keep_version "$work" "$version"
    changed=yes
  fi
  [ "$(readlink "$home/current" || true)" = "$version" ] || point_to_version "$version"
}

# The folder that this file lies in, when that is a package.
own_folder() {
  case $0 in
    install.sh | */install.sh) folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) ;;
    *) return 1 ;;
  esac
  [ -f "$folder/VERSION" ] && [ -f "$folder/agent.cjs" ] && printf '%s' "$folder"
}

install_version() {
  if package=$(own_folder); then
    install_from_folder "$package"
  elif is_installed; then
    say "the agent $(cat "$home/current/VERSION") is here and whole."
  else
    [ -n "$listener_pin" ] || die 64 "run the join command of the console, or this file from an unpacked package. $(usage)"
    install_downloaded
  fi
}

put_file() {
  cmp -s "$1" "$2" || {
    install -m 644 "$1" "$2"
    changed=yes
  }
}

# systemd reads a unit that it does not know when it is to start it; what it knows it has to be told to read again,
# together with every other unit: on a small server that takes seconds.
has_old_unit() {
  [ "$(systemctl show --property=NeedDaemonReload --value "$unit")" != no ]
}

install_units() {
  install -d -m 755 "$settings"
  changed_before=$changed changed=no
  put_file "$home/current/$unit" "$units/$unit"
  put_file "$home/current/$first_boot_unit" "$units/$first_boot_unit"
  # What the server's own administrator allows is theirs: written once.
  [ -e "$settings/policy" ] || install -m 644 "$home/current/policy" "$settings/policy"
  ln -sfn "$home/current/ostler-agent" "$program_link"
  if [ "$changed" = yes ] && [ "$action" != image ] && has_old_unit; then systemctl daemon-reload; fi
  [ "$changed_before" = no ] || changed=yes
}

# Empty where no proxy stands between; the agent takes the same way as curl.
proxy_for_agent() {
  proxy=${https_proxy:-${HTTPS_PROXY:-}}
  host=${control#https://}
  case $host in
    '['*) host=${host#[} host=${host%%]*} ;;
    *) host=${host%%[:/]*} ;;
  esac
  for direct in $(printf '%s' "${no_proxy:-${NO_PROXY:-}}" | tr ',' ' '); do
    case $host in "$direct" | *".${direct#.}") proxy= ;; esac
    [ "$direct" != '*' ] || proxy=
  done
  case $proxy in
    '' | http://*) ;;
    *://*) die 64 "the proxy $proxy is not one that the agent can use: it takes http://HOST:PORT." ;;
    *) proxy=http://$proxy ;;
  esac
  case $proxy$control in
    http://*'https://['*) die 64 "through a proxy the control plane is reached by its name: set OSTLER_PUBLIC_ADDRESS there, and take a fresh command." ;;
  esac
}

has_joined() { [ -s "$state/identity/server.json" ]; }

identity() { sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" "$state/identity/server.json"; }

# A control plane may have moved; its key says whether it is the one that this server has joined.
require_same_control_plane() {
  known_pin=$(identity listenerPin)
  if [ -z "$known_pin" ] || [ -z "$listener_pin" ] || [ "$known_pin" = "$listener_pin" ]; then return 0; fi
  die 65 "this server has joined another control plane, $(identity controlUrl). To move it here, run install.sh --uninstall --purge first."
}

join_control_plane() {
  proxy_for_agent
  set -- --control "$control"
  [ -z "$listener_pin" ] || set -- "$@" --listener-pin "$listener_pin"
  [ -z "$ca_pin" ] || set -- "$@" --ca-pin "$ca_pin"
  [ -z "$name" ] || set -- "$@" --name "$name"
  [ -z "$proxy" ] || set -- "$@" --proxy "$proxy"
  OSTLER_JOIN_TOKEN=$token "$home/current/node" "$home/current/agent.cjs" join "$@" || die $? 'this server has not joined. The agent is installed; run the same line again, with a new token if this one was refused.'
}

# Without another reload of every unit: install_units saw to it.
start_agent() {
  systemctl enable --no-reload --quiet "$unit"
  if [ "$changed" = yes ] || ! systemctl is-active --quiet "$unit"; then
    systemctl restart "$unit"
  fi
}

join_and_start() {
  [ -n "$control" ] || die 64 "--control is missing. $(usage)"
  if has_joined; then
    require_same_control_plane
    say "this server has joined already, as $(identity serverName); the token was not used."
  else
    join_control_plane
    changed=yes
  fi
  start_agent
}

# A golden image knows its control plane, and each copy makes who it is at its first boot.
prepare_image() {
  has_joined && die 65 "this machine has joined: an image of it would be a copy of that server. Run install.sh --uninstall --purge first."
  rm -rf "$state/identity"
  printf 'control=%s\nlistener_pin=%s\nca_pin=%s\n' "$control" "$listener_pin" "$ca_pin" >"$settings/control"
  chmod 644 "$settings/control"
  systemctl enable --quiet "$first_boot_unit"
  say "this image is ready. Each copy joins at its first boot with a token in $settings/join-token or ostler.token= on the kernel's command line."
}

uninstall() {
  for one in ostler-agent-rollback.timer ostler-agent-rollback.service "$first_boot_unit" "$unit"; do
    systemctl disable --now --quiet "$one" 2>/dev/null || true
    rm -f "$units/$one"
  done
  rm -rf "$units/$unit.d"
  systemctl daemon-reload
  systemctl reset-failed "$unit" 2>/dev/null || true
  rm -f "$program_link"
  rm -rf "$home" "$state/update"
  [ "$purge" = yes ] || {
    say "the agent is removed. What it serves goes on. Its data is still in $state, its settings in $settings: --uninstall --purge removes them too."
    return 0
  }
  purge_data
}

purge_data() {
  say "removing $state ($(du -sh "$state" 2>/dev/null | cut -f1)): who this server is, the private keys of its certificates, the content of its sites, and what it did; $settings: its policy, release key and settings; and what nginx includes of it. The sites that it served end now."
  rm -f /etc/nginx/conf.d/ostler.conf /etc/nginx/modules-enabled/90-ostler.conf "$units/nginx.service.d/ostler.conf"
  rm -rf "$state" "$settings"
  if systemctl is-active --quiet nginx.service 2>/dev/null; then systemctl reload nginx.service || true; fi
  say 'all of it is removed. Remove the server in the console, too.'
}

main() {
  set -eu
  umask 022
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
  read_arguments "$@"
  require_server
  if [ "$action" = uninstall ]; then
    uninstall
    exit 0
  fi
  take_over_when_packed "$@"
  changed=no
  lock_home
  install_version
  install_units
  case $action in
    join) join_and_start ;;
    image) prepare_image ;;
    install-only) if has_joined; then start_agent; fi ;;
  esac
}

main "$@"
