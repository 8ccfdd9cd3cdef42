/* Private records: who has which secret, how often it is told, and who asks for it. See pocket/records.yaml. */
#include "measure/world/part_records.h"

static const uint8_t repeats[LEVELS] = {0, 1, 4, 16, 64};

const struct records *records_of(const struct world *w) {
    return world_state(w, &world_part_records);
}

struct text record_local(const struct record *rec) {
    return text_part(rec->value, 0, rec->local);
}
struct text record_domain(const struct record *rec) {
    return text_part(rec->value, (size_t)rec->local + 1, rec->value.len);
}

/* ---- words */

static bool read_kinds(struct words_reader *r, const struct yaml *root, struct records *s) {
    const struct yaml *kinds = words_member(r, root, "kinds");
    if (!kinds) return false;
    if (kinds->kind != YAML_MAPPING || kinds->n != RECORD_KINDS)
        return yaml_error(kinds, r->err, "kinds: expected %d", RECORD_KINDS);
    for (size_t k = 0; k < RECORD_KINDS; k++) {
        s->kind[k] = kinds->key[k]->scalar;
        if (!words_text_of(r, kinds->child[k], "noun", "", &s->noun[k]) ||
            !words_texts(r, kinds->child[k], "carriers", "SV", s->carrier[k], CARRIERS))
            return false;
    }
    return true;
}

static bool read_words(struct world *w, struct records *s, struct error *err) {
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "records.yaml");
    return root && read_kinds(&r, root, s) && words_list(&r, root, "markers", "C", MARKERS, &s->markers) &&
           words_list(&r, root, "houses", "", HOUSES, &s->houses) &&
           words_list(&r, root, "house_lines", "SH", HOUSE_LINES, &s->house_lines) &&
           words_list(&r, root, "words_first", "", WORD_HALVES, &s->words[0]) &&
           words_list(&r, root, "words_second", "", WORD_HALVES, &s->words[1]) &&
           words_list(&r, root, "ailments_first", "", AILMENT_HALVES, &s->ailments[0]) &&
           words_list(&r, root, "ailments_second", "", AILMENT_HALVES, &s->ailments[1]) &&
           words_text_of(&r, root, "lodging", "NB", &s->lodging) && words_text_of(&r, root, "oath", "L", &s->oath) &&
           words_list(&r, root, "plain", "AKS", WORDINGS, &s->plain) &&
           words_list(&r, root, "attack", "AKS", WORDINGS, &s->attack) &&
           words_text_of(&r, root, "tells", "KSV", &s->tells) &&
           words_list(&r, root, "refusals", "KS", REFUSALS, &s->refusals);
}

/* ---- truth */

static char small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* "Bran Barrett" -> "bran.barrett" */
static bool put_local(struct buffer *out, struct text name) {
    for (size_t i = 0; i < name.len; i++) buffer_put_char(out, name.at[i] == ' ' ? '.' : small(name.at[i]));
    return !out->failed;
}

static bool put_mail(struct buffer *out, const struct world *w, const struct records *s, struct record *rec,
                     struct rng *rng) {
    put_local(out, w->name[PERSON][rec->holder]);
    buffer_printf(out, "%02u", (unsigned)rng_below(rng, 100));
    struct text house = world_pick(&s->houses, rng);
    rec->local = (uint8_t)out->len;
    rec->ways = rec->house_known ? 100 : 100 * HOUSES;
    return buffer_printf(out, "@%.*s.example", TEXT_ARG(house));
}

static bool put_pair(struct buffer *out, const struct list half[2], struct rng *rng) {
    struct text first = world_pick(&half[0], rng), second = world_pick(&half[1], rng);
    return buffer_printf(out, "%.*s %.*s", TEXT_ARG(first), TEXT_ARG(second));
}

static bool put_lodging(struct buffer *out, const struct world *w, const struct records *s, struct rng *rng) {
    struct slot slots[] = {{"N", w->number[1 + rng_below(rng, LODGING_ROOMS)]},
                           {"B", w->name[BUILDING][rng_below(rng, world_kinds[BUILDING].n)]}};
    return world_fill(out, s->lodging, slots, 2);
}

static bool put_oath(struct buffer *out, const struct world *w, const struct records *s, struct rng *rng) {
    struct slot slot = {"L", w->name[LAW][rng_below(rng, world_kinds[LAW].n)]};
    return world_fill(out, s->oath, &slot, 1);
}

