/* SPDX-License-Identifier: Apache-2.0
 *
 * Decodes the input as pickle.load and as torch.load have it, with every name of one
 * module granted, and writes what is clean with each protocol: that decodes again, is
 * written again as the same bytes, and scans clean.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/source.h"
#include "decode/decode.h"
#include "pickle/write.h"

#define MEMORY ((size_t)256 << 20)

static void require(int expr)
{
    if (!expr) {
        abort();
    }
}

/* g.E…: enums; g.V…: values; all other names of g: classes. */
static enum stk_grant grant(void *ctx, struct stk_span module, struct stk_span name)
{
    (void)ctx;
    if (!stk_span_is(module, "g")) {
        return STK_GRANT_NONE;
    }
    return stk_span_starts(name, "E", 1)   ? STK_GRANT_ENUM
           : stk_span_starts(name, "V", 1) ? STK_GRANT_VALUE
                                           : STK_GRANT_CLASS;
}

struct codec {
    struct stk_limits limits;
    struct stk_decoder *decoder;
    struct stk_arena arena;
    struct stk_pickle_writer writer;
    struct stk_decode_options options;
};

static enum stk_status rewrite(struct codec *c, struct stk_span bytes, int protocol,
                               struct stk_buf *out)
{
    struct stk_value value;
    struct stk_decode_error error;
    struct stk_write_error why;
    size_t end = 0;
    stk_arena_clear(&c->arena);
    stk_buf_clear(out);
    STK_TRY(stk_decode_pickle(c->decoder, &c->arena, bytes, &c->options, &value, &end,
                              &error));
    require(end == bytes.len);
    return stk_pickle_write(&c->writer, value, protocol, out, &why);
}

/* By the machine and the judge alone, in all readings. */
static void require_clean(const struct codec *c, struct stk_span bytes)
{
    struct stk_policy_options options = {
        .loader = c->options.loader, .limits = &c->limits, .grant = grant};
    struct stk_source source = stk_source_of(bytes);
    struct stk_arena arena;
    struct stk_run run;
    stk_arena_init(&arena, &stk_alloc_libc, MEMORY);
    struct stk_machine *machine = stk_machine_new(&stk_alloc_libc, &c->limits);
    struct stk_policy *policy = stk_policy_new(&arena, &options);
    require(machine != NULL && policy != NULL);
    require(stk_machine_run_all(machine, &source, 0, stk_policy_judge(policy), NULL, NULL,
                                &run) == STK_OK);
    require(stk_policy_finish(policy, &run) == STK_OK);
    /* A storage is a stream inside, which only a scanner follows. */
    bool nested = stk_span_find(bytes, "_load_from_bytes", 16) < bytes.len;
    require(run.stopped && run.quirks == 0 && run.end == bytes.len);
    require(nested || stk_policy_verdict(policy) == STK_VERDICT_CLEAN);
    stk_machine_free(machine);
    stk_arena_release(&arena);
}

static void try_protocol(struct codec *c, struct stk_span bytes, int protocol)
{
    struct stk_buf once;
    struct stk_buf twice;
    stk_buf_init(&once, &stk_alloc_libc, MEMORY);
    stk_buf_init(&twice, &stk_alloc_libc, MEMORY);
    if (rewrite(c, bytes, protocol, &once) == STK_OK) {
        require(rewrite(c, stk_buf_span(&once), protocol, &twice) == STK_OK);
        require(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
        require_clean(c, stk_buf_span(&once));
    }
    stk_buf_release(&once);
    stk_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct codec c = {.limits = STK_LIMITS_DEFAULT, .options = {.grant = grant}};
    require(stk_decoder_new(&stk_alloc_libc, &c.limits, &c.decoder) == STK_OK);
    stk_arena_init(&c.arena, &stk_alloc_libc, MEMORY);
    stk_pickle_writer_init(&c.writer, &stk_alloc_libc);
    for (int loader = STK_LOADER_PICKLE; loader <= STK_LOADER_TORCH; loader++) {
        c.options.loader = (enum stk_loader)loader;
        for (int protocol = STK_PICKLE_PROTOCOL_LEAST; protocol <= 5; protocol++) {
            try_protocol(&c, stk_span_of(data, len), protocol);
        }
    }
    stk_pickle_writer_release(&c.writer);
    stk_arena_release(&c.arena);
    stk_decoder_free(c.decoder);
    return 0;
}
