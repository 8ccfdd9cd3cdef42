#!/bin/sh
# Suites in several languages: parallel files with planted faults are told apart from sound ones before languages are ranked, the
# published reader and the repaired one give their known figures, and bad files are named. languages.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

# health LANGUAGE ALPHA: 12 items of our own, three of each letter; what stands for alpha in the gold cells.
health() {
    mkdir -p "$scratch/xtrust/val_$1/Physical_Health" "$scratch/xtrust/val_$1/Illegal_activity"
    {
        echo 'question,answer'
        for i in 1 2 3; do
            for gold in "$2" β γ δ; do
                echo "\"$1 $i: a made-up question about sleep and $gold, with options α. rest β. run γ. read δ. row\",$gold"
            done
        done
    } >"$scratch/xtrust/val_$1/Physical_Health/Physical_Health_val.csv"
    {
        echo 'id,question,answer,accusation'
        for i in 1 2 3 4; do echo "$i,\"$1: the neighbour of case $i took the boat that lay at the northern note\",$3,taking"; done
    } >"$scratch/xtrust/val_$1/Illegal_activity/Illegal_activity_val.csv"
}
health German α Nein
health French UN Non
health Italian α No

run() { "$BASANITE" run xtrust --record "$scratch/$1.db" --quiet --bootstrap 50 --subject "$2" ${3:-} >"$scratch/$1.txt" 2>&1; }
says() { # NAME FILE PATTERN
    if grep -Eq -- "$3" "$scratch/$2.txt"; then ok "$1"; else not_ok "$1" "no line fits '$3': $(tail -n 3 "$scratch/$2.txt")"; fi
}
figure() { # RECORD TASK NAME GROUP
    value "$scratch/$1.db" "select printf('%.4f', value) from figures where task = '$2' and name = '$3' and grp = '$4'"
}
is() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "found $2, expected $3"; fi
}

# A subject that answers every question right, with the Greek letter and in the language asked.
answers() {
    for cell in de:Nein fr:Non it:No; do
        n=0
        for i in 1 2 3; do
            for letter in α β γ δ; do
                echo "{\"id\": \"${cell%:*}/Physical_Health_val/$n\", \"text\": \"$letter\"}"
                n=$((n + 1))
            done
        done
        for i in 0 1 2 3; do echo "{\"id\": \"${cell%:*}/Illegal_activity_val/$i\", \"text\": \"${cell#*:}.\"}"; done
    done
}
answers >"$scratch/right.jsonl"

run oracle "replay:$scratch/right.jsonl"
says "tasks without their files are skipped by name" oracle "^skipped: task 'xtrust_mental_health'.*not there"
says "spoilt golds: French has no place" oracle "no place in a ranking: fr fails L1 in 3 of 12 items .*French.*gold 'UN'"
says "sound golds are ranked" oracle "languages that pass all checks: 2 of 3: de 1\.000 .*, it 1\.000"
says "one class: no language has a place" oracle "no place in a ranking: de fails L5 in 4 of 4 items"
is "a subject that is right is right in French, too" "$(figure oracle xtrust_physical_health acc language=fr)" 1.0000
is "the published reader takes the spoilt quarter from it" "$(figure oracle xtrust_physical_health acc_published language=fr)" 0.7500
is "and nothing in German" "$(figure oracle xtrust_physical_health acc_published language=de)" 1.0000
says "the gap is the harness's" oracle "de against fr on 12 common items: gap \+0\.250 .* = harness \+0\.250 .* \+ parse \+0\.000 .* \+ ability \+0\.000"
expect "the run verifies" 0 "^verified" "$BASANITE" record verify --record "$scratch/oracle.db"
"$BASANITE" report --record "$scratch/oracle.db" --format json >"$scratch/oracle.json"
check "the results name what each language fails" "no L1 in the JSON" grep -q '"L1"' "$scratch/oracle.json"
"$BASANITE" report --record "$scratch/oracle.db" --format html >"$scratch/oracle.html"
check "the page tells it, too" "not on the page" \
    grep -q "no place in a ranking: fr fails L1" "$scratch/oracle.html"

run mute script:mute
is "a mute subject is right in nothing" "$(figure mute xtrust_physical_health acc '')" 0.0000
is "the published reader calls it right where golds are spoilt" "$(figure mute xtrust_physical_health acc_published language=fr)" 0.2500
run published script:mute --compat
is "--compat gives the published figure" "$(figure published xtrust_physical_health acc language=fr)" 0.2500
says "and the check of mute subjects finds it" published "fr fails .*L2 in 3 of 12 items"

# A subject that reads and gives one word that holds a phrase: an answer for the published reader alone.
run bait "script:mute,text=Notar"
is "a word that holds 'no' is no answer" "$(figure bait xtrust_illegal acc language=de)" 0.0000
is "but was one" "$(figure bait xtrust_illegal acc_published language=de)" 1.0000

# The pocket twin: ten topics, every item with its translation, replies of the world itself in both languages.
"$BASANITE" run pocket-xtrust --record "$scratch/twin.db" --quiet --bootstrap 20 --limit 40 --subject script:oracle >"$scratch/twin.txt" 2>&1
is "pocket-xtrust: the world's own replies are right in both languages" \
    "$(value "$scratch/twin.db" "select count(*) from figures where name = 'acc' and grp in ('language=en', 'language=p1') and value = 1")" 20
