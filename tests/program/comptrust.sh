#!/bin/sh
# The published half of compressed-trust: recorded answers and the table of results. comptrust.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
PUBLIC=$SHARED/compressed-trust
[ -d "$PUBLIC" ] || { skip "compressed-trust: no ../shared/data/compressed-trust"; finish; }

# near NAME FILE SCORER FIGURE EXPECTED TOLERANCE: a figure of recorded answers.
near() {
    found=$("$BASANITE" score "$PUBLIC/$2" --scorer "$3" --json | tr -d ' \n' | tr '{' '\n' | grep "\"name\":\"$4\"" |
        sed -n 's/.*"value":\([0-9.eE-]*\).*/\1/p')
    if awk -v x="$found" -v y="$5" -v t="$6" 'BEGIN { exit !(x != "" && x - y <= t && y - x <= t) }'; then
        ok "$1"
    else
        not_ok "$1" "found '$found', expected $5 within $6"
    fi
}
bad=dt_advdemo_setup1_badword add=dt_advdemo_setup1_addsent
near "badword: attack success" ${bad}_asr_gpt-3.5-turbo-0301.jsonl advdemo acc 0.1238 5e-5
near "badword: clean accuracy" ${bad}_cacc_gpt-3.5-turbo-0301.jsonl advdemo acc 0.9312 5e-5
near "badword: refusals, attacked" ${bad}_asr_gpt-3.5-turbo-0301.jsonl advdemo refusal_rate 0.0047 5e-5
near "badword: refusals, clean" ${bad}_cacc_gpt-3.5-turbo-0301.jsonl advdemo refusal_rate 0.0046 5e-5
near "addsent: attack success" ${add}_asr_gpt-4-0314.jsonl advdemo acc 0.5864 5e-5
near "addsent: clean accuracy" ${add}_cacc_gpt-4-0314.jsonl advdemo acc 0.9541 5e-5
near "the stated averages are those of nine" comp_trust_scores_llama13b.csv aggregate,recipe=comptrust-nine average_agrees 34 0
near "none is that of six" comp_trust_scores_llama13b.csv aggregate,recipe=comptrust-six average_agrees 0 0

finish
