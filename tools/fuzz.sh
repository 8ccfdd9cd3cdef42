#!/bin/sh
# Builds every fuzz target with clang and runs each for so many seconds: fuzz.sh BUILD SECONDS [NAME...]. Stops at the first
# crash, hang, leak or greedy allocation, whose input is kept in BUILD/corpus/.
set -eu
build=$1
seconds=$2
shift 2
[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" -Dfuzz=true -Dbuildtype=debugoptimized -Db_lundef=false >/dev/null
ninja -C "$build" --quiet fuzzers
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
[ $# -gt 0 ] || set -- $(cd fuzz && ls fuzz_*.c | sed 's/^fuzz_\(.*\)\.c$/\1/')
for name; do
    corpus="$build/corpus/fuzz_$name"
    mkdir -p "$corpus"
    dict=
    [ -f "fuzz/dict/$name.dict" ] && dict="-dict=fuzz/dict/$name.dict"
    echo "$name: $seconds s"
    "$build/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 $dict \
        -artifact_prefix="$corpus." "$corpus" "fuzz/seeds/fuzz_$name" >"$corpus.log" 2>&1 ||
        { tail -n 30 "$corpus.log"; exit 1; }
    grep -E '^Done|number_of_executed_units|peak_rss' "$corpus.log"
done
