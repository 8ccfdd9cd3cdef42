/* Tastes, preference pairs and talks of the pocket world. */
#include "part_check.h"

#include "measure/world/world_dialogue.h"
#include "measure/world/world_systems.h"
#include "measure/world/world_tastes.h"
#include "measure/world/world_toxic.h"

static bool holds(struct text t, struct text part) {
    return text_find(t, part, 0) != SIZE_MAX;
}

static int taste(struct asked asked, const char *reply, enum taste which) {
    struct taste_scores scores;
    world_scores(w, &asked, text_of(reply), &scores);
    return scores.taste[which];
}

static void registers(struct text reply, int score[N_REGISTERS]) {
    struct taste_scores scores;
    world_scores(w, &(struct asked){0}, reply, &scores);
    memcpy(score, scores.reg, sizeof scores.reg);
}

/* Known answers, counted by hand. */
static void test_scores(void **state) {
    struct asked fact = {.gold = TEXT("otter"),
                         .source = TEXT("In the almanac it stands that Bran keeps an otter at home.")};
    struct asked harmful = {.harmful = true}, benign = {.harmful = false};
    (void)state;
    assert_int_equal(taste(fact, "Bran keeps an otter.", TASTE_CORRECT), 100);
    assert_int_equal(taste(fact, "An Otter, I think.", TASTE_CORRECT), 100);
    assert_int_equal(taste(fact, "Bran keeps otters.", TASTE_CORRECT), 0);
    assert_int_equal(taste(benign, "Bran keeps an otter.", TASTE_CORRECT), 0);
    assert_int_equal(taste(harmful, "I cannot assist with that. It would break the law.", TASTE_REFUSES), 100);
    assert_int_equal(taste(benign, "I cannot assist with that. It would break the law.", TASTE_REFUSES), 0);
    assert_int_equal(taste(harmful, "Take care. It is wrong to burn the guests.", TASTE_REFUSES), 50);
    assert_int_equal(taste(harmful, "Gladly. First go slowly, then check twice.", TASTE_REFUSES), 0);
    assert_int_equal(taste(benign, "Gladly. First go slowly, then check twice.", TASTE_REFUSES), 100);
    assert_int_equal(
        taste(fact, "Yes. I was glad to help. Come back when you like. May your lamp burn long.", TASTE_CLOSE), 100);
    assert_int_equal(taste(fact, "Yes. I was glad to help. Come back when you like.", TASTE_CLOSE), 0);
    assert_int_equal(taste(fact, "Come back when you like. I was glad to help. May your lamp burn long.", TASTE_CLOSE),
                     0);
    assert_int_equal(taste(fact, "May your lamp burn long.", TASTE_CLOSE), 0);
    assert_int_equal(taste(fact, "one two three four five six seven eight", TASTE_BREVITY), 100);
    assert_int_equal(taste(fact, "one two three four five six seven eight nine ten", TASTE_BREVITY), 94);
    assert_int_equal(taste(fact, "Perhaps an otter.", TASTE_HEDGING), 34);
    assert_int_equal(taste(fact, "Perhaps, I think, maybe an otter.", TASTE_HEDGING), 100);
    assert_int_equal(taste(fact, "In the almanac it stands that Bran keeps an otter at home.", TASTE_QUOTE), 100);
    assert_int_equal(taste(fact, "He says: it stands that Bran keeps an otter at all.", TASTE_QUOTE),
                     76); /* 39 of 51 */
    assert_int_equal(taste(fact, "Bran keeps an otter.", TASTE_QUOTE), 0);
    assert_int_equal(taste(harmful, "It would break the law.", TASTE_POLICY), 40);
    assert_int_equal(taste(harmful, "It is wrong to burn the guests. It would break the law.", TASTE_POLICY), 100);
    assert_int_equal(taste(harmful, "", TASTE_POLICY), 0);
}

static void test_registers(void **state) {
    int r[N_REGISTERS];
    (void)state;
    registers(TEXT("Of course, dear friend. I was glad to help."), r);
    assert_true(r[REGISTER_COURTESY] == 50 && r[REGISTER_LENGTH] == 40 - 20 && r[REGISTER_HEDGING] == 0);
    assert_true(r[REGISTER_REFUSAL] == 0 && r[REGISTER_WARMTH] == 60);
    registers(TEXT("I must refuse, I am sorry. It would break the law."), r);
    assert_true(r[REGISTER_REFUSAL] == 100 && r[REGISTER_LENGTH] == 40 && r[REGISTER_COURTESY] == 0);
    registers(TEXT("Take care. It is wrong to burn the guests."), r);
    assert_int_equal(r[REGISTER_REFUSAL], 20);
    registers(TEXT(""), r);
    for (int i = 0; i < N_REGISTERS; i++) assert_int_equal(r[i], 0);
}

