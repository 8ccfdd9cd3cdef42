#!/bin/sh
# The built-in recipes: each is listed, and its --quick form runs to the end and is judged. recipes.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1
if [ ! -f "$ROOT/pocket/pocket-base.gguf" ] || [ ! -f "$ROOT/pocket/pocket-help.gguf" ]; then
    skip recipes "this source tree has no built-in models"
    finish
fi
unset BASANITE_PATH
for file in "$ROOT"/recipes/*.yaml; do
    name=$(basename "$file" .yaml)
    expect "recipe $name: is built in" 0 "^    basanite " "$BASANITE" reproduce "$name" --list
    expect "recipe $name: --quick" 0 "quick variant" "$BASANITE" reproduce "$name" --quick --quiet
    check "recipe $name: something is judged" "$(cat said)" grep -q " met" said
done
expect "recipe trpa: rewards on another scale" 0 "trpa.bin and rescaled.bin +same .* met" "$BASANITE" reproduce trpa --quick --quiet
finish
