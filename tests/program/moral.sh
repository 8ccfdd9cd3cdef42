#!/bin/sh
# Moral graphs and guideline libraries against published data: the figures of the public votes and counts, ranks, merges of cards,
# questions that load; any number of threads gives the same bytes; how long it takes. moral.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
PUBLIC=$SHARED/moral-graph

if [ -f "$PUBLIC/votes_dev.csv" ]; then
    expect "votes: how many" 0 'votes_dev.csv: 1144 votes of 491 voters in 8 contexts' \
        "$BASANITE" goals graph "$PUBLIC/votes_dev.csv"
    expect "votes: edges" 0 '^194 ordered pairs \(97 pairs\), 52 edges kept, 47 nodes; rank_compat sums to 0\.466965$' \
        "$BASANITE" goals graph "$PUBLIC/votes_dev.csv"
    expect "votes: first" 0 ' 0\.057178  289 Information Empowerment$' \
        "$BASANITE" goals graph "$PUBLIC/votes_dev.csv" --titles "$PUBLIC/value_titles.csv"
    expect "votes: second" 0 ' 0\.057021  298$' "$BASANITE" goals graph "$PUBLIC/votes_dev.csv"
    expect "votes: two components" 0 '^2 groups of values' "$BASANITE" goals graph "$PUBLIC/votes_dev.csv"
    expect "votes: a thin context is weak" 0 'When shaping public policy: none.*weak' "$BASANITE" goals graph "$PUBLIC/votes_dev.csv"
    expect "votes: one vote takes the first place" 0 '^exactly 1 vote does it, no fewer$' \
        "$BASANITE" goals graph "$PUBLIC/votes_dev.csv" --attack 289
    expect "counts: all rows are kept" 0 '^67 of the 67 rows are kept by the rule$' "$BASANITE" goals graph "$PUBLIC/edges_prolific.csv"
    expect "counts: likelihood and entropy to 1e-9" 0 'differ by at most (0\.0e\+00|[0-9.]+e-(09|[1-9][0-9])) and (0\.0e\+00|[0-9.]+e-(09|[1-9][0-9]))$' \
        "$BASANITE" goals graph "$PUBLIC/edges_prolific.csv" --from counts
    expect "cards: merges" 0 '596 cards, 150 canonical' "$BASANITE" goals dedup "$PUBLIC/dedup_gen3_clusters.csv"

    expect "survey: represented" 0 'values_express_what_i_care_about +89\.0 %' "$BASANITE" data survey "$PUBLIC/survey_aggregate.csv"
    "$BASANITE" data survey "$PUBLIC/survey_aggregate.csv" "$PUBLIC/verification_counts.json" "$PUBLIC/edge_party_counts.csv" --json |
        tr -d ' \n' | sed 's/},{/}\n{/g' >"$scratch/survey"
    counted() { # GROUP K N VALUE: in hundredths of a percent
        grep -q "\"group\":\"$1\".*\"n\":$3,.*\"k\":$2[,}]" "$scratch/survey" &&
            sed -n "s/.*\"group\":\"$1\".*\"value\":\([0-9.]*\).*/\1/p" "$scratch/survey" | awk -v e="$4" '$1 < 1 { d = 100 * $1 - e; exit !(d * d <= 0.0025) }'
    }
    check "survey: 267 of 300 are represented" "another number" counted question=values_express_what_i_care_about 267 300 89.0
    check "survey: 158 of 180 find it fair" "another number" counted of=graph_position_satisfied 158 180 87.78
    check "survey: 33 of 43 merges are the same" "another number" counted of=dedup_same 33 43 76.74
    check "survey: Democrats" "another number" counted group=dem 178 264 67.4
    check "survey: Independents" "another number" counted group=ind 266 387 68.7
    check "survey: Republicans" "another number" counted group=rep 186 238 78.2

    # Every rank of the published list, to 1e-6.
    "$BASANITE" goals graph "$PUBLIC/edges_prolific.csv" --json --out "$scratch/counts.json"
    tr -d ' \n' <"$scratch/counts.json" | sed 's/.*"ranks":\[//; s/\].*//; s/},{/}\n{/g' |
        sed -n 's/.*"value":"\([^"]*\)","context":null.*"rank_compat":\([0-9.e-]*\),.*/\1,\2/p' >"$scratch/ranks"
    awk -F, 'NR == FNR { rank[$1] = $2; next } FNR > 1 { n++; d = rank[$1] - $2; if (d < 0) d = -d; if (!($1 in rank) || d > 1e-6) bad++ }
        END { exit !(n == 59 && !bad) }' "$scratch/ranks" "$PUBLIC/pagerank_prolific.csv" &&
        ok "counts: 59 ranks as published" || not_ok "counts: 59 ranks as published" "they differ"

    # Two seeds, overall: intervals agree within 0.02; threads change nothing.
    for seed in 1 2; do
        "$BASANITE" goals graph "$PUBLIC/votes_dev.csv" --bootstrap 1000 --seed $seed --json --threads $seed --out "$scratch/seed$seed.json"
        tr -d ' \n' <"$scratch/seed$seed.json" | sed 's/.*"ranks":\[//; s/\].*//; s/},{/}\n{/g' |
            sed -n 's/.*"value":"\([^"]*\)","context":null.*"lo":\([0-9.e-]*\),"hi":\([0-9.e-]*\),.*/\1 \2 \3/p' >"$scratch/seed$seed"
    done
    paste "$scratch/seed1" "$scratch/seed2" | awk '{ a = $2 - $5; b = $3 - $6; if ($1 != $4 || a * a > 4e-4 || b * b > 4e-4) bad++ } END { exit !(NR == 47 && !bad) }' &&
        ok "two seeds agree within 0.02" || not_ok "two seeds agree within 0.02" "$(paste "$scratch/seed1" "$scratch/seed2" | head -n 2 | tr '\n' ';')"
    "$BASANITE" goals graph "$PUBLIC/votes_dev.csv" --bootstrap 1000 --seed 1 --json --threads 3 --out "$scratch/threads.json"
    check "any number of threads" "other bytes" cmp -s "$scratch/seed1.json" "$scratch/threads.json"
    used=$({ TIMEFORMAT=%U; time -p "$BASANITE" goals graph "$PUBLIC/votes_dev.csv" --bootstrap 1000 --threads 1 --quiet >/dev/null; } 2>&1 | awk '$1 == "user" { print $2 }')
    check "1,000 resamples under 2 s" "they took $used s" awk "BEGIN { exit !($used < 2) }"

    "$BASANITE" goals graph "$PUBLIC/votes_dev.csv" --titles "$PUBLIC/value_titles.csv" --format guide --out "$scratch/values.guide.jsonl"
    expect "winners become guidelines" 0 'Information Empowerment' \
        "$BASANITE" guide find "$scratch/values.guide.jsonl" "where do I find information?" --k 1
