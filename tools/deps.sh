#!/bin/sh
# Installs the Debian packages that are missing, and says which: deps.sh core|check|dev
set -eu
core="gcc libc6-dev make pkgconf meson ninja-build libdnnl-dev libsqlite3-dev libcurl4-openssl-dev libjansson-dev
libfyaml-dev libz3-dev libdivsufsort-dev libmicrohttpd-dev libpcre2-dev libutf8proc-dev libxxhash-dev zlib1g-dev libzstd-dev libpng-dev libjpeg62-turbo-dev libsndfile1-dev libkissfft-dev libgomp1"
check="$core libcmocka-dev libopenmpi-dev openmpi-bin swi-prolog-nox mona"
dev="$check clang clang-format clang-tidy libclang-rt-14-dev llvm-14 cppcheck gdb hyperfine chromium mmdebstrap nodejs npm
gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
case "${1:-core}" in
core) wanted=$core ;;
check) wanted=$check ;;
dev) wanted=$dev ;;
*) echo "usage: deps.sh core|check|dev" >&2; exit 2 ;;
esac

missing=
for package in $wanted; do
    # Node.js from elsewhere brings its own npm and conflicts with Debian's.
    [ "$package" = npm ] && command -v npm >/dev/null && continue
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
if [ -z "$missing" ]; then
    echo "deps: all packages are there"
    exit 0
fi
as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null || { echo "deps: as root, install:$missing" >&2; exit 4; }
fi
echo "deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { $as_root apt-get install -y --no-install-recommends $missing >"$log" 2>&1; }
# The lists of a fresh machine are empty or old: fetch them only when needed.
if ! install; then
    $as_root apt-get update >/dev/null
    install || { tail -n 20 "$log" >&2; echo "deps: apt-get could not install:$missing" >&2; exit 4; }
fi
echo "deps: installed"
