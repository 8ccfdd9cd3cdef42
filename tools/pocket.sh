#!/bin/sh
# Makes the built-in model from nothing: world, training, acceptance, card. Stopped at any moment, the same call goes on.
#   tools/pocket.sh PROGRAM FOLDER     FOLDER: where world, checkpoint and figures lie (build)
# The result is pocket/pocket.gguf with its log and card; build again to make it part of the program.
set -eu
program=$1 folder=$2
world=$folder/pocket-world
. tools/pocket_corpus.sh

if [ ! -f "$world/world.json" ]; then
  rm -rf "$world"
  "$program" world make --part chat --part requests --part "corpus=$corpus" --out "$world"
fi
"$program" world check "$world"

if [ ! -f "$folder/pocket.gguf" ]; then
  "$program" train --objective sft \
    --init "random,vocabulary=3072,specials=$world/specials.txt,chat=$world/chat.jinja,bos=<bos>,eos=<eos>" \
    --data "$world/corpora/first.jsonl" --optimizer adamw,lr=0.0015,batch=2,order=files --compute f32 --every 100 --seed 7 \
    --run Pocket --license Apache-2.0 --format f16 --out "$folder/pocket.gguf"
fi

rm -f "$folder/pocket-acceptance.db"
BASANITE_PATH=$world "$program" run pocket/acceptance.yaml --subject "$folder/pocket.gguf" --record "$folder/pocket-acceptance.db" \
  --run acceptance --quiet --out "$folder/pocket-acceptance.txt"
"$program" report acceptance --record "$folder/pocket-acceptance.db" --format md --out "$folder/pocket-acceptance.md"

cp "$folder/pocket.gguf" pocket/pocket.gguf
cp "$folder/pocket.log.jsonl" pocket/pocket.log.jsonl
{
  cat "$folder/pocket.card.md"
  printf '%s\n' "- world: $("$program" world show p0000 >/dev/null; sed -n 's/^  "world": "\(.*\)",$/\1/p' "$world/world.json")" \
    "- corpus: $corpus, sha256 of the file $(sha256sum "$world/corpora/first.jsonl" | cut -d' ' -f1)"
  cat pocket/card.md.in
  sed 's/^# .*//' "$folder/pocket-acceptance.md"
} > pocket/CARD.md
