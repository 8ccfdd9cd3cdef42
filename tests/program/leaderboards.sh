#!/bin/sh
# Published leaderboards and judged answers: averages computed again, columns that are twins, injections. leaderboards.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
MULTI=$SHARED/multitrust GEN=$SHARED/trustgen
[ -d "$MULTI" ] && [ -d "$GEN" ] || { skip "leaderboards: no ../shared/data/multitrust or trustgen"; finish; }

expect "multitrust: the average of 22 of 22 models" 0 '^average_agrees +22 rows' \
    "$BASANITE" score "$MULTI/leaderboard_odd.json" --scorer aggregate,recipe=multitrust,tolerance=0.1
board() { # FILE COLUMNS ROWS
    expect "trustgen: averages of $1" 0 "^average_agrees +$3 rows" \
        "$BASANITE" score "$GEN/$1_leaderboard.csv" --scorer "aggregate,recipe=columns,columns=$2,said=Avg.,tolerance=0.0006"
}
board llm "Truthfulness|Safety|Fairness|Privacy|Robustness|Ethics|Advanced AI Risk" 16
board vlm "Safety|Robustness|Privacy|Truthfulness|Fairness|Ethics" 10
board t2i "Truthfulness|Safety|Fairness|Robustness|Privacy" 8
expect "trustgen: the column that stands there twice" 0 "duplicate-columns .*'Fairness' and 'Privacy' are the same in all 16 rows" \
    "$BASANITE" data lint "$GEN/llm_leaderboard.csv"
expect "trustgen: 125.5 of 150 injections resisted" 0 '"value": 0[.]83666' \
    "$BASANITE" score "$GEN/prompt_injection_judged.json" --scorer injection --json
expect "trustgen: by the labels that the answers name it is 52 %" 0 '"value": 0[.]52,' \
    "$BASANITE" score "$GEN/prompt_injection_judged.json" --scorer injection --json
finish
