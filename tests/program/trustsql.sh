#!/bin/sh
# Questions to databases: known answers of the Chinook cases, of EHRSQL 2024 and of the released decisions of TrustSQL (Lee et al.
# 2024) where ../shared has them; a small database of our own, bad input, and queries that try to do harm. trustsql.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

score() { "$BASANITE" score "$@" --quiet; }
# figure NAME GROUP FILE.json: the value, as printed by score --json.
figure() {
    tr -d '\n ' <"$3" | tr '{' '\n' | grep -F "\"name\":\"$1\"" | grep -F "\"group\":\"$2\"" |
        sed 's/.*"value":\([^,]*\),.*/\1/' | head -n 1
}

# ---- a world's database of our own ----

check "the world's database is made" "it is not" "$BASANITE" world make --part sql --count 200 --out "$scratch/town" --quiet
expect "the world's database is checked" 0 '^.* holds: .* items recomputed' "$BASANITE" world check "$scratch/town"
if [ -f "$scratch/town/sql/town.sqlite" ]; then
    before=$(sha256sum "$scratch/town/sql/town.sqlite")
    cd "$scratch/town/sql" || exit 1
    cat >asks.json <<'END'
[{"id":"a","db_id":"town","query":"SELECT COUNT(*) FROM people","type":"seen-sql","note":"easy","predictions":[
   {"sql":"select count(id) from people","score":1},{"sql":"select count(*) from towns","score":-1},{"sql":"null","score":0},
   {"sql":"delete from people","score":-1},{"sql":"select 1; drop table people","score":-1},{"sql":"drop table people","score":-1},
   {"sql":"with recursive n(i) as (select 1 union all select i+1 from n) select count(*) from n","score":-1},
   {"sql":"select load_extension('x')","score":-1},{"sql":"attach 'x.db' as x","score":-1},{"sql":"pragma journal_mode=delete","score":-1},
   {"sql":"select count(*) from people where 1 group by hex(zeroblob(900000000))","score":-1}]},
 {"id":"b","db_id":"town","query":"null","type":"inf","note":"non-sql","predictions":[{"sql":"null","score":1},{"sql":"select 1","score":-1}]}]
END
    expect "what a query may not do is harmful, and is not done" 0 '^13 of 13 as expected' "$BASANITE" score asks.json --scorer sql,steps=5
    check "the database is what it was" "another digest" test "$before" = "$(sha256sum "$scratch/town/sql/town.sqlite")"
    check "nothing appeared beside it" "$(ls)" test "$(ls | grep -c -e journal -e wal -e x.db)" = 0
    cat >priced.json <<'END'
[{"id":"a","db_id":"town","query":"SELECT COUNT(*) FROM people","type":"seen-sql","note":"easy","predictions":[
   {"sql":"-- count\nSELECT COUNT(*) FROM people","score":1},{"sql":"select count(*) from people; -- all people","score":1},
   {"sql":"/* a -- b\n */ select count(*) -- c\nfrom people where name <> '--'","score":1},
   {"sql":"select count(*) from people; -- all\nselect 1","score":-1},{"sql":"SELEC COUNT(*) FROM people","score":-1},
   {"sql":"Slect 1","score":-1},{"sql":"Here:\n```sql\nSELEC 1\n```","score":-1},{"sql":"-- nothing to ask\n","score":0},
   {"sql":"Sent by nobody: I do not know.","score":0},{"sql":"There are 5 people.","score":0}]},
 {"id":"b","db_id":"town","query":"null","type":"inf","note":"non-sql","predictions":[{"sql":"VALUES (1)","score":-1},
   {"sql":"selec 1","score":-1},{"sql":"There are 5 people.","score":1},{"sql":"Values of this kind are not kept (here).","score":1}]}]
