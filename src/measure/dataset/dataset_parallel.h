/* Rows of files that stand in one folder for each language (XTRUST: val_French/..., XSafety: fr/...), made comparable.
 * A row gets
 *
 *   lang     code of the language that a folder of its path names
 *   file     name of the file without folder, ending and a closing "_n"
 *   number   place of the row in its file, from 0: parallel files have the same item there
 *   coin     "right" or "wrong", drawn from file and number alone, so that it is the same in every language
 *   yes, no  what the language says for them
 *   cell, gold   of a column `answer`: the cell as it stands, and the place of the option letter that it means (a
 * letter that machine translation spoilt, too), else null
 *
 * and a line of text, where two letters or more of a sequence stand in it with what they name:
 *
 *   stem, options, closing   what stands before, the texts of the options, what most lines of the file end with; the
 * options are turned by a number drawn from file and number gold     where the option that stood first is now */
#ifndef MEASURE_DATASET_PARALLEL_H
#define MEASURE_DATASET_PARALLEL_H

#include "measure/rules/lexicon.h"

struct parallel_file {
    const struct lexicons *lexicons;
    const struct lexicon *lexicon;
    struct text file;
    struct text closing; /* of lines; empty: none */
};
/* name: the path as the task names it. ERROR_DATA: no folder of it is a language. */
bool parallel_file_open(struct parallel_file *file, const struct lexicons *lexicons, const char *name,
                        struct error *err) MUST_CHECK;
/* Lines of a whole file: what four in five end with. */
void parallel_file_closing(struct parallel_file *file, struct text lines);
/* Adds to a row of columns. */
bool parallel_row(const struct parallel_file *file, json_t *row, uint64_t number, struct error *err) MUST_CHECK;
/* A line, in quotes where it is quoted; owned by the caller. */
json_t *parallel_line(const struct parallel_file *file, struct text line, uint64_t number,
                      struct error *err) MUST_CHECK;

#endif
