#!/bin/sh
# Fails on an #include that climbs: a floor includes only what stands below it and its own folder; rooms do not include one
# another, nor subject, record and verify each other. The rooms inside lm, measure, act and formalize stand on each other in the same way.
# floors.sh SOURCE_ROOT
cd "$1/src" || exit 1
grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' --include='*.[ch]' . | sed 's#^\./##' | awk -F: '
BEGIN {
    split("base 1 tensor 2 lm 3 subject 4 record 4 verify 4 solver 4 geometry 4 media 3.5 quote 3.5 set 5 formalize 5 measure 5 act 5 report 6 serve 6.5 recipe 6 certify 6 cli 7", f, " ")
    for (i = 1; i in f; i += 2) floor[f[i]] = f[i + 1]
    split("types 1 files 2 tokenizer 3 grammar 4 template 5 model 6 engine 7 train 8 calibrate 9", f, " ")
    for (i = 1; i in f; i += 2) step["lm/" f[i]] = f[i + 1]
    split("case 1 contract 2 geometry 3 domain 4", f, " ")
    for (i = 1; i in f; i += 2) step["formalize/" f[i]] = f[i + 1]
    split("statistics 1 rules 2 world 3 leaf 4 dataset 5 causal 6 table 7 trace 8 fusion 9 drive 10 task 11 score 12 figure 13 run 14 compare 15 material 16 data 17 exchange 18", f, " ")
    for (i = 1; i in f; i += 2) step["measure/" f[i]] = f[i + 1]
    split("data 1 objective 2 rollout 3 compress 4 steer 5 train 6", f, " ")
    for (i = 1; i in f; i += 2) step["act/" f[i]] = f[i + 1]
}
{
    split($1, path, "/"); from = path[1]
    split($3, quoted, "\""); split(quoted[2], to_path, "/"); to = to_path[1]
    lines++
    if (!(from in floor)) fault($0, "folder " from " stands on no floor")
    else if (!(to in floor)) fault($0, "name the file from src/, as \"room/file.h\"")
    else if (to != from && floor[to] >= floor[from]) fault($0, from " must not include " to)
    else if (from == to && (from == "lm" || from == "measure" || from == "act" || from == "formalize")) inside(from "/" path[2], to "/" to_path[2])
}
function inside(here, there) {
    inner++
    if (!(here in step) || !(there in step)) fault($0, "no such room: " (here in step ? there : here))
    else if (here != there && step[there] >= step[here]) fault($0, here " must not include " there)
}
function fault(line, why) { print "not ok - floors: " line ": " why; faults++ }
END {
    if (lines < 100) fault("", "only " lines + 0 " includes seen")
    if (inner < 100) fault("", "only " inner + 0 " includes seen inside lm, measure, act and formalize")
    if (!faults) print "ok - floors: " lines " includes, " inner " of them inside lm, measure, act and formalize"
    exit faults > 0
}'
