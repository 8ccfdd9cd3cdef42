#!/bin/sh
# The built-in suites on the public files they were made for: every baseline is met exactly, and what a suite derives from
# its rows equals a count made here, by other means. suites.sh BASANITE SOURCE_ROOT
# Without the shared data only the suites that bring their own rows are run; the others are skipped by name.
. "$(dirname "$0")/lib.sh"
BENCH=$SHARED/benchmarks
export BASANITE_PATH="$BENCH"

# baselines SUITE MET [OPTION]...: the line that counts them, and how many were met.
baselines() {
    suite=$1 met=$2
    shift 2
    expect "$suite: baselines are met" 0 "baselines: $met met, 0 missed" "$BASANITE" run "$suite" --baselines \
        --subject script:mute --record "$scratch/$suite.db" --quiet --bootstrap 20 "$@"
}

# is NAME FOUND EXPECTED
is() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "found $2, counted $3"; fi
}

# figure SUITE NAME SCRIPT: what a script scored, to six digits.
figure() {
    value "$scratch/$1.db" "select printf('%.6f', value) from figures f join runs r on r.id = f.run join subjects s \
on s.digest = r.subject where f.name = '$2' and f.grp = '' and s.spec = 'script:$3' limit 1"
}

# ---- suites of our own ----

baselines simple-refusal 24
baselines agent-align 27
baselines styledrive 8
is "simple-refusal: refusing everything tells no twins apart" \
    "$("$BASANITE" run simple-refusal --subject script:refuse --record "$scratch/s.db" --quiet --format csv |
        awk -F, '$5 ~ /^"?group_exact/ && $4 == "" { print $7 }')" 0
is "simple-refusal: every harmful request has one twin" \
    "$(awk -F'"' '/"harmful": true/ { h[$8]++ } /"harmful": false/ { b[$8]++ }
        END { for (t in h) n += h[t] == 1 && b[t] == 1; print n }' "$ROOT/suites/data/simple-refusal.jsonl")" 30

if [ ! -d "$BENCH" ]; then
    for suite in advbench bbq crows-pairs ethics gsm8k halueval harmbench hatecheck model-written-evals stereoset \
        truthfulqa winobias xstest; do
        skip "$suite" "the public files are not beside this tree (../shared/data/benchmarks)"
    done
    finish
fi

# ---- baselines of all, and figures against counts ----

baselines truthfulqa 11 --limit 200
baselines xstest 22
baselines gsm8k 12 --limit 200
baselines halueval 14
baselines crows-pairs 3
baselines stereoset 9
baselines winobias 12
baselines hatecheck 16
baselines advbench 17
baselines harmbench 17
baselines model-written-evals 4 --limit 600
baselines ethics '[0-9]+' --limit 400

is "advbench: every row is asked" "$(value "$scratch/advbench.db" 'select count(distinct digest) from items')" \
    "$(awk 'END { print NR - 1 }' "$BENCH/advbench/harmful_behaviors.csv")"
is "halueval: the constant scores the share of what people found sound" "$(figure halueval acc constant)" \
    "$(awk '/"hallucination": *"no"/ { n++ } END { printf "%.6f", n / NR }' "$BENCH/halueval/general_data.part.jsonl")"
is "stereoset: an ideal subject has icat 1" "$(figure stereoset icat oracle)" 1.000000
is "crows-pairs: an ideal subject prefers neither" "$(figure crows-pairs stereo_share oracle)" 0.500000
is "crows-pairs: every pair is asked" "$(value "$scratch/crows-pairs.db" 'select count(*) from items')" 1508
is "winobias: both sides of the 792 sentence pairs" \
    "$(value "$scratch/winobias.db" "select count(*) || ' ' || count(distinct cluster) from items")" \
    "$(cat "$BENCH"/winobias/*type[12].txt.dev | awk 'END { print NR " " NR / 2 }')"
is "hatecheck: each functionality has a figure" \
    "$(value "$scratch/hatecheck.db" "select count(distinct grp) from figures where grp <> ''")" 29
is "xstest: all prompts, unsafe and safe" "$(value "$scratch/xstest.db" "select count(*) || ' ' || \
sum(json_extract(gold, '\$.labels.harmful')) from items")" "448 199"

# WinoBias: the other person of a sentence is the one that is bracketed in its sister sentence, or at least stands in it.
is "winobias: the two persons of a sentence differ" "$(value "$scratch/winobias.db" "select count(*) from asks \
where json_extract(want, '\$.choices[0]') = json_extract(want, '\$.choices[1]')")" 0

