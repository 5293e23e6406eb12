/* SPDX-License-Identifier: Apache-2.0
 *
 * What the machine says of streams, for the differential test: streams on stdin, each
 * behind its length as four bytes, little-endian; one JSON line a stream on stdout. Names
 * are hex of their UTF-8.
 *
 *   oracle-report           the union over all readings
 *   oracle-report readings  what each reading imports as well, in order
 *   oracle-report file      the same, and bytes are read in pieces, as from a file
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buf.h"
#include "pickle/machine.h"

#define STREAM_MAX ((size_t)1 << 20)
#define LINE_MAX_LEN ((size_t)1 << 28)

static const struct stk_limits limits = STK_LIMITS_DEFAULT;

static void die(const char *what)
{
    fprintf(stderr, "oracle-report: %s\n", what);
    exit(1);
}

static void put_hex(struct stk_buf *out, struct stk_span text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < text.len; i++) {
        stk_buf_byte(out, (uint8_t)digits[text.data[i] >> 4]);
        stk_buf_byte(out, (uint8_t)digits[text.data[i] & 15]);
    }
}

/* ,"module","name"; a computed name is null. The first comma is taken off later. */
static void put_global(struct stk_buf *out, const struct stk_global *global)
{
    if (global->computed) {
        stk_buf_str(out, ",null,null");
        return;
    }
    stk_buf_str(out, ",\"");
    put_hex(out, global->module);
    stk_buf_str(out, "\",\"");
    put_hex(out, global->name);
    stk_buf_str(out, "\"");
}

static enum stk_status note_effect(void *ctx, struct stk_machine *machine,
                                   const struct stk_effect *effect,
                                   struct stk_outcome *outcome)
{
    struct stk_buf *imports = ctx;
    (void)machine;
    (void)outcome;
    if (effect->kind == STK_EFFECT_IMPORT) {
        put_global(imports, effect->global);
    }
    return STK_OK;
}

static void put_list(struct stk_buf *out, const struct stk_buf *list)
{
    struct stk_span text = stk_buf_span(list);
    stk_buf_str(out, "[");
    if (text.len > 0) {
        stk_buf_put(out, text.data + 1, text.len - 1);
    }
    stk_buf_str(out, "]");
}

static void put_quirks(struct stk_buf *out, uint32_t quirks)
{
    static const char *const names[STK_QUIRK_COUNT] = {
#define QUIRK_NAME(name, text) #name,
        STK_QUIRKS(QUIRK_NAME)
#undef QUIRK_NAME
    };
    const char *comma = "";
    stk_buf_str(out, "\"quirks\":[");
    for (unsigned i = 0; i < STK_QUIRK_COUNT; i++) {
        if ((quirks >> i & 1) != 0) {
            stk_buf_printf(out, "%s\"%s\"", comma, names[i]);
            comma = ",";
        }
    }
    stk_buf_str(out, "]");
}

static void put_run(struct stk_buf *out, const struct stk_run *run)
{
    stk_buf_printf(out, "\"stopped\":%s,\"end\":%llu,\"fault\":\"%s\",\"extension\":%s,",
                   run->stopped ? "true" : "false", (unsigned long long)run->end,
                   stk_fault_text(run->fault.code),
                   (run->effects >> STK_EFFECT_EXTENSION & 1) != 0 ? "true" : "false");
    put_quirks(out, run->quirks);
}

static void report_reading(struct stk_machine *machine, const struct stk_source *source,
                           const struct stk_reading *reading, struct stk_buf *out)
{
    struct stk_buf imports;
    struct stk_run run;
    stk_buf_init(&imports, &stk_alloc_libc, LINE_MAX_LEN);
    struct stk_judge judge = {.effect = note_effect, .ctx = &imports};
    if (stk_machine_run(machine, source, 0, reading, &judge, &run) != STK_OK) {
        die("a run failed");
    }
    stk_buf_printf(out, "\"%s\":{", reading->name);
    put_run(out, &run);
    stk_buf_str(out, ",\"imports\":");
    put_list(out, &imports);
    stk_buf_str(out, "}");
    stk_buf_release(&imports);
}

static void report_union(struct stk_machine *machine, const struct stk_source *source,
                         struct stk_buf *out)
{
    struct stk_buf unused;
    struct stk_buf globals;
    struct stk_run run;
    stk_buf_init(&unused, &stk_alloc_libc, LINE_MAX_LEN);
    stk_buf_init(&globals, &stk_alloc_libc, LINE_MAX_LEN);
    struct stk_judge judge = {.effect = note_effect, .ctx = &unused};
    if (stk_machine_run_all(machine, source, 0, &judge, NULL, NULL, &run) != STK_OK) {
        die("a run failed");
    }
    for (size_t i = 0; i < stk_machine_n_globals(machine); i++) {
        put_global(&globals, stk_machine_global(machine, i));
    }
    put_run(out, &run);
    stk_buf_str(out, ",\"globals\":");
    put_list(out, &globals);
    stk_buf_release(&unused);
    stk_buf_release(&globals);
}

static void report(struct stk_machine *machine, const struct stk_source *source,
                   bool readings)
{
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, LINE_MAX_LEN);
    stk_buf_str(&out, "{");
    report_union(machine, source, &out);
    if (readings) {
        stk_buf_str(&out, ",\"readings\":{");
        for (size_t i = 0; i < stk_n_readings; i++) {
            if (i > 0) {
                stk_buf_str(&out, ",");
            }
            report_reading(machine, source, &stk_readings[i], &out);
        }
        stk_buf_str(&out, "}");
    }
    stk_buf_str(&out, "}\n");
    struct stk_span text = stk_buf_span(&out);
    if (out.status != STK_OK || fwrite(text.data, 1, text.len, stdout) != text.len) {
        die("cannot write");
    }
    stk_buf_release(&out);
}

static enum stk_status read_at(void *ctx, uint64_t off, void *buf, size_t len)
{
    const uint8_t *bytes = ctx;
    memcpy(buf, bytes + off, len);
    return STK_OK;
}

static bool next_stream(uint8_t **ret_data, size_t *ret_len)
{
    uint8_t head[4];
    if (fread(head, 1, sizeof head, stdin) != sizeof head) {
        return false;
    }
    size_t len = stk_le32(head);
    uint8_t *data = len <= STREAM_MAX ? malloc(len + 1) : NULL;
    if (data == NULL) {
        die("a stream is too long");
    }
    if (fread(data, 1, len, stdin) != len) {
        die("a stream is cut");
    }
    *ret_data = data;
    *ret_len = len;
    return true;
}

int main(int argc, char **argv)
{
    bool as_file = argc > 1 && strcmp(argv[1], "file") == 0;
    bool readings = as_file || (argc > 1 && strcmp(argv[1], "readings") == 0);
    struct stk_machine *machine = stk_machine_new(&stk_alloc_libc, &limits);
    uint8_t *data = NULL;
    size_t len = 0;
    if (machine == NULL) {
        die("no memory");
    }
    while (next_stream(&data, &len)) {
        struct stk_source source = {.size = len, .read_at = read_at, .ctx = data};
        if (!as_file) {
            source = stk_source_of(stk_span_of(data, len));
        }
        report(machine, &source, readings);
        stk_machine_forget(machine);
        free(data);
    }
    stk_machine_free(machine);
    return 0;
}
