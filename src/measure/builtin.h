/* The table of built-in files as tools/embed.sh writes it: each file is put into the program by the assembler. */
#ifndef MEASURE_BUILTIN_H
#define MEASURE_BUILTIN_H

#include "measure/task.h"

extern const struct builtin_file builtin_table[];
extern const size_t builtin_n_files;

#endif
