#!/bin/sh
# The pocket world from the command line: made whole or not at all, shown by id, checked, and refused by name where what was
# asked for does not exist. world.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1

expect "make, two parts" 0 "made pw1-s7-[0-9a-f]{12} in w: 13 files" \
    "$BASANITE" world make --part people --part ask --count 40 --out w
check "make leaves only the folder" "found $(ls)" test "$(ls)" = "$(printf 'said\nw')"
check "items of the asked count" "$(wc -l <w/items/ask-test.jsonl) lines" test "$(wc -l <w/items/ask-test.jsonl)" -eq 40
expect "check, untouched" 0 "w holds: 13 files, 120 items" "$BASANITE" world check w
expect "check prints the root hash" 0 "^root $(sed -n 's/.*"world": "pw1-s7-\(.*\)".*/\1/p' w/world.json)[0-9a-f]{52}$" \
    "$BASANITE" world check w
"$BASANITE" world make --part people --part ask --count 40 --out again --quiet
check "the same bytes again" "files differ" diff -r w again
"$BASANITE" world make --part ask --count 40 --draw 2 --out draw2 --quiet
check "another draw, other questions" "the same questions" test "$(cmp -s w/items/ask-test.jsonl draw2/items/ask-test.jsonl; echo $?)" -eq 1
expect "make, one split" 0 "made" "$BASANITE" world make --part requests --split held-out --count 8 --out held
check "only that split" "$(ls held/items)" test "$(ls held/items)" = requests-held-out.jsonl

expect "show a person" 0 '"name": "[A-Z][a-z]+ [A-Z][a-z]+"' "$BASANITE" world show p0417
expect "show another seed's person" 0 '"id": "p0417"' "$BASANITE" world show p0417 --seed 8
expect "show a request" 0 '"answer": "refuse"' "$BASANITE" world show r01234c
expect "show nothing" 2 "no 'p9999' in the world" "$BASANITE" world show p9999
expect "show without an id" 2 "world show ID" "$BASANITE" world show

expect "no verb" 2 "make, show or check" "$BASANITE" world
expect "wrong verb" 2 "did you mean 'make'" "$BASANITE" world maek
expect "unknown part" 2 "unknown part 'poeple'; did you mean 'people'" "$BASANITE" world make --part poeple --out no
expect "all parts of v1 fit, and one more is looked at" 2 "unknown part .nonsense." "$BASANITE" world make --part v1 --part nonsense --out no
expect "unknown key" 2 "takes no keys, found 'n'" "$BASANITE" world make --part ask,n=4 --out no
expect "a training set" 0 "1 files, 264 lines" "$BASANITE" world make --part corpus=library --out set
expect "check of a training set" 0 "set holds: 1 files" "$BASANITE" world check set
expect "a training set takes no keys" 2 "takes no keys" "$BASANITE" world make --part corpus=prefer,scale=5 --out no
expect "unknown corpus" 2 "no corpus 'second'; there are pretrain, .*prefer" "$BASANITE" world make --part corpus=second --out no
expect "unknown dial" 2 "did you mean 'scale'" "$BASANITE" world make --part corpus=help,scael=4 --out no
expect "dose out of range" 2 "scale" "$BASANITE" world make --part corpus=help,scale=4000 --out no
expect "part twice" 2 "'ask' is asked for twice" "$BASANITE" world make --part ask --part v1 --out no
expect "unknown split" 2 "did you mean 'test'" "$BASANITE" world make --part ask --split tset --out no
expect "a style for what can't have one" 2 "part 'sums' has no items that could be said in --style verse; parts that have: ask" \
    "$BASANITE" world make --part sums --style verse --out no
expect "unknown style" 2 "did you mean 'archaic'" "$BASANITE" world make --part ask --style archaik --out no
expect "unknown language" 2 "no language 'p10'" "$BASANITE" world make --part ask --lang p10 --out no
expect "more people than puzzles have" 2 "expected 2 to 8, as 2:3:4, found '9'" \
    "$BASANITE" world make --part knights,people=9 --out no
expect "make in a style and in p1" 0 "made" "$BASANITE" world make --part ask --style archaic --count 8 --out archaic
check "the style stands in the labels" "$(head -1 archaic/items/ask-test.jsonl)" \
    grep -q '"manner":"archaic"' archaic/items/ask-test.jsonl
expect "check of a style" 0 "24 items" "$BASANITE" world check archaic
expect "make in p1" 0 "made" "$BASANITE" world make --part ask --lang p1 --count 8 --out p1
check "only that language" "$(ls p1/items)" test "$(ls p1/items | tr '\n' ' ')" = "p1-ask-test.jsonl p1-ask-train.jsonl p1-ask-valid.jsonl "
learn() { # SPLIT
    "$BASANITE" train --objective sft --init random,layers=1,width=32,heads=2,context=256 --data "w/items/ask-$1.jsonl" \
        --template chatml --steps 1 --out learned.gguf --quiet
}
expect "training on items for tests" 3 "ask-test.jsonl:1: item 'q[0-9]+[a-z]*' is of the split 'test', which is kept for tests" \
    learn test
check "nothing was trained" "learned.gguf is there" test ! -e learned.gguf
expect "training on items for training" 0 "" learn train
expect "no folder" 2 "expected --out DIR" "$BASANITE" world make --part ask
expect "folder exists" 2 "'w' exists" "$BASANITE" world make --part ask --out w
expect "count of nothing" 2 "count: expected at least 1" "$BASANITE" world make --part ask --count 0 --out no
expect "a flag of another verb" 2 "does not honour '--draw'" "$BASANITE" world show p0417 --draw 2
expect "a word too many" 2 "takes no words" "$BASANITE" world make here --out no
expect "a folder that can't be" 4 "cannot" "$BASANITE" world make --part ask --out w/world.json/no
check "nothing is left of what was refused" "$(ls)" test ! -e no

expect "check nothing" 3 "nowhere/world.json" "$BASANITE" world check nowhere
cp -r w cut && echo '{"format": "world-1",' >cut/world.json
expect "world.json cut short" 3 "cut/world.json:[12]:" "$BASANITE" world check cut
cp -r w flip && sed -i '3s/"lang":"en"/"lang":"em"/' flip/items/ask-test.jsonl
expect "a flipped byte" 1 "ask-test.jsonl: sha256" "$BASANITE" world check flip
cp -r w less && sed -i '$d' less/truth/person.jsonl
expect "a row lost" 1 "person.jsonl: [0-9]+ bytes" "$BASANITE" world check less
cp -r w gone && rm gone/truth/town.jsonl
expect "a file lost" 3 "town.jsonl" "$BASANITE" world check gone
cp -r w else && sed -i 's/"seed": 7/"seed": 8/' else/world.json
expect "another seed claimed" 1 "the world is 'pw1-s7-" "$BASANITE" world check else

"$BASANITE" world make --part v1 --out stopped >said 2>&1 &
maker=$!
wait_for 20 sh -c 'ls -d stopped.tmp-*/items >/dev/null 2>&1'
kill -INT $maker
wait $maker
code=$?
check "an interrupted make" "exit code $code: $(cat said)" test $code -eq 130
check "an interrupted make leaves no half folder" "$(ls)" test -z "$(ls -d stopped* 2>/dev/null)"
finish
