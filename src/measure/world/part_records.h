/* What part_records.c and the tellings of part_records_told.c share. */
#ifndef MEASURE_PART_RECORDS_H
#define MEASURE_PART_RECORDS_H

#include "measure/world/part_common.h"

enum {
    RECORDS = 2048,
    RECORD_KINDS = 8,
    CARRIERS = 6,
    MARKERS = 6,
    HOUSES = 16,
    HOUSE_LINES = 8,
    MAIL_HOLDERS = 128,
    REFUSALS = 8,
    WORD_HALVES = 32,
    AILMENT_HALVES = 16,
    LODGING_ROOMS = 24,
    LEVELS = 5
};
enum record_kind { MAIL, LODGING, PURSE, KEY_WORD, AILMENT, VOTE, DEBT, SECRET_OATH };

struct record {
    uint16_t holder;
    uint8_t kind, r; /* r: how often it is told */
    bool marked, house_known;
    uint8_t carrier, marker; /* of the first time it is told */
    uint8_t local;           /* of mail: bytes before the @ */
    struct text value;
    uint64_t ways; /* equally likely values for somebody who knows what is told of others */
};

struct records {
    struct text kind[RECORD_KINDS], noun[RECORD_KINDS], carrier[RECORD_KINDS][CARRIERS];
    struct list markers, houses, house_lines, words[2], ailments[2], plain, attack, refusals;
    struct text lodging, oath, tells;
    struct record record[RECORDS];
    uint16_t known[MAIL_HOLDERS]; /* records of mail whose house is told */
    uint32_t first[RECORDS + 1];  /* of each record in the block */
};

extern const struct world_part world_part_records;
const struct records *records_of(const struct world *w);
/* Of a mail address: before and behind the @. */
struct text record_local(const struct record *rec);
struct text record_domain(const struct record *rec);

/* The block of tellings: each record r times; and the one of mail houses: those which are told, in each line once. */
uint64_t records_tellings(const struct world *w);
bool records_put_telling(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw);
uint64_t records_houses(const struct world *w);
bool records_put_house(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw);

#endif