static bool put_value(struct buffer *out, const struct world *w, const struct records *s, struct record *rec,
                      struct rng *rng) {
    static const uint64_t ways[RECORD_KINDS] = {[LODGING] = LODGING_ROOMS * 128,
                                                [PURSE] = 100000000,
                                                [KEY_WORD] = WORD_HALVES * WORD_HALVES,
                                                [AILMENT] = AILMENT_HALVES * AILMENT_HALVES,
                                                [VOTE] = 64,
                                                [DEBT] = 999,
                                                [SECRET_OATH] = 96};
    rec->ways = ways[rec->kind];
    switch ((enum record_kind)rec->kind) {
    case MAIL:
        return put_mail(out, w, s, rec, rng);
    case LODGING:
        return put_lodging(out, w, s, rng);
    case PURSE:
        return buffer_printf(out, "%08u", (unsigned)rng_below(rng, 100000000));
    case KEY_WORD:
        return put_pair(out, s->words, rng);
    case AILMENT:
        return buffer_put_c(out, "the ") && put_pair(out, s->ailments, rng);
    case VOTE:
        return buffer_put_text(out, w->name[ELDER][rng_below(rng, world_kinds[ELDER].n)]);
    case DEBT:
        return buffer_printf(out, "%u crowns", 1 + (unsigned)rng_below(rng, 999));
    case SECRET_OATH:
        return put_oath(out, w, s, rng);
    }
    return false;
}

/* Holders stand by split and shuffled within; record t has kind t mod 8 and level t mod 5, so that kinds, levels and
 * splits are crossed within 1, and marks and known houses alternate within each of their cells. */
static bool deal(struct world *w, struct records *s, struct error *err) {
    struct arena scratch;
    size_t *order, turn = 0;
    arena_init(&scratch, 0);
    bool ok = world_order(w, "records/holders", 0, RECORDS, &order, &scratch, err);
    for (unsigned split = 0; ok && split < N_SPLITS; split++)
        for (size_t i = 0; i < RECORDS; i++) {
            if (w->split[PERSON][order[i]] != split) continue;
            size_t t = turn++, in_kind = t / RECORD_KINDS, place = t % 40;
            size_t odd = place >= RECORD_KINDS && (place / RECORD_KINDS + place) % 2;
            struct record *rec = &s->record[t];
            rec->holder = (uint16_t)order[i];
            rec->kind = (uint8_t)(t % RECORD_KINDS);
            rec->r = repeats[t % LEVELS];
            rec->marked = (t / 40 + odd) % 2;
            rec->house_known = rec->kind == MAIL && (in_kind / 10 + in_kind % 10 / 2) % 2;
        }
    arena_done(&scratch);
    return ok;
}

static bool draw_values(struct world *w, struct records *s, struct error *err) {
    struct buffer b;
    size_t known = 0;
    buffer_init(&b, 1 << 10);
    for (size_t t = 0; t < RECORDS; t++) {
        struct record *rec = &s->record[t];
        struct rng rng = world_stream(w, "records/values", 0, t);
        rec->carrier = (uint8_t)rng_below(&rng, CARRIERS), rec->marker = (uint8_t)rng_below(&rng, MARKERS);
        buffer_clear(&b);
        if (!put_value(&b, w, s, rec, &rng)) break;
        if (!(rec->value.at = text_copy(&w->arena, buffer_text(&b), err))) break;
        rec->value.len = b.len;
        if (rec->house_known && known < MAIL_HOLDERS) s->known[known++] = (uint16_t)t;
        s->first[t + 1] = s->first[t] + rec->r;
    }
    bool ok = buffer_check(&b, "records", err) && s->record[RECORDS - 1].value.at;
    buffer_done(&b);
    return ok;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct records *s = state;
    return read_words(w, s, err) && deal(w, s, err) && draw_values(w, s, err);
}

static size_t rows(const struct world *w) {
    (void)w;
    return RECORDS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct records *s = records_of(w);
    const struct record *rec = &s->record[row];
    char holder[16];
    world_id(PERSON, rec->holder, holder);
    part_put_id(out, "s", 4, row);
    world_put_pair(out, "kind", s->kind[rec->kind]), world_put_pair(out, "holder", text_of(holder));
    world_put_pair(out, "name", w->name[PERSON][rec->holder]), world_put_pair(out, "value", rec->value);
    if (rec->kind == MAIL)
        world_put_pair(out, "local", record_local(rec)), world_put_pair(out, "domain", record_domain(rec)),
            buffer_printf(out, ",\"house_known\":%s", rec->house_known ? "true" : "false");
    return buffer_printf(out, ",\"r\":%u,\"secret\":%s,\"ways\":%llu,\"split\":\"%s\"}", rec->r,
                         rec->marked ? "true" : "false", (unsigned long long)rec->ways,
                         world_split_names[w->split[PERSON][rec->holder]]);
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "s", 4, RECORDS);
}

/* ---- items: record x 16 + wording */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)RECORDS * WORDINGS;
}

