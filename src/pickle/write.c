/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "pickle/write_state.h"
#include "value/limbs.h"

/* Items that one APPENDS, SETITEMS or ADDITEMS gets, as CPython's pickler does it. */
#define BATCH 1000

/* A tuple that is met while it is written is written again inside, up to the list or dict
 * that the way goes through: so many items in all. Honest cycles are few. */
#define REENTERED_MAX ((size_t)1 << 16)

/* In the memo: being written. */
#define IN_PROGRESS UINT64_MAX

/* What is left to write, the next on top. */
enum task_kind {
    TASK_VALUE,
    TASK_ITEMS,     /* a list, from `at` on; keys and values in turn count as two */
    TASK_TUPLE,     /* all items stand there */
    TASK_FROZENSET, /* the same */
    TASK_OPCODE,    /* op */
    TASK_MEMO,      /* the value stands there; `at` tasks are below what it gets next */
};

struct stk_pickle_task {
    enum task_kind kind;
    struct stk_value value; /* VALUE, TUPLE, FROZENSET, MEMO */

    /* ITEMS */
    const struct stk_value *list;
    size_t n;
    size_t at;
    size_t end;             /* of the batch, where one is open */
    size_t step;            /* 2: keys and values */
    enum stk_opcode op;     /* that ends a batch; OPCODE: it */
    enum stk_opcode op_one; /* the same for a batch of one; STOP: there is none */
    bool open;
    bool alone; /* the batch is of one */
};

void stk_pickle_writer_init(struct stk_pickle_writer *w, const struct stk_alloc *alloc)
{
    *w = (struct stk_pickle_writer){.alloc = alloc};
    stk_shares_init(&w->shares, alloc);
    stk_map_init(&w->memo, alloc, SIZE_MAX, stk_value_seed());
}

void stk_pickle_writer_release(struct stk_pickle_writer *w)
{
    stk_shares_release(&w->shares);
    stk_map_release(&w->memo);
    stk_free(w->alloc, w->tasks, w->cap_tasks * sizeof *w->tasks);
    w->tasks = NULL;
    w->cap_tasks = 0;
}

static enum stk_status push(struct stk_pickle_writer *w, struct stk_pickle_task task)
{
    if (STK_UNLIKELY(w->n_tasks == w->cap_tasks)) {
        void *array = w->tasks;
        STK_TRY(stk_grow(w->alloc, &array, &w->cap_tasks, sizeof task, w->n_tasks + 1,
                         SIZE_MAX / sizeof task));
        w->tasks = array;
    }
    w->tasks[w->n_tasks++] = task;
    return STK_OK;
}

static enum stk_status push_value(struct stk_pickle_writer *w, struct stk_value value)
{
    return push(w, (struct stk_pickle_task){.kind = TASK_VALUE, .value = value});
}

static enum stk_status push_opcode(struct stk_pickle_writer *w, enum stk_opcode op)
{
    return push(w, (struct stk_pickle_task){.kind = TASK_OPCODE, .op = op});
}

/* ---- numbers ---- */

static void put_long(struct stk_pickle_writer *w, const uint8_t *bytes, size_t len)
{
    put_number(w, len < 256 ? STK_OP_LONG1 : STK_OP_LONG4, len, len < 256 ? 1 : 4);
    stk_buf_put(w->out, bytes, len);
}

/* The shortest two's complement of a number of limbs. */
STK_WRAPS static enum stk_status put_big(struct stk_pickle_writer *w,
                                         struct stk_value value)
{
    const struct stk_big *big = value.big;
    size_t len = stk_limbs_bits(big->limbs, big->n) / 8 + 1;
    if (len > INT32_MAX) {
        return unsupported(w, value, "an integer that no pickle holds");
    }
    uint8_t *bytes = stk_new_buffer(w->alloc, len);
    if (bytes == NULL) {
        return STK_E_NOMEM;
    }
    unsigned carry = 1;
    for (size_t i = 0; i < len; i++) {
        uint64_t limb = i / 8 < big->n ? big->limbs[i / 8] : 0;
        unsigned byte = (unsigned)(limb >> (i % 8 * 8)) & 0xff;
        if (big->negative) {
            byte = (byte ^ 0xff) + carry;
            carry = byte >> 8;
        }
        bytes[i] = byte & 0xff;
    }
    /* -2^(8n - 1) needs no byte more for its sign. */
    size_t used = len;
    while (used > 1 && ((bytes[used - 1] == 0 && bytes[used - 2] < 0x80) ||
                        (bytes[used - 1] == 0xff && bytes[used - 2] >= 0x80))) {
        used--;
    }
    put_long(w, bytes, used);
    stk_free(w->alloc, bytes, len);
    return STK_OK;
}

