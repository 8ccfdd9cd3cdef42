#!/bin/sh
# Makes the models of the whole pocket world from nothing: base, help, chat; acceptance, cards, logs. Stopped at any moment, the
# same call goes on: worlds and models that are there are not made again, a training goes on from its newest checkpoint.
#   tools/pocket_models.sh PROGRAM FOLDER [STAGE]     FOLDER: where worlds, checkpoints and figures lie (build)
# STAGE base, help, chat or accept does what comes before it, too; accept is the default. The models are FOLDER/models/
# pocket-base.gguf, pocket-help.gguf and pocket-chat.gguf, each with its log, card and the report of its acceptance. Ends with 1
# when a band is missed.
set -eu
program=$1 folder=$2/models last=${3:-accept}

# ---- the dials: all of them
seed=7
cut=250                                      # thousandths of the pre-training corpus in its first stretch
first_optimizer=adamw,lr=0.0015,batch=2,order=files,final=0.7
rest_optimizer=adamw,lr=0.00105,batch=2,order=files,final=0.05,warmup=0.01
help_optimizer=adamw,lr=0.0004,batch=2 help_epochs=1
chat_optimizer=adamw,lr=0.0004,batch=2 chat_epochs=1
compute=f32                                  # the same bytes on every machine with these instructions; bf16 is faster
every_seconds=120

mkdir -p "$folder"
world() { # NAME PART...
  out=$folder/$1
  shift
  [ -f "$out/world.json" ] || "$program" world make "$@" --seed "$seed" --out "$out"
}
# NAME OPTION...: makes NAME.gguf
train() {
  out=$folder/$1
  shift
  [ -f "$out.gguf" ] || "$program" train --objective sft "$@" --seed "$seed" --compute "$compute" --every 100000 \
    --every-seconds "$every_seconds" --license Apache-2.0 --out "$out.gguf"
}
# MODEL SUITE: figures and verdict; the record is made anew when the model is newer
accept() {
  db=$folder/$1.db
  if [ "$folder/$1.gguf" -nt "$db" ]; then rm -f "$db"; fi
  verdict=0
  "$program" run "$2" --subject "$folder/$1.gguf" --record "$db" --run acceptance --quiet --out "$folder/$1.acceptance.txt" || verdict=$?
  [ "$verdict" -le 1 ] || exit "$verdict"
  for format in md html svg; do
    "$program" report acceptance --record "$db" --format $format --out "$folder/$1.acceptance.$format"
  done
  [ "$verdict" -eq 0 ] || missed="$missed $1"
}

world first --part tokenizer --part "corpus=pretrain,to=$cut"
world rest --part "corpus=pretrain,from=$cut"
train pocket-base-first --init "random,tokenizer=$folder/first/tokenizer.gguf" --data "$folder/first/corpora/pretrain.jsonl" \
  --optimizer "$first_optimizer" --format f32 --run "Pocket base, first stretch"
train pocket-base --init "$folder/pocket-base-first.gguf" --data "$folder/rest/corpora/pretrain.jsonl" \
  --optimizer "$rest_optimizer" --format f16 --run "Pocket base"
[ "$last" != base ] || exit 0

world tuning --part corpus=help --part corpus=chat
train pocket-help --init "$folder/pocket-base.gguf" --data "$folder/tuning/corpora/help.jsonl" \
  --optimizer "$help_optimizer" --epochs "$help_epochs" --format f16 --run "Pocket help"
[ "$last" != help ] || exit 0
train pocket-chat --init "$folder/pocket-help.gguf" --data "$folder/tuning/corpora/chat.jsonl" \
  --optimizer "$chat_optimizer" --epochs "$chat_epochs" --format f16 --run "Pocket"
[ "$last" != chat ] || exit 0

missed=
accept pocket-base pocket-acceptance-base
accept pocket-help pocket-acceptance-help
accept pocket-chat pocket-acceptance
[ -z "$missed" ] || { echo "bands are missed by:$missed (see $folder/*.acceptance.md)" >&2; exit 1; }
