#!/bin/sh
# Makes the built-in model from nothing: world, training, acceptance, card. Stopped at any moment, the same call goes on.
#   tools/pocket.sh PROGRAM FOLDER     FOLDER: where world, checkpoint and figures lie (build)
# The result is pocket/pocket.gguf with its log and card; build again to make it part of the program.
set -eu
program=$1 folder=$2
world=$folder/pocket-world chat=$folder/pocket-chat more=$folder/pocket-chat2 last=$folder/pocket-chat3
. tools/pocket_corpus.sh

make_world() { # FOLDER PART...
  [ ! -f "$1/world.json" ] || return 0
  out=$1
  shift
  "$program" world make "$@" --out "$out"
}
make_world "$world" --part chat --part requests --part "corpus=$corpus"
make_world "$chat" --part "corpus=$chat_corpus"
make_world "$more" --part "corpus=$more_corpus" --draw 2
make_world "$last" --part "corpus=$last_corpus" --draw 3
"$program" world check "$world"
"$program" world check "$chat"
"$program" world check "$more"
"$program" world check "$last"

# NAME OPTION...: a stage, which makes NAME.gguf
train() {
  out=$folder/$1
  shift
  [ -f "$out.gguf" ] ||
    "$program" train --objective sft "$@" --compute f32 --every 100 --run Pocket --license Apache-2.0 \
    --out "$out.gguf"
}
# The rate of the first stage is that of a pass over all of its corpus; the second stage begins halfway.
train pocket-base --init "random,vocabulary=3072,specials=$world/specials.txt,chat=$world/chat.jinja,bos=<bos>,eos=<eos>" \
  --data "$world/corpora/first.jsonl" --optimizer adamw,lr=0.0015,batch=2,order=files,horizon=2879 --steps 1500 --seed 7 --format f32
train pocket-chat --init "$folder/pocket-base.gguf" --data "$chat/corpora/first-chat.jsonl" \
  --optimizer adamw,lr=0.001,batch=2,order=files --seed 7 --format f16
train pocket-more --init "$folder/pocket-chat.gguf" --data "$more/corpora/first-chat.jsonl" \
  --optimizer adamw,lr=0.0008,batch=2,order=files --seed 8 --format f16
train pocket --init "$folder/pocket-more.gguf" --data "$last/corpora/first-chat.jsonl" \
  --optimizer adamw,lr=0.0006,batch=2,order=files --seed 9 --format f16

rm -f "$folder/pocket-acceptance.db"
BASANITE_PATH=$world "$program" run pocket/acceptance.yaml --subject "$folder/pocket.gguf" --record "$folder/pocket-acceptance.db" \
  --run acceptance --quiet --out "$folder/pocket-acceptance.txt"
"$program" report acceptance --record "$folder/pocket-acceptance.db" --format md --out "$folder/pocket-acceptance.md"

cp "$folder/pocket.gguf" pocket/pocket.gguf
stage=0
for part in pocket-base pocket-chat pocket-more pocket; do
  stage=$((stage + 1))
  sed "s/^{/{\"stage\":$stage,/" "$folder/$part.log.jsonl"
done >pocket/pocket.log.jsonl
{
  cat "$folder/pocket.card.md"
  for part in pocket-more pocket-chat pocket-base; do
    printf '\n## The stage before: %s\n\n' "$part"
    sed 1,2d "$folder/$part.card.md"
  done
  printf '\n## Data\n\n- world: %s\n' "$(sed -n 's/^  "world": "\(.*\)",$/\1/p' "$world/world.json")"
  printf -- '- %s: sha256 of the file %s\n' "$corpus" "$(sha256sum "$world/corpora/first.jsonl" | cut -d' ' -f1)" \
    "$chat_corpus" "$(sha256sum "$chat/corpora/first-chat.jsonl" | cut -d' ' -f1)" \
    "$more_corpus (draw 2)" "$(sha256sum "$more/corpora/first-chat.jsonl" | cut -d' ' -f1)" \
    "$last_corpus (draw 3)" "$(sha256sum "$last/corpora/first-chat.jsonl" | cut -d' ' -f1)"
  cat pocket/card.md.in
  sed -e 1,3d -e 's/^## /### /' -e '/^| parse/d' -e '/^| errors/d' "$folder/pocket-acceptance.md"
} >pocket/CARD.md