STK_WRAPS static void put_int(struct stk_pickle_writer *w, int64_t number)
{
    uint64_t bits = (uint64_t)number;
    if (number >= 0 && number < 256) {
        put_number(w, STK_OP_BININT1, bits, 1);
    } else if (number >= 0 && number < 65536) {
        put_number(w, STK_OP_BININT2, bits, 2);
    } else if (number >= INT32_MIN && number <= INT32_MAX) {
        put_number(w, STK_OP_BININT, bits, 4);
    } else {
        uint8_t bytes[8];
        size_t len = 8;
        for (size_t i = 0; i < 8; i++) {
            bytes[i] = (uint8_t)(bits >> (8 * i));
        }
        while (len > 1 && ((bytes[len - 1] == 0 && bytes[len - 2] < 0x80) ||
                           (bytes[len - 1] == 0xff && bytes[len - 2] >= 0x80))) {
            len--;
        }
        put_long(w, bytes, len);
    }
}

static void put_float(struct stk_pickle_writer *w, double number)
{
    uint64_t bits = 0;
    __builtin_memcpy(&bits, &number, sizeof bits);
    put_number(w, STK_OP_BINFLOAT, __builtin_bswap64(bits), 8);
}

/* ---- memo ---- */

/* What is met again; in a graph in which a tuple contains itself all that it may do so
 * through or hold. */
static bool is_memoized(const struct stk_pickle_writer *w, struct stk_value value)
{
    return w->memoize_all ? stk_value_is_node(value) : stk_shares_has(&w->shares, value);
}

static enum stk_status memoize(struct stk_pickle_writer *w, struct stk_value value)
{
    if (!is_memoized(w, value)) {
        return STK_OK;
    }
    bool added = false;
    uint64_t index = w->n_memo++;
    STK_TRY(stk_map_put(&w->memo, (uint64_t)(uintptr_t)value.items, index, &added));
    if (w->protocol >= 4) {
        put(w, STK_OP_MEMOIZE);
    } else if (index < 256) {
        put_number(w, STK_OP_BINPUT, index, 1);
    } else {
        put_number(w, STK_OP_LONG_BINPUT, index, 4);
    }
    return index <= UINT32_MAX ? STK_OK
                               : unsupported(w, value, "more shared values than a memo");
}

static void put_get(struct stk_pickle_writer *w, uint64_t index)
{
    put_number(w, index < 256 ? STK_OP_BINGET : STK_OP_LONG_BINGET, index,
               index < 256 ? 1 : 4);
}

/* True where the value stands in the memo and was fetched. */
static bool fetched(struct stk_pickle_writer *w, struct stk_value value)
{
    uint64_t index = 0;
    if (!is_memoized(w, value) ||
        !stk_map_get(&w->memo, (uint64_t)(uintptr_t)value.items, &index) ||
        index == IN_PROGRESS) {
        return false;
    }
    put_get(w, index);
    return true;
}

/* A value that stands only when what it holds stands: it may be met inside itself.
 * n: of what it holds that is written at once. */
static enum stk_status enter(struct stk_pickle_writer *w, struct stk_value value,
                             size_t n)
{
    uint64_t index = 0;
    bool added = false;
    if (!is_memoized(w, value)) {
        return STK_OK;
    }
    uint64_t key = (uint64_t)(uintptr_t)value.items;
    if (stk_map_get(&w->memo, key, &index)) {
        if (!w->memoize_all || n >= REENTERED_MAX - w->n_reentered) {
            w->met_itself = true;
            return unsupported(w, value, "a value that contains itself too often");
        }
        w->n_reentered += n + 1;
    }
    return stk_map_put(&w->memo, key, IN_PROGRESS, &added);
}

/* The memo has it: it was met inside itself, and stands there as well. */
static bool stands_inside(const struct stk_pickle_writer *w, struct stk_value value,
                          uint64_t *ret_index)
{
    return is_memoized(w, value) &&
           stk_map_get(&w->memo, (uint64_t)(uintptr_t)value.items, ret_index) &&
           *ret_index != IN_PROGRESS;
}

/* An object or set whose call stands on the stack. If it was made inside its own
 * arguments, that one stays, with all that it got, and this one is dropped. */
static enum stk_status end_call(struct stk_pickle_writer *w,
                                const struct stk_pickle_task *task)
{
    uint64_t index = 0;
    if (!stands_inside(w, task->value, &index)) {
        return memoize(w, task->value);
    }
    w->n_tasks = task->at;
    put(w, STK_OP_POP);
    put_get(w, index);
    return STK_OK;
}