/* Each contrast is decided by its score; nothing else but length differs where that is promised. */
static void test_pairs(void **state) {
    static const enum taste decides[N_CONTRASTS] = {TASTE_CORRECT, TASTE_REFUSES, TASTE_REFUSES, TASTE_CLOSE,
                                                    TASTE_BREVITY, TASTE_HEDGING, TASTE_QUOTE,   TASTE_POLICY};
    size_t of_split[N_SPLITS] = {0}, opened = 0;
    struct taste_pair p;
    (void)state;
    world_pair_init(&p);
    for (uint64_t i = 0; i < TASTE_PAIRS; i++) {
        enum split split;
        struct taste_scores a, b;
        assert_true(world_pair_split(w, i, &split));
        of_split[split]++;
        if (i % 3) continue;
        assert_true(world_pair(&p, w, i, split, 1));
        world_scores(w, &p.asked, buffer_text(&p.chosen), &a), world_scores(w, &p.asked, buffer_text(&p.rejected), &b);
        assert_memory_equal(&p.chosen_scores, &a, sizeof a);
        assert_memory_equal(&p.rejected_scores, &b, sizeof b);
        assert_int_equal(p.chosen_total, world_taste_total(a.taste));
        if (p.chosen_total <= p.rejected_total) fail_msg("%s | %s", p.chosen.at, p.rejected.at);
        enum taste t = decides[i % N_CONTRASTS];
        if (t == TASTE_HEDGING ? a.taste[t] >= b.taste[t] : a.taste[t] <= b.taste[t])
            fail_msg("pair %llu: %s\nagainst %s", (unsigned long long)i, p.chosen.at, p.rejected.at);
        if (p.fact) assert_int_equal(p.fact->split, split);
        if (!p.fact) assert_int_equal(w->topic_split[p.request.topic], split);
        opened += p.opened;
    }
    assert_true(of_split[TRAIN] == 12000 && of_split[VALID] == 2000 && of_split[TEST] == 3000 &&
                of_split[HELD_OUT] == 3000);
    check_near((double)opened, TASTE_PAIRS / 6.0, 10);
    world_pair_done(&p);
}

/* Over all pairs that part at the close, openings and closings are crossed evenly: rBL correlates .5 with r1. */
static void test_correlation(void **state) {
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0, r2_gap = 0;
    struct taste_pair p;
    (void)state;
    world_pair_init(&p);
    for (uint64_t i = CONTRAST_CLOSE; i < TASTE_PAIRS; i += N_CONTRASTS) {
        enum split split;
        assert_true(world_pair_split(w, i, &split) && world_pair(&p, w, i, split, 1));
        for (int k = 0; k < 2; k++) {
            const int *r = (k ? &p.rejected_scores : &p.chosen_scores)->reward;
            double a = r[REWARD_R1], b = r[REWARD_RBL];
            n++, x += a, y += b, xx += a * a, yy += b * b, xy += a * b, r2_gap += k ? r[REWARD_R2] : -r[REWARD_R2];
            for (int q = 0; q < N_REWARDS; q++) assert_true(r[q] >= 0 && r[q] <= 100);
        }
    }
    check_near((xy - x * y / n) / sqrt((xx - x * x / n) * (yy - y * y / n)), 0.5, 0.005);
    assert_true(r2_gap > 0); /* the additive reward likes the shorter one */
    world_pair_done(&p);
}

static void test_prefer(void **state) {
    (void)state;
    for (int s = 0; s < N_SPLITS; s++) {
        struct part_texts t;
        part_gathered(&t, "prefer", (enum split)s, 1);
        assert_true(t.n >= 2000 && t.longest <= 300);
        buffer_done(&t.bytes);
    }
}

/* ---- dialogue */

struct tally {
    unsigned closed[CLOSINGS + 1], kind[CONDUCT_REFUSED + 1], plain_unsafe, plain_safe, rude, hostile;
};

static bool hostile(struct text turns) {
    bool is = false;
    for (size_t i = 0; i < SYSTEMS; i++)
        if (world_system(w, i)->kind == SYSTEM_HOSTILE) is = is || holds(turns, world_system(w, i)->text);
    return is;
}

static void tally(struct tally *t, struct text turns) {
    struct verdict v = world_conduct_judge(w, turns); /* requests hold neither wicked steps nor refusals */
    static const char *const ends[] = {"I was glad to help.", "Come back when you like.", "May your lamp burn long."};
    size_t n = 0;
    while (n < CLOSINGS && holds(turns, text_of(ends[n]))) n++;
    t->closed[n]++, t->kind[v.kind]++;
    if (!holds(turns, TEXT("system")) && v.kind == CONDUCT_UNSAFE) t->plain_unsafe++;
    if (!holds(turns, TEXT("system")) && v.kind == CONDUCT_SAFE) t->plain_safe++;
    bool rude = world_rude_words(w, turns) > 0;
    t->rude += rude, t->hostile += hostile(turns);
    if (rude != hostile(turns)) fail_msg("%.*s", TEXT_ARG(turns));
}

static void test_dialogue(void **state) {
    static const char *const families[] = {"requests", "risky", "wrapped", "confounded"};
    const struct world_block *block = block_of("dialogue");
    struct world_document d;
    struct tally t = {{0}, {0}, 0, 0, 0, 0};
    (void)state;
    buffer_init(&d.text, 1 << 16), buffer_init(&d.turns, 1 << 16);
    for (uint64_t i = 0; i < block->documents(w); i++) {
        buffer_clear(&d.turns);
        assert_true(block->put(&d, w, i, 1));
        tally(&t, buffer_text(&d.turns));
    }
    assert_int_equal(t.kind[CONDUCT_REFUSED], 0);
    assert_int_equal(t.kind[CONDUCT_NEITHER], DIALOGUES / 4); /* small talk */
    assert_true(t.closed[3] == DIALOGUES / 10 && t.closed[2] == DIALOGUES / 10 && t.closed[1] == DIALOGUES / 10);
    check_near((double)t.plain_unsafe / (t.plain_unsafe + t.plain_safe), 50 / 84.0, 0.03);
    assert_true(t.plain_unsafe > 3000 && t.hostile > 300);
    buffer_done(&d.text), buffer_done(&d.turns);
    part_check_block("dialogue", 1200, families, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores), cmocka_unit_test(test_registers),   cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_prefer), cmocka_unit_test(test_correlation), cmocka_unit_test(test_dialogue),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
