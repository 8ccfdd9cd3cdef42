#!/bin/sh
# Effects from published tables, against the figures that were published or computed from them; what cannot be told is refused.
# causal.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
tables=$SHARED/causal-data

# near NAME FIGURE EXPECTED WITHIN ARGUMENTS...: a figure of `data effect`.
near() {
    near_name=$1 near_figure=$2 near_expected=$3 near_within=$4
    shift 4
    if ! "$BASANITE" data effect "$@" --json >"$scratch/effect.json" 2>"$scratch/told"; then
        not_ok "$near_name" "$(tail -n 1 "$scratch/told")"
        return
    fi
    near_found=$(awk -v want="\"name\": \"$near_figure\"," '
        index($0, want) { here = 1 }
        here && /"value":/ { gsub(/[^-0-9.e+]/, "", $2); print $2; exit }' "$scratch/effect.json")
    if awk -v a="$near_found" -v b="$near_expected" -v w="$near_within" 'BEGIN { d = a - b; exit !(a != "" && d <= w && -d <= w) }'
    then ok "$near_name"; else not_ok "$near_name" "found $near_found, expected $near_expected within $near_within"; fi
}
warned() { # NAME PATTERN: what the last effect was warned of
    if grep -Eq -- "^warning: .*$2" "$scratch/told"; then ok "$1"; else not_ok "$1" "no warning fits '$2'"; fi
}

published() {
    set -- 1 2.1281 2.7219 2.1791 1.4539 2 4.6792 4.6792 4.7987 0.5195 3 4.7518 4.7518 4.8557 1.3473
    while [ $# -ge 5 ]; do
        file=$tables/acic16_zymu_$1.csv
        near "acic16 $1: ATE of the means" ate "$2" 0.00005 "$file" --treatment z --outcome mu0,mu1 --estimator truth
        near "acic16 $1: ATT of the means" att "$3" 0.00005 "$file" --treatment z --outcome mu0,mu1 --estimator truth
        near "acic16 $1: ridge T-learner" ate "$4" 0.01 "$tables/acic16_x.csv" "$file" --treatment z --outcome y0,y1 \
            --covariates 'x_*' --estimator t-learner
        near "acic16 $1: aipw is nearer than half of the raw bias" ate "$2" "$(awk -v b="$5" 'BEGIN { print b / 2 }')" \
            "$tables/acic16_x.csv" "$file" --treatment z --outcome y0,y1 --covariates 'x_*' --estimator aipw
        shift 5
    done
    set -- em1 .0685 .0484 .0772 em2 .0609 .1714 .1338 em3 .0371 .0911 .0668
    while [ $# -ge 4 ]; do
        near "$1 dealt at random" ate "$2" 0.00005 "$tables/invest_email_rnd.csv" --treatment "$1" --outcome converted \
            --estimator difference
        near "$1 chosen, raw" ate "$3" 0.00005 "$tables/invest_email_biased.csv" --treatment "$1" --outcome converted \
            --estimator difference
        near "$1 chosen, adjusted" ate "$4" 0.00005 "$tables/invest_email_biased.csv" --treatment "$1" --outcome converted \
            --covariates age,income,insurance,invested --estimator regression --beside "$tables/invest_email_rnd.csv"
        [ "$1" != em2 ] || warned "em2: the twins differ by more than chance" "differ by more than chance"
        shift 4
    done
    file=$tables/nhefs.csv
    known=sex,race,age:square,education:category,smokeintensity:square,smokeyrs:square,exercise:category,active:category,wt71:square
    near "quitting, raw" ate 2.54 0.005 "$file" --treatment qsmk --outcome wt82_71 --estimator difference
    for by in regression ipw aipw matching strata t-learner; do
        near "quitting, $by" ate 3.45 1.05 "$file" --treatment qsmk --outcome wt82_71 --covariates "$known" --estimator "$by"
    done
    file=$tables/smoking_panel.csv
    near "a law, difference in differences" att -27.35 0.005 "$file" --treatment california --outcome cigsale \
        --estimator did,unit=state,post=after_treatment
    near "a law, synthetic control" att -19 3 "$file" --treatment california --outcome cigsale \
        --estimator synthetic,unit=state,time=year,post=after_treatment
}
if [ -f "$tables/nhefs.csv" ]; then published; else skip "published tables" "no $tables"; fi

# ---- texts and their edits: pairs are counted, an oracle turns every label, a constant none
pairs() { # TASK CLUSTERS
    "$BASANITE" run "causal-data/$1" --baselines --subject script:mute --record "$scratch/cad.db" >"$scratch/said" 2>&1 ||
        { not_ok "$1" "$(tail -n 2 "$scratch/said")"; return; }
    for line in "baselines of group_exact: .*constant 0[.]0 %.*oracle 100[.]0 %" \
        "baselines of flip_rate: .*constant 0[.]0 %.*oracle 100[.]0 %" "group_exact .* $2  wilson"; do
        check "$1: $line" "$(grep -E 'baselines|group_exact' "$scratch/said" | tr '\n' ';')" grep -Eq "$line" "$scratch/said"
    done
}
if [ -f "$tables/cad_nli_orig_dev.tsv" ]; then
    BASANITE_PATH=$SHARED
    pairs cad 244
    pairs cad_train 600
    pairs cad_nli 200
else
    skip "texts and their edits" "no $tables"
fi

# ---- what cannot be told is refused, by its name
cat >"$scratch/one.csv" <<'EOF'
t,y,x,u,post
1,2,3,a,0
1,3,4,a,1
1,4,5,b,0
EOF
{ echo t,y,x; i=0; while [ $i -lt 40 ]; do echo "$((i % 2)),$i,$i"; i=$((i + 1)); done; echo 1,oops,3; } >"$scratch/slip.csv"
{ echo t,y,x; i=0; while [ $i -lt 60 ]; do echo "$((i / 30)),$((i % 7)),$i"; i=$((i + 1)); done; } >"$scratch/apart.csv"
{ echo t,y,x; i=0; while [ $i -lt 60 ]; do echo "$((i % 2)),$((i % 7)),$i"; i=$((i + 1)); done; } >"$scratch/even.csv"
printf 't,y\n1,2\n0\n' >"$scratch/short.csv"
effect() { "$BASANITE" data effect "$@"; }
expect "one treatment" 3 "treatment 't' is 1 in all 3 rows" effect "$scratch/one.csv" --treatment t --outcome y --estimator difference
expect "no such column" 2 "has no column 'z'" effect "$scratch/one.csv" --treatment z --outcome y --estimator difference
expect "no such estimator" 2 "did you mean 'aipw'" effect "$scratch/one.csv" --treatment t --outcome y --estimator aipv
expect "a slip among numbers" 3 "slip.csv:42: column 'y': 'oops' among 40 numbers" effect "$scratch/slip.csv" --treatment t \
    --outcome y --estimator difference
expect "a short row" 3 "short.csv:3" effect "$scratch/short.csv" --treatment t --outcome y --estimator difference
expect "no overlap" 3 "no overlap: of 60 units" effect "$scratch/apart.csv" --treatment t --outcome y --covariates x --estimator aipw
expect "no covariates" 2 "needs --covariates" effect "$scratch/apart.csv" --treatment t --outcome y --estimator ipw
expect "covariate is the outcome" 2 "'y' has another part" effect "$scratch/apart.csv" --treatment t --outcome y --covariates y \
    --estimator regression
expect "many values" 3 "has more than two values" effect "$scratch/apart.csv" --treatment x --outcome y --estimator difference
expect "no truth" 2 "both potential outcomes" effect "$scratch/apart.csv" --treatment t --outcome y --estimator truth
expect "did without a time" 2 "needs post=" effect "$scratch/apart.csv" --treatment t --outcome y --estimator did
expect "iv without an instrument" 2 "needs instrument=" effect "$scratch/apart.csv" --treatment t --outcome y --estimator iv
expect "resampling matches" 2 "resampling rows is wrong for it" effect "$scratch/even.csv" --treatment t --outcome y \
    --covariates x --estimator matching --bootstrap 100

# ---- graphs: a set, a formula, or two models that show that there is none
graph() { echo "$2" >"$scratch/$1"; }
identify() { "$BASANITE" data identify "$@"; }
graph adjust.dag 'z -> {x y}; x -> y; treatment x; outcome y'
graph door.dag 'x -> m -> y; x <-> y; treatment x; outcome y'
graph hidden.dag 'digraph { u -> x; u -> y; x -> y; u [hidden]; x [treatment]; y [outcome] }'
graph instrument.dag 'z -> x -> y; x <-> y; treatment x; outcome y'
graph collider.dag 'x -> c <- y; x -> y; treatment x; outcome y'
expect "a set" 0 "^adjust for: [{]z[}]" identify "$scratch/adjust.dag"
expect "a front door" 0 "sum_[{]m[}] P[(]m . x[)] .sum_[{]x'[}] P[(]y . x', m[)] P[(]x'[)]" identify "$scratch/door.dag"
expect "a hidden cause" 1 "both have the same P of everything observed" identify "$scratch/hidden.dag"
expect "an instrument" 1 "^instrument: z" identify "$scratch/instrument.dag"
expect "its steps" 1 "5[.] hidden causes join all of [{]x, y[}]" identify "$scratch/instrument.dag"
expect "an unknown node" 2 "no node 'q'" identify "$scratch/adjust.dag" --treatment q --outcome y
graph cycle.dag 'a -> b -> c -> a'
expect "a cycle" 3 "a cycle: a -> b -> c -> a" identify "$scratch/cycle.dag" --treatment a --outcome b

# ---- which training fits which shift, and why
advised() { # ANSWER GRAPH
    graph advise.dag "$2"
    expect "advised: $1" 0 "^$1" identify "$scratch/advise.dag" --advise
}
advised "irm, vrex, balance: .* e is not independent of s: e -> s" 'nuisance s; domain e; outcome y; x -> y -> s <- e'
advised "groupdro, reweigh: .* s is not independent of y given c: s -> c <- y" \
    'nuisance s; labelled s; selected c; outcome y; x -> y; s -> c <- y'
advised "cad, clp: .* s is not independent of y: s <-> y" 'nuisance s; editable s; outcome y; s <-> y'
advised "jtt, augment: .* s is not independent of y: s <-> y" 'nuisance s; outcome y; s <-> y; x -> y'
advised "dann, mmd, coral: .* e and y are independent" 'domain e; outcome y; e -> x; y -> x'
advised "irm, not dann: .* e is not independent of y: e -> y" 'domain e; outcome y; e -> x; e -> y -> x'
advised "reweigh, eqodds: .* g is not independent of y: g -> x -> y" 'protected g; parity g; outcome y; g -> x -> y'
advised "clp with this graph: .* g is not independent of y: g -> x -> y" 'protected g; outcome y; g -> x -> y'
graph plain.dag 'outcome y; x -> y'
expect "nothing to advise" 3 "nothing in it calls for more" identify "$scratch/plain.dag" --advise

# A table of z, x, y, c, w: w moves x, z confounds, y = x + 2 z, c comes after both.
awk 'BEGIN { print "w,z,x,y,c,m"; s = 7
    for (i = 0; i < 4000; i++) {
        for (k = 0; k < 4; k++) { s = (s * 16807) % 2147483647; u[k] = s / 2147483647 }
        w = u[0] < 0.5; z = u[1] < 0.5; x = u[2] < 0.1 + 0.3 * w + 0.4 * z; y = x + 2 * z + u[3]
        m = (u[2] * 1000) % 1 < 0.2 + 0.6 * x
        print w "," z "," x "," y "," (y + x > 2) "," m } }' >"$scratch/made.csv"
on() { "$BASANITE" data effect "$scratch/made.csv" --treatment x --outcome y "$@"; }
expect "the graph gives the set" 0 "^ate .* 1[.]0[0-9]* |^ate .* 0[.]9[0-9]* " on --graph "$scratch/adjust.dag" --estimator aipw
expect "a collider is refused" 3 "adjusting for 'c' takes away part of the effect" on --graph "$scratch/collider.dag" \
    --covariates c --estimator regression
expect "an open way is named" 3 "leaves a way open that is not causal: x <- z -> y" on --graph "$scratch/adjust.dag" \
    --covariates c --estimator regression
expect "means are not enough" 3 "'difference' cannot tell it" on --graph "$scratch/adjust.dag" --estimator difference
expect "no answer where there is none" 3 "is not identifiable" on --graph "$scratch/hidden.dag" --estimator aipw
expect "the treatment is no outcome" 2 "'x' is the treatment and the outcome" "$BASANITE" data effect "$scratch/made.csv" \
    --treatment x --outcome x --estimator difference
expect "nor is the outcome an instrument" 2 "'y' is the outcome, and can have no other part" on --estimator iv,instrument=y
sed '9s/,[^,]*,\([^,]*\),\([^,]*\)$/,1e300,\1,\2/' "$scratch/made.csv" >"$scratch/huge.csv"
for by in difference 'regression --covariates z' 'aipw --covariates z'; do
    # shellcheck disable=SC2086
    expect "a value too large to square: $by" 3 "huge.csv:9: column 'y': 1e[+]300 is too large" "$BASANITE" data effect "$scratch/huge.csv" \
        --treatment x --outcome y --estimator $by
done
graph moved.dag 'w -> x -> y; x <-> y; treatment x; outcome y'
expect "the graph gives the instrument" 0 "^late " on --graph "$scratch/moved.dag" --estimator iv
expect "another one is refused" 3 "'z' is no instrument" on --graph "$scratch/moved.dag" --estimator iv,instrument=z
expect "the graph gives the mediator" 0 "^ate .*bootstrap" on --graph "$scratch/door.dag" --estimator front-door
awk 'BEGIN { print "w,x,y"; s = 11
    for (i = 0; i < 600; i++) {
        for (k = 0; k < 3; k++) { s = (s * 16807) % 2147483647; u[k] = s / 2147483647 }
        print (u[0] < 0.5) "," (u[1] < 0.5) "," u[1] + u[2] } }' >"$scratch/weak.csv"
expect "a weak instrument is warned of" 0 "^warning: weak instrument 'w': F .* below 10.*its interval has no end" effect "$scratch/weak.csv" \
    --treatment x --outcome y --estimator iv,instrument=w
awk 'BEGIN { print "k,x,y"; s = 5
    for (k = 0; k < 40; k++) {
        s = (s * 16807) % 2147483647; x = k % 2; y = x + 3 * s / 2147483647
        for (i = 0; i < 25; i++) { s = (s * 16807) % 2147483647; print k "," x "," y + 0.1 * s / 2147483647 } } }' >"$scratch/groups.csv"
width() { # OPTION...: of the interval
    "$BASANITE" data effect "$scratch/groups.csv" --treatment x --outcome y --estimator difference --json "$@" 2>/dev/null | awk '
        /"lo":/ && !n { gsub(/[^-0-9.e]/, "", $2); lo = $2 } /"hi":/ && !n++ { gsub(/[^-0-9.e]/, "", $2); print $2 - lo }'
}
rows=$(width) clusters=$(width --cluster k)
check "rows of one cluster count as one" "widths $rows and $clusters" awk -v r="$rows" -v c="$clusters" 'BEGIN { exit !(c > 3 * r) }'
for threads in 1 2 5; do
    on --covariates z --estimator aipw --bootstrap 50 --threads $threads --json >"$scratch/threads$threads" 2>&1
done
check "the same for any threads" "aipw differs" cmp -s "$scratch/threads1" "$scratch/threads2"
check "and for five" "aipw differs" cmp -s "$scratch/threads1" "$scratch/threads5"
finish
