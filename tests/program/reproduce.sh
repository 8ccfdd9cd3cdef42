#!/bin/sh
# Recipes: lines that are run, once and for each seed; figures held against what must come out; going on after a stop; slips named.
# reproduce.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1

cat >refusing.yaml <<'YAML'
recipe: refusing
title: A script that refuses more than another
paper: no paper, 2026
budget_s: 10
seeds: [1, 5]
steps:
  - name: folder
    run: basanite world make --part requests --count 8 --quiet --out world
    once: yes
  - name: before
    run: basanite run demo --subject script:refuse,harmful=0.2,benign=0 --limit 40 --run before --quiet --seed $SEED
  - name: after
    run: basanite run demo --subject 'script:refuse,harmful=1,benign=0' --limit 40 --run after --quiet --seed $SEED
    quick: basanite run demo --subject script:refuse,harmful=1,benign=0 --limit 20 --run after --quiet --seed $SEED
  - name: twin
    run: basanite world make --part 'requests' --count 8 --quiet --out twin
    quick: no
expect:
  - {figure: "harmful_refusal(after:demo_requests) - harmful_refusal(before:demo_requests)", op: ">=", value: 0.5, of: 2/2, paper: 0.61}
  - {figure: "harmful_refusal(after:demo_requests)", op: "==", value: 1, tol: 0.001}
  - {same: [twin/items/requests-test.jsonl, twin/items/requests-test.jsonl], quick: no}
departs: [Nothing is trained.]
YAML

expect "lines of a recipe" 0 "^    basanite run demo .*--run before" "$BASANITE" reproduce refusing.yaml --list
expect "run" 0 "harmful_refusal\(after:demo_requests\) .* met, 2 of 2 seeds" "$BASANITE" reproduce refusing.yaml --out r --quiet
check "a page says how it differs" "$(cat said)" grep -q "differs: Nothing is trained" said
check "the paper's figure stands beside" "$(cat said)" grep -q "0.61" said
check "what is made once" "not there" test -f r/refusing/shared/world/world.json
check "each seed has its folder" "not there" test -f r/refusing/seed-5/basanite.db
expect "again: nothing is run" 0 "met, 2 of 2" "$BASANITE" reproduce refusing.yaml --out r
check "again: no line is told" "$(cat said)" sh -c '! grep -q "done in" said'
expect "JSON" 0 '"verdict": ?"met"' "$BASANITE" reproduce refusing.yaml --out r --json
expect "Markdown" 0 '^\| harmful_refusal' "$BASANITE" reproduce refusing.yaml --out r --format md
expect "quick" 0 "not judged" "$BASANITE" reproduce refusing.yaml --out r --quick --quiet
check "quick: the first seed alone" "$(ls r/refusing-quick)" test ! -d r/refusing-quick/seed-5

sed 's/value: 0.5,/value: 0.95,/' refusing.yaml >missed.yaml
expect "an effect that does not come out" 1 "1 effects did not come out" "$BASANITE" reproduce missed.yaml --out r --quiet
check "is named with its verdict" "$(cat said)" grep -q "MISSED, 0 of 2 seeds" said
sed 's/harmful=1,benign=0.$/harmful=1,benign=0/; s/--limit 40 --run after/--limit 30 --run after/' refusing.yaml >other.yaml
expect "another line in the same folder" 2 "made by another line" "$BASANITE" reproduce other.yaml --out r --quiet
sed 's/run demo --subject script:refuse,harmful=0.2/run nosuch --subject script:refuse,harmful=0.2/' refusing.yaml >broken.yaml
expect "a line that fails" 2 "seed 1: step 'before' ended with exit code 2: .*nosuch" "$BASANITE" reproduce broken.yaml --out b --quiet
check "a step alone" "it fails" "$BASANITE" reproduce refusing.yaml --out o --only folder --quiet
check "nothing else is run" "$(ls o/refusing/seed-1/steps)" test -z "$(ls o/refusing/seed-1/steps)"
sed 's/(after:demo_requests)", op: "=="/(after:demo_nothing)", op: "=="/' refusing.yaml >place.yaml
sed 's|twin/items/requests-test.jsonl, |twin/items/requests-valid.jsonl, |' refusing.yaml >differ.yaml
expect "files that differ" 1 "^ *twin/items.* different .* MISSED, 0 of 2" "$BASANITE" reproduce differ.yaml --out r --quiet
expect "a place that is not there" 1 "no figure 'harmful_refusal' at demo_nothing; there are: demo_requests" "$BASANITE" reproduce place.yaml --out r --quiet