else
    skip "public moral graph" "the data are not here"
fi

if [ -f "$SHARED/guide-align/vicuna_bench_dev.jsonl" ]; then
    BASANITE_PATH=$SHARED
    expect "guide-align: rows" 0 '^142 rows of 2 files or tasks: 0 errors' "$BASANITE" data lint guide-align
    expect "guide-align: distinct questions" 0 '^142 different prompts$' "$BASANITE" data lint guide-align
else
    skip "questions of guide-align" "the data are not here"
fi
# Simulated voters say so; what is planted is found.
"$BASANITE" world make --part voters --out "$scratch/voters" >/dev/null
expect "voters: the world is what it says" 0 '' "$BASANITE" world check "$scratch/voters"
expect "voters: they are marked" 0 '^SIMULATED VOTERS: nobody voted$' "$BASANITE" goals graph "$scratch/voters/truth/voters.jsonl"
expect "voters: cards" 0 '^96 cards, 24 canonical, 72 merged$' "$BASANITE" goals dedup "$scratch/voters/truth/voters.jsonl" --out "$scratch/merged.jsonl"
expect "planted in moral graphs" 0 '^18 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate moral-graph --repeat 40
expect "planted in libraries" 0 '^12 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate guide-align
: >"$scratch/empty.guide.jsonl"
expect "an empty library" 3 'the library is empty' "$BASANITE" guide find "$scratch/empty.guide.jsonl" help
finish
