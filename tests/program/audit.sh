#!/bin/sh
# Audits of synthetic tables from the command line: the same bytes for any threads, other weights without measuring, files
# that changed, and bad input. audit.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1

# table SEED ROWS COPIES: rows of a made-up school, the first COPIES of them from seed 1.
table() {
    awk -v seed="$1" -v rows="$2" -v copies="$3" 'BEGIN {
        print "age,house,sex,mark,pass"
        for (i = 0; i < rows; i++) {
            s = i < copies ? 1 : seed
            srand(s * 100000 + i)
            rand()
            age = 6 + int(12 * rand())
            house = substr("reed,slate,moss ", 1 + 5 * int(3 * rand()), 5)
            sub(/,.*/, "", house)
            sub(/^[^a-z]*/, "", house)
            sex = rand() < 0.5 ? "f" : "m"
            mark = int(1000 * (age / 18 + rand())) / 10
            pass = mark + 20 * (rand() - 0.5) > 100 ? "yes" : "no"
            print age "," house "," sex "," mark "," pass
        }
    }'
}
cat >s.jsonl <<'END'
{"column": "age", "type": "numeric", "role": "quasi"}
{"column": "house", "type": "categorical", "role": "quasi"}
{"column": "sex", "type": "categorical", "role": "sensitive", "privileged": ["m"]}
{"column": "mark", "type": "numeric", "role": "feature"}
{"column": "pass", "type": "categorical", "role": "target", "positive": "yes"}
END
table 1 500 0 >seen.csv
table 2 400 0 >unseen.csv
table 3 500 0 >a.csv
table 4 500 100 >b.csv
real="--schema s.jsonl --real seen.csv --real unseen.csv --quiet"

for threads in 1 2 3; do
    "$BASANITE" data audit $real a.csv b.csv --anchors --threads $threads --json >audit$threads.json 2>said ||
        not_ok "audit with $threads threads" "$(tail -n 1 said)"
done
check "audit: 1, 2 and 3 threads give the same bytes" "they differ" \
    sh -c 'cmp -s audit1.json audit2.json && cmp -s audit1.json audit3.json && test -s audit1.json'
expect "audit: copies of training rows are told" 0 'b: 0\.[12][0-9]* of its rows are training rows' \
    "$BASANITE" data audit $real a.csv b.csv --anchors
check "audit: polarity stands beside each figure" "$(head -n 3 "$scratch/said")" \
    grep -Eq '^privacy +nn_median_1 +high' "$scratch/said"
check "audit: one candidate of a generator shows no winner" "$(tail -n 3 "$scratch/said")" \
    grep -q 'no clear winner: one candidate' "$scratch/said"

mkdir many
cp a.csv b.csv many
echo "no table" >many/notes.txt
for threads in 1 2; do
    "$BASANITE" data audit $real many --anchors --threads $threads >many.$threads 2>&1
done
"$BASANITE" data audit $real a.csv b.csv --anchors >listed 2>&1
check "audit: a folder is its tables, for any threads" "they differ" \
    sh -c 'cmp -s many.1 many.2 && cmp -s many.1 listed && grep -q "^b " listed'
expect "audit: a folder without tables" 3 'folds.*: no .csv or .tsv file' \
    sh -c 'mkdir folds.none && "$0" data audit '"$real"' a.csv folds.none' "$BASANITE"

# other weights
expect "audit: other weights are not measured" 0 '^b .* P -[0-9]' "$BASANITE" data audit --cached audit1.json --weights P=1
"$BASANITE" data audit --cached audit1.json --json >again.json 2>&1
check "audit: what is read again is what was written" "it differs" cmp -s audit1.json again.json
"$BASANITE" data audit $real a.csv b.csv --anchors --weights PU --json >measured.json 2>&1
"$BASANITE" data audit --cached audit1.json --weights PU --json >weighed.json 2>&1
check "audit: weighed anew is as measured anew" "it differs" cmp -s measured.json weighed.json
cp a.csv a.kept
table 9 500 0 >a.csv
expect "audit: a file that changed is refused by its name" 3 'a.csv: changed since the audit audit1.json' \
    "$BASANITE" data audit --cached audit1.json
mv a.kept a.csv
printf '{"id":"g1","generator":"g","seed":1,"file":"a.csv"}\n{"id":"g2","generator":"g","seed":2,"file":"b.csv","sha256":"00"}\n' >c.jsonl
expect "audit: a record of another file" 3 "c.jsonl:2: .*b.csv: changed since its record was written" \
    "$BASANITE" data audit $real c.jsonl

# generators over seeds: a and c differ by chance only
table 5 500 0 >c.csv
table 6 500 0 >d.csv
for i in 1:a:a 2:a:c 1:c:d 2:c:b; do
    printf '{"id":"%s","generator":"%s","seed":%s,"file":"%s.csv"}\n' "${i#*:}" "$(echo "$i" | cut -d: -f2)" "${i%%:*}" "${i##*:}"
done >seeds.jsonl
expect "audit: generators over seeds" 0 '^(a|c) +2 +0\.[0-9]+ +0\.[0-9]+ ' "$BASANITE" data audit $real seeds.jsonl

# folds
expect "audit: folds are written" 0 '^$' sh -c "\"\$0\" data audit --schema s.jsonl --real seen.csv --make folds && echo" "$BASANITE"
check "audit: every fold has all rows once" "they differ" sh -c '
    for f in 0 1 2 3 4; do
        tail -q -n +2 folds/fold$f/train.csv folds/fold$f/held.csv folds/fold$f/test.csv | sort >all.$f
        tail -n +2 seen.csv | sort | cmp -s - all.$f || exit 1
        test "$(wc -l <folds/fold$f/train.csv)" = 301 || exit 1
    done'
