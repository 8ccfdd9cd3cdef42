#!/bin/sh
# The whole of version 1 of the world, byte for byte: the files of seed 7, draw 1, against their hashes in
# data/world_v1.sha256, made by one thread and by two, and by the program as clang compiles it; then checked as a user would.
# Slow (two minutes of a processor), so part of `make check-all` alone. world_whole.sh BASANITE SOURCE_ROOT
#
# The hashes leave out the identity of the world, which stands in every item and grows with each part that is appended. A line
# of the list is never edited: a model or a record may refer to these bytes. New files get new lines:
#     world_whole.sh BASANITE SOURCE_ROOT "" --list >data/world_v1.sha256
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1

hashes() { # FOLDER
    identity=$(sed -n 's/.*"world": "\(pw1-[^"]*\)".*/\1/p' "$1/world.json")
    find "$1" -type f ! -name world.json | sort | while read -r file; do
        printf '%s  %s\n' "$(sed "s/$identity/pw1/g" "$file" | sha256sum | cut -d' ' -f1)" "${file#"$1"/}"
    done
}

"$BASANITE" world make --part v1 --threads 1 --out one --quiet || { not_ok "make v1" "it failed"; finish; }
hashes one >found
if [ "${4:-}" = --list ]; then cat found; exit; fi
check "every file of version 1 is frozen" "$(diff "$DATA/world_v1.sha256" found | head -5)" cmp -s "$DATA/world_v1.sha256" found

"$BASANITE" world make --part v1 --threads 2 --out two --quiet
check "two threads write the bytes of one" "$(diff -rq one two | head -5)" diff -rq one two
rm -rf two

# A folder that clang builds in is brought up to date; a build from nothing would take minutes.
clang=${CLANG_BUILD:-$ROOT/build-clang}
if [ ! -f "$clang/build.ninja" ]; then
    skip "clang's program writes the same bytes" "no build in $clang; make check-clang makes one"
elif ! ninja -C "$clang" src/cli/basanite >built 2>&1; then
    not_ok "clang's program writes the same bytes" "it does not build: $(tail -n 1 built)"
else
    "$clang/src/cli/basanite" world make --part v1 --out clang --quiet
    check "clang's program writes the same bytes" "$(diff -rq one clang | head -5)" diff -rq one clang
    rm -rf clang
fi

expect "world check of all of it" 0 "one holds: [0-9]+ files, [0-9]+ items recomputed; none of [0-9]+ prompts for tests occurs" \
    "$BASANITE" world check one
check "its root hash is that of its name" "$(cat said)" \
    grep -q "^root $(sed -n 's/.*"world": "pw1-s7-\(.*\)".*/\1/p' one/world.json)" said
finish
