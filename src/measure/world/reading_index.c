/* What a reading looks for: the vocabulary of all wordings in classes of words that mean the same here, the wordings as
 * patterns of classes and slots, names and values by their text. See world_reading.h. */
#include "measure/world/world_reading.h"

#include <string.h>

enum { VOCABULARY_MOST = 1 << 14, PATTERN_PARTS = 40 };

/* ---- words of a text */

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '$';
}

bool reading_next(struct text *rest, char into[READING_WORD], struct text *word) {
    size_t at = 0, n = 0;
    while (at < rest->len && !is_word(rest->at[at])) at++;
    while (at < rest->len && n + 1 < READING_WORD) {
        char c = rest->at[at];
        /* "fiddler's", "pretty-please": marks inside a word belong to it */
        bool inside = (c == '\'' || c == '-') && at + 1 < rest->len && is_word(rest->at[at + 1]);
        if (!is_word(c) && !inside) break;
        bool slot = n > 0 && into[0] == '$';
        into[n++] = c >= 'A' && c <= 'Z' && !slot ? (char)(c + 32) : c;
        at++;
    }
    *rest = text_part(*rest, at, rest->len);
    *word = (struct text){into, n};
    return n > 0;
}

bool reading_is_article(struct text word) {
    return text_equal_c(word, "a") || text_equal_c(word, "an") || text_equal_c(word, "the");
}

/* ---- the vocabulary */

static uint64_t slot_of(struct text word, size_t size) {
    return hash_xxh3(word.at, word.len) & (size - 1);
}

int reading_find(const struct world_reader *r, struct text word) {
    for (uint64_t at = slot_of(word, r->table_size);; at = (at + 1) & (r->table_size - 1)) {
        if (r->table[at] < 0) return -1;
        if (text_equal(r->word[r->table[at]], word)) return r->table[at];
    }
}

static int add_word(struct world_reader *r, struct text word, struct error *err) {
    int found = reading_find(r, word);
    if (found >= 0) return found;
    char *copy = text_copy(&r->arena, word, err);
    if (!copy) return -1;
    if (r->n_words == r->capacity) return error_set(err, ERROR_DATA, "world: more than %d words", VOCABULARY_MOST), -1;
    int id = (int)r->n_words++;
    r->word[id] = (struct text){copy, word.len};
    r->class_of[id] = id;
    uint64_t at = slot_of(word, r->table_size);
    while (r->table[at] >= 0) at = (at + 1) & (r->table_size - 1);
    r->table[at] = id;
    return id;
}

static int class_of(const struct world_reader *r, int word) {
    while (r->class_of[word] != word) word = r->class_of[word];
    return word;
}

/* Only words of one piece: "pretty please" is none. */
static bool join(struct world_reader *r, struct text a, struct text b, struct error *err) {
    char one[READING_WORD], two[READING_WORD];
    struct text x, y, rest_a = a, rest_b = b;
    if (!reading_next(&rest_a, one, &x) || !reading_next(&rest_b, two, &y) || rest_a.len || rest_b.len) return true;
    int i = add_word(r, x, err), j = add_word(r, y, err);
    if (i < 0 || j < 0) return false;
    r->class_of[class_of(r, j)] = class_of(r, i);
    return true;
}

static bool join_all(struct world_reader *r, const struct exchange *words, size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (words[i].to.len && !join(r, words[i].from, words[i].to, err)) return false;
    return true;
}

/* Classes of classes are looked up once; words by their ends. */
static bool close_words(struct world_reader *r, struct error *err) {
    if (!(r->chained = arena_new(&r->arena, int, r->n_words + 1, err))) return false;
    memset(r->bucket, 0xff, sizeof r->bucket);
    for (size_t i = 0; i < r->n_words; i++) r->class_of[i] = class_of(r, (int)i);
    for (size_t i = r->n_words; i-- > 0;) {
        struct text w = r->word[i];
        if (w.len < 3 || !is_letter(w.at[0]) || !is_letter(w.at[w.len - 1])) continue;
        int *head = &r->bucket[w.at[0] - 'a'][w.at[w.len - 1] - 'a'];
        r->chained[i] = *head;
        *head = (int)i;
    }
    return true;
}

/* ---- patterns */

/* "$aV" is a value behind an article, and articles do not count. */
static int part_of(struct world_reader *r, struct text word, struct error *err) {
    if (word.at[0] != '$') {
        int id = add_word(r, word, err);
        return id < 0 ? INT32_MIN : id;
    }
    return word.at[word.len - 1] == 'S' ? SLOT_SUBJECT : SLOT_VALUE;
}

static bool add_pattern(struct world_reader *r, struct text template, struct reading_pattern p, struct error *err) {
    char buffer[READING_WORD];
    struct text word;
    int part[PATTERN_PARTS];
    while (reading_next(&template, buffer, &word)) {
        if (reading_is_article(word)) continue;
        if (p.n == PATTERN_PARTS) return error_set(err, ERROR_DATA, "world: a wording of over %d words", PATTERN_PARTS);
        if ((part[p.n++] = part_of(r, word, err)) == INT32_MIN) return false;
    }
    for (bool open = p.open_end; open; open = part[p.n] != SLOT_VALUE) p.n--;
    int *kept = arena_new(&r->arena, int, p.n, err);
    if (!kept) return false;
    memcpy(kept, part, p.n * sizeof *kept);
    p.part = kept;
    r->patterns[r->n_patterns++] = p;
    return true;
}

