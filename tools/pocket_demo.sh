#!/bin/sh
# Draws the items of suites/demo.yaml from the test split of the world that the built-in model was trained in.
#   tools/pocket_demo.sh PROGRAM FOLDER
set -eu
program=$1 told=$2/demo-told others=$2/demo-others
. tools/pocket_corpus.sh
rm -rf "$told" "$others"
"$program" world make --part "corpus=$corpus" --split test --count 720 --out "$told"
"$program" world make --part chat --part requests --split test --count 400 --out "$others"
cp "$told/items/first-told-test.jsonl" suites/data/demo-told.jsonl
cp "$others/items/requests-test.jsonl" suites/data/demo-requests.jsonl
cp "$others/items/unknown-test.jsonl" suites/data/demo-unknown.jsonl
