/* See csv_rows.h. */
#include "cli/csv_rows.h"
#include "cli/commands.h"

#include "base/csv.h"

static bool put_value(struct buffer *b, const char *key, const json_t *value, struct error *err) {
    if (json_is_object(value) || json_is_array(value))
        return error_set(err, ERROR_DATA, "csv: column '%s' holds a list or an object; JSON can hold it", key);
    if (json_is_string(value))
        csv_put_field(b, json_text(value));
    else if (json_is_integer(value))
        buffer_printf(b, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        buffer_put_f64(b, json_real_value(value));
    else if (json_is_boolean(value))
        buffer_put_c(b, json_is_true(value) ? "true" : "false");
    return true;
}

static bool put_header(struct csv_rows *rows, struct buffer *b, const json_t *row, struct error *err) {
    const char *key, *between = "";
    json_t *value;
    if (!(rows->names = json_array())) return error_memory(err, "csv");
    json_object_foreach((json_t *)row, key, value) {
        json_array_append_new(rows->names, json_string(key));
        buffer_put_c(b, between);
        csv_put_field(b, text_of(key));
        between = ",";
    }
    return buffer_put_c(b, "\r\n");
}

bool csv_rows_put(void *context, const json_t *row, struct error *err) {
    struct csv_rows *rows = context;
    struct buffer b;
    size_t known = 0;
    buffer_init(&b, (size_t)1 << 26);
    bool ok = rows->names || put_header(rows, &b, row, err);
    for (size_t c = 0; ok && c < json_array_size(rows->names); c++) {
        const char *key = json_string_value(json_array_get(rows->names, c));
        const json_t *value = json_object_get(row, key);
        known += value != NULL;
        if (c) buffer_put_char(&b, ',');
        ok = put_value(&b, key, value, err);
    }
    if (ok && known < json_object_size(row))
        ok = error_set(err, ERROR_DATA, "csv: a row has a column that the first row does not have; JSON can hold it");
    buffer_put_c(&b, "\r\n");
    ok = ok && buffer_check(&b, "csv", err) && print_buffer(rows->out, &b, err);
    buffer_done(&b);
    return ok;
}

void csv_rows_done(struct csv_rows *rows) {
    json_decref(rows->names);
    rows->names = NULL;
}