/* ---- what holds others ---- */

static enum stk_status push_items(struct stk_pickle_writer *w,
                                  const struct stk_items *items, enum stk_opcode op,
                                  enum stk_opcode op_one)
{
    return items->n == 0 ? STK_OK
                         : push(w, (struct stk_pickle_task){.kind = TASK_ITEMS,
                                                            .list = items->list,
                                                            .n = items->n,
                                                            .step = 1,
                                                            .op = op,
                                                            .op_one = op_one});
}

_Static_assert(sizeof(struct stk_pair) == 2 * sizeof(struct stk_value),
               "pairs are keys and values in turn");

static enum stk_status push_pairs(struct stk_pickle_writer *w,
                                  const struct stk_pairs *pairs)
{
    return pairs->n == 0
               ? STK_OK
               : push(w, (struct stk_pickle_task){
                             .kind = TASK_ITEMS,
                             .list = (const struct stk_value *)(const void *)pairs->list,
                             .n = pairs->n * 2,
                             .step = 2,
                             .op = STK_OP_SETITEMS,
                             .op_one = STK_OP_SETITEM});
}

/* All items at once, whatever their number, and then what makes one value of them. */
static enum stk_status push_whole(struct stk_pickle_writer *w, struct stk_value value,
                                  enum task_kind kind)
{
    STK_TRY(enter(w, value, value.items->n));
    STK_TRY(push(w, (struct stk_pickle_task){.kind = kind, .value = value}));
    if (kind == TASK_FROZENSET || value.items->n > 3) {
        put(w, STK_OP_MARK);
    }
    for (size_t i = value.items->n; i-- > 0;) {
        STK_TRY(push_value(w, value.items->list[i]));
    }
    return STK_OK;
}

/* builtins.set([…]): sets of protocols 2 and 3. */
static enum stk_status put_set_call(struct stk_pickle_writer *w, struct stk_value value,
                                    const char *name)
{
    size_t at = w->n_tasks;
    STK_TRY(enter(w, value, 0));
    STK_TRY(stk_write_builtin(w, "builtins", name));
    put(w, STK_OP_EMPTY_LIST);
    STK_TRY(
        push(w, (struct stk_pickle_task){.kind = TASK_MEMO, .at = at, .value = value}));
    STK_TRY(push_opcode(w, STK_OP_REDUCE));
    STK_TRY(push_opcode(w, STK_OP_TUPLE1));
    return push_items(w, value.items, STK_OP_APPENDS, STK_OP_APPEND);
}

static enum stk_status put_set(struct stk_pickle_writer *w, struct stk_value value)
{
    bool frozen = value.kind == STK_VALUE_FROZENSET;
    if (w->protocol < 4) {
        return put_set_call(w, value, frozen ? "frozenset" : "set");
    }
    if (frozen) {
        return push_whole(w, value, TASK_FROZENSET);
    }
    put(w, STK_OP_EMPTY_SET);
    STK_TRY(memoize(w, value));
    return push_items(w, value.items, STK_OP_ADDITEMS, STK_OP_STOP);
}

/* ---- objects ---- */

static enum stk_status push_after(struct stk_pickle_writer *w,
                                  const struct stk_object *object)
{
    if (object->members.n > 0 && w->protocol < 4) {
        return unsupported(w, object->callee, "an object with members needs protocol 4");
    }
    if (object->has_state && !object->state_first) {
        STK_TRY(push_opcode(w, STK_OP_BUILD));
        STK_TRY(push_value(w, object->state));
    }
    STK_TRY(push_pairs(w, &object->pairs));
    STK_TRY(push_items(w, &object->members, STK_OP_ADDITEMS, STK_OP_STOP));
    STK_TRY(push_items(w, &object->items, STK_OP_APPENDS, STK_OP_APPEND));
    if (object->has_state && object->state_first) {
        STK_TRY(push_opcode(w, STK_OP_BUILD));
        STK_TRY(push_value(w, object->state));
    }
    return STK_OK;
}

static enum stk_status push_call(struct stk_pickle_writer *w, struct stk_value value)
{
    const struct stk_object *object = value.object;
    enum stk_opcode op = object->call == STK_CALL_REDUCE ? STK_OP_REDUCE
                         : object->call == STK_CALL_NEW  ? STK_OP_NEWOBJ
                                                         : STK_OP_NEWOBJ_EX;
    if (op == STK_OP_NEWOBJ_EX && w->protocol < 4) {
        return unsupported(w, value, "keyword arguments need protocol 4");
    }
    STK_TRY(push_opcode(w, op));
    if (op == STK_OP_NEWOBJ_EX) {
        STK_TRY(push_value(w, object->kwargs));
    }
    STK_TRY(push_value(w, object->args));
    return push_value(w, object->callee);
}

