#!/bin/sh
# Logs of several agents: published figures where the public files are, and what is refused. fusion.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
PUBLIC=$SHARED/orchestrator-trust

cat >"$scratch/log.csv" <<'EOF'
id,gold,A,A_confidence,B_1,B_1_confidence,B,B_confidence,Final,Final_confidence
1,x,x,0.9,y,0.8,x,0.7,x,1
2,y,y,0.9,y,0.8,y,0.9,x,1
3,x,x,0.6,x,0.8,x,0.9,x,1
4,y,x,0.6,y,0.8,y,0.9,y,1
5,,y,0.6,y,0.8,y,0.9,y,1
EOF
expect "fusion: all methods, first and last rounds" 0 '^accuracy .*method=dawid-skene,answers=last ' "$BASANITE" agent fuse "$scratch/log.csv" --loo
expect "fusion: an item without gold is answered by what the others teach" 0 '"item": "5"' \
    "$BASANITE" agent fuse "$scratch/log.csv" --method bayes --json
expect "fusion: figures of learned items say so" 0 '^accuracy_in_sample ' "$BASANITE" agent fuse "$scratch/log.csv" --method bayes
expect "fusion: what each source says, in bits" 0 '"bits"' "$BASANITE" agent fuse "$scratch/log.csv" --method bayes --loo --explain 4
expect "fusion: asking again" 0 '^asked .*ask again=never +0.0 %' \
    "$BASANITE" agent fuse "$scratch/log.csv" --method bayes --loo --ask-again information-value,value=10
expect "fusion: an agent that is not there" 2 "no agent 'Q'" "$BASANITE" agent fuse "$scratch/log.csv" --only A,Q
expect "fusion: one agent" 3 'two sources or more' "$BASANITE" agent fuse "$scratch/log.csv" --only A --method vote
expect "fusion: no such method" 2 "did you mean 'bayes'" "$BASANITE" agent fuse "$scratch/log.csv" --method bays
expect "fusion: sets of what was learned from the same items" 2 'give --loo' \
    "$BASANITE" agent fuse "$scratch/log.csv" --method bayes --conformal 0.1
sed 's/^4,y,x,0.6/4,y,x,95%/' "$scratch/log.csv" >"$scratch/bad.csv"
expect "fusion: a confidence that is none" 3 "bad.csv:5: field 'A_confidence': expected a number from 0 to 1, found '95%'" \
    "$BASANITE" agent fuse "$scratch/bad.csv"
expect "fusion: with --lenient it is left out and counted" 0 '1 bad rows left out' "$BASANITE" agent fuse "$scratch/bad.csv" --lenient
expect "calibration: another group" 2 'no --group but agent' "$BASANITE" score "$scratch/log.csv" --scorer calibration --group lang
expect "calibration: classes" 0 '^accuracy +agent=B,class=y +100.0 %' "$BASANITE" score "$scratch/log.csv" --scorer calibration,classes
printf 'row,category\n0,a\n1,b\n2,a\n' >"$scratch/v.csv"
printf '\0\0\200\77\0\0\0\0\0\0\0\0\0\0\200\77\0\0\200\77\0\0\300\177' >"$scratch/v.f32"
expect "knn: a value that is no number" 3 'v.f32: row 2, value 1 \(byte 20\): not a finite number' \
    "$BASANITE" score "$scratch/v.f32" --scorer knn,k=1,loo
printf 'abcdefgh' >"$scratch/v.f32"
expect "knn: a file of another size" 3 '8 bytes are no vectors of f32 for the 3 rows' "$BASANITE" score "$scratch/v.f32" --scorer knn,k=1,loo
expect "knn: without loo" 2 'give loo' "$BASANITE" score "$scratch/v.f32" --scorer knn,k=1
printf 'step,v,v_target\n0,0,1\n1,1,1\n2,1,2\n3,nan,2\n' >"$scratch/t.csv"
expect "tracking: a value that is no number" 3 "t.csv:5: column 'v': expected a finite number" \
    "$BASANITE" score "$scratch/t.csv" --scorer tracking,blocks=2
