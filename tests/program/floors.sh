#!/bin/sh
# Fails on an #include that climbs: a floor includes only what stands below it and its own folder; rooms do not include one
# another, nor subject and record each other. floors.sh SOURCE_ROOT
cd "$1/src" || exit 1
grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' --include='*.[ch]' . | sed 's#^\./##' | awk -F: '
BEGIN {
    split("base 1 tensor 2 lm 3 subject 4 record 4 set 5 formalize 5 measure 5 act 5 report 6 serve 6 recipe 6 certify 6 cli 7", f, " ")
    for (i = 1; i in f; i += 2) floor[f[i]] = f[i + 1]
}
{
    split($1, path, "/"); from = path[1]
    split($3, quoted, "\""); split(quoted[2], to_path, "/"); to = to_path[1]
    lines++
    if (!(from in floor)) fault($0, "folder " from " stands on no floor")
    else if (!(to in floor)) fault($0, "name the file from src/, as \"room/file.h\"")
    else if (to != from && floor[to] >= floor[from]) fault($0, from " must not include " to)
}
function fault(line, why) { print "not ok - floors: " line ": " why; faults++ }
END {
    if (lines < 100) fault("", "only " lines + 0 " includes seen")
    if (!faults) print "ok - floors: " lines " includes"
    exit faults > 0
}'