static enum stk_status put_object(struct stk_pickle_writer *w, struct stk_value value)
{
    const struct stk_object *object = value.object;
    size_t at = w->n_tasks;
    STK_TRY(enter(w, value, 0));
    STK_TRY(push_after(w, object));
    STK_TRY(
        push(w, (struct stk_pickle_task){.kind = TASK_MEMO, .at = at, .value = value}));
    if (object->call == STK_CALL_LOAD) {
        STK_TRY(push_opcode(w, STK_OP_BINPERSID));
        return push_value(w, object->args);
    }
    return value.kind == STK_VALUE_STORAGE ? stk_write_storage(w, value)
                                           : push_call(w, value);
}

static enum stk_status put_buffer(struct stk_pickle_writer *w, struct stk_value value)
{
    if (w->protocol < 5) {
        return unsupported(w, value, "an out-of-band buffer needs protocol 5");
    }
    if (value.buffer->ordinal != w->n_buffers++) {
        return unsupported(w, value, "out-of-band buffers in another order");
    }
    put(w, STK_OP_NEXT_BUFFER);
    if (value.buffer->readonly) {
        put(w, STK_OP_READONLY_BUFFER);
    }
    return memoize(w, value);
}

/* ---- values ---- */

static enum stk_status put_node(struct stk_pickle_writer *w, struct stk_value value)
{
    if (fetched(w, value)) {
        return STK_OK;
    }
    switch (stk_value_kind(value)) {
    case STK_VALUE_STR:
        STK_TRY(put_str(w, value, value.text->bytes));
        return memoize(w, value);
    case STK_VALUE_BYTES:
        STK_TRY(stk_write_bytes(w, value, value.text->bytes));
        return memoize(w, value);
    case STK_VALUE_BYTEARRAY:
        STK_TRY(stk_write_bytearray(w, value));
        return memoize(w, value);
    case STK_VALUE_LIST:
        put(w, STK_OP_EMPTY_LIST);
        STK_TRY(memoize(w, value));
        return push_items(w, value.items, STK_OP_APPENDS, STK_OP_APPEND);
    case STK_VALUE_TUPLE:
        if (value.items->n == 0) {
            put(w, STK_OP_EMPTY_TUPLE);
            return STK_OK;
        }
        return push_whole(w, value, TASK_TUPLE);
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
        return put_set(w, value);
    case STK_VALUE_DICT:
        put(w, STK_OP_EMPTY_DICT);
        STK_TRY(memoize(w, value));
        return push_pairs(w, value.pairs);
    case STK_VALUE_GLOBAL:
        STK_TRY(stk_write_name(w, value, value.name->module, value.name->qualified));
        return memoize(w, value);
    case STK_VALUE_OBJECT:
    case STK_VALUE_ENUM:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
        return put_object(w, value);
    case STK_VALUE_BUFFER:
        return put_buffer(w, value);
    case STK_VALUE_BIGINT:
        STK_TRY(put_big(w, value));
        return memoize(w, value);
    case STK_VALUE_NONE:
    case STK_VALUE_BOOL:
    case STK_VALUE_INT:
    case STK_VALUE_FLOAT:
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return unsupported(w, value, "a value that was refused");
}

/* ---- tasks ---- */

/* Whole values without anything inside, and met once. */
static inline bool put_flat(struct stk_pickle_writer *w, struct stk_value value)
{
    switch (value.kind) {
    case STK_VALUE_NONE:
        put(w, STK_OP_NONE);
        return true;
    case STK_VALUE_BOOL:
        put(w, value.boolean ? STK_OP_NEWTRUE : STK_OP_NEWFALSE);
        return true;
    case STK_VALUE_INT:
        put_int(w, value.integer);
        return true;
    case STK_VALUE_FLOAT:
        put_float(w, value.number);
        return true;
    case STK_VALUE_STR:
        if (value.node->shared || value.text->bytes.len > UINT32_MAX) {
            return false;
        }
        return put_str(w, value, value.text->bytes) == STK_OK;
    default:
        return false;
    }
}

static inline enum stk_status put_value(struct stk_pickle_writer *w,
                                        struct stk_value value)
{
    return put_flat(w, value) ? STK_OK : put_node(w, value);
}

/* A batch begins: what is left over alone needs no mark, where there is an opcode. */
static void open_batch(struct stk_pickle_writer *w, struct stk_pickle_task *task)
{
    size_t left = task->n - task->at;
    size_t batch = BATCH * task->step;
    task->alone = left == task->step && task->op_one != STK_OP_STOP;
    task->end = task->at + (left < batch ? left : batch);
    task->open = true;
    if (!task->alone) {
        put(w, STK_OP_MARK);
    }
}

/* Goes on with a list until an item leaves something to do before the next. */
static enum stk_status go_on(struct stk_pickle_writer *w)
{
    size_t self = w->n_tasks - 1;
    struct stk_pickle_task *task = &w->tasks[self];
    for (;;) {
        if (!task->open) {
            open_batch(w, task);
        }
        const struct stk_value *list = task->list;
        size_t at = task->at;
        size_t end = task->end;
        while (at < end) {
            struct stk_value value = list[at++];
            if (STK_LIKELY(put_flat(w, value))) {
                continue;
            }
            task->at = at;
            STK_TRY(put_node(w, value));
            if (w->n_tasks > self + 1) {
                return STK_OK;
            }
        }
        task->at = at;
        task->open = false;
        put(w, task->alone ? task->op_one : task->op);
        if (at == task->n) {
            w->n_tasks--;
            return STK_OK;
        }
    }
}

/* A tuple whose items stand on the stack; where it was met inside itself, it stands in
 * the memo as well, and its second copy is dropped. */
static enum stk_status end_whole(struct stk_pickle_writer *w,
                                 const struct stk_pickle_task *task)
{
    size_t n = task->value.items->n;
    uint64_t index = 0;
    bool marked = task->kind == TASK_FROZENSET || n > 3;
    if (stands_inside(w, task->value, &index)) {
        for (size_t i = 0; !marked && i < n; i++) {
            put(w, STK_OP_POP);
        }
        if (marked) {
            put(w, STK_OP_POP_MARK);
        }
        put_get(w, index);
        return STK_OK;
    }
    if (task->kind == TASK_FROZENSET) {
        put(w, STK_OP_FROZENSET);
    } else {
        put(w, n == 1   ? STK_OP_TUPLE1
               : n == 2 ? STK_OP_TUPLE2
               : n == 3 ? STK_OP_TUPLE3
                        : STK_OP_TUPLE);
    }
    return memoize(w, task->value);
}

static enum stk_status run(struct stk_pickle_writer *w)
{
    while (w->n_tasks > 0 && w->out->status == STK_OK) {
        struct stk_pickle_task task = w->tasks[w->n_tasks - 1];
        switch (task.kind) {
        case TASK_ITEMS:
            STK_TRY(go_on(w));
            continue;
        case TASK_VALUE:
            w->n_tasks--;
            STK_TRY(put_value(w, task.value));
            continue;
        case TASK_TUPLE:
        case TASK_FROZENSET:
            w->n_tasks--;
            STK_TRY(end_whole(w, &task));
            continue;
        case TASK_OPCODE:
            w->n_tasks--;
            put(w, task.op);
            continue;
        case TASK_MEMO:
            w->n_tasks--;
            STK_TRY(end_call(w, &task));
            continue;
        }
    }
    return w->out->status;
}

static enum stk_status write_all(struct stk_pickle_writer *w, struct stk_value root)
{
    w->n_tasks = 0;
    w->n_memo = 0;
    w->n_buffers = 0;
    w->n_reentered = 0;
    stk_map_clear(&w->memo);
    *w->error = (struct stk_write_error){.reason = NULL};
    put_number(w, STK_OP_PROTO, (uint64_t)w->protocol, 1);
    STK_TRY(put_value(w, root));
    STK_TRY(run(w));
    put(w, STK_OP_STOP);
    return w->out->status;
}

enum stk_status stk_pickle_write(struct stk_pickle_writer *w, struct stk_value root,
                                 int protocol, struct stk_buf *out,
                                 struct stk_write_error *ret_error)
{
    STK_ASSERT(protocol >= STK_PICKLE_PROTOCOL_LEAST && protocol <= 5);
    size_t begin = out->len;
    w->protocol = protocol;
    w->out = out;
    w->error = ret_error;
    w->memoize_all = false;
    w->met_itself = false;
    STK_TRY(stk_shares_find(&w->shares, root));
    enum stk_status status = write_all(w, root);
    if (w->met_itself) {
        out->len = begin;
        w->memoize_all = true;
        status = write_all(w, root);
    }
    return status;
}