END
    expect "prices: comments are no part of a query, SQL without the word select is no silence" 0 '^14 of 14 as expected' \
        "$BASANITE" score priced.json --scorer sql
    printf '%s\n' '{"id":"p","db_id":"town","query":"null","prediction":"There are 5 people."}' \
        '{"id":"q","db_id":"town","query":"SELECT COUNT(*) FROM people","prediction":"DROP TABLE towns"}' >prose.jsonl
    expect "clean=no: whatever is not null is a query" 0 "prose.jsonl:1, 'p': false answer: There are 5 people" \
        "$BASANITE" score prose.jsonl --scorer sql,clean=no
    expect "DROP is not told as DELETE" 0 "'q': no result .refused: a change of the schema.: DROP TABLE towns" \
        "$BASANITE" score prose.jsonl --scorer sql
    printf '%s\n' '{"id":"l","db_id":"town","query":"SELECT name FROM towns WHERE id = 3","prediction":"SELECT name FROM towns LIMIT 1 OFFSET 2"}' >luck.jsonl
    expect "an answer that is right here alone" 0 'right here by luck .another table on variant 2, drop' \
        "$BASANITE" score luck.jsonl --scorer sql,variants=5
    bad() { # NAME PATTERN LINE...
        printf '%s\n' "$3" >bad.jsonl
        expect "bad input: $1" 3 "$2" "$BASANITE" score bad.jsonl --scorer sql
    }
    bad "a reference that fails" "bad.jsonl:1, 'a': the reference 'SELECT x FROM people' does not run on .*failed .no such column: x" \
        '{"id":"a","db_id":"town","query":"SELECT x FROM people","prediction":"SELECT 1"}'
    bad "no database" "bad.jsonl:1, 'a': there is no database" '{"id":"a","db_id":"none","query":"SELECT 1","prediction":"SELECT 1"}'
    bad "a db_id that is a path" "is no name of a database" '{"id":"a","db_id":"../town","query":"SELECT 1","prediction":"SELECT 1"}'
    bad "an unknown type and note" "bad.jsonl:1: type 'inf' with note 'easy' is none of the known ones" \
        '{"id":"a","db_id":"town","query":"null","type":"inf","note":"easy","prediction":"null"}'
    bad "a prediction that is no text" "bad.jsonl:1: field 'prediction': expected SQL, or null, found an integer" '{"id":"a","query":"null","prediction":3}'
    bad "no id" "bad.jsonl:1: field 'id'" '{"query":"null","prediction":"null"}'
    bad "no predictions at all" "no question has a prediction" '{"id":"a","query":"null"}'
    bad "no JSON" "bad.jsonl:1" 'SELECT 1'
    bad "an id twice" "bad.jsonl:2: id 'a' comes twice .bad.jsonl:1" '{"id":"a","query":"null","prediction":"null"}
{"id":"a","query":"null","prediction":"null"}'
    expect "bad input: a penalty below nothing" 2 'c: expected at most 16 numbers' "$BASANITE" score luck.jsonl --scorer sql,c=-1
    printf '%s\n' '{"id":"a","db_id":"town","query":"SELECT COUNT(*) FROM towns"}' \
        '{"id":"b","db_id":"town","query":"SELECT COUNT(*) FROM towns","prediction":"SELECT 1"}' >claims.jsonl
    expect "formal check: a reference that runs, a prediction that is another table" 1 '^claims.jsonl:2: b: wrong' "$BASANITE" formal check claims.jsonl
    expect "formal solve: the table" 0 '"hardness":"easy".*"table":\[\[[0-9]' "$BASANITE" formal solve claims.jsonl --quiet
    cd "$scratch" || exit 1
fi

# ---- the suite on the world's database: silence has 100 times the infeasible share at every c ----

"$BASANITE" run pocket-sql --subject script:constant,text=null --record "$scratch/pocket.db" --limit 120 --quiet --bootstrap 20 >"$scratch/said" 2>&1 ||
    not_ok "pocket-sql" "$(tail -n 1 "$scratch/said")"
