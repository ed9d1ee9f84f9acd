#!/bin/sh
# Installs or uninstalls what is built: install.sh install|uninstall. `make install` calls it with its variables.
#   PREFIX       /usr/local
#   DESTDIR      a folder in front of every path, for packagers
#   SYSCONFDIR   /etc on Linux and SunOS with a PREFIX of /usr or /usr/local, PREFIX/etc elsewhere
#   SYSTEM       what `uname -s` says: the system that it is for
#   PROGRAM      the binary, or fairlead.mjs, which comes with a launcher; by default the one in dist/bin
#   HAPROXY_LINK 1 adds the name `haproxy`
set -eu
here=$(cd "$(dirname "$0")" && pwd)
action=${1:?install or uninstall}
PREFIX=${PREFIX:-/usr/local}
SYSTEM=${SYSTEM:-$(uname -s)}
DESTDIR=${DESTDIR:-}

case ${SYSCONFDIR:-}:$SYSTEM:$PREFIX in
  :Linux:/usr | :Linux:/usr/local | :SunOS:/usr | :SunOS:/usr/local) SYSCONFDIR=/etc ;;
  :*) SYSCONFDIR=$PREFIX/etc ;;
esac
case ${PROGRAM:-}:$SYSTEM in
  :SunOS) PROGRAM=$here/bin/fairlead.mjs ;;
  :*) PROGRAM=$here/bin/fairlead ;;
esac

bindir=$PREFIX/bin
libdir=$PREFIX/lib/fairlead
documents=$here/bin/share
examples=$PREFIX/share/doc/fairlead
folder=$SYSCONFDIR/fairlead
example=$here/fairlead.cfg.example

