#!/bin/sh
# A file that is put beside the recipes, suites, rules, materials or leaves is part of the program after the next build,
# without configuring anew; nothing is made again when nothing changed. builtin.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
if ! command -v meson >/dev/null || ! command -v ninja >/dev/null; then skip builtin "meson or ninja is not installed"; finish; fi

# A tree with the rules of the build alone.
tree=$scratch/tree
mkdir -p "$tree/src/measure" "$tree/src/report" "$tree/tools" "$tree/recipes" "$tree/rules/levels"
cp -r "$ROOT/src/measure/rules" "$tree/src/measure/"
cp "$ROOT/tools/builtin.sh" "$ROOT/tools/embed.sh" "$tree/tools/"
for folder in suites materials leaves taxonomies; do mkdir "$tree/$folder" && echo "one: 1" >"$tree/$folder/one.yaml"; done
echo "one: 1" >"$tree/recipes/one.yaml"
printf "project('tree', 'c')\nmeasure_sources = []\nsubdir('src/measure/rules')\n" >"$tree/meson.build"
meson setup "$scratch/made" "$tree" >"$scratch/said" 2>&1 || { not_ok builtin "$(tail -n 1 "$scratch/said")"; finish; }
table=$scratch/made/src/measure/rules/builtin_table.c
build() { ninja -C "$scratch/made" src/measure/rules/builtin_table.c >"$scratch/said" 2>&1 || not_ok "builtin: a build" "$(tail -n 1 "$scratch/said")"; }
has() { grep -q "{\"$1\"," "$table"; }
made() { stat -c %y "$table"; }

build
check "builtin: what is there at first" "$(tail -n 8 "$table")" has recipes/one.yaml
before=$(made)
build
check "builtin: nothing is made again when nothing changed" "it is" test "$(made)" = "$before"
for folder in suites materials recipes rules leaves taxonomies rules/levels; do
    echo "two: 2" >"$tree/$folder/two.yaml"
    build
    check "builtin: a new file in $folder/" "the build did not notice" has "$folder/two.yaml"
done
before=$(made)
echo "two: 3" >"$tree/recipes/two.yaml"
build
check "builtin: a file that changed" "the build did not notice" test "$(made)" != "$before"
rm "$tree/recipes/two.yaml"
build
check "builtin: a file that is gone" "the build did not notice" sh -c "! grep -q recipes/two.yaml '$table'"
finish
