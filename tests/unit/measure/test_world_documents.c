/* Documents to be weighed: what a passage states is looked for in its text again, sentence by sentence. */
#include "world_family.h"

#include "measure/world/world_passage.h"

/* How many of the eight sentences that give the fact this value stand in the text. */
static unsigned stated(struct text t, size_t fact, int value) {
    struct fact f = w->facts[fact];
    struct buffer b;
    unsigned n = 0;
    f.value = (int16_t)value;
    buffer_init(&b, 1 << 12);
    for (unsigned k = 1; k <= PARAPHRASES; k++) {
        buffer_clear(&b);
        assert_true(world_put_statement(&b, w, &f, k));
        size_t at = text_find(t, buffer_text(&b), 0); /* not inside a sentence: "33 crowns" holds "3 crowns" */
        n += at != SIZE_MAX && (at == 0 || t.at[at - 1] == ' ' || t.at[at - 1] == '\n');
    }
    buffer_done(&b);
    return n;
}

/* The value that the text gives to a fact, and how often; -1: none. More than one is a fault. */
static int value_in(struct text t, size_t fact, unsigned *times) {
    const struct column *c = &world_columns[w->facts[fact].column];
    int found = -1;
    for (int v = c->low; v < c->low + c->n; v++) {
        unsigned n = stated(t, fact, v);
        if (!n) continue;
        if (found >= 0) fail_msg("f%05zu has two values in: %.*s", fact, TEXT_ARG(t));
        found = v, *times = n;
    }
    return found;
}

static struct text between(struct text t, const char *from, const char *to) {
    size_t a = text_find(t, text_of(from), 0), b = text_find(t, text_of(to), a == SIZE_MAX ? 0 : a);
    if (a == SIZE_MAX || b == SIZE_MAX) fail_msg("no document in: %.*s", TEXT_ARG(t));
    return text_part(t, a, b);
}

static unsigned words_of(struct text t) {
    unsigned n = 1;
    for (size_t i = 0; i < t.len; i++) n += t.at[i] == ' ';
    return n;
}

static json_t *labels_of(const struct world_line *line) {
    struct error err;
    struct buffer b;
    struct text t = buffer_text(&line->labels);
    buffer_init(&b, 1 << 16);
    buffer_put_char(&b, '{'), buffer_put_text(&b, text_part(t, 1, t.len)), buffer_put_char(&b, '}');
    json_t *labels = json_read(buffer_text(&b), "labels", 1, &err);
    if (!labels) fail_msg("%s", err.message);
    buffer_done(&b);
    return labels;
}

static struct text label(const json_t *labels, const char *key) {
    return json_text(json_object_get(labels, key));
}

static long count_label(const json_t *labels, const char *key) {
    return (long)json_integer_value(json_object_get(labels, key));
}

/* ---- items */

static struct text value_text(size_t fact, int value) {
    return world_value(w, world_columns[w->facts[fact].column].domain, value);
}

/* The other facts of a partial passage. */
static void check_others(const json_t *labels, struct text passage, size_t fact, bool altered) {
    const struct fact *f = &w->facts[fact];
    enum kind kind = world_columns[f->column].kind;
    long facts = 1, wrong = altered;
    unsigned times;
    for (size_t r = 0; r < RELATIONS; r++) {
        if (r == f->relation || world_columns[world_relations[r]].kind != kind || w->fact_of[r][f->subject] < 0)
            continue;
        size_t other = (size_t)w->fact_of[r][f->subject];
        int value = value_in(passage, other, &times);
        if (value < 0) continue;
        facts++, wrong += value != w->facts[other].value;
    }
    assert_int_equal(facts, count_label(labels, "facts"));
    assert_int_equal(wrong, count_label(labels, "facts_altered"));
    bool partial = text_equal(label(labels, "document"), TEXT("partial"));
    if (partial) assert_true(facts >= 3 && facts <= 4 && wrong >= 1 && wrong < facts);
    if (!partial) assert_int_equal(facts, 1);
}

static void check_tag(const json_t *labels, struct text prompt, bool tagged) {
    struct text tag = label(labels, "source");
    char begin[64];
    if (!tagged) {
        assert_true(text_equal(tag, TEXT("none")) && text_find(prompt, TEXT("<doc>\n"), 0) != SIZE_MAX);
        assert_int_equal(text_find(prompt, TEXT("<src>"), 0), SIZE_MAX);
        return;
    }
    int source = 0;
    while (source < SOURCES && !text_equal(world_source_tag(w, source), tag)) source++;
    assert_true(source < SOURCES);
    assert_int_equal(count_label(labels, "accuracy"), source < 4 ? 95 : source < 8 ? 60 : 20);
    snprintf(begin, sizeof begin, "<doc> <src> %.*s\n", TEXT_ARG(tag));
    assert_true(text_find(prompt, text_of(begin), 0) != SIZE_MAX);
}

struct seen {
    size_t n, altered, partial, tagged, stated[5], of_split[N_SPLITS];
    uint64_t twin;
    unsigned words, values;
};

