#!/bin/sh
# Writes a C file that puts the files named into the program: embed.sh SOURCE_ROOT OUT.c FILE...   (FILE relative to the root)
set -eu
root=$1
out=$2
shift 2
{
    echo '/* Made by tools/embed.sh. */'
    echo '#include "measure/rules/builtin.h"'
    n=0
    for file; do
        printf '__asm__(".section .rodata\\n.balign 64\\nbuiltin_%d:\\n.incbin \\"%s/%s\\"\\nbuiltin_%d_end:\\n.byte 0\\n.previous\\n");\n' \
            "$n" "$root" "$file" "$n"
        printf 'extern const unsigned char builtin_%d[], builtin_%d_end[];\n' "$n" "$n"
        n=$((n + 1))
    done
    echo 'const struct builtin_file builtin_table[] = {'
    n=0
    for file; do
        printf '    {"%s", builtin_%d, builtin_%d_end},\n' "$file" "$n" "$n"
        n=$((n + 1))
    done
    [ $# -gt 0 ] || echo '    {"", 0, 0},'
    echo '};'
    printf 'const size_t builtin_n_files = %d;\n' $#
} >"$out"
