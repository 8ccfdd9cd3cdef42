/* What training leaves beside the model: a log in JSONL, one line a window, and a card for people. */
#include "act/train/train_internal.h"

#include "base/file.h"
#include "base/progress.h"

#include <math.h>
#include <string.h>

static bool log_line_step(struct text line, uint64_t *step) {
    struct error ignored;
    json_t *row = json_read(line, "log", 1, &ignored);
    const json_t *value = json_object_get(row, "step");
    bool ok = json_is_integer(value);
    if (ok) *step = (uint64_t)json_integer_value(value);
    json_decref(row);
    return ok;
}

static bool cut(struct train *t, bool anew, struct error *err) {
    if (!file_exists(t->log_path)) return true;
    struct arena arena;
    struct text all;
    struct buffer kept;
    arena_init(&arena, (size_t)1 << 30);
    buffer_init(&kept, (size_t)1 << 30);
    bool ok = file_read(&arena, t->log_path, (size_t)512 << 20, &all, err);
    for (size_t at = 0; ok && at < all.len;) {
        size_t end = text_find(all, TEXT("\n"), at);
        uint64_t step;
        if (end == SIZE_MAX || !log_line_step(text_part(all, at, end), &step) || step > t->step || anew) break;
        t->logged_step = (int64_t)step;
        buffer_put_text(&kept, text_part(all, at, end + 1));
        at = end + 1;
    }
    ok = ok && buffer_check(&kept, "log", err) && file_write(t->log_path, buffer_text(&kept), err);
    buffer_done(&kept);
    arena_done(&arena);
    return ok;
}

/* A killed run may have logged steps that its checkpoint does not hold, or half a line. */
bool train_log_cut(struct train *t, bool anew, struct error *err) {
    bool ok = team_rank(t->settings.team) > 0 || cut(t, anew, err);
    return team_agree(t->settings.team, ok, err) &&
           team_tell(t->settings.team, &t->logged_step, sizeof t->logged_step, err);
}

double train_flops(const struct train *t, uint64_t tokens) {
    return (6.0 * (double)t->learning + 4.0 * (double)t->frozen) * (double)tokens;
}

/* {"NAME":{"value":..,"lo":..,"hi":..,"n":..}, ...} */
static void put_probe(const struct train *t, struct buffer *b) {
    buffer_put_c(b, ",\"probe\":{");
    for (size_t i = 0; i < t->n_probed; i++) {
        const struct probe_figure *f = &t->probed[i];
        if (i) buffer_put_c(b, ",");
        json_put_string(b, text_of(f->name));
        buffer_put_c(b, ":{\"value\":");
        buffer_put_f64(b, f->value);
        if (isfinite(f->lo) && isfinite(f->hi)) {
            buffer_put_c(b, ",\"lo\":");
            buffer_put_f64(b, f->lo);
            buffer_put_c(b, ",\"hi\":");
            buffer_put_f64(b, f->hi);
        }
        buffer_printf(b, ",\"n\":%llu}", (unsigned long long)f->n);
    }
    buffer_put_c(b, "}");
}

/* ,"NAME":{"reward_chosen":0.4, ...} */
static void put_figures(const struct step_figures *figures, const char *name, struct buffer *b) {
    if (!figures->n) return;
    buffer_printf(b, ",\"%s\":{", name);
    for (size_t i = 0; i < figures->n; i++) {
        const struct step_figure *f = &figures->of[i];
        buffer_printf(b, "%s\"%s\":", i ? "," : "", f->name);
        buffer_put_f64(b, f->sum / f->weight);
    }
    buffer_put_c(b, "}");
}

/* What the steps since the line before were like. */
static void put_steps(const struct train *t, struct buffer *b) {
    double speed = (double)(t->tokens_all - t->tokens_logged) / (t->reached - t->logged);
    buffer_put_c(b, ",\"loss\":");
    buffer_put_f64(b, t->window_sum / (double)t->window_n);
    buffer_printf(b, ",\"lr\":%.6g,\"norm\":%.6g,\"seconds\":%.2f,\"tokens_per_second\":%.0f,\"gflops\":%.1f",
                  train_rate(&t->rule, t->step - 1, t->steps), t->norm, t->reached - t->began, speed,
                  train_flops(t, 1) * speed * 1e-9);
    if (t->rule.epsilon > 0) {
        buffer_put_c(b, ",\"epsilon\":");
        buffer_put_f64(b, train_private_spent(t));
        buffer_printf(b, ",\"delta\":%.6g,\"noise\":%.6g,\"rate\":%.6g", t->rule.delta, t->rule.noise, t->rule.rate);
    }
    const struct train_arithmetic *a = &t->arithmetic[t->n_arithmetic - 1];
    if ((int64_t)a->from < t->logged_step) return;
    buffer_printf(b, ",\"compute\":\"%s\",\"isa\":\"%s\"", a->compute, a->isa);
    if (t->objective->unit) buffer_printf(b, ",\"unit\":\"%s\"", t->objective->unit);
}

