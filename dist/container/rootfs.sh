#!/bin/sh
# Makes the container's whole root file system: rootfs.sh BINARY FOLDER. Nothing is in it but the program, the libraries
# that it is linked with, and the few files that names of hosts and users take. No shell, no package manager.
set -eu
binary=${1:?the program}
root=${2:?the folder to make}
[ -x "$binary" ] || { echo "rootfs.sh: $binary is not a program" >&2; exit 1; }

mkdir -p "$root/etc" "$root/usr/local/bin" "$root/usr/local/etc/fairlead" "$root/dev" "$root/proc" "$root/sys" \
  "$root/run/fairlead" "$root/tmp" "$root/var/lib/fairlead"
cp "$binary" "$root/usr/local/bin/fairlead"
chmod 755 "$root/usr/local/bin/fairlead"

# The loader and the libraries, where the program looks for them. libnss_* are not linked but opened by name.
copy_library() {
  mkdir -p "$root$(dirname "$1")"
  cp -L "$1" "$root$1"
}
libraries=$(ldd "$binary" | sed -nE 's|.*[[:space:]](/[^ ]+) \(0x.*|\1|p' | sort -u)
[ -n "$libraries" ] || { echo "rootfs.sh: $binary names no libraries that are here" >&2; exit 1; }
for library in $libraries; do
  copy_library "$library"
  case $library in
    */libc.so.6)
      for name in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
        if [ -e "$(dirname "$library")/$name" ]; then copy_library "$(dirname "$library")/$name"; fi
      done
      ;;
  esac
done

# The ids that HAProxy's image has, so that volumes and policies made for it fit.
printf 'root:x:0:0:root:/:/sbin/nologin\nfairlead:x:99:99:fairlead:/var/lib/fairlead:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nfairlead:x:99:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"
if [ "$(id -u)" = 0 ]; then chown 99:99 "$root/run/fairlead" "$root/var/lib/fairlead"; fi
