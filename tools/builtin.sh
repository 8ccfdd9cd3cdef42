#!/bin/sh
# Lists the files that are part of the program, one a line: builtin.sh SOURCE_ROOT OUT. Each build calls it, so that a file
# that is new is noticed; OUT is only written when it would change, so that nothing is built again otherwise.
set -eu
case $2 in /*) out=$2 ;; *) out=$PWD/$2 ;; esac
cd "$1"
{
    ls suites/*.yaml suites/data/* materials/*.yaml materials/*.gguf recipes/*.yaml rules/*.* rules/*/*.yaml leaves/*.yaml \
        taxonomies/*.yaml policies/*.yaml profiles/*.yaml src/report/*.js web/dist/* pocket/pocket*.gguf 2>/dev/null || true
} >"$out.new"
if cmp -s "$out.new" "$out"; then rm "$out.new"; else mv "$out.new" "$out"; fi
