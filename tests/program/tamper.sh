#!/bin/sh
# A record that was changed after its runs: `record verify` and tools/check_record.py each name what does not fit, for
# twenty and more ways of changing it, and take the record as it was.
# tamper.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

python=$(command -v python3) || { skip tamper "python3 is not installed"; finish; }
"$python" -c 'import sqlite3' 2>/dev/null || { skip tamper "python3 has no sqlite3"; finish; }
checker=$ROOT/tools/check_record.py
check "the checker has under 200 lines" "$(wc -l <"$checker")" test "$(wc -l <"$checker")" -lt 200
check "the checker needs the standard library only" "$(grep -n import "$checker")" \
    test "$(grep -Ev '^(import codecs, hashlib, json, math, re, sqlite3, sys|from statistics import .*)$' "$checker" | grep -cE '^ *(import|from) ')" -eq 0

record=$scratch/good.db
run() { # NAME SUBJECT
    "$BASANITE" run demo --limit 12 --subject "$2" --record "$record" --run "$1" --quiet --threads 1 >/dev/null 2>"$scratch/run.log" ||
        { not_ok "a record to change" "$(tail -n 1 "$scratch/run.log")"; finish; }
}
run first pocket
run second pocket-help
"$BASANITE" compare first second --record "$record" >/dev/null 2>&1
item=$(value "$record" "select i.id from plans p join items i on i.digest = p.item where p.task = 'demo_requests' limit 1")
"$BASANITE" record relabel second "demo_requests#$item" yes --who Ada --why "it says no" --record "$record" >/dev/null 2>&1

checked() { # RECORD: by the checker, whose message stands as one of the program's
    "$python" "$checker" "$1" 2>"$scratch/why" && return
    sed '1s/^/basanite: /' "$scratch/why"
    return 1
}
# A certificate rests on the first run.
"$python" - "$record" <<'PYTHON'
import hashlib, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
text = '{"rounds":[{"run":"first"}],"verdict":"met"}'
digest, (seq, prev) = hashlib.sha256(text.encode()).hexdigest(), db.execute("select seq, hash from evidence where run = 1 order by seq desc").fetchone()
hash = hashlib.sha256("\n".join((prev, "certificate", "mill-1", digest)).encode()).hexdigest()
db.execute("insert into evidence values(1, ?, 'certificate', 'mill-1', ?, ?, ?)", (seq + 1, digest, prev, hash))
db.execute("insert into meta values('certificate/mill-1', ?)", (text,))
db.commit()
PYTHON
# verified RECORD: both runs by the program.
verified() {
    for name in first second; do "$BASANITE" record verify "$name" --record "$1" || return; done
}
expect "as it was: the program takes it" 0 "^verified: [0-9]+ entries" verified "$record"
expect "as it was: the checker takes it" 0 "^run 'first': [0-9]+ entries, head [0-9a-f]{64}; figures by answers [1-9][0-9]+, values [1-9]" checked "$record"
expect "as it was: paired tests are computed again" 0 "^comparisons: paired tests from answers [1-9][0-9]+" checked "$record"
expect "no record: the checker says so" 1 "no such table|unable to open|file is not a database" checked "$scratch/none.db"

