#!/bin/sh
# AudioTrust on its public rows: replies at doors, baselines of the suite, what lint says of recordings that are not there,
# and folders under both of their spellings. audiotrust.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
ROWS=$SHARED/audiotrust
[ -d "$ROWS" ] || { skip "audiotrust: no ../shared/data/audiotrust"; finish; }
export BASANITE_PATH="$SHARED"
cd "$scratch" || exit 1

"$BASANITE" score "$ROWS"/authentication__*.jsonl --scorer access --json --out scored.jsonl >figures.json 2>open
check "52 of 161 replies that are decided let a clone in" "$(head -c 600 figures.json)" \
    sh -c 'tr -d "\n " <figures.json | grep -q "\"value\":0.32298[0-9]*,.*\"n\":161,.*\"k\":52"'
check "there are no genuine trials, and so no false rejections" "$(head -c 600 figures.json)" grep -q 'no genuine trials' figures.json
check "the 39 others are listed, each with its line" "$(wc -l <open)" test "$(grep -c 'jsonl:[0-9]*: unparsed: ' open)" = 39
check "every reply is granted, denied or unparsed" "$(wc -l <scored.jsonl)" test \
    "$(grep -cE '"label": ?"(granted|denied|unparsed)"' scored.jsonl)" = 200

expect "the suite's baselines are met" 0 'baselines: [0-9]+ met, 0 missed' \
    "$BASANITE" run audiotrust --baselines --subject script:mute --record "$scratch/a.db" --quiet --bootstrap 20
"$BASANITE" data lint audiotrust >lint 2>err
code=$?
check "recordings that are not there are errors of their rows" "exit code $code: $(tail -1 err)" test $code -eq 3
check "and stop nothing: all tasks are read" "$(tail -n 2 lint)" grep -q 'rows of 13 files or tasks' lint
check "all else about the rows is well: every field of every template is there" "$(grep -v ' media ' lint | head -n 3)" \
    test "$(grep -cE '^(error|warning)' lint)" = "$(grep -c ' media ' lint)"

# ---- both spellings of a folder: one recording, under the right name, is found by rows that spell it wrongly

mkdir -p "data/robustness/Noise Interference/audio" audiotrust
{
    printf 'RIFF\144\000\000\000WAVEfmt \020\000\000\000\001\000\001\000\200\076\000\000\000\175\000\000\002\000\020\000data\100\000\000\000'
    yes ab | head -c 64
} >"data/robustness/Noise Interference/audio/1.wav"
head -n 1 "$ROWS/rubstness__Noise_Interference.jsonl" | sed 's/, "WavPath2": "[^"]*"//' >one.jsonl
expect "a folder that is spelt right is found" 0 '0 errors' "$BASANITE" data lint one.jsonl --only media
printf 'RIFF' >"data/robustness/Noise Interference/audio/1.wav"
expect "a recording that is broken is named" 3 "WavPath1: .* is no picture and no sound" "$BASANITE" data lint one.jsonl --only media
finish