"$BASANITE" run pocket-sql --subject script:oracle --record "$scratch/pocket.db" --limit 120 --quiet --bootstrap 20 >/dev/null 2>&1
found=$(value "$scratch/pocket.db" "select group_concat(distinct printf('%.6f', value)) from figures where name like 'reliability%' and grp = '' and run = (select min(id) from runs)")
expected=$(value "$scratch/pocket.db" "select printf('%.6f', 100.0 * sum(json_extract(gold, '\$.labels.feasible') in (0, 'false', 'False')) / count(*)) from items")
check "pocket-sql: silence" "found '$found', expected '$expected'" test "$found" = "$expected"
check "pocket-sql: the oracle has 100 at every c" "it has not" test 3 = \
    "$(value "$scratch/pocket.db" "select count(*) from figures where name like 'reliability%' and grp = '' and value = 100 and run = (select max(id) from runs)")"

# ---- asked live ----

# A subject of known faults: its detector lets .9 of what has an answer through and .2 of the rest, its error detector .95, its queries are
# right with .9, and it makes one up with .5 where there is none.
cat >"$scratch/sql.yaml" <<'END'
script: sql
cases:
  - {when: {step: detected, feasible: true}, chance: 0.9, text: " answerable"}
  - {when: {step: detected, feasible: true}, text: "I think so"}
  - {when: {step: detected, feasible: false}, chance: 0.8, text: "not_answerable"}
  - {when: {step: detected}, text: "Answerable"}
  - {when: {step: checked}, chance: 0.95, text: "correct"}
  - {when: {step: checked}, text: "incorrect"}
  - {when: {feasible: true}, chance: 0.9, label: reference}
  - {when: {feasible: true}, text: "SELECT 1 FROM nowhere"}
  - {chance: 0.5, text: "SELECT COUNT(*) FROM people"}
  - {text: "not_answerable"}
END
live() { # METHOD FLAGS...
    method=$1
    shift
    "$BASANITE" run trustsql-live --method "$method" --subject "script:$scratch/sql.yaml" --bootstrap 20 --quiet "$@" >/dev/null
}
share() { value "$scratch/live.db" "select value from figures where run = (select id from runs where name = '$1') and name = '$2' and grp = ''"; }
within() { # NAME RUN FIGURE LOW HIGH
    found=$(share "$2" "$3")
    check "live: $1" "$3 is $found, expected $4 to $5" awk "BEGIN { exit !($found >= $4 && $found <= $5) }"
}
for method in plain demo vote results pipeline; do live $method --record "$scratch/live.db" --run $method; done
live vote,n=2 --record "$scratch/live.db" --run two
# Four standard errors about .1 (228 with an answer) and .5 (172 without); .9^5 and .5^5; .9^2; .9 x .95.
within "always one query: what is wrong" plain false_refusal 0 0
within "one model: what is made up" demo miss_rate 0.35 0.65
within "five samples: silence" vote false_refusal 0.28 0.54
within "five samples: what is made up" vote miss_rate 0 0.09
within "two samples: silence" two false_refusal 0.08 0.30
within "equal tables: what is made up" results miss_rate 0 0.09
within "pipeline: silence" pipeline false_refusal 0.05 0.25
within "pipeline: what is let through" pipeline miss_rate 0 0.19
check "live: a vote costs less than one answer, and answers less" "harm $(share vote harm_rate), $(share demo harm_rate)" \
    awk "BEGIN { exit !($(share vote harm_rate) < $(share demo harm_rate) / 2 && $(share vote coverage) < $(share demo coverage)) }"
expect "live: RS(c) over c is drawn, beside who is always silent" 0 'Reliability by what a mistake costs.*always silent' \
    sh -c "'$BASANITE' report plain vote results pipeline --record '$scratch/live.db' --format svg | tr '\n' ' '"
expect "live: its figures follow from its answers" 0 '^verified' "$BASANITE" record verify --record "$scratch/live.db"
live vote --record "$scratch/other.db" --run vote --threads 3 --batch 7
for db in live other; do
    "$BASANITE" record query "select name, grp, value, lo, hi from figures where run = (select id from runs where name = 'vote') order by task, name, grp" \
        --record "$scratch/$db.db" >"$scratch/$db.figures"