bool train_log_tokens(struct train *t, struct error *err) {
    uint64_t tokens[TEAM_MOST];
    size_t n = team_size(t->settings.team);
    tokens[team_rank(t->settings.team)] = t->tokens;
    if (!team_gather_parts(t->settings.team, tokens, n, sizeof *tokens, err)) return false;
    t->tokens_all = 0;
    for (size_t r = 0; r < n; r++) t->tokens_all += tokens[r];
    return true;
}

bool train_log_line(struct train *t, FILE *log, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "{\"step\":%llu", (unsigned long long)t->step);
    if (t->window_n) put_steps(t, &b);
    put_figures(&t->figures, "figures", &b);
    if (t->validated) {
        buffer_put_c(&b, ",\"valid_loss\":");
        buffer_put_f64(&b, t->valid_loss);
        put_figures(&t->valid_figures, "valid", &b);
    }
    if (t->probed) put_probe(t, &b);
    buffer_put_c(&b, "}\n");
    bool ok = buffer_check(&b, "log", err) &&
              (!t->objective->watch || t->objective->watch(t->options, &t->figures, err) ||
               error_wrap(err, "step %llu", (unsigned long long)t->step));
    if (ok && log && (fwrite(b.at, 1, b.len, log) != b.len || fflush(log) != 0))
        ok = error_set(err, ERROR_ENVIRONMENT, "cannot write '%s'", t->log_path);
    buffer_done(&b);
    t->logged = clock_seconds();
    t->tokens_logged = t->tokens_all;
    t->logged_step = (int64_t)t->step;
    t->window_sum = 0;
    t->window_n = 0;
    t->figures = (struct step_figures){0};
    t->validated = false;
    t->probed = NULL;
    t->n_probed = 0;
    return ok;
}

bool train_card(struct train *t, const struct train_result *r, struct error *err) {
    const struct lm_shape *s = &t->model->shape;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "# %s\n\nTrained with `", t->model->name);
    train_private_command(t, &b);
    buffer_put_c(&b, "`.\n\n");
    buffer_printf(
        &b, "- shape: %s, %zu layers, width %zu, %zu heads of %zu, feed-forward %zu, vocabulary %zu, context %zu\n",
        lm_arch_name(t->model->arch), s->layers, s->width, s->heads, s->head_size, s->hidden, s->vocabulary,
        s->context);
    if (t->settings.lora)
        buffer_printf(&b, "- adapter: %llu parameters, rank %zu, alpha %g, for %s (sha256 %s)\n",
                      (unsigned long long)t->learning, t->lora.rank, t->lora.alpha, t->settings.init, t->model->digest);
    struct train_size size = train_size(t);
    char seed[32] = "secret";
    if (!t->rule.epsilon) snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->settings.seed);
    buffer_printf(
        &b,
        "- parameters: %llu, begun from %s\n- objective: %s\n- optimizer: %s\n- seed: %s\n- steps: %llu of %zu %s\n",
        (unsigned long long)t->model->parameters, t->settings.init, t->settings.objective,
        t->settings.optimizer ? t->settings.optimizer : "adamw", seed, (unsigned long long)t->steps, t->rule.batch,
        t->prompts   ? "prompts"
        : t->answers ? "groups of answers"
                     : "rows of tokens");
    buffer_printf(&b, "- data: %llu %s, %llu tokens in %llu %s, sha256 of tokens and borders %s\n",
                  (unsigned long long)size.documents,
                  t->prompts   ? "prompts"
                  : t->answers ? "answers"
                               : "documents",
                  (unsigned long long)size.tokens, (unsigned long long)size.rows,
                  t->prompts   ? "prompts"
                  : t->answers ? "groups"
                               : "rows",
                  size.digest);
    buffer_put_c(&b, "- products: ");
    train_arithmetic_put(t, &b);
    buffer_put_c(&b, "\n");
    if (t->rule.epsilon > 0) {
        buffer_put_c(&b, "- privacy: ");
        train_private_put(t, &b);
        buffer_put_c(&b, "\n");
    }
    if (t->settings.keep)
        buffer_printf(&b, "- kept: step %llu of %llu, chosen by `%s`\n", (unsigned long long)r->kept,
                      (unsigned long long)r->steps, t->settings.keep->rule);
    if (t->settings.license) buffer_printf(&b, "- licence: %s\n", t->settings.license);
    const char *unit = t->objective->unit;
    buffer_printf(&b, "- last loss: %.4f%s%s", r->loss, unit ? " " : "", unit ? unit : "");
    if (!isnan(r->valid_loss)) buffer_printf(&b, ", validation %.4f", r->valid_loss);
    buffer_printf(&b, "\n- settings: sha256 %s\n- file: sha256 %s\n", t->config, r->digest);
    bool ok = buffer_check(&b, "card", err) && file_write(t->card_path, buffer_text(&b), err);
    buffer_done(&b);
    return ok;
}
