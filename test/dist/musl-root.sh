#!/bin/sh
# A folder of libraries in which the musl binary runs on Debian: musl-root.sh BINARY FOLDER
# Alpine ships a libstdc++ that was built for musl. Debian does not, so the objects of its own that the binary asks for are
# linked against musl, with the little that they want of glibc. For tests only: C++ exceptions find no handler in it.
set -eu
binary=$1
folder=$2
mkdir -p "$folder"
gcc=$(dirname "$(gcc -print-libgcc-file-name)")
musl=/usr/lib/x86_64-linux-musl/libc.so
cat >"$folder/shim.c" <<'END'
#include <stdint.h>
#include <sys/syscall.h>
long syscall(long, ...);
char __libc_single_threaded = 0;
__attribute__((visibility("hidden"))) void *__dso_handle = 0;
uint32_t arc4random(void) { uint32_t n = 0; syscall(SYS_getrandom, &n, sizeof n, 0); return n; }
int _dl_find_object(void *pc, void *result) { (void)pc, (void)result; return -1; }
END
nm -D --defined-only "$musl" | awk '{ print $NF }' | sort -u >"$folder/defined"
{
  nm -D --undefined-only "$binary" | awk '$1 == "U" { print $2 }'
  readelf -rW "$binary" | awk '/COPY/ { print $5 }'
} | sed 's/@.*//' | sort -u | comm -23 - "$folder/defined" >"$folder/wanted"
# shellcheck disable=SC2046 # a list of words
gcc -shared -nostdlib -fPIC -w -o "$folder/libstdc++.so.6" "$folder/shim.c" -Wl,-soname,libstdc++.so.6 \
  $(sed 's/^/-u /' "$folder/wanted") "$gcc/libstdc++.a" "$gcc/libgcc_eh.a" "$gcc/libgcc.a" "$musl"
ln -sf "$musl" "$folder/libc.musl-x86_64.so.1"
