#!/bin/sh
# Builds in the folder given, with the Meson options given, runs all tests and counts them; those of the suite slow
# only with SLOW=1.
set -eu
build=$1
tools/build.sh "$@"
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1
without="--no-suite slow"
[ -z "${SLOW:-}" ] || without=
# shellcheck disable=SC2086
meson test -C "$build" $without --no-rebuild --print-errorlogs --timeout-multiplier "${TIMEOUT_MULTIPLIER:-3}" || true
awk -f tools/count_tests.awk "$build/meson-logs/testlog.txt"
