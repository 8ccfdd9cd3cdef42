/* Shows that tokenizers give known answers: pairs of texts and ids that llama.cpp publishes with its vocabularies, and
 * those of tiktoken's encodings. */
#ifndef LM_CALIBRATE_TOKENIZER_H
#define LM_CALIBRATE_TOKENIZER_H

#include "lm/calibrate/calibrate.h"

/* folder: NAME.gguf beside NAME.gguf.inp, texts separated by lines "__ggml_vocab_test__", and NAME.gguf.out, one line
 * of ids for each. One row for each .inp, in the order of their names: expected "46 exact", found "45 exact"; the note
 * of a missed row shows the first text that differs with both ids, that of a skipped row why (no vocabulary file, a
 * kind that is not built). Then tiktoken/TestPlans.txt, if there is one: a row for each encoding, r50k_base by
 * gpt2-hf/tokenizer.json. Then the same of the folders vocab-gguf and tokenizers in it. false: the folder cannot be
 * read or holds none of these, files do not belong together (ERROR_DATA), or memory ran out. Missed rows are no errors.
 */
bool calibrate_tokenizer(const char *folder, calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
