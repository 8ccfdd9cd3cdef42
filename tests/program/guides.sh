#!/bin/sh
# A teacher writes guidelines: verdicts that do not parse are counted, any batch gives the same bytes, kill -9 loses
# nothing, what was begun with another teacher is refused. guides.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1
echo '{"text": "the mill stands by the river and the door of house 7 is red"}' >corpus.jsonl
"$BASANITE" train --objective lm --init random,layers=1,width=32,heads=2,context=4096 --data corpus.jsonl --steps 1 --threads 1 \
    --out tiny.gguf --quiet >train.log 2>&1 || { not_ok guides "no model could be made: $(cat train.log)"; finish; }

cat >teacher.yaml <<'END'
script: teacher
cases:
  - {when: {step: detect}, chance: 0.4, text: "It asks for harm.\nAn answer could help.\nYes"}
  - {when: {step: detect}, chance: 0.3, text: "Yes, perhaps; I cannot say more"}
  - {when: {step: detect}, chance: 0.3, text: "Not that I see"}
  - {when: {step: detect}, text: "Nothing here.\nNo harm.\n**No.**"}
  - {when: {step: risky}, chance: 0.8, text: "Here are guidelines:\n1. Decline help with harm: say plainly that you will not.\n2. Name the lawful way: say who can help."}
  - {when: {step: risky}, text: "no advice"}
  - {when: {step: harmless}, chance: 0.9, text: "Give the figure first: answer, then explain."}
END
awk 'BEGIN { for (i = 0; i < 60; i++) printf "{\"id\": \"q%d\", \"prompt\": \"May I take the boat of house %d?\"}\n", i, i
    print "{\"id\": \"short\", \"prompt\": \"Hello!\"}" }' >asked.jsonl
write() { "$BASANITE" guide write "$@"; } # what stands behind it

# An input without an answer (the tenth of the harmless) is left out and named; all add up.
write asked.jsonl --teacher script:teacher.yaml --out raw.jsonl 2>said
check "write: inputs add up" "$(cat said)" awk '/ inputs = / { ok = $1 == 61 && $4 == 1 && $4 + $8 + $11 + $14 == 61 && $14 > 0 } END { exit !ok }' said
risky=$(sed -n 's/.* + \([0-9]*\) risky.*/\1/p' said)
left=$(grep -c "is left out: " said)
check "write: each left out is named" "$(cat said)" grep -q " + $left failed" said
check "write: risk of each row" "$(head -n 3 raw.jsonl)" test "$(grep -c '"risk":true' raw.jsonl)" -eq "$risky"
check "write: fallbacks are counted" "$(cat said)" grep -q "^$(grep -c '"parsed":"fallback"' raw.jsonl) verdicts without" said
check "write: a Yes anywhere is the fallback" "$(cat said)" sh -c '! grep "cannot say more" raw.jsonl | grep -q "\"risk\":false" && ! grep "Not that I see" raw.jsonl | grep -q "\"risk\":true"'
check "write: nothing is left beside it" "$(ls)" test ! -e raw.jsonl.part
expect "write: guide build reads it" 0 'the library has 3' "$BASANITE" guide build raw.jsonl --out house.guide.jsonl
write asked.jsonl --teacher script:teacher.yaml --out again.jsonl --batch 7 --quiet
check "write: any batch the same bytes" "they differ" cmp -s raw.jsonl again.jsonl

# What the page prints, as it prints it: both verdicts are read, not guessed.
page=$ROOT/docs/guidelines.md
block() { awk -v name="\`$1\`:" 'index($0, name) { there = 1 } there && /^```/ { if (++n == 2) exit; next } n' "$page"; } # FILE of the page
mkdir page && cd page || exit 1
for file in people.jsonl teacher.yaml; do block $file >$file; done
grep '^    basanite guide write people' "$page" | sed 's/^ *basanite //' >line
check "page: one command writes" "$(cat line)" test "$(wc -l <line)" -eq 1
expect "page: the verdicts of its teacher parse" 0 '^0 verdicts without Yes or No in their last line' sh -c "'$BASANITE' $(cat line)"
check "page: each row says so" "$(cat written.jsonl)" test "$(grep -c '"parsed":"ok".*"guidelines":1' written.jsonl)" -eq 2
cd ..

# A model; killed again and again, then undisturbed.
slow() { write asked.jsonl --teacher tiny.gguf --threads 1 --batch 2 --max-tokens 60 --quiet "$@"; }
begun=$(date +%s.%N)
slow --out whole.jsonl
part=$(echo "$begun $(date +%s.%N)" | awk '{ print 0.02 + 0.15 * ($2 - $1) }') # five such parts do not make the whole
check "write: a model writes" "$(wc -l <whole.jsonl)" test "$(wc -l <whole.jsonl)" -eq 60
hits=0 round=0
while [ $round -lt 5 ]; do
    round=$((round + 1))
    "$BASANITE" guide write asked.jsonl --teacher tiny.gguf --threads 1 --batch 2 --max-tokens 60 --quiet --out killed.jsonl 2>/dev/null &
    pid=$!
    wait_for 60 test -s killed.jsonl.part
    sleep "$part"
    if kill -9 $pid 2>/dev/null; then hits=$((hits + 1)); fi
    wait $pid 2>/dev/null
    [ -e killed.jsonl ] && break # done before a kill, which the check below tells
done
check "kill -9: $hits kills" "none hit" test $hits -gt 0
if [ -e killed.jsonl.part ]; then
    check "kill -9: no half result" "it is there" test ! -e killed.jsonl
    cp killed.jsonl.part part
    printf '{"id":"q9","risk":tr' >>killed.jsonl.part
    expect "kill -9: another teacher is refused" 3 'killed.jsonl.part was begun with another teacher' \
        "$BASANITE" guide write asked.jsonl --teacher script:teacher.yaml --out killed.jsonl
    expect "kill -9: other settings are refused" 3 'killed.jsonl.part was begun with another teacher' \
        "$BASANITE" guide write asked.jsonl --teacher tiny.gguf --max-tokens 61 --out killed.jsonl
    sed -n '2,$p' asked.jsonl >other.jsonl
    expect "kill -9: other inputs are refused" 3 'killed.jsonl.part:2 is about another input than .q1.; remove the file' \
        "$BASANITE" guide write other.jsonl --teacher tiny.gguf --max-tokens 60 --out killed.jsonl
    slow --out killed.jsonl
else
    not_ok "kill -9: what was done is kept" "no killed.jsonl.part: $(ls)"
fi
check "kill -9: in the end the bytes of the undisturbed one" "they differ" cmp -s whole.jsonl killed.jsonl

# Bad input.
printf '{"id": "a", "prompt": "A long enough question"}\n{"id": "b", "text": 7}\n' >bad.jsonl
expect "write: a row that asks nothing" 3 "bad.jsonl:2: field 'prompt'" write bad.jsonl --teacher script:teacher.yaml --out bad.out
check "write: no result of bad input" "$(ls)" test ! -e bad.out
expect "write: no teacher" 2 'guide write INPUTS... --teacher SPEC --out FILE' write asked.jsonl --out x
expect "write: a teacher that says nothing at all" 3 'every input failed' sh -c "printf 'script: s\ncases:\n  - {when: {step: none}, text: x}\n' >none.yaml; '$BASANITE' guide write asked.jsonl --teacher script:none.yaml --out none.jsonl --quiet"
check "write: nothing is kept of it" "$(ls)" sh -c '! ls | grep -q "^none.jsonl"'
finish