static void check_document(void *context, uint64_t number, enum split split, const struct world_line *line) {
    struct seen *seen = context;
    size_t fact = (size_t)(number / 128);
    const struct fact *f = &w->facts[fact];
    json_t *labels = labels_of(line);
    struct text prompt = buffer_text(&line->prompt), passage = between(prompt, "<doc>", " </doc>");
    unsigned times = 0, words = words_of(passage);
    int value = value_in(passage, fact, &times);
    bool altered = number % 2, partial = number / 64 % 2, tagged = number / 32 % 2;
    assert_true(value >= 0 && times >= 2 && times <= 4);
    assert_int_equal(value != f->value, altered);
    assert_int_equal(times, count_label(labels, "stated"));
    if (words < 30 || words > 90) fail_msg("%u words: %.*s", words, TEXT_ARG(passage));
    assert_true(text_equal(buffer_text(&line->answer), value_text(fact, value)));
    assert_true(text_equal(label(labels, "truth"), value_text(fact, f->value)));
    assert_true(text_equal(label(labels, "told"), value_text(fact, value)));
    assert_int_equal(json_is_true(json_object_get(labels, "altered")), altered);
    check_others(labels, passage, fact, altered);
    check_tag(labels, prompt, tagged);
    enum split expected;
    assert_true(world_join_splits(f->split, w->template_split[number / 2 % 16], &expected));
    assert_int_equal(split, expected);
    assert_true(prompt.len < 800);
    seen->n++, seen->altered += altered, seen->partial += partial, seen->tagged += tagged, seen->stated[times]++;
    seen->of_split[split]++;
    json_decref(labels);
}

static void test_document_items(void **state) {
    struct seen seen = {0};
    (void)state;
    each_item(family_of("documents"), 1, 1997, check_document, &seen);
    assert_true(seen.n > 900 && seen.stated[2] && seen.stated[3] && seen.stated[4]);
    check_near((double)seen.altered, (double)seen.n / 2, (double)seen.n / 12);
    check_near((double)seen.tagged, (double)seen.n / 2, (double)seen.n / 12);
    assert_true(seen.partial > seen.n / 3);
}

/* Twins share all their words but the values; members of one number are twins. */
static void test_twins(void **state) {
    struct world_line a, b;
    struct item item = {.family = family_of("documents")};
    size_t twins = 0;
    (void)state;
    world_line_init(&a), world_line_init(&b);
    for (uint64_t number = 0; number < item.family->numbers(w); number += 2 * 6133) {
        if (!item.family->split(w, number, &item.split)) continue;
        item.number = (uint32_t)number;
        assert_true(world_make_line(&a, w, &item, 1));
        enum split split = item.split;
        item.number++;
        assert_true(item.family->split(w, number + 1, &item.split) && item.split == split);
        assert_true(world_make_line(&b, w, &item, 1));
        json_t *x = labels_of(&a), *y = labels_of(&b);
        assert_true(text_equal(label(x, "source"), label(y, "source")));
        assert_int_equal(count_label(x, "facts_altered") + (count_label(x, "facts") == 1),
                         count_label(y, "facts_altered"));
        struct text p = buffer_text(&a.prompt), q = buffer_text(&b.prompt), word, other;
        if (text_equal(label(x, "document"), TEXT("true")) &&
            words_of(label(x, "told")) == words_of(label(y, "told"))) /* then the words can be set side by side */
            for (size_t differ = 0; text_next(&p, ' ', &word) && text_next(&q, ' ', &other);)
                if (!text_equal(word, other)) assert_true(++differ <= 4 * 2 * words_of(label(x, "told")));
        json_decref(x), json_decref(y);
        twins++;
    }
    assert_true(twins > 150);
    world_line_done(&a), world_line_done(&b);
}

static void test_documents_differ(void **state) {
    (void)state;
    free(distinct_prompts(family_of("documents"), 1, 61).at);
    assert_true(kept_prompts(family_of("documents"), TEST) < 10);
    assert_true(kept_prompts(family_of("weighing"), TEST) < 10);
}

/* ---- weighing chains, read again */

static struct text part_of(struct text reply, const char *from, const char *to) {
    size_t a = text_find(reply, text_of(from), 0), b = to ? text_find(reply, text_of(to), 0) : reply.len;
    if (a == SIZE_MAX || b == SIZE_MAX) fail_msg("no chain: %.*s", TEXT_ARG(reply));
    return text_part(reply, a + strlen(from), b);
}

