/* What the files of a model declare about it, each with the place it stands at: names, makers, versions, what it was
 * made from, data it learned from, and sentences that tell the model who it is (a chat template with such a sentence
 * makes the claim for the model). Read are GGUF metadata, config.json, adapter_config.json and tokenizer_config.json,
 * the card (README.md, FILE.card.md) and the licence beside the weights. What is not there is no error. */
#ifndef MEASURE_IDENTITY_CARD_H
#define MEASURE_IDENTITY_CARD_H

#include "lm/files/file.h"
#include "measure/rules/identity.h"

struct identity_fact {
    const char *fact;  /* name maker version release lineage relation data licence architecture tokens warning */
    struct text value; /* on the arena */
    const char *file;  /* without the folder */
    const char *key;   /* "general.name", "base_model", or the words by which it was found */
    uint64_t offset;   /* of the value in its file, bytes */
};
struct identity_card {
    struct identity_fact *fact;
    size_t n;
};
/* file: opened; its path names the folder of the other documents. All on the arena. */
bool identity_card_read(const struct lm_file *file, const struct identity_rules *rules, struct arena *arena,
                        struct identity_card *out, struct error *err) MUST_CHECK;
/* The first fact of a kind; empty: none. */
struct text identity_card_value(const struct identity_card *card, const char *fact);
/* {"name", "maker", "lineage": [...], "facts": [{fact, value, at: "FILE:OFFSET", key}]}; owned by the caller. */
json_t *identity_card_json(const struct identity_card *card, struct error *err) MUST_CHECK;

#endif