cp folds/fold0/train.csv f0.csv
cp folds/fold1/train.csv f1.csv
printf '{"id":"f0","generator":"leaky","fold":0,"file":"f0.csv"}\n{"id":"f1","generator":"leaky","fold":1,"file":"f1.csv"}\n' >folds.jsonl
expect "audit: what was trained on a fold is held against that fold" 0 'f1: 1\.0000 of its rows are training rows' \
    "$BASANITE" data audit --schema s.jsonl --real seen.csv folds.jsonl --anchors --quiet

# bad input
sed 's/categorical/categorial/' s.jsonl >bad.jsonl
expect "audit: an unknown type" 3 "bad.jsonl:2: field 'type': no type 'categorial'; did you mean 'categorical'" \
    "$BASANITE" data audit --schema bad.jsonl --real seen.csv a.csv b.csv
sed 's/"target", "positive": "yes"/"feature"/' s.jsonl >bad.jsonl
expect "audit: no target" 3 'bad.jsonl: no column has the role target' \
    "$BASANITE" data audit --schema bad.jsonl --real seen.csv a.csv b.csv
sed '7s/,reed,\|,slate,\|,moss,/,brick,/' a.csv >bad.csv
expect "audit: a level that no real row has" 3 "bad.csv:7: column 'house': level 'brick' is in no real row" \
    "$BASANITE" data audit $real a.csv bad.csv
sed '7s/^[0-9]*,/nan,/' a.csv >bad.csv
expect "audit: NaN" 3 "bad.csv:7: column 'age': 'nan' is no finite number" "$BASANITE" data audit $real a.csv bad.csv
expect "audit: one candidate" 3 '1 candidates: an index compares' "$BASANITE" data audit $real a.csv
awk -F, 'NR == 1 || $3 == "m" || $5 == "no"' unseen.csv >lopsided.csv
expect "audit: a group without a positive row" 3 "column 'sex': group 'others' has no positive row" \
    "$BASANITE" data audit --schema s.jsonl --real seen.csv --real lopsided.csv a.csv b.csv
expect "audit: ... whose gaps are left out" 0 'opportunity/logistic/sex is not known for every candidate: left out' \
    "$BASANITE" data audit --schema s.jsonl --real seen.csv --real lopsided.csv a.csv b.csv --lenient --quiet
expect "audit: weights of nothing" 2 "'X=1': expected a preset" "$BASANITE" data audit $real a.csv b.csv --weights X=1
expect "audit: no schema" 2 'expected .basanite data audit --schema' "$BASANITE" data audit --real seen.csv a.csv b.csv
expect "audit: no audit" 3 'a.csv' "$BASANITE" data audit --cached a.csv
expect "audit: an anchor's name" 3 "'leak' is the name of an anchor" \
    sh -c 'cp a.csv leak.csv && "$0" data audit '"$real"' leak.csv b.csv --anchors' "$BASANITE"

# tables that are too small, and rows that are seen and unseen at once
head -n 3 a.csv >two.csv
expect "audit: a candidate of two rows" 3 'two.csv: 2 rows are too few: expected 100' "$BASANITE" data audit $real a.csv two.csv
head -n 102 a.csv >few.csv
expect "audit: a candidate with far fewer rows" 0 '^few: 101 rows beside 500 training rows' "$BASANITE" data audit $real b.csv few.csv
check "audit: the other has enough" "$(grep 'training rows' "$scratch/said")" sh -c '! grep -q "^b: 500 rows" "$0"' "$scratch/said"
cp seen.csv again.csv
expect "audit: the same rows, seen and unseen" 2 'real: seen.csv and again.csv hold the same bytes' \
    "$BASANITE" data audit --schema s.jsonl --real seen.csv --real again.csv a.csv b.csv
{ cat unseen.csv; tail -n 40 seen.csv; } >mixed.csv
expect "audit: unseen rows that were seen" 0 '^4[0-9] of the unseen real rows are seen ones, chance gives [0-9]+:' \
    "$BASANITE" data audit --schema s.jsonl --real seen.csv --real mixed.csv a.csv b.csv --quiet
"$BASANITE" data audit --schema s.jsonl --real seen.csv --real mixed.csv a.csv b.csv --quiet --json >mixed.json 2>&1
expect "audit: ... and read again it says so, too" 0 '^4[0-9] of the unseen real rows are seen ones, chance gives [0-9]+:' \
    "$BASANITE" data audit --cached mixed.json
expect "audit: rows that are alike by chance are none" 0 'index' "$BASANITE" data audit $real a.csv b.csv
check "audit: ... and nothing is said" "$(grep 'unseen real' "$scratch/said")" sh -c '! grep -q "unseen real rows" "$0"' "$scratch/said"

# public tables
BANK=$SHARED/trustformers
if [ -f "$BANK/bank_part_a.csv" ]; then
    expect "audit: public tables" 0 '^38 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate trustformers --gold "$BANK"
    expect "audit: the public table of students" 0 '^leak +[01]\.[0-9]+ +0\.2500 ' \
        "$BASANITE" data audit --schema table-students --real "$BANK/student_por.csv" --anchors --quiet --weights PF
else
    skip "audit: public tables" "no $BANK"
    expect "audit: planted faults" 0 '^27 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate trustformers
fi
finish
