#!/bin/sh
# Speed of the parts, then of five storage types of a random model of 134 million parameters (LARGE=1: 1.1 thousand million)
# beside llama.cpp, where that is installed (make oracle): bench.sh PROGRAM BUILD. REPEAT rounds (3), THREADS (1), TYPES,
# COMPUTE (auto).
set -eu
program=$1 build=$2
"$program" bench
peer=tests/oracle/node_modules/node-llama-cpp/package.json
if [ ! -f $peer ]; then
    echo "skip - speed beside llama.cpp: it is not installed, make oracle brings it"
    exit 0
fi
folder=$build/bench
spec=llama,layers=12,width=768,heads=12,kv_heads=12,hidden=2048,vocabulary=32000,context=1024
if [ "${LARGE:-0}" = 1 ]; then
    folder=$build/bench-large
    spec=llama,layers=22,width=2048,heads=32,kv_heads=4,hidden=5632,vocabulary=32000,context=1024
fi
mkdir -p "$folder"
[ -f "$folder/f32.gguf" ] || "$program" convert --random $spec "$folder/f32.gguf" --quiet
files=
for type in ${TYPES:-f32 f16 q8_0 q4_0 q4_k}; do
    [ -f "$folder/$type.gguf" ] || "$program" convert "$folder/f32.gguf" "$folder/$type.gguf" --format "gguf,type=$type" --quiet
    files="$files $folder/$type.gguf"
done
# shellcheck disable=SC2086
exec node tests/oracle/speed.mjs "$program" --repeat "${REPEAT:-3}" --threads "${THREADS:-1}" --compute "${COMPUTE:-auto}" $files