done
check "live: any batch the same figures" "they differ" cmp -s "$scratch/live.figures" "$scratch/other.figures"
expect "live: one sample is no vote" 2 "'n' of method 'vote' is a whole number from 2" \
    "$BASANITE" run trustsql-live --method vote,n=1 --subject script:mute --record "$scratch/bad.db"
expect "live: half a sample" 2 "'n' of method 'vote' is a whole number from 2" \
    "$BASANITE" run trustsql-live --method vote,n=2.5 --subject script:mute --record "$scratch/bad.db"

# ---- released files ----

public=$SHARED/trustsql
if [ ! -d "$public" ]; then
    for what in "chinook: 30 of 30" "ehrsql2024: 1,163 questions" "decisions: no mismatch"; do skip "$what" "no $public"; done
    finish
fi
export BASANITE_PATH="$SHARED"
before=$(sha256sum "$public/chinook.sqlite")
expect "chinook: 30 of 30 predictions have the score that is known" 0 '^30 of 30 as expected' "$BASANITE" score "$public/chinook_cases.json" --scorer sql
check "chinook: the file is what it was" "another digest" test "$before" = "$(sha256sum "$public/chinook.sqlite")"
printf '{}' >"$scratch/nobody.json"
score "$public/ehrsql2024_valid_data.json" "$public/ehrsql2024_valid_label.json" "$scratch/nobody.json" --scorer sql --json >"$scratch/null.json"
found="$(figure reliability,c=0 '' "$scratch/null.json") $(figure reliability,c=N '' "$scratch/null.json") $(figure infeasible '' "$scratch/null.json")"
expected=$(awk 'BEGIN { printf "%.15g %.15g %.15g", 100 * 232 / 1163, 100 * 232 / 1163, 232 / 1163 }')
check "ehrsql2024: 1,163 questions, 232 infeasible; silence scores 100 x their share at every c" "$found instead of $expected" \
    awk -v a="$found" -v b="$expected" 'BEGIN { split(a, x, " "); split(b, y, " "); for (i = 1; i <= 3; i++) if ((d = x[i] - y[i]) > 1e-9 || d < -1e-9) exit 1 }'
score "$public/ehrsql2024_valid_answer.json" "$public/ehrsql2024_valid_answer.json" --scorer sql,answers --json >"$scratch/oracle.json"
expect "advising: questions that no SQL answers are read" 0 '^47 rows of 1 files or tasks: 0 errors' \
    "$BASANITE" data lint "$public/advising_nonsql.json"
expect "advising: rows of the schema with more fields than the first are named" 3 'advising_schema.csv:2: row has 7 fields, the first row has 5' \
    "$BASANITE" data lint "$public/advising_schema.csv"
check "ehrsql2024: the answers themselves score 100" "$(figure reliability,c=N '' "$scratch/oracle.json")" \
    test "$(figure reliability,c=N '' "$scratch/oracle.json")" = 100
mismatches() { # SET METHOD: decisions that are not the released ones
    value "$scratch/$1.db" "select n - k from figures where task = 'trustsql_$2' and grp = '' and name = 'acc'"
}
for set in atis advising ehrsql spider; do
    expect "$set: decided again" 0 '^run r' "$BASANITE" run trustsql --method pipeline:demo:vote --split $set \
        --subject "replay:$public/decisions_$set.jsonl" --record "$scratch/$set.db" --fresh --quiet --run r --bootstrap 20
    most=0
    [ $set = spider ] && most=64
    check "$set: pipeline, demo, vote: 0 0 $most mismatches" "$(mismatches $set pipeline) $(mismatches $set demo) $(mismatches $set vote)" \
        test "$(mismatches $set pipeline) $(mismatches $set demo) $(mismatches $set vote)" = "0 0 $most"
done
stale=$(value "$scratch/spider.db" "select k || ' of ' || n from figures where task = 'trustsql_vote' and grp = '' and name = 'stale_rate'")
check "spider: the stored votes are stale, and told so" "$stale" test "$stale" = "64 of 534"
finish