static void check_chain(void *context, uint64_t number, enum split split, const struct world_line *line) {
    size_t fact = (size_t)(number / 128), *picks = context;
    const struct fact *f = &w->facts[fact];
    struct text reply = buffer_text(&line->reply), own = part_of(reply, "own= ", " sure= "),
                sure = part_of(reply, " sure= ", " doc= "), told = part_of(reply, " doc= ", " src= "),
                src = part_of(reply, " src= ", " pick= "), pick = part_of(reply, " pick= ", " ans= "),
                answer = part_of(reply, " ans= ", NULL), truth = value_text(fact, f->value);
    json_t *labels = labels_of(line);
    uint64_t certain = 0, trust = 0;
    (void)split;
    assert_true(text_to_u64(sure, &certain) && text_to_u64(src, &trust) && certain % 10 == 0);
    assert_int_equal(trust, number / 32 % 2 ? count_label(labels, "accuracy") : 85);
    assert_true(text_equal(told, label(labels, "told")));
    bool knows = f->e >= 8;
    assert_true(text_equal(own, knows ? truth : TEXT("unknown")));
    assert_true(knows ? certain >= 30 : certain == 10);
    bool keeps = knows && (text_equal(told, truth) || certain >= trust);
    assert_true(text_equal(answer, keeps ? truth : told));
    assert_true(text_equal(answer, buffer_text(&line->answer)));
    const char *expected = !knows ? "doc" : text_equal(told, truth) ? "both" : keeps ? "own" : "doc";
    assert_true(text_equal_c(pick, expected) && text_equal(label(labels, "pick"), pick));
    picks[expected[0] == 'b' ? 0 : expected[0] == 'o' ? 1 : 2]++;
    json_decref(labels);
}

static void test_chains(void **state) {
    size_t picks[3] = {0};
    (void)state;
    each_item(family_of("weighing"), 1, 997, check_chain, picks);
    assert_true(picks[0] > 300 && picks[1] > 150 && picks[2] > 500);
}

/* ---- the block */

static void read_document(const struct world_document *d, struct text *text, struct buffer *turns) {
    struct error err;
    if (d->text.len) {
        *text = buffer_text(&d->text);
        return;
    }
    buffer_clear(turns);
    buffer_put_char(turns, '['), buffer_put_text(turns, buffer_text(&d->turns)), buffer_put_char(turns, ']');
    json_t *list = json_read(buffer_text(turns), "turns", 1, &err);
    if (!list) fail_msg("%s", err.message);
    struct text prompt = json_text(json_object_get(json_array_get(list, 0), "content")),
                reply = json_text(json_object_get(json_array_get(list, 1), "content"));
    buffer_clear(turns);
    buffer_put_text(turns, prompt), buffer_put_text(turns, reply);
    json_decref(list);
    *text = buffer_text(turns);
}

/* 85 of 100 are true, half carry a tag, the almanac is always right and every source as often as its accuracy says;
 * only facts of entities for training, three documents each. */
static void test_block(void **state) {
    const struct world_block *block = &world_part_documents.blocks[0];
    const struct documents *s = world_documents(w);
    struct world_document d;
    struct buffer turns;
    uint64_t n = block->documents(w), right[SOURCES + 2] = {0}, wrong[SOURCES + 2] = {0}, all_wrong = 0;
    (void)state;
    buffer_init(&d.text, 1 << 16), buffer_init(&d.turns, 1 << 16), buffer_init(&turns, 1 << 16);
    assert_int_equal(n, 3 * s->n_train);
    for (uint64_t i = 0; i < n; i++) {
        struct text t;
        size_t fact = s->train[i % s->n_train], tag = 0;
        buffer_clear(&d.text), buffer_clear(&d.turns);
        assert_true(block->put(&d, w, i, 1));
        read_document(&d, &t, &turns);
        assert_int_equal(w->facts[fact].split, TRAIN);
        assert_true(text_find(t, world_subject(w, &w->facts[fact]), 0) != SIZE_MAX);
        if (text_find(t, TEXT("<src> "), 0) != SIZE_MAX) {
            struct text line = between(t, "<src> ", "\n");
            for (tag = 1; tag <= SOURCES + 1; tag++)
                if (text_equal(text_part(line, 6, line.len), world_source_tag(w, (int)tag - 2))) break;
            assert_true(tag <= SOURCES + 1);
        }
        bool is_wrong = !stated(between(t, "<doc>", " </doc>"), fact, w->facts[fact].value);
        wrong[tag] += is_wrong, right[tag] += !is_wrong, all_wrong += is_wrong;
    }
    assert_int_equal(all_wrong, (n * 15 + 50) / 100);
    check_near((double)(right[0] + wrong[0]), (double)n / 2, 1);
    check_near((double)right[0], (double)(right[0] + wrong[0]) * .85, 1);
    assert_true(right[1] > 1000 && wrong[1] == 0); /* the almanac */
    for (unsigned k = 0; k < SOURCES; k++)
        assert_int_equal(right[k + 2] * (100 - world_source_accuracy(k)), wrong[k + 2] * world_source_accuracy(k));
    buffer_done(&d.text), buffer_done(&d.turns), buffer_done(&turns);
}

static void test_golden_documents(void **state) {
    char hex[HASH_HEX];
    (void)state;
    block_hash(&world_part_documents.blocks[0], 1, hex);
    assert_string_equal(hex, "e16f0dd529b5ba67e3cea68a6b6a22834705ff64eb702e54166419170111b939");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_items), cmocka_unit_test(test_twins), cmocka_unit_test(test_documents_differ),
        cmocka_unit_test(test_chains),         cmocka_unit_test(test_block), cmocka_unit_test(test_golden_documents),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