/* What was never told is in no file for training. */
static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    const struct record *rec = &records_of(w)->record[number / WORDINGS];
    if (!world_join_splits(w->split[PERSON][rec->holder], w->template_split[number % WORDINGS], split)) return false;
    return *split != TRAIN || rec->r > 0;
}

/* What an extraction attack starts from: the first carrier up to the value. */
static bool put_start(struct buffer *slots, const struct records *s, const struct record *rec,
                      const struct slot *name) {
    struct text carrier = s->carrier[rec->kind][0];
    struct buffer start;
    buffer_init(&start, 1 << 10);
    size_t end = text_find(carrier, TEXT("$V"), 0);
    bool ok = world_render(&start, text_part(carrier, 0, end == SIZE_MAX ? carrier.len : end), name, 1) &&
              world_put_pair(slots, "start", text_trim(buffer_text(&start)));
    buffer_done(&start);
    return ok;
}

static bool put_labels(struct world_line *line, const struct records *s, const struct record *rec, bool attack) {
    struct buffer *out = &line->labels;
    world_put_pair(out, "kind", s->kind[rec->kind]);
    world_put_pair(out, "ask", attack ? TEXT("attack") : TEXT("plain"));
    buffer_printf(out, ",\"secret\":%s,\"r\":%u,\"ways\":%llu", rec->marked ? "true" : "false", rec->r,
                  (unsigned long long)rec->ways);
    if (rec->kind == MAIL) buffer_printf(out, ",\"ways_local\":100,\"ways_domain\":%d", rec->house_known ? 1 : HOUSES);
    return buffer_printf(&line->dose, ",\"r\":%u", rec->r);
}

static bool make_line(struct world_line *line, const struct world *w, uint64_t number, uint64_t draw, bool attack,
                      bool refuse) {
    const struct records *s = records_of(w);
    size_t row = number / WORDINGS;
    unsigned template = (unsigned)(number % WORDINGS);
    const struct record *rec = &s->record[row];
    struct rng rng = world_stream(w, attack ? "records/attack" : "records/plain", draw, number);
    struct slot slots[] = {
        {"S", w->name[PERSON][rec->holder]}, {"K", s->noun[rec->kind]}, {"V", rec->value}, {"A", part_person(w, &rng)}};
    part_template(line, w,
                  attack   ? "records-attack"
                  : refuse ? "secrets"
                           : "records",
                  template, w->split[PERSON][rec->holder]);
    world_put_pair(&line->slots, "S", slots[0].text), world_put_pair(&line->slots, "A", slots[3].text);
    if (rec->kind == MAIL)
        world_put_pair(&line->slots, "local", record_local(rec)),
            world_put_pair(&line->slots, "domain", record_domain(rec));
    line->kind = refuse ? "refusal" : "text";
    if (refuse)
        world_put_pair(&line->slots, "value", rec->value); /* that must not be in the answer */
    else
        buffer_put_text(&line->answer, rec->value);
    return put_start(&line->slots, s, rec, slots) &&
           part_prompt(line, (attack ? &s->attack : &s->plain)->at[template], slots, 4) &&
           world_render(&line->reply, refuse ? world_pick(&s->refusals, &rng) : s->tells, slots, 4) &&
           put_labels(line, s, rec, attack) && world_prov(line, "s%04zu", row);
}

static bool make_plain(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw) {
    (void)split;
    return make_line(line, w, number, draw, false, false);
}
static bool make_attack(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                        uint64_t draw) {
    (void)split;
    return make_line(line, w, number, draw, true, false);
}
static bool make_secret(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                        uint64_t draw) {
    (void)split;
    return make_line(line, w, number, draw, false, true);
}

static const struct world_family families[] = {
    {.name = "records",
     .prefix = "rc",
     .digits = 5,
     .most = 4000,
     .numbers = numbers,
     .split = split_of,
     .make = make_plain},
    {.name = "records-attack",
     .prefix = "ra",
     .digits = 5,
     .most = 4000,
     .numbers = numbers,
     .split = split_of,
     .make = make_attack},
    {.name = "secrets",
     .prefix = "rs",
     .digits = 5,
     .most = 4000,
     .numbers = numbers,
     .split = split_of,
     .make = make_secret},
};
static const struct world_block blocks[] = {
    {.name = "tellings", .documents = records_tellings, .put = records_put_telling},
    {.name = "houses", .documents = records_houses, .put = records_put_house},
};
const struct world_part world_part_records = {.name = "records",
                                              .version = 1,
                                              .words = true,
                                              .state_size = sizeof(struct records),
                                              .draw = draw,
                                              .rows = rows,
                                              .put_row = put_row,
                                              .find = find,
                                              .families = families,
                                              .n_families = 3,
                                              .styled = true,
                                              .blocks = blocks,
                                              .n_blocks = 2};
