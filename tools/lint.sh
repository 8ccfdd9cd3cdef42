#!/bin/sh
# cppcheck and clang-tidy over src/ (or the files given): lint.sh BUILD [FILE...]. BUILD is a folder configured with clang, for
# its compile commands. Prints every finding and ends with 1 if there is one.
set -eu
build=$1
shift
[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" >/dev/null
ninja -C "$build" --quiet src/measure/rules/builtin_table.c
[ $# -gt 0 ] || set -- $(find src -name '*.c' | sort)
status=0
echo "cppcheck: $# files"
cppcheck --quiet --enable=warning,performance,portability --std=c17 --inline-suppr --error-exitcode=1 -I src \
    --library=tools/cppcheck.cfg --suppressions-list=tools/cppcheck.suppressions \
    --template='{file}:{line}: {severity}: {id}: {message}' "$@" || status=1
echo "clang-tidy: $# files"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 4 clang-tidy -p "$build" --quiet >"$log" 2>/dev/null || status=1
if grep -E '(warning|error):' "$log" | sort -u; then status=1; fi
[ "$status" = 0 ] && echo "lint: no findings"
exit "$status"
