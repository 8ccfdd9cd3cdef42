#!/bin/sh
# Makes the built-in models from nothing: worlds, base, help, chat, acceptance, cards. Stopped at any moment, the same call goes
# on: worlds and models that are there are not made again, a training goes on from its newest checkpoint.
#   tools/pocket.sh PROGRAM FOLDER [STAGE]     FOLDER: where worlds, checkpoints and figures lie (build)
# STAGE base, help, chat or accept does what comes before it, too; accept is the default. The models are FOLDER/models/pocket-base.gguf,
# pocket-help.gguf and pocket-chat.gguf; in the end they are copied to pocket/ with their log and card. Ends with 1 when a
# band is missed. Build again to make them part of the program.
set -eu
program=$1 folder=$2/models last=${3:-accept}

# ---- the dials: all of them
seed=7
cut=250                                      # thousandths of the pre-training corpus in its first stretch
first_optimizer=adamw,lr=0.0015,batch=2,order=files,final=0.7
rest_optimizer=adamw,lr=0.00105,batch=2,order=files,final=0.05,warmup=0.01
# Tuning: what was learnt is told again beside the new, or it is forgotten. A mix is weights of corpora and of the rest of the
# pre-training corpus.
more_optimizer=adamw,lr=0.0005,batch=2,beta2=0.999,final=0.05,warmup=0.02 more_mix="more 1 rest 1" more_steps=3000
help_optimizer=adamw,lr=0.0004,batch=2,beta2=0.999 help_mix="help2 3 rest 2" help_steps=4000
chat_optimizer=adamw,lr=0.0003,batch=2,beta2=0.999 chat_mix="chat2 2 help2 1 rest 1" chat_steps=3000
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
# NAME CORPUS WEIGHT...: NAME.mix.yaml
mix() {
  file=$folder/$1.mix.yaml
  shift
  while [ $# -gt 0 ]; do
    case $1 in
    rest) echo "$folder/rest/corpora/pretrain.jsonl: $2" ;;
    *) echo "$folder/tuning/corpora/$1.jsonl: $2" ;;
    esac
    shift 2
  done >"$file"
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

world tuning --part corpus=more --part corpus=help2 --part corpus=chat2
# shellcheck disable=SC2086
mix more $more_mix
train pocket-help-first --init "$folder/pocket-base.gguf" --mix "$folder/more.mix.yaml" --steps "$more_steps" \
  --optimizer "$more_optimizer" --format f16 --run "Pocket help, first stretch"
# shellcheck disable=SC2086
mix help $help_mix
train pocket-help --init "$folder/pocket-help-first.gguf" --mix "$folder/help.mix.yaml" --steps "$help_steps" \
  --optimizer "$help_optimizer" --format f16 --run "Pocket help"
[ "$last" != help ] || exit 0
# shellcheck disable=SC2086
mix chat $chat_mix
train pocket-chat --init "$folder/pocket-help.gguf" --mix "$folder/chat.mix.yaml" --steps "$chat_steps" \
  --optimizer "$chat_optimizer" --format f16 --run "Pocket"
[ "$last" != chat ] || exit 0

missed=
accept pocket-base pocket-acceptance-base
accept pocket-help pocket-acceptance-help
accept pocket-chat pocket-acceptance

cp "$folder/pocket-base.gguf" pocket/pocket-base.gguf
cp "$folder/pocket-help.gguf" pocket/pocket-help.gguf
cp "$folder/pocket-chat.gguf" pocket/pocket.gguf
tools/pocket_card.sh "$folder" pocket-base-first pocket-base pocket-help-first pocket-help pocket-chat
[ -z "$missed" ] || { echo "bands are missed by:$missed (see pocket/CARD.md)" >&2; exit 1; }