# change NAME PATTERN SQL: both name it. SQL may call again(), which makes the hashes of a chain fit anew, as someone
# would who knows how they are made; what the chain is of must then tell.
ways=0
change() {
    ways=$((ways + 1))
    cp "$record" "$scratch/changed.db"
    if ! "$python" - "$scratch/changed.db" "$3" <<'PYTHON' >"$scratch/said" 2>&1; then
import hashlib, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
before = db.total_changes
for sql in sys.argv[2].split(";"):
    if sql.strip() != "again()":
        db.execute(sql)
        continue
    for run in [r[0] for r in db.execute("select distinct run from evidence").fetchall()]:
        prev, rows = "0" * 64, db.execute("select seq, kind, ref, digest from evidence where run = ? order by seq", (run,)).fetchall()
        db.execute("delete from evidence where run = ?", (run,))
        for seq, (_, kind, ref, digest) in enumerate(rows, 1):
            hash = hashlib.sha256("\n".join((prev, kind, ref, digest)).encode()).hexdigest()
            db.execute("insert into evidence values(?,?,?,?,?,?,?)", (run, seq, kind, ref, digest, prev, hash))
            prev = hash
db.commit()
sys.exit(db.total_changes == before)
PYTHON
        not_ok "$1" "it could not be changed: $(tail -n 1 "$scratch/said")"
        return
    fi
    expect "$1: the program names it" 3 "$2" verified "$scratch/changed.db"
    expect "$1: the checker names it" 1 "$2" checked "$scratch/changed.db"
}
one="run = 1 and task = 'demo_questions'"
answer="(select a.id from plans p join answers a on a.ask = p.ask join runs r on r.id = p.run and r.subject = a.subject where p.run = 1 and p.task = 'demo_questions' order by p.position limit 1)"
figure="(select id from figures where $one and name = 'exact_match' and grp = '')"
named="answer 'demo_questions#"
figured="figure 'demo_questions#exact_match#' is not what"
planned="plan.* 'plan:demo_questions' is not what"
broken="chain breaks at entry"

