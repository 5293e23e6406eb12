/* SPDX-License-Identifier: Apache-2.0
 *
 * The pickle machine: follows one stream as an unpickler would, executes nothing, imports
 * nothing, and tells the judge every effect in the order in which it would happen, also
 * those before a fault. It owns stack, marks, memo, the list of globals and the kept
 * window; it knows nothing of policy. All memory follows what the stream makes, never
 * what it declares. Format: CPython Lib/pickletools.py; readings: readings.h.
 *
 * Not thread-safe: one machine per thread. A machine is reused from stream to stream.
 */
#pragma once

#include "base/alloc.h"
#include "base/limits.h"
#include "base/source.h"
#include "pickle/opcode.h"
#include "pickle/reading.h"
#include "pickle/slot.h"
#include "value/object.h"

struct stk_machine;

/* Why a stream cannot be followed further. */
enum stk_fault_code {
    STK_FAULT_NONE,
    STK_FAULT_END,          /* the bytes end before STOP */
    STK_FAULT_TRUNCATED,    /* the bytes end inside an argument */
    STK_FAULT_OPCODE,       /* no such opcode */
    STK_FAULT_UNDERFLOW,    /* too few values since the last mark */
    STK_FAULT_MARK,         /* no mark */
    STK_FAULT_MEMO,         /* a memo entry that was not made */
    STK_FAULT_PROTOCOL,     /* PROTO above 5 */
    STK_FAULT_NUMBER,       /* text that no unpickler reads as a number */
    STK_FAULT_TEXT,         /* bad UTF-8, escape, or quoting */
    STK_FAULT_LENGTH,       /* a length that no unpickler accepts */
    STK_FAULT_ODD,          /* a key without a value */
    STK_FAULT_UNHASHABLE,   /* a list, dict, set or bytearray as key or set member */
    STK_FAULT_TYPE,         /* an opcode applied to what cannot take it */
    STK_FAULT_EXTENSION,    /* extension code 0 or below */
    STK_FAULT_READINGS,     /* no unpickler goes on here; each for its own reason */
    STK_FAULT_JUDGE,        /* the judge ended the run */
    STK_FAULT_LIMIT_STACK,  /* limits.h: stack_max */
    STK_FAULT_LIMIT_MARK,   /* mark_max */
    STK_FAULT_LIMIT_MEMO,   /* memo_max */
    STK_FAULT_LIMIT_CUTS,   /* cuts_max */
    STK_FAULT_LIMIT_GLOBAL, /* globals_max */
    STK_FAULT_LIMIT_NAME,   /* name_max */
    STK_FAULT_LIMIT_DEPTH,  /* depth_max */
    STK_FAULT_VALUE,        /* decoding: nothing that a value can stand for */
    STK_FAULT_READ,         /* the source failed; the status says how */
    STK_FAULTS,
};

struct stk_fault {
    enum stk_fault_code code;
    uint64_t off; /* of the opcode */
    uint8_t op;
    uint64_t depth; /* open marks */
};

const char *stk_fault_text(enum stk_fault_code code);

/* An import. Arena of the machine: good until the next run. */
struct stk_global {
    struct stk_span module;        /* as the stream says it */
    struct stk_span name;          /* qualified name, dots and all */
    struct stk_span mapped_module; /* after fix_imports; equal to module if not mapped */
    struct stk_span mapped_name;
    uint64_t off;   /* of the first opcode that imports it */
    uint64_t order; /* how many globals were imported before it */
    bool computed;  /* a part of the name is not a plain string; the spans are empty */
    bool called;    /* some call had it as callee */
    bool fixes;     /* fix_imports was asked for it */
    bool unheld;    /* the judge's: a list, dict or set that gets it is an effect */
    uint8_t rating; /* the judge's; 0 before it was asked */
    uint32_t entry; /* the judge's */
    size_t next;    /* the machine's: index + 1 of another name with this one's hash */
};

/* Decoding: the values of an effect's slots. Borrowed until the judge returns. */
struct stk_operands {
    struct stk_value target;
    struct stk_value args;         /* REDUCE, NEWOBJ(_EX); BUILD: the state */
    struct stk_value kwargs;       /* NEWOBJ_EX; NONE otherwise */
    const struct stk_value *items; /* INST, OBJ: the arguments; ITEMS: the items */
    size_t n_items;
};

enum stk_effect_kind {
    STK_EFFECT_IMPORT,     /* GLOBAL, STACK_GLOBAL, INST */
    STK_EFFECT_CALL,       /* REDUCE, NEWOBJ, NEWOBJ_EX, INST, OBJ */
    STK_EFFECT_BUILD,      /* state given to target */
    STK_EFFECT_ITEMS,      /* items given to what is not the stream's own container, or
                              one of them unheld */
    STK_EFFECT_PERSISTENT, /* persistent_load(target) */
    STK_EFFECT_EXTENSION,  /* registry entry looked up and imported */
};

