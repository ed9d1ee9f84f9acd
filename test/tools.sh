#!/bin/sh
# Sees to it that the given commands are there: tools.sh demo|test|bench COMMAND-OR-FILE:PACKAGE...
# As root on a Debian system it installs what is missing, and keeps the packages from starting services. Otherwise it
# names what is missing: the demo stops there, tests and the bench go on
# without (tests not where CI=true).
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
purpose=$1
shift

# What is named by its path need not be a command: a module, a loader.
is_there() {
  case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

missing() {
  packages=
  for pair in "$@"; do
    is_there "${pair%%:*}" || packages="$packages ${pair#*:}"
  done
  echo "${packages# }"
}

packages=$(missing "$@")
[ -n "$packages" ] || exit 0

# Debian asks this file before it starts a service: 101 forbids it. One that is already there has the say.
install_packages() {
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # a list of words
  apt-get install -y -qq --no-install-recommends $packages </dev/null ||
    { apt-get update -qq </dev/null && apt-get install -y -qq --no-install-recommends $packages </dev/null; }
}

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the $purpose: $packages"
  log=$(mktemp)
  install_packages >"$log" 2>&1 || cat "$log" >&2
  rm -f "$log"
  packages=$(missing "$@")
fi
[ -n "$packages" ] || exit 0

echo "Missing on this machine: $packages" >&2
echo "On Debian and Ubuntu:    sudo apt-get install $packages" >&2
case $purpose:${CI:-} in
  test:true) echo "With CI=true nothing may be skipped." >&2 && exit 1 ;;
  bench:*) echo "They are left out." >&2 ;;
  test:*) echo "Tests that need them are skipped." >&2 ;;
  *) exit 1 ;;
esac
