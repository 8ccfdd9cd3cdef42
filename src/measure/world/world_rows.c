/* The truth as JSON lines: entities, facts, the policy. These bytes are what the part hashes are made of. */
#include "measure/world/world_internal.h"

bool world_put_key(struct buffer *out, const char *key) {
    return buffer_put_c(out, ",\"") && buffer_put_c(out, key) && buffer_put_c(out, "\":");
}

bool world_put_pair(struct buffer *out, const char *key, struct text value) {
    return world_put_key(out, key) && json_put_string(out, value);
}

/* Values that are entities stand with their id. */
static int kind_of_domain(enum domain domain) {
    switch (domain) {
    case OF_TOWN:
        return TOWN;
    case OF_RIVER:
        return RIVER;
    case OF_BUILDING:
        return BUILDING;
    case OF_GOOD:
        return GOOD;
    case OF_TRADE:
        return TRADE;
    case OF_ELDER:
        return ELDER;
    default:
        return -1;
    }
}

static bool put_value(struct buffer *out, const struct world *w, const char *key, enum domain domain, int value) {
    int kind = kind_of_domain(domain);
    if (domain == OF_NUMBER) return world_put_key(out, key) && buffer_printf(out, "%d", value);
    if (!world_put_pair(out, key, world_value(w, domain, value))) return false;
    if (kind < 0) return true;
    char id[16];
    world_id((enum kind)kind, (size_t)value, id);
    return buffer_printf(out, ",\"%s_id\":\"%s\"", key, id);
}

static bool put_law_towns(struct buffer *out, const struct world *w, size_t law) {
    world_put_key(out, "towns");
    for (size_t i = 0; i < LAW_TOWNS; i++) {
        buffer_put_char(out, i ? ',' : '[');
        json_put_string(out, w->name[TOWN][w->law_town[law][i]]);
    }
    return buffer_put_char(out, ']');
}

static const char *outside_kind(size_t index) {
    return index < OUTSIDE_PEOPLE ? "person" : index < OUTSIDE_PEOPLE + OUTSIDE_TOWNS ? "town" : "good";
}

bool world_put_row(struct buffer *out, const struct world *w, enum kind kind, size_t index) {
    char id[16];
    world_id(kind, index, id);
    buffer_printf(out, "{\"id\":\"%s\"", id);
    world_put_pair(out, "kind", text_of(kind == OUTSIDE ? outside_kind(index) : world_kinds[kind].name));
    world_put_pair(out, "name", w->name[kind][index]);
    world_put_pair(out, "split", text_of(world_split_names[w->split[kind][index]]));
    if (kind == PERSON) buffer_put_c(out, index < CORE ? ",\"core\":true" : ",\"core\":false");
    if (kind == OUTSIDE) buffer_put_c(out, ",\"outside\":true");
    for (int c = 0; c < N_COLUMNS; c++)
        if (world_columns[c].kind == kind)
            put_value(out, w, world_columns[c].name, world_columns[c].domain, w->value[c][index]);
    if (kind == LAW) put_law_towns(out, w, index);
    return buffer_put_char(out, '}');
}

bool world_put_fact(struct buffer *out, const struct world *w, size_t fact) {
    const struct fact *f = &w->facts[fact];
    const struct column *c = &world_columns[f->column];
    char subject[16];
    world_id(c->kind, f->subject, subject);
    buffer_printf(out, "{\"id\":\"f%05zu\",\"subject\":\"%s\"", fact, subject);
    world_put_pair(out, "name", world_subject(w, f));
    buffer_printf(out, ",\"relation\":\"%s.%s\"", world_kinds[c->kind].name, c->name);
    put_value(out, w, "value", c->domain, f->value);
    world_put_pair(out, "stratum", text_of(world_stratum_name(f->stratum)));
    return buffer_printf(out, ",\"e\":%u,\"answers\":%d,\"split\":\"%s\"}", f->e, c->n, world_split_names[f->split]);
}

static bool put_texts(struct buffer *out, const char *key, const struct text *texts, size_t n) {
    world_put_key(out, key);
    buffer_put_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i) buffer_put_char(out, ',');
        json_put_string(out, texts[i]);
    }
    return buffer_put_char(out, ']');
}

bool world_put_policy(struct buffer *out, const struct world *w) {
    const struct policy *p = &w->words.policy;
    struct slot slot = {"B", TEXT("")};
    buffer_put_c(out, "{\"format\":\"policy-1\",\"risks\":[");
    for (size_t i = 0; i < RISKS; i++) {
        const struct risk *r = &p->risk[i];
        buffer_printf(out, "%s{\"number\":%zu", i ? "," : "", i);
        world_put_pair(out, "name", r->name), world_put_pair(out, "public", r->public_name),
            world_put_pair(out, "reason", r->reason);
        world_put_key(out, "rules");
        for (size_t k = 0; k < RISK_PAIRS; k++) {
            struct buffer rule;
            buffer_init(&rule, 1 << 12);
            slot.text = r->bad[k];
            world_render(&rule, p->rule, &slot, 1);
            buffer_put_char(out, k ? ',' : '[');
            json_put_string(out, buffer_text(&rule));
            if (rule.failed) out->failed = true;
            buffer_done(&rule);
        }
        buffer_put_char(out, ']');
        put_texts(out, "allowed", r->good, RISK_PAIRS), put_texts(out, "acts", r->act, RISK_ACTS);
        put_texts(out, "triggers", r->trigger, RISK_ACTS);
        buffer_put_char(out, '}');
    }
    buffer_put_char(out, ']');
    put_texts(out, "topics", p->topics.at, p->topics.n);
    return buffer_put_char(out, '}');
}

static json_t *as_json(struct buffer *b, struct error *err) {
    json_t *value = buffer_check(b, "row", err) ? json_read(buffer_text(b), "world", 1, err) : NULL;
    buffer_done(b);
    return value;
}

json_t *world_row(const struct world *w, enum kind kind, size_t index, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    world_put_row(&b, w, kind, index);
    return as_json(&b, err);
}

json_t *world_fact_row(const struct world *w, size_t fact, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    world_put_fact(&b, w, fact);
    return as_json(&b, err);
}