struct stk_effect {
    enum stk_effect_kind kind;
    enum stk_opcode op;
    uint64_t off;
    stk_slot
        target; /* CALL: callee; BUILD, ITEMS: object; PERSISTENT: id; EXTENSION: code */
    stk_slot args;   /* CALL by REDUCE, NEWOBJ(_EX): the argument; BUILD: the state */
    stk_slot kwargs; /* NEWOBJ_EX; NONE otherwise */
    /* CALL by INST or OBJ: the arguments. ITEMS: the items, keys and values in turn for
     * SETITEM(S). Borrowed until the judge returns. */
    const stk_slot *items;
    size_t n_items;
    struct stk_global *global;           /* IMPORT: what is imported */
    const struct stk_operands *operands; /* NULL while rating */
};

/* What the judge makes of an effect. Zero-initialised by the machine. */
struct stk_outcome {
    stk_slot result; /* CALL, PERSISTENT, EXTENSION: what the stack gets (default OPAQUE);
                        BUILD: what the target becomes (default: the target) */
    uint64_t skip;   /* bytes behind this opcode that are no opcodes (joblib's arrays) */
    bool nested; /* a stream follows in place; its value becomes the result (joblib) */
    bool stop;   /* end the run with STK_FAULT_JUDGE */
    /* Decoding: what the call, load or extension gives, instead of the object that the
     * machine makes of it; and of which class that object is, where it is known. */
    bool has_value;
    struct stk_value value;
    const struct stk_name *type;
};

/* Whoever judges effects. `effect` may look at slots through the functions below. A
 * status other than OK ends the run and is returned from it. */
struct stk_judge {
    enum stk_status (*effect)(void *ctx, struct stk_machine *machine,
                              const struct stk_effect *effect,
                              struct stk_outcome *outcome);
    /* Each opcode before it is executed, for the disassembler; may be NULL. */
    enum stk_status (*opcode)(void *ctx, struct stk_machine *machine, uint8_t op,
                              uint64_t off, uint64_t len);
    /* Decoding: an object was made, or given its state; what it means may be noted in it,
     * and its kind chosen when it was made. May be NULL. */
    enum stk_status (*object)(void *ctx, struct stk_arena *arena,
                              struct stk_object *object, struct stk_value *inout_value);
    /* Decoding: the out-of-band buffers, in order, for the life of the graph. NULL: they
     * are not here, and values of them have no bytes. */
    const struct stk_span *buffers;
    size_t n_buffers;
    void *ctx;
};

/* How a run ended. */
struct stk_run {
    uint64_t begin;
    uint64_t end; /* first byte behind STOP, or of the opcode that faulted */
    /* Where a second load of the same file begins for who has read the last frame to its
     * end; end where that is no further. */
    uint64_t frame_end;
    uint64_t n_ops;
    uint64_t n_looked;      /* bytes of text and lines that were looked at */
    uint32_t quirks;        /* bits of enum stk_quirk: where unpicklers would differ */
    uint64_t quirk_off;     /* of the first of them */
    uint32_t effects;       /* bits 1 << enum stk_effect_kind that happened */
    int protocol;           /* highest PROTO value seen; -1: none */
    bool stopped;           /* STOP was reached */
    stk_slot value;         /* what STOP returned, where it was reached */
    struct stk_fault fault; /* code NONE where stopped */
};

/* limits and alloc are borrowed for the machine's life. NULL: no memory. */
struct stk_machine *stk_machine_new(const struct stk_alloc *alloc,
                                    const struct stk_limits *limits);
void stk_machine_free(struct stk_machine *machine);

/* Another object comes next: nothing read from the one before may be used again. */
void stk_machine_forget(struct stk_machine *machine);

/* Follows the stream that starts at off, as `reading` would read it. STK_OK whatever the
 * bytes are; STK_E_IO, STK_E_SHRUNK, STK_E_NOMEM where the environment failed. The source
 * stays borrowed until the next run, since slots refer to it. */
STK_MUST_USE enum stk_status stk_machine_run(struct stk_machine *machine,
                                             const struct stk_source *source,
                                             uint64_t off,
                                             const struct stk_reading *reading,
                                             const struct stk_judge *judge,
                                             struct stk_run *ret_run);

/* The same, again for each distinct reading wherever unpicklers would differ; globals are
 * the union. ret_run is that of the reference reading with all quirks or-ed in; runs of
 * the others go to `also` (may be NULL) one by one. */
STK_MUST_USE enum stk_status stk_machine_run_all(
    struct stk_machine *machine, const struct stk_source *source, uint64_t off,
    const struct stk_judge *judge,
    void (*also)(void *ctx, const struct stk_reading *reading, const struct stk_run *run),
    void *also_ctx, struct stk_run *ret_run);

/* Follows the stream as the reference reading does and makes its values in arena, which
 * borrow from the source's memory; it must be in memory (STK_E_UNSUPPORTED otherwise).
 * *ret_value is set where the run stopped. What no value stands for ends the run with
 * STK_FAULT_VALUE; stk_machine_reason() says what it was. Calls whose result the judge
 * left OPAQUE are REFUSED values. */
