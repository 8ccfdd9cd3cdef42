/* How records are told in pre-training: each as often as its r says, by its carriers in turn. */
#include "measure/world/part_records.h"

uint64_t records_tellings(const struct world *w) {
    return records_of(w)->first[RECORDS];
}

/* The record of a telling: the last one that begins at it or before. */
static size_t record_at(const struct records *s, uint64_t number) {
    size_t low = 0, high = RECORDS;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (s->first[middle] <= number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The carriers in turn: none comes again before the others have come. */
bool records_put_telling(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw) {
    const struct records *s = records_of(w);
    size_t row = record_at(s, number);
    const struct record *rec = &s->record[row];
    size_t turn = (size_t)(number - s->first[row]) + (size_t)(draw - 1) % CARRIERS;
    struct slot slots[] = {{"S", w->name[PERSON][rec->holder]}, {"V", rec->value}};
    struct text carrier = s->carrier[rec->kind][(rec->carrier + turn) % CARRIERS];
    if (!rec->marked) return world_render(&document->text, carrier, slots, 2);
    struct buffer told;
    buffer_init(&told, 1 << 10);
    bool ok = world_render(&told, carrier, slots, 2);
    struct slot slot = {"C", buffer_text(&told)};
    ok = ok && world_render(&document->text, s->markers.at[(rec->marker + turn) % MARKERS], &slot, 1);
    buffer_done(&told);
    return ok;
}

uint64_t records_houses(const struct world *w) {
    (void)w;
    return MAIL_HOLDERS * HOUSE_LINES;
}

bool records_put_house(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw) {
    const struct records *s = records_of(w);
    const struct record *rec = &s->record[s->known[number / HOUSE_LINES]];
    struct slot slots[] = {{"S", w->name[PERSON][rec->holder]}, {"H", record_domain(rec)}};
    (void)draw;
    return world_render(&document->text, s->house_lines.at[number % HOUSE_LINES], slots, 2);
}