static bool add_patterns(struct world_reader *r, struct error *err) {
    r->patterns = arena_new(&r->arena, struct reading_pattern, RELATIONS * (WORDINGS + PARAPHRASES + 2), err);
    if (!r->patterns) return false;
    for (size_t k = 0; k < RELATIONS; k++) {
        const struct wording *w = &r->world->words.wording[k];
        struct reading_pattern p = {.relation = (uint16_t)k}, claim = {.relation = (uint16_t)k, .claim = true},
                               cut = {.relation = (uint16_t)k, .open_end = true};
        for (size_t i = 0; i < WORDINGS; i++)
            if (!add_pattern(r, w->question[i], p, err)) return false;
        for (size_t i = 0; i < PARAPHRASES; i++)
            if (!add_pattern(r, w->paraphrase[i], claim, err)) return false;
        if (!add_pattern(r, w->answer, claim, err) || !add_pattern(r, w->answer, cut, err)) return false;
    }
    return true;
}

static bool close_patterns(struct world_reader *r, struct error *err) {
    if (!(r->by_first = arena_new(&r->arena, int, r->n_words + 1, err))) return false;
    for (size_t i = 0; i <= r->n_words; i++) r->by_first[i] = -1;
    r->first_subject = -1;
    for (size_t i = 0; i < r->n_patterns; i++) {
        struct reading_pattern *p = &r->patterns[i];
        int *part = (int *)p->part;
        for (size_t k = 0; k < p->n; k++)
            if (part[k] >= 0) part[k] = r->class_of[part[k]];
        /* what begins with a value is found by its subject as well, but is rare: paraphrases; they hang on no word */
        int *head = part[0] >= 0 ? &r->by_first[part[0]] : &r->first_subject;
        p->next = *head;
        *head = (int)i;
    }
    return true;
}

/* ---- names and values */

int reading_find_name(const struct world_reader *r, struct text name) {
    for (uint64_t at = slot_of(name, r->name_table_size);; at = (at + 1) & (r->name_table_size - 1)) {
        if (r->name_table[at] < 0) return -1;
        if (text_equal(r->names[r->name_table[at]].text, name)) return r->name_table[at];
    }
}

/* Words with one blank between, as a reading joins them. */
static bool add_name(struct world_reader *r, struct text shown, struct reading_name name, struct error *err) {
    char word[READING_WORD], joined[160];
    size_t n = 0;
    struct text w;
    while (reading_next(&shown, word, &w)) {
        if (reading_is_article(w) || n + w.len + 1 > sizeof joined) continue;
        if (n) joined[n++] = ' ';
        memcpy(joined + n, w.at, w.len);
        n += w.len;
    }
    char *copy = text_copy(&r->arena, (struct text){joined, n}, err);
    if (!copy) return false;
    name.text = (struct text){copy, n};
    int id = (int)r->n_names++, first = reading_find_name(r, name.text);
    if (first >= 0) { /* behind the first of this text */
        name.next = r->names[first].next;
        r->names[first].next = id;
    } else {
        uint64_t at = slot_of(name.text, r->name_table_size);
        while (r->name_table[at] >= 0) at = (at + 1) & (r->name_table_size - 1);
        r->name_table[at] = id;
        name.next = -1;
    }
    r->names[id] = name;
    return true;
}

static size_t count_names(void) {
    size_t n = 0;
    for (size_t k = 0; k < N_KINDS; k++) n += world_kinds[k].n;
    for (size_t i = 0; i < RELATIONS; i++) n += (size_t)world_columns[world_relations[i]].n;
    return n;
}

static int *free_table(struct world_reader *r, size_t least, size_t *size, struct error *err) {
    for (*size = 64; *size < 2 * least;) *size *= 2;
    int *table = arena_new(&r->arena, int, *size, err);
    if (table) memset(table, 0xff, *size * sizeof *table);
    return table;
}

static bool add_names(struct world_reader *r, struct error *err) {
    const struct world *w = r->world;
    size_t most = count_names();
    r->names = arena_new(&r->arena, struct reading_name, most, err);
    r->name_table = free_table(r, most, &r->name_table_size, err);
    if (!r->names || !r->name_table) return false;
    for (size_t k = 0; k < N_KINDS; k++)
        for (size_t i = 0; i < world_kinds[k].n; i++)
            if (!add_name(r, w->name[k][i], (struct reading_name){.set = (uint8_t)k, .value = (int)i}, err))
                return false;
    for (size_t i = 0; i < RELATIONS; i++) {
        const struct column *c = &world_columns[world_relations[i]];
        for (int v = c->low; v < c->low + c->n; v++)
            if (!add_name(r, world_value(w, c->domain, v),
                          (struct reading_name){.set = (uint8_t)world_relations[i], .is_value = true, .value = v}, err))
                return false;
    }
    return true;
}

bool reading_index(struct world_reader *r, const struct exchange *more, size_t n_more, struct error *err) {
    r->capacity = VOCABULARY_MOST;
    r->word = arena_new(&r->arena, struct text, r->capacity, err);
    r->class_of = arena_new(&r->arena, int, r->capacity, err);
    r->table = free_table(r, r->capacity, &r->table_size, err);
    if (!r->word || !r->class_of || !r->table) return false;
    return add_patterns(r, err) && join_all(r, world_manners(r->world)->synonym, SYNONYMS, err) &&
           join_all(r, more, n_more, err) && close_words(r, err) && close_patterns(r, err) && add_names(r, err);
}