STK_MUST_USE enum stk_status stk_machine_decode(
    struct stk_machine *machine, const struct stk_source *source, uint64_t off,
    const struct stk_judge *judge, struct stk_arena *arena, struct stk_run *ret_run,
    struct stk_value *ret_value);

/* Of the last run's STK_FAULT_VALUE; static, never NULL. */
const char *stk_machine_reason(const struct stk_machine *machine);

/* For the judge, while decoding: a SET or FROZENSET of items of a LIST or TUPLE, and the
 * value of a name. STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_machine_make_set(struct stk_machine *machine,
                                                  enum stk_value_kind kind, uint64_t off,
                                                  const struct stk_items *items,
                                                  struct stk_value *ret_value);
STK_MUST_USE enum stk_status stk_machine_name(struct stk_machine *machine,
                                              stk_slot global,
                                              const struct stk_name **ret_name);

/* What the last run made. Borrowed until the next run. */

size_t stk_machine_n_globals(const struct stk_machine *machine);
struct stk_global *stk_machine_global(const struct stk_machine *machine, size_t index);

/* The global in a slot, or NULL. */
struct stk_global *stk_slot_global(const struct stk_machine *machine, stk_slot slot);

/* Items of a tuple, or NULL where they are not known any more (limits.h: kept_slots,
 * kept_items); *ret_n is the length and is always set for a tuple (UINT64_MAX: lost). */
const stk_slot *stk_slot_items(const struct stk_machine *machine, stk_slot slot,
                               uint64_t *ret_n);

/* Keys and values in turn of a dict, or NULL where they are not known; *ret_n is the
 * number of pairs. */
const stk_slot *stk_slot_pairs(const struct stk_machine *machine, stk_slot slot,
                               uint64_t *ret_n);

/* An object of each class that a list, dict or set of the stream's own holds, also in
 * containers inside; its plain data is left out. False where that is not known: too many
 * classes, something that is no object, or changed behind the back. */
bool stk_slot_held(const struct stk_machine *machine, stk_slot slot,
                   stk_slot ret_samples[STK_HELD_MAX], size_t *ret_n);

/* The kind that all items of a tuple have (also known for tuples past kept_items);
 * STK_KINDS: several, none, or not known. */
enum stk_kind stk_slot_uniform(const struct stk_machine *machine, stk_slot slot);

/* The content of a STR as UTF-8 (escapes resolved) or of BYTES and BYTEARRAY, at most max
 * bytes. Written to machine memory that is good until the next run. STK_E_LIMIT where it
 * is longer, STK_E_UNSUPPORTED for other kinds, environment failures. */
STK_MUST_USE enum stk_status stk_slot_text(struct stk_machine *machine, stk_slot slot,
                                           uint64_t max, struct stk_span *ret_text);

/* The opcode that wrote a STR, BYTES or BYTEARRAY, and where its payload or line, with
 * all escapes, lies in the source. STK_E_UNSUPPORTED for anything else, and where the
 * reading put it together from two places. */
STK_MUST_USE enum stk_status stk_slot_written(struct stk_machine *machine, stk_slot slot,
                                              enum stk_opcode *ret_op, uint64_t *ret_off,
                                              uint64_t *ret_len);

/* Where the content of BYTES, BYTEARRAY or a STR without escapes lies in the source.
 * STK_E_UNSUPPORTED for anything else. */
STK_MUST_USE enum stk_status stk_slot_place(struct stk_machine *machine, stk_slot slot,
                                            uint64_t *ret_off, uint64_t *ret_len);

/* A readable form, abbreviated to about max bytes: 'text', 42, (1, 2), os.system; of long
 * text both ends, 'head'...(57 more)...'tail'. Pure ASCII, everything else escaped.
 * NUL-terminated, machine memory as above; never NULL. */
const char *stk_slot_show(struct stk_machine *machine, stk_slot slot, size_t max);

/* The first character of text, which must not be empty, as printable ASCII: itself, or an
 * escape of Python's repr, as inspect has it. utf8: where the text is none, and if this
 * is not set, a byte stands for itself. Returns how many bytes of text it took. */
#define STK_SHOWN_CHAR 11
size_t stk_show_char(struct stk_span text, bool utf8, char ret_shown[STK_SHOWN_CHAR]);

/* What the run reads from. Borrowed as the run's source is. */
const struct stk_source *stk_machine_source(const struct stk_machine *machine);

/* How many streams that follow in place (stk_outcome.nested) are being run: inside one,
 * the loader is pickle.load, whatever it is outside. */
uint64_t stk_machine_nesting(const struct stk_machine *machine);

/* The value at depth n from the top, for the disassembler; false past the bottom. */
bool stk_machine_peek(const struct stk_machine *machine, size_t n, stk_slot *ret_slot);
size_t stk_machine_depth(const struct stk_machine *machine);
