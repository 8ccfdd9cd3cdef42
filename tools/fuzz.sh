#!/bin/sh
# Builds every fuzz target with clang and runs each for so many seconds; stops at the first crash, whose input is kept.
set -eu
build=$1
seconds=$2
[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" -Dfuzz=true -Dbuildtype=debugoptimized -Db_lundef=false >/dev/null
ninja -C "$build" --quiet
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
for target in "$build"/fuzz/fuzz_*; do
    [ -x "$target" ] && [ ! -d "$target" ] || continue
    name=$(basename "$target")
    mkdir -p "$build/corpus/$name"
    seeds="fuzz/seeds/$name"
    [ -d "$seeds" ] || seeds=
    echo "$name: $seconds s"
    "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$build/corpus/" "$build/corpus/$name" $seeds >"$build/corpus/$name.log" 2>&1 ||
        { tail -n 30 "$build/corpus/$name.log"; exit 1; }
    grep -E 'number_of_executed_units|average_exec' "$build/corpus/$name.log"
done
