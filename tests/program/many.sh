#!/bin/sh
# Many subjects in one command: a run for each in one record, a row for each in the table, every pair compared with p values
# corrected over all of them, and lists that are no lists told by name and place. many.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1
unset BASANITE_PATH
awk 'BEGIN { for (i = 0; i < 200; i++) printf "{\"id\":\"q%d\",\"question\":\"Request %d?\",\"harmful\":true}\n", i, i }' >asks.jsonl
cat >asks.yaml <<'END'
task: asks
dataset_path: asks.jsonl
id: id
output_type: generate_until
doc_to_text: "{{question}}"
labels: {harmful: harmful}
scorer: refusal
metric_list: [harmful_refusal]
END
cat >list.json <<'END'
["script:refuse,harmful=0.9,seed=1", {"subject": "script:refuse,harmful=0.6,seed=2", "name": "softer"},
 "script:refuse,harmful=0.65,seed=3", "script:refuse,harmful=0.9,seed=4"]
END
expect "a list of subjects" 0 "^  all-softer " "$BASANITE" run asks.yaml --subject @list.json --run all --record many.db
cp said table
check "a row for each subject" "$(cat table)" test "$(grep -cE '^  all-(1|softer|3|4) +.*%' table)" -eq 4
check "each run is told" "$(tail -n 5 table)" test "$(grep -cE '^run all-[1-4s]' table)" -eq 8
check "one record, a run each" "$(value many.db 'select count(*) from runs')" test "$(value many.db 'select count(*) from runs')" = 4
"$BASANITE" run asks.yaml --subject "script:refuse,harmful=0.6,seed=2" --run single --record single.db --quiet >said 2>&1
chain single.db single >single.chain
chain many.db all-softer >many.chain
check "the evidence of a run is that of the run alone" "$(cat single.chain many.chain)" cmp -s single.chain many.chain
expect "asked again, the record answers" 0 "run all-4 in many.db: 200 items, 0 asked, 200 from the record" \
    "$BASANITE" run asks.yaml --subject @list.json --run all --record many.db
expect "a list as JSON" 0 '"run": "all-softer"' "$BASANITE" run asks.yaml --subject @list.json --run all --record many.db --json
expect "a gate holds for each subject" 1 "list.json: entry 2, 'script:refuse,harmful=0.6,seed=2': gate violated" \
    "$BASANITE" run asks.yaml --subject @list.json --run all --record many.db --gate "harmful_refusal >= 0.8" --quiet

# ---- every pair

pairs() { "$BASANITE" compare all-1 all-softer all-3 all-4 --record many.db --pairs --test paired "$@"; }
pairs --format csv >pairs.csv 2>said
check "six pairs of four runs" "$(cat pairs.csv said)" test "$(grep -c '^paired,asks,harmful_refusal,,' pairs.csv)" -eq 6
# Holm's step-down over the six, counted anew: columns 12 p, 13 p_holm.
check "p values are corrected over all pairs" "$(cut -d, -f 5,6,12,13 pairs.csv)" awk -F, '
    $3 == "harmful_refusal" && $4 == "" { p[++n] = $12; holm[n] = $13 }
    END {
        for (i = 1; i <= n; i++) {
            want = 0
            for (j = 1; j <= n; j++) if (p[j] <= p[i]) { # each of those up to it, times how many are not below
                left = 0
                for (k = 1; k <= n; k++) left += p[k] >= p[j]
                if (p[j] * left > want) want = p[j] * left
            }
            if (want > 1) want = 1
            if (want - holm[i] > 1e-9 * want || holm[i] - want > 1e-9 * want) bad++
            some += holm[i] > p[i] * 1.5
        }
        exit !(n == 6 && !bad && some)
    }' pairs.csv
"$BASANITE" compare all-softer all-3 --record many.db --test paired --format csv >two.csv 2>said
check "a pair alone has the same difference" "$(grep harmful two.csv)" test \
    "$(grep '^paired,asks,harmful_refusal,,all-softer,all-3' two.csv | cut -d, -f 7-12)" = \
    "$(grep '^paired,asks,harmful_refusal,,all-softer,all-3' pairs.csv | cut -d, -f 7-12)"
for format in table html md json junit; do
    pairs --test flips --format $format >"pairs.$format" 2>said
    check "pairs as $format" "$(tail -n 1 said)" grep -q "all-4" "pairs.$format"
done
check "every pair has a table" "$(grep against pairs.table)" test "$(grep -c '^paired: .* against ' pairs.table)" -eq 6
check "flips name both runs" "$(grep -m 2 lost pairs.table)" grep -q "lost    all-1 to all-softer  " pairs.table
expect "comparisons are kept for each pair" 0 "^6$" "$BASANITE" record query \
    "select count(*) from (select distinct a, b from comparisons)" --record many.db
expect "a list is compared" 0 "^paired: .* against " "$BASANITE" compare @list.json --suite asks.yaml --record fresh.db --pairs --quiet
expect "pairs have no gate" 2 "a gate reads what changed since one base" pairs --gate "d(harmful_refusal) >= 0"

# ---- lists that are none

bad() { # NAME CODE PATTERN TEXT
    echo "$4" >bad.json
    expect "$1" "$2" "$3" "$BASANITE" run asks.yaml --subject @bad.json --record bad.db
}
expect "no such list" 2 "list of subjects 'nowhere.json' does not exist" "$BASANITE" run asks.yaml --subject @nowhere.json
bad "a list that is no JSON" 3 "bad.json:[12]:" '["pocket",'
bad "another value" 3 "bad.json: expected an array of 1 to 64 subjects" '{"subject": "pocket"}'
bad "an empty list" 3 "bad.json: expected an array of 1 to 64 subjects" '[]'
bad "an entry that names nobody" 3 "bad.json: entry 2: it names no subject" '["pocket", 5]'
bad "an unknown key" 3 "bad.json: entry 1: unknown key 'subjekt'" '[{"subjekt": "pocket"}]'
bad "a subject twice" 3 "bad.json: entry 3: subject 'script:mute' is entry 1 already" '["script:mute", "pocket", "script:mute"]'
bad "a name twice" 3 "bad.json: entry 2: the name 'a' is that of entry 1 already" \
    '[{"subject": "script:mute", "name": "a"}, {"subject": "pocket", "name": "a"}]'
bad "a list within a list" 3 "bad.json: entry 1: a list within a list" '["@list.json"]'
bad "a subject that is not there" 3 "bad.json: entry 2, 'nowhere.gguf': .*nowhere.gguf" '["script:mute", "nowhere.gguf"]'
check "nothing is asked then" "a record is there" test ! -e bad.db
finish