printf 'step,v,v_target\n0,0,1\n1,1,1\n2,1,2\n3,2,2\n' >"$scratch/t.csv"
expect "tracking: targets" 0 '^tracking_mae +column=v +0.5 units' "$BASANITE" score "$scratch/t.csv" --scorer tracking,blocks=2,settle=0
expect "tracking: settling" 0 '^settling +column=v,change=2 +1 steps' \
    "$BASANITE" score "$scratch/t.csv" --scorer tracking,blocks=2,settle=0,hold=1
expect "tracking: blocks that do not divide" 3 'blocks of equal length|too few' "$BASANITE" score "$scratch/t.csv" --scorer tracking,blocks=3
expect "fusion: agents with known faults" 0 '^18 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate fusion

if [ ! -d "$PUBLIC" ]; then
    skip "fusion: published logs" "no $PUBLIC"
    skip "tracking: the published trace" "no $SHARED/aligndiff"
    finish
fi

# ---- published figures ----

LOG=$PUBLIC/case3_dev.csv
expect "fusion: naive Bayes of first answers" 0 '^accuracy +method=bayes,answers=first +96.7 %' "$BASANITE" agent fuse "$LOG" --loo
cp "$scratch/said" "$scratch/all"
for line in 'agent=RAG +95.8 %' 'method=dawid-skene,answers=first +78.3 %' 'method=majority,answers=last +96.7 %'; do
    check "fusion: published: $line" "$(grep accuracy "$scratch/all")" grep -Eq "^accuracy +$line" "$scratch/all"
done
expect "fusion: two agents alone" 0 '^accuracy +method=bayes +65.0 %' "$BASANITE" agent fuse "$LOG" --loo --method bayes --only Qwen_1,GPT_1
# numbers FILE: every "name": number below a name, as NAME.KEY VALUE, sorted.
wanted() {
    awk -F'"' '/^ "/ { case_name = $2 } /^  "/ { v = $3; gsub(/[:, ]/, "", v); print case_name "." $2, v }' "$PUBLIC/known_answers_dev.json"
}
found() { # CASE TAU KEY:FIGURE...
    n=$1 tau=$2
    shift 2
    "$BASANITE" score "$PUBLIC/case${n}_dev.csv" --scorer "calibration,tau=$tau" --group agent --json >"$scratch/figures.json" || return 1
    for pair in "$@"; do
        awk -v n="$n" -v key="${pair%:*}" -v name="${pair#*:}" -F'"' '
            $2 == "name" { figure = $4 } $2 == "group" { group = substr($4, 7) }
            $2 == "value" && figure == name { v = $3; gsub(/[:, ]/, "", v); print "case" n "." group "." key, v }' "$scratch/figures.json"
    done
}
for n in 1 2 3; do
    found $n 0.85 acc:accuracy conf:confidence ece:ece ccc:ccc ocr85:overconfident
    found $n 0.80 ocr80:overconfident
done | sort >"$scratch/found"
wanted | sort >"$scratch/wanted"
join -a 1 "$scratch/wanted" "$scratch/found" >"$scratch/joined"
check "calibration: 72 published figures to 1e-9" "$(head -n 3 "$scratch/joined")" awk '
    { d = $2 - $3; if (NF == 3 && d < 1e-9 && d > -1e-9) good++ } END { exit !(good == 72 && NR == 72) }' "$scratch/joined"
expect "knn: published vectors" 0 '"value": 0.9425,' "$BASANITE" score "$PUBLIC/clip_vitb32_dev.f32" --scorer knn,k=10,loo --json
TRACE=$SHARED/aligndiff/switch_trace_aligndiff.csv
if [ ! -f "$TRACE" ]; then skip "tracking: the published trace" "no $TRACE"; finish; fi
"$BASANITE" score "$TRACE" --scorer tracking,blocks=4 --json >"$scratch/trace.json" 2>&1
check "tracking: the published trace" "$(grep value "$scratch/trace.json")" awk -F'[:,]' '
    BEGIN { split("2.12 3.01 4.10 2.12 1.239 1.113 1.143 1.235", e, " ") }
    /"value":/ { n++; d = $2 - e[n]; if (d < 0.005 && d > -0.005) good++ } END { exit !(good == 8 && n == 8) }' "$scratch/trace.json"
finish