slip() { # NAME PATTERN SED
    sed "$3" refusing.yaml >slip.yaml
    expect "$1" 3 "$2" "$BASANITE" reproduce slip.yaml --out no --quiet
}
slip "unknown key" "slip.yaml:[0-9]+:.*did you mean 'once'" 's/    once: yes/    onec: yes/'
slip "unknown name in a line" 'slip.yaml:[0-9]+:.*no .\$SEAD' 's/\$SEED$/$SEAD/'
slip "no seed in a step that is made once" "made once has no" 's/--count 8/--count $SEED/'
slip "another program" "begins with basanite, found 'rm'" 's/run: basanite world make/run: rm/'
slip "a quote without end" "quote ' that does not end" "s/benign=0' /benign=0 /"
slip "a formula" "column 28: expected a figure" 's/ - harmful_refusal(before:demo_requests)"/ - "/; s/harmful_refusal(after:demo_requests)/acc(after:demo_requests)/'
slip "two steps of a name" "there is a step 'before' before" 's/name: after/name: before/'
slip "a file elsewhere" "in the folder of the seed" 's|twin/items/requests-test.jsonl\]|/etc/passwd]|'
slip "no such operator" "'op': expected" 's/op: "=="/op: "=~"/'
expect "unknown recipe" 2 "no recipe 'tpra'" "$BASANITE" reproduce tpra
expect "too many seeds" 2 "expected 1 to 2, the seeds of recipe 'refusing'" "$BASANITE" reproduce refusing.yaml --seeds 3 --out r
expect "unknown step" 2 "did you mean 'before'" "$BASANITE" reproduce refusing.yaml --only bfore --out r

# Killed in the middle of a line, the same call goes on.
(exec "$BASANITE" reproduce refusing.yaml --out k --quiet) >/dev/null 2>&1 &
killed=$!
tries=0
until [ -f k/refusing/shared/steps/folder.done ] || [ $tries -ge 600 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -9 $killed
wait $killed 2>/dev/null
# The line that ran is killed with it, which takes a moment.
tries=0
while "$BASANITE" reproduce refusing.yaml --out k --quiet 2>&1 | grep -q "is being written by process" && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
expect "kill -9, then again" 0 "met, 2 of 2" "$BASANITE" reproduce refusing.yaml --out k --quiet

# A line that would take minutes goes with what runs it.
for i in 1 2 3 4 5 6 7 8; do echo '{"text":"The mill stands by the river and the miller sleeps by day."}'; done >docs.jsonl
cat >long.yaml <<'YAML'
recipe: long
seeds: [1]
steps:
  - {name: train, run: "basanite train --objective lm --init random,layers=1,width=32,heads=2,hidden=32,vocabulary=300,context=32 --data ../../../docs.jsonl --steps 10000000 --out x.gguf --quiet"}
expect:
  - {figure: acc(x), op: ">", value: 0}
YAML
inside() { # how many processes work in that folder
    n=0
    for cwd in /proc/[0-9]*/cwd; do case $(readlink "$cwd" 2>/dev/null) in "$scratch"/l/*) n=$((n + 1)) ;; esac; done
    echo $n
}
wait_for() { # COUNT: of processes inside, at most 20 s
    tries=0
    until [ "$(inside)" -eq "$1" ] || [ $tries -ge 200 ]; do sleep 0.1; tries=$((tries + 1)); done
}
(exec "$BASANITE" reproduce long.yaml --out l --quiet) >/dev/null 2>&1 &
killed=$!
wait_for 1
sleep 0.5
check "a long line runs" "$(cat l/long/seed-1/steps/train.log 2>&1)" test "$(inside)" -eq 1
kill -9 $killed
wait $killed 2>/dev/null
wait_for 0
check "kill -9 takes the line along" "it goes on" test "$(inside)" -eq 0
(exec "$BASANITE" reproduce long.yaml --out l --quiet) >stopped 2>&1 &
killed=$!
wait_for 1
sleep 0.5
kill -INT $killed
wait $killed
code=$?
check "stopped by the user: exit code 130" "exit code $code, $(cat stopped)" test $code -eq 130
check "stopped: the line is named" "$(cat stopped)" grep -q "stopped in step 'train'; the same call goes on" stopped
finish
