#!/bin/sh
# Configures and builds in the folder given, with the Meson options given. Quiet, unless something goes wrong.
set -eu
build=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() { "$@" >"$log" 2>&1 || { cat "$log" >&2; echo "build: failed: $*" >&2; exit 1; }; }
[ -f "$build/build.ninja" ] || quietly meson setup "$build" "$@"
[ $# -eq 0 ] || quietly meson configure "$build" "$@"
quietly ninja -C "$build"
