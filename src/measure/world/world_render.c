/* From facts to sentences: templates with slots, statements and claims. */
#include "measure/world/world_internal.h"

#include <string.h>

static char upper(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}
static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static const struct slot *find_slot(const struct slot *slots, size_t n, char name) {
    for (size_t i = 0; i < n; i++)
        if (slots[i].name[0] == name) return &slots[i];
    return NULL;
}

static bool put_slot(struct buffer *out, const struct slot *slot, char modifier) {
    struct text t = slot->text;
    if (modifier == 'a') buffer_put_c(out, t.len && strchr("aeiou", lower(t.at[0])) ? "an " : "a ");
    if (modifier != 'U' || !t.len) return buffer_put_text(out, t);
    return buffer_put_char(out, upper(t.at[0])) && buffer_put_text(out, text_part(t, 1, t.len));
}

bool world_fill(struct buffer *out, struct text template, const struct slot *slots, size_t n_slots) {
    for (size_t i = 0; i < template.len; i++) {
        if (template.at[i] != '$') {
            size_t from = i;
            while (i + 1 < template.len && template.at[i + 1] != '$') i++;
            buffer_put_text(out, text_part(template, from, i + 1));
            continue;
        }
        char modifier = 0, c = i + 1 < template.len ? template.at[i + 1] : 0;
        if ((c == 'a' || c == 'U') && i + 2 < template.len) modifier = c, i++;
        const struct slot *slot = i + 1 < template.len ? find_slot(slots, n_slots, template.at[i + 1]) : NULL;
        if (!slot) continue;
        put_slot(out, slot, modifier);
        i++;
    }
    return !out->failed;
}

bool world_render(struct buffer *out, struct text template, const struct slot *slots, size_t n_slots) {
    size_t from = out->len;
    if (!world_fill(out, template, slots, n_slots)) return false;
    if (out->len > from) out->at[from] = upper(out->at[from]);
    return true;
}

struct text world_subject(const struct world *world, const struct fact *fact) {
    return world->name[world_columns[fact->column].kind][fact->subject];
}

bool world_put_statement(struct buffer *out, const struct world *w, const struct fact *fact, unsigned wording) {
    const struct wording *words = &w->words.wording[fact->relation];
    struct text template = wording ? words->paraphrase[(wording - 1) % PARAPHRASES] : words->canonical;
    struct slot slots[] = {{"S", world_subject(w, fact)},
                           {"V", world_value(w, world_columns[fact->column].domain, fact->value)}};
    return world_render(out, template, slots, 2);
}

bool world_put_claim(struct buffer *out, const struct world *w, const struct fact *fact, int value, bool up_to_value) {
    struct text answer = w->words.wording[fact->relation].answer;
    struct slot slots[] = {{"S", world_subject(w, fact)},
                           {"V", world_value(w, world_columns[fact->column].domain, value)}};
    size_t from = out->len, end = answer.len - 1; /* without the full stop */
    if (up_to_value) {
        while (answer.at[end - 1] != '$') end--;
        end--;
        while (end > 0 && answer.at[end - 1] == ' ') end--;
    }
    if (!world_fill(out, text_part(answer, 0, end), slots, 2)) return false;
    if (out->len > from && answer.at[0] != '$') out->at[from] = lower(out->at[from]);
    return true;
}

unsigned world_template(const struct world *world, enum split split, struct rng *rng) {
    unsigned of_split[WORDINGS], n = 0;
    for (unsigned i = 0; i < WORDINGS; i++)
        if (world->template_split[i] == split) of_split[n++] = i;
    return of_split[rng_below(rng, n)];
}