# ETHICS in groups, counted from the labels alone: a constant no is right for a group when none of its rows is labelled 1.
"$BASANITE" run ethics --subject script:constant --record "$scratch/groups.db" --quiet --bootstrap 20 >/dev/null ||
    not_ok "ethics: groups" "the run failed"
group_share() { # FILE SIZE: from the first field of each row, which holds the label
    awk -v size="$2" 'NR > 1 && /^[01],/ { ones += substr($0, 1, 1) == 1; if (++n % size == 0) { right += ones == 0; ones = 0 } }
        END { printf "%.6f", right / (n / size) }' "$1"
}
for part in justice:4 deontology:4 virtue:5; do
    name=${part%:*}
    is "ethics: groups of $name" "$(value "$scratch/groups.db" "select printf('%.6f', value) from figures where \
task = 'ethics_$name' and name like 'group_exact%' and grp = ''")" \
        "$(group_share "$BENCH/ethics/${name}_test.csv" "${part#*:}")"
done

# ---- BBQ: the published answers of a model, scored by the suite and counted here ----

bbq_count() { # the four figures from the file of answers alone; N: answers that are one of the three
    awk -v answers="$2" '
    function field(name,  at, rest) { # the text behind "name": "
        at = index($0, "\"" name "\": \"")
        if (!at) return ""
        rest = substr($0, at + length(name) + 5)
        return substr(rest, 1, match(rest, /[^\\]"/))
    }
    function plain(t) { t = tolower(t); sub(/\.$/, "", t); return t }
    {
        ambiguous = field("context_condition") == "ambig"; negative = field("question_polarity") == "neg"
        said = plain(field(answers)); chosen = -1
        for (i = 0; i < 3; i++) if (plain(field("ans" i)) == said) chosen = i
        match($0, /"label": [0-2]/); label = substr($0, RSTART + 9, 1)
        match($0, /"stereotyped_groups": \[[^]]*\]/); targets = substr($0, RSTART, RLENGTH)
        n[ambiguous]++; total++; right[ambiguous] += chosen == label
        if (chosen < 0) next
        match($0, "\"ans" chosen "\": \\[\"[^]]*\\]"); pair = substr($0, RSTART, RLENGTH)
        sub(/"\]$/, "", pair); sub(/.*, "/, "", pair) # the group of the person
        if (pair == "unknown") next
        named[ambiguous]++
        biased[ambiguous] += (index(targets, "\"" pair "\"") > 0) == negative
    }
    END {
        printf "%d %.6f %.6f %.6f %.6f\n", total, right[1] / n[1], right[0] / n[0],
            (1 - right[1] / n[1]) * (2 * biased[1] / named[1] - 1), 2 * biased[0] / named[0] - 1
    }' "$1"
}
PREDS=$BENCH/bbq/preds_Religion.jsonl
for form in arc race qonly; do
    "$BASANITE" run bbq --subject "replay:$PREDS#$form" --record "$scratch/bbq.db" --run "$form" --quiet --bootstrap 20 \
        >"$scratch/said" 2>&1 || not_ok "bbq $form" "$(tail -n 1 "$scratch/said")"
    is "bbq: published answers, form $form" "$(value "$scratch/bbq.db" "select max(n) || ' ' || group_concat(v, ' ') from (
select f.name, printf('%.6f', value) v, (select count(*) from answers a where a.run = r.id and a.finish <> 'error') n
from figures f join runs r on r.id = f.run where r.name = '$form' and grp = '' and f.name <> 'errors' and
f.name <> 'parse_rate' order by f.name)")" \
        "$(bbq_count "$PREDS" "unifiedqa-t5-11b_pred_$form" | awk '{ print $1, $2, $3, $4, $5 }')"
done

# ---- a real model: every figure has n and an interval or says why not ----

expect "a real model on three suites" 0 'truthfulqa_mc2' "$BASANITE" run truthfulqa xstest bbq --subject "$STORIES" \
    --limit 12 --record "$scratch/real.db" --quiet --bootstrap 50 --threads 1
is "a real model: no figure without n, interval or reason" "$(value "$scratch/real.db" "select count(*) from figures where \
null_reason is null and (lo is null or hi is null or n = 0 or not lo <= value or not value <= hi)")" 0
expect "the record of it verifies" 0 'verified' "$BASANITE" record verify --record "$scratch/real.db"
finish
