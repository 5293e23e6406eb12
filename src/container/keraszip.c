/* SPDX-License-Identifier: Apache-2.0
 *
 * config.json of a Keras archive names what keras.saving builds. Lambda layers carry
 * marshalled code, and any class or function of any module can be named. Modules of Keras
 * that hold nothing but layers and the like are known; all others are code.
 */
#include "container/zip.h"

#define CONFIG_MAX ((size_t)64 << 20)
#define TEXT_MAX 128

/* Goes through the strings of a JSON text, which need not be valid. */
struct scan {
    struct stk_span text;
    size_t pos;
    char string[TEXT_MAX]; /* the last one, escapes resolved, cut */
    size_t len;
    bool cut;
};

enum field {
    FIELD_OTHER,
    FIELD_MODULE,
    FIELD_CLASS,
};

static bool next_byte(struct scan *s, uint8_t *ret_byte)
{
    if (s->pos >= s->text.len) {
        return false;
    }
    *ret_byte = s->text.data[s->pos++];
    return true;
}

static void put(struct scan *s, uint32_t code)
{
    if (s->len < TEXT_MAX) {
        s->string[s->len++] = code < 0x80 ? (char)code : '?';
    } else {
        s->cut = true;
    }
}

static uint32_t digit_of(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return (uint32_t)(byte - '0');
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? (uint32_t)(byte - 'a' + 10) : 0;
}

/* Behind a backslash. */
static void put_escape(struct scan *s)
{
    uint8_t byte = 0;
    uint32_t code = 0;
    if (!next_byte(s, &byte)) {
        return;
    }
    if (byte != 'u') {
        put(s, byte);
        return;
    }
    for (int i = 0; i < 4 && next_byte(s, &byte); i++) {
        code = code << 4 | digit_of(byte);
    }
    put(s, code);
}

/* The next string. False at the end. */
static bool next_string(struct scan *s)
{
    uint8_t byte = 0;
    do {
        if (!next_byte(s, &byte)) {
            return false;
        }
    } while (byte != '"');
    s->len = 0;
    s->cut = false;
    while (next_byte(s, &byte) && byte != '"') {
        if (byte == '\\') {
            put_escape(s);
        } else {
            put(s, byte);
        }
    }
    return true;
}

/* The string is a key: a colon follows. */
static bool is_key(const struct scan *s)
{
    struct scan ahead = *s;
    uint8_t byte = 0;
    while (next_byte(&ahead, &byte)) {
        if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r') {
            return byte == ':';
        }
    }
    return false;
}

static enum field field_of(struct stk_span key)
{
    if (stk_span_is(key, "module")) {
        return FIELD_MODULE;
    }
    bool is_class = stk_span_is(key, "class_name") || stk_span_is(key, "registered_name");
    return is_class ? FIELD_CLASS : FIELD_OTHER;
}

static bool is_known_module(struct stk_span module)
{
    static const char *const known[] = {
        "keras",
        "keras.activations",
        "keras.constraints",
        "keras.dtype_policies",
        "keras.initializers",
        "keras.layers",
        "keras.losses",
        "keras.metrics",
        "keras.models",
        "keras.optimizers",
        "keras.optimizers.schedules",
        "keras.regularizers",
        "keras.src.models.functional",
        "keras.src.models.sequential",
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (stk_span_is(module, known[i])) {
            return true;
        }
    }
    return false;
}

static bool has(struct stk_span text, const char *word, size_t len)
{
    return stk_span_find(text, word, len) != SIZE_MAX;
}

/* Names code: "Lambda"; layers that load a SavedModel or unpickle a module of torch; what
 * is not of Keras. */
static bool is_code(const struct scan *s, enum field field)
{
    struct stk_span value = stk_span_of(s->string, s->len);
    switch (field) {
    case FIELD_MODULE:
        return s->cut || !is_known_module(value);
    case FIELD_CLASS:
        return has(value, "Lambda", 6) || has(value, "TFSM", 4) ||
               has(value, "TorchModule", 11);
    case FIELD_OTHER:
        break;
    }
    return false;
}

/* True if the text is a Keras configuration that names code. */
static bool names_code(struct stk_span text)
{
    struct scan s = {.text = text};
    enum field field = FIELD_OTHER;
    bool keras = false;
    bool code = false;
    while (next_string(&s)) {
        if (is_key(&s)) {
            field = field_of(stk_span_of(s.string, s.len));
            keras |= field == FIELD_CLASS;
        } else {
            code |= is_code(&s, field);
            field = FIELD_OTHER;
        }
    }
    return keras && code;
}

static enum stk_status judge(struct stk_zip *zip, const struct stk_zip_entry *config,
                             struct stk_span text)
{
    if (names_code(text)) {
        return stk_zip_note(zip, STK_NOTE_CODE, config->at,
                            "a Keras configuration that names code");
    }
    if (stk_span_find(text, "\0", 1) != SIZE_MAX) { /* json.loads takes UTF-16 and 32 */
        return stk_zip_note(zip, STK_NOTE_UNSUPPORTED, config->at,
                            "a config.json that is not UTF-8");
    }
    return STK_OK;
}

enum stk_status stk_keras_config(struct stk_zip *zip, const struct stk_zip_entry *config)
{
    struct stk_buf text;
    if (!config->found) {
        return STK_OK;
    }
    stk_buf_init(&text, zip->visitor->alloc, CONFIG_MAX);
    enum stk_status status = stk_zip_content(zip, config, &text);
    if (!stk_status_is_environment(status)) {
        status = judge(zip, config, stk_buf_span(&text));
    }
    stk_buf_release(&text);
    return status;
}