# what was answered and what was made of it
change "the text of an answer" "$named" "update answers set text = text || '.' where id = $answer"
change "why an answer ended" "$named" "update answers set finish = 'length' where id = $answer"
change "two answers exchanged" "$named" "update answers set text = (select text from answers b where b.id = (select max(id) from answers where subject = answers.subject)) where id = $answer"
change "an answer taken away" "$named" "delete from answers where id = $answer"
change "the value of a score" "$named" "update scores set value = 1 - value where run = 1 and answer = $answer"
change "the label of a score" "$named" "update scores set label = label || '!' where run = 1 and answer = $answer"
change "how an answer was read" "$named" "update scores set parsed = 'fallback' where run = 1 and answer = $answer"
change "the evidence of a score" "$named" "update scores set evidence = '{}' where run = 1 and answer = $answer"
change "a score taken away" "$named" "delete from scores where run = 1 and answer = $answer"
# figures
change "the value of a figure" "$figured" "update figures set value = value + 0.1 where id = $figure"
change "the lower end of a figure" "$figured" "update figures set lo = lo + 0.01 where id = $figure"
change "the upper end of a figure" "$figured" "update figures set hi = hi - 0.01 where id = $figure"
change "the n of a figure" "$figured" "update figures set n = 10 * n where id = $figure"
change "the k of a figure" "$figured" "update figures set k = k + 1 where id = $figure"
change "the method of a figure" "$figured" "update figures set method = 'clopper-pearson' where id = $figure"
change "a figure taken away" "demo_questions.*(figures|exact_match)" "delete from figures where id = $figure"
change "a figure added" "(figure 'demo_questions#best#|demo_questions)" "insert into figures select null, run, 'best', task, grp, value, lo, hi, n, k, method, unit, direction, parsed, errors, null_reason, scorer from figures where id = $figure"
change "a figure that stands there twice" "demo_questions" "insert into figures select null, run, name, task, grp, value, lo, hi, n, k, method, unit, direction, parsed, errors, null_reason, scorer from figures where id = $figure"
# the chain
change "a hash of the chain" "$broken 7" "update evidence set hash = replace(hash, substr(hash, 1, 1), 'z') where run = 1 and seq = 7"
change "a previous hash" "$broken 7" "update evidence set prev = replace(prev, substr(prev, 1, 1), 'z') where run = 1 and seq = 7"
change "a digest of the chain" "$broken 7" "update evidence set digest = replace(digest, substr(digest, 1, 1), 'z') where run = 1 and seq = 7"
change "two entries exchanged" "$broken 7" "update evidence set seq = -7 where run = 1 and seq = 7; update evidence set seq = 7 where run = 1 and seq = 8; update evidence set seq = 8 where run = 1 and seq = -7"
change "an entry taken away" "evidence 7 is missing|$broken 7" "delete from evidence where run = 1 and seq = 7"
change "the last entries taken away" "state of run" "delete from evidence where run = 1 and kind in ('end', 'certificate')"
change "an entry added that fits" "chain tells of .*ghost#0'" "insert into evidence select run, seq + 1, 'answer', 'demo_questions#ghost#0', digest, hash, '' from evidence where run = 1 order by seq desc limit 1; again()"
change "an entry taken away, the others made to fit" "$named" "delete from evidence where run = 1 and seq = 7; again()"
# what was asked
change "the gold of an item" "$planned" "update items set gold = '{\"text\":[\"anything\"]}' where digest = (select item from plans where $one limit 1)"
change "the group of an item" "$planned" "update items set grp = grp || 'x' where digest = (select item from plans where $one limit 1)"
change "the words of an ask" "$planned" "update asks set messages = '{\"prompt\":\"Say yes.\"}' where digest = (select ask from plans where $one limit 1)"
change "an item taken from the plan" "$planned|$named" "delete from plans where $one and position = 0"
change "the seed of a plan" "$planned|$named" "update plans set seed = seed + 1 where $one and position = 0"
change "an item twice in the plan" "$planned|$named" "insert into plans select run, task, position + 9999, item, ask, samples, seed from plans where $one limit 1"
# who was asked, and how
change "the subject of a run" "settings.*subject|settings of the run" "update runs set subject = (select subject from runs where id = 2) where id = 1"
change "the digest of a subject" "settings.*subject|settings of the run" "update subjects set digest = replace(digest, substr(digest, 1, 1), 'z')"
change "the tokenizer of a subject" "settings.*subject" "update subjects set tokenizer = 'another'"
change "a setting" "settings.*subject" "update runs set config = replace(config, '\"confidence\":0.95', '\"confidence\":0.5')"
change "the seed of a run" "settings.*subject" "update runs set seed = seed + 1"
change "the state of a run" "state of run" "update runs set state = 'interrupted'"
change "a certificate" "mill-1" "update meta set value = replace(value, 'met', 'lost') where key = 'certificate/mill-1'"
change "a certificate taken away" "mill-1" "delete from meta where key = 'certificate/mill-1'"
# what people and comparisons say
change "a label of a person" "label 'label#demo_requests#" "update labels set label = 'no'"
change "who gave a label" "label 'label#demo_requests#" "update labels set who = 'Bo'"
change "a label taken away" "figure 'demo_requests#|label#demo_requests#" "delete from labels"
change "the difference of a comparison" "compare:first:second" "update comparisons set diff = diff + 0.1 where id = 1"
change "the p value of a comparison" "compare:first:second" "update comparisons set p = 0.001 where id = 1"
change "a comparison taken away" "compare:first:second" "delete from comparisons where id = 1"
change "all comparisons taken away" "compare:first:second|comparisons" "delete from comparisons"
change "the run of a comparison" "compare:(second:first|first:second)" "update comparisons set a = 2, b = 1"
# Older versions chained answers and figures only: such a run is taken for what it is.
cp "$record" "$scratch/older.db"
"$python" - "$scratch/older.db" <<'PYTHON'
import hashlib, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
rows, prev = db.execute("select kind, ref, digest from evidence where run = 1 and kind in ('answer', 'figure') order by seq").fetchall(), "0" * 64
db.execute("delete from evidence where run in (0, 1)")
for seq, (kind, ref, digest) in enumerate(rows, 1):
    hash = hashlib.sha256("\n".join((prev, kind, ref, digest)).encode()).hexdigest()
    db.execute("insert into evidence values(1, ?, ?, ?, ?, ?, ?)", (seq, kind, ref, digest, prev, hash))
    prev = hash
db.execute("delete from comparisons")
db.commit()
PYTHON
expect "a run by an older version: the program takes it and says what is not told" 0 "^the run is of an older version" \
    "$BASANITE" record verify first --record "$scratch/older.db"
expect "a run by an older version: so does the checker" 0 "^run 'first': of an older version" checked "$scratch/older.db"
check "at least twenty ways" "only $ways" test $ways -ge 20
finish