# The list of everything, in one place for both actions: put MODE FROM TO for each file.
each() {
  case $PROGRAM in
    *.mjs)
      "$1" 644 "$PROGRAM" "$libdir/fairlead.mjs"
      "$1" 755 "$here/launcher" "$bindir/fairlead"
      ;;
    *) "$1" 755 "$PROGRAM" "$bindir/fairlead" ;;
  esac
  "$1" 644 "$documents/man/fairlead.1" "$PREFIX/share/man/man1/fairlead.1"
  "$1" 644 "$documents/man/fairlead.cfg.5" "$PREFIX/share/man/man5/fairlead.cfg.5"
  "$1" 644 "$documents/completion/fairlead.bash" "$PREFIX/share/bash-completion/completions/fairlead"
  "$1" 644 "$documents/completion/_fairlead" "$PREFIX/share/zsh/site-functions/_fairlead"
  "$1" 644 "$documents/completion/fairlead.fish" "$PREFIX/share/fish/vendor_completions.d/fairlead.fish"
  "$1" 644 "$example" "$folder/fairlead.cfg.example"
  "$1" 644 "$here/../LICENSE" "$examples/LICENSE"
  "$1" 644 "$here/keepalived/keepalived.conf" "$examples/keepalived.conf"
  for page in "$here/../README.md" "$here"/doc/*; do
    "$1" 644 "$page" "$examples/$(basename "$page")"
  done
  case $SYSTEM in
    Linux)
      "$1" 644 "$here/systemd/fairlead.service" "$PREFIX/lib/systemd/system/fairlead.service"
      "$1" 644 "$here/systemd/fairlead.socket" "$PREFIX/lib/systemd/system/fairlead.socket"
      "$1" 644 "$here/systemd/run-as-root.conf" "$examples/run-as-root.conf"
      ;;
    FreeBSD | DragonFly) "$1" 755 "$here/freebsd/fairlead" "$PREFIX/etc/rc.d/fairlead" ;;
    SunOS)
      "$1" 644 "$here/smf/fairlead.xml" "$PREFIX/lib/svc/manifest/network/fairlead.xml"
      "$1" 755 "$here/smf/fairlead" "$PREFIX/lib/svc/method/fairlead"
      ;;
  esac
}

# A text's paths are filled in; a program or a picture is taken as it is. Renaming lets a program that runs be replaced.
put() {
  mkdir -p "$DESTDIR$(dirname "$3")"
  new=$DESTDIR$3.new
  case $2 in
    "$PROGRAM" | *.png) cp "$2" "$new" ;;
    *) sed -e "s|@PREFIX@|$PREFIX|g" -e "s|@BINDIR@|$bindir|g" -e "s|@LIBDIR@|$libdir|g" \
      -e 's|](dist/doc/|](|g' -e 's|](../../README.md|](README.md|g' \
      -e "s|@SYSCONFDIR@|$SYSCONFDIR|g" "$2" >"$new" ;;
  esac
  chmod "$1" "$new"
  mv -f "$new" "$DESTDIR$3"
}

remove() {
  rm -f "$DESTDIR$3"
}

install_all() {
  if [ ! -f "$PROGRAM" ]; then
    echo "$PROGRAM is not there: 'make' builds it for this machine, 'make dist' for all systems." >&2
    exit 1
  fi
  each put
  # The operator's file stays as it is.
  known=no
  if [ -e "$DESTDIR$folder/fairlead.cfg" ]; then known=yes; else put 644 "$example" "$folder/fairlead.cfg"; fi
  if [ "${HAPROXY_LINK:-}" = 1 ]; then
    if [ -e "$DESTDIR$bindir/haproxy" ] && [ ! -L "$DESTDIR$bindir/haproxy" ]; then
      echo "$DESTDIR$bindir/haproxy is a program of its own and stays." >&2
      exit 1
    fi
    rm -f "$DESTDIR$bindir/haproxy"
    ln -s fairlead "$DESTDIR$bindir/haproxy"
    case $PROGRAM in
      *.mjs) rm -f "$DESTDIR$libdir/haproxy.mjs" && ln -s fairlead.mjs "$DESTDIR$libdir/haproxy.mjs" ;;
    esac
  fi
}

# What is next, for a person: packagers, who have a DESTDIR, know.
say_next() {
  case $SYSTEM in
    Linux)
      start="systemctl daemon-reload && systemctl enable --now fairlead"
      again="systemctl daemon-reload && systemctl restart fairlead"
      ;;
    FreeBSD | DragonFly)
      start="sysrc fairlead_enable=YES && service fairlead start"
      again="service fairlead softreload"
      ;;
    SunOS)
      start="svccfg import $PREFIX/lib/svc/manifest/network/fairlead.xml && svcadm enable fairlead"
      again="svcadm restart fairlead"
      ;;
    *)
      start="$bindir/fairlead -W -D -f $folder/fairlead.cfg"
      again="$start"
      ;;
  esac
  # A Linux without systemd has no use for the units.
  if [ "$SYSTEM" = Linux ] && [ ! -d /run/systemd/system ]; then
    start="$bindir/fairlead -W -D -f $folder/fairlead.cfg -p /run/fairlead.pid"
    again="$start -sf \$(cat /run/fairlead.pid)"
  fi
  echo "fairlead is installed: $bindir/fairlead"
  if [ "$known" = yes ]; then
    echo "  its configuration stayed:    $folder/fairlead.cfg"
  else
    echo "  say what it is to forward:   $folder/fairlead.cfg"
  fi
  echo "  check that:                  $bindir/fairlead -c -f $folder/fairlead.cfg"
  echo "  start it, as root:           $start"
  if [ "$known" = yes ]; then echo "  or, where one runs already:  $again"; fi
  echo "  read on:                     man fairlead, man fairlead.cfg, $examples"
}

uninstall_all() {
  if cmp -s "$example" "$DESTDIR$folder/fairlead.cfg"; then
    rm -f "$DESTDIR$folder/fairlead.cfg"
  elif [ -e "$DESTDIR$folder/fairlead.cfg" ]; then
    echo "$DESTDIR$folder/fairlead.cfg was changed and stays." >&2
  fi
  if [ "$(readlink "$DESTDIR$bindir/haproxy" 2>/dev/null || true)" = fairlead ]; then rm -f "$DESTDIR$bindir/haproxy"; fi
  each remove
  rm -f "$DESTDIR$libdir/fairlead.mjs" "$DESTDIR$libdir/haproxy.mjs"
  # Folders of our own, if nothing else is in them.
  for own in "$folder" "$examples" "$libdir"; do
    rmdir "$DESTDIR$own" 2>/dev/null || true
  done
}

case $action in
  install)
    install_all
    [ -n "$DESTDIR" ] || say_next
    ;;
  uninstall) uninstall_all ;;
  *)
    echo "install.sh: 'install' or 'uninstall', not '$action'" >&2
    exit 2
    ;;
esac
