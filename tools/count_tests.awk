# Reads the log of `meson test` and counts single tests: cmocka's lines and the lines "ok - NAME", "not ok - NAME",
# "skip - NAME: WHY" that scripts print. A program that ends badly without a failed test of its own counts as one failed, one
# that ends with 77 and "skipped: WHY" as one skipped.
function close_program() {
    if (program == "") return
    if (bad && failed_here == 0) { failed++; print "not ok - " program ": ended with " result }
    if (result ~ /^exit status 77/ && skipped_here == 0) { skipped++; skips[program ": skip - " why] = 1 }
    program = ""
}
/^test: / { close_program(); program = $0; sub(/^test: */, "", program); result = ""; bad = 0; failed_here = skipped_here = 0; why = "nothing said"; programs++ }
/^result: / { result = $0; sub(/^result: */, "", result); bad = result !~ /^exit status 0/ && result !~ /^exit status 77/ }
/^\[       OK \]/ || /^ok - / { passed++ }
/^\[  SKIPPED \] [^0-9]/ || /^skip - / {
    if (!((program, $0) in seen)) { skipped++; skipped_here++; seen[program, $0] = 1; skips[program ": " $0] = 1 }
}
/^skipped: / { why = $0; sub(/^skipped: */, "", why) }
/^\[  FAILED  \] [^0-9]/ || /^not ok - / { if (!((program, $0) in seen)) { failed++; failed_here++; seen[program, $0] = 1; print program ": " $0 } }
END {
    close_program()
    if (programs == 0) { print "no test has run"; failed++ }
    for (s in skips) print s
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0
}