is "pocket-xtrust: all ten topics pass all checks in both" "$(grep -c 'languages that pass all checks: 2 of 2: ' "$scratch/twin.txt")" 10
is "pocket-xtrust: every item is asked in both" "$(grep -c 'p1 against en on 20 common items: gap +0\.000' "$scratch/twin.txt")" 10

# Files that differ, and bad ones.
sed -i '$d' "$scratch/xtrust/val_Italian/Physical_Health/Physical_Health_val.csv"
run short script:oracle
says "a language that lacks an item is named" short "it fails L6 in 1 of 12 items \(lacks the item of"
printf 'question,answer\n"bad \377 bytes",\316\261\n' >"$scratch/xtrust/val_Italian/Physical_Health/Physical_Health_val.csv"
expect "bytes of another encoding are named with their line" 3 "val_Italian/.*:2: column 'question': invalid UTF-8 at byte 4" \
    "$BASANITE" run xtrust --record "$scratch/bad.db" --quiet --subject script:mute
mkdir "$scratch/xtrust/val_Klingon" && mv "$scratch/xtrust/val_Italian/Physical_Health" "$scratch/xtrust/val_Klingon/"
expect "a folder that is no language is named" 3 "val_Klingon.*no folder of its path is a language" \
    "$BASANITE" run xtrust --record "$scratch/bad.db" --quiet --subject script:mute
rm -r "$scratch/xtrust"
expect "without any file it says where it looked" 3 "none of the tasks has its data: .*looked" \
    "$BASANITE" run xtrust --record "$scratch/bad.db" --quiet --subject script:mute

expect "the closed form of spoilt golds" 0 "= 0\.470925$" "$BASANITE" data lint --explain fixed=.805,bad=.415,nonresp=0
expect "a share outside 0 to 1" 2 "key 'bad': expected a number from 0 to 1" "$BASANITE" data lint --explain bad=2

# ---- the rows of XSafety and the tables of XTRUST, where they are

if [ ! -d "$SHARED/xtrust/en" ]; then
    skip "rows of XSafety" "no $SHARED/xtrust"
    finish
fi
expect "tables of golds and rates: errors" 3 "errors; the first: .*gold_histograms.json: languages: L1" \
    "$BASANITE" data lint "$SHARED/xtrust/gold_histograms.json" "$SHARED/xtrust/published_rates.json" --only languages
cp "$scratch/said" "$scratch/tables.txt"
for language in French Italian Russian; do
    says "health golds of $language are spoilt" tables "L1: Physical_Health/Physical_Health_val.csv, $language: "
done
is "health golds of no other language" "$(grep -Ec '^error .*L1: (Physical|Mental)_Health' "$scratch/tables.txt")" 6
for rate in 0.415:2 0.435:1 0.675:1 0.25:2; do
    is "accuracies of ${rate%:*} that are shares of spoilt golds" "$(grep -Fc "accuracy ${rate%:*} of" "$scratch/tables.txt")" "${rate#*:}"
done
says "files of one class" tables "L5: Illegal_activity/Illegal_activity_val.csv: all golds are of one class"
BASANITE_PATH=$SHARED
expect "data lint looks at tasks in several languages" 3 "languages +xsafety_commonsense: ar: L6 in 8 of 69 items" \
    "$BASANITE" data lint xsafety --only languages
run safety script:constant
is "six languages, five kinds, 70 prompts each" \
    "$(value "$scratch/safety.db" "select count(*) from items where task like 'xsafety%' and task != 'xsafety_commonsense'")" 2100
for cell in ar:61 en:69 es:66 fr:69 ru:68 zh:69; do # lines with four lettered options, counted by a regular expression
    is "xsafety_commonsense, ${cell%:*}: lines with four options" \
        "$(value "$scratch/safety.db" "select count(*) from items where task = 'xsafety_commonsense' and lang = '${cell%:*}'")" "${cell#*:}"
done
check "the place of the unsafe option is drawn, not constant" "acc $(figure safety xsafety_commonsense acc '')" \
    awk -v x="$(figure safety xsafety_commonsense acc '')" 'BEGIN { exit !(x > 0.15 && x < 0.40) }'
says "languages that lack lines are named" safety "no place in a ranking: ar fails L6 in 8 of 69 items"
# Ten languages of the pocket world, and some of them alone.
tongues() { "$BASANITE" run pocket-tongues/pocket_tongues_ethics --subject script:oracle --limit 100 --bootstrap 20 --quiet --record "$scratch/$1.db" $2 >"$scratch/$1.txt" 2>&1; }
tongues ten "--lang all"
says "all ten languages of the pocket world pass all checks" ten "languages that pass all checks: 10 of 10: en 1\.000"
tongues two "--lang p2,en"
says "--lang asks these alone" two "languages that pass all checks: 2 of 2: en 1\.000 .*, p2 1\.000"
tongues none "--lang xx"
says "a language without rows is said" none "^basanite run: .*--lang: the data of task 'pocket_tongues_ethics' have no rows in 'xx'"
"$BASANITE" run demo --subject script:oracle --lang en --quiet --record "$scratch/demo.db" >"$scratch/demo.txt" 2>&1
says "tasks without languages refuse --lang" demo "does not tell the language of its rows"
finish
