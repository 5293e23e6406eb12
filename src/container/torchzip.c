/* SPDX-License-Identifier: Apache-2.0
 *
 * What an archive is for. torch.load takes <prefix>/data.pkl and, by the persistent ids
 * in it, <prefix>/data/<key>; its reader (miniz) ignores the case of names. A storage
 * that data.pkl names is numbers to every loader that gets this far, and is left alone.
 */
#include "container/zip.h"

#define CONFIG "config.json" /* of a Keras archive, keras/src/saving/saving_lib.py */

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

/* Equal but for the case of letters; text is ours, NUL-terminated and lower case. */
static bool is_any_case(struct stk_span span, const char *text)
{
    size_t i = 0;
    while (i < span.len && text[i] != '\0' && lower(span.data[i]) == (uint8_t)text[i]) {
        i++;
    }
    return i == span.len && text[i] == '\0';
}

/* zipfile ends names at a NUL. */
static struct stk_span name_of(const struct stk_zip_entry *entry)
{
    size_t nul = stk_span_find(entry->name, "\0", 1);
    return stk_span_of(entry->name.data, nul < entry->name.len ? nul : entry->name.len);
}

/* Behind the first slash, which ends torch's prefix; empty where there is none. */
static struct stk_span inner_name(const struct stk_zip_entry *entry)
{
    struct stk_span name = name_of(entry);
    size_t slash = stk_span_find(name, "/", 1);
    if (slash >= name.len) {
        return stk_span_of(NULL, 0);
    }
    return stk_span_of(name.data + slash + 1, name.len - slash - 1);
}

static bool ends_with(struct stk_span name, const char *text, size_t len)
{
    return name.len >= len && stk_span_equal(stk_span_of(name.data + name.len - len, len),
                                             stk_span_of(text, len));
}

/* Which members show what the archive is for; SIZE_MAX: not there. */
struct layout {
    size_t data_pkl;
    size_t constants_pkl;
    size_t code; /* something that only TorchScript has */
    size_t package;
    size_t bare_pkl; /* the streams of torch outside a folder */
    size_t bare_version;
    size_t config;
    size_t keras_mate; /* another member of a Keras archive */
    size_t n_npy;
    size_t n_files;
};

static void keep(size_t *first, size_t index, bool is)
{
    if (is && *first == SIZE_MAX) {
        *first = index;
    }
}

static void look_at(struct layout *l, const struct stk_zip_entry *entry, size_t i)
{
    struct stk_span name = name_of(entry);
    struct stk_span inner = inner_name(entry);
    bool directory = ends_with(name, "/", 1);
    keep(&l->data_pkl, i, is_any_case(inner, "data.pkl"));
    keep(&l->constants_pkl, i, is_any_case(inner, "constants.pkl"));
    keep(&l->code, i, stk_span_starts(inner, "code/", 5) && !directory);
    keep(&l->code, i, ends_with(inner, ".debug_pkl", 10));
    keep(&l->package, i, is_any_case(inner, ".data/extern_modules"));
    keep(&l->bare_pkl, i, is_any_case(name, "data.pkl"));
    keep(&l->bare_version, i, is_any_case(name, "version"));
    keep(&l->config, i, stk_span_is(name, CONFIG));
    keep(&l->keras_mate, i,
         stk_span_is(name, "metadata.json") || stk_span_is(name, "model.weights.h5"));
    l->n_npy += ends_with(name, ".npy", 4);
    l->n_files += !directory;
}

static struct layout layout_of(const struct stk_zip *zip)
{
    struct layout l = {.data_pkl = SIZE_MAX,
                       .constants_pkl = SIZE_MAX,
                       .code = SIZE_MAX,
                       .package = SIZE_MAX,
                       .bare_pkl = SIZE_MAX,
                       .bare_version = SIZE_MAX,
                       .config = SIZE_MAX,
                       .keras_mate = SIZE_MAX};
    for (size_t i = 0; i < zip->n_entries; i++) {
        look_at(&l, &zip->entries[i], i);
    }
    /* torch.load gives archives with constants.pkl to torch.jit.load. */
    keep(&l.code, l.constants_pkl, l.constants_pkl != SIZE_MAX);
    return l;
}

static bool is_script(const struct layout *l)
{
    return l->code != SIZE_MAX &&
           (l->data_pkl != SIZE_MAX || l->constants_pkl != SIZE_MAX);
}

static const char *format_of(const struct layout *l)
{
    if (l->package != SIZE_MAX) {
        return "torch-package";
    }
    if (is_script(l)) {
        return "torchscript";
    }
    if (l->data_pkl != SIZE_MAX) {
        return "torch-zip";
    }
    if (l->config != SIZE_MAX && l->keras_mate != SIZE_MAX) {
        return "keras";
    }
    return l->n_files > 0 && l->n_npy == l->n_files ? "npz" : NULL;
}

static enum stk_status name_format(struct stk_zip *zip, const struct layout *l)
{
    const char *format = format_of(l);
    if (format != NULL && zip->visitor->refine != NULL) {
        zip->visitor->refine(zip->visitor->ctx, format);
    }
    if (l->package != SIZE_MAX) {
        STK_TRY(stk_zip_note(zip, STK_NOTE_CODE,
                             stk_zip_entry_off(&zip->entries[l->package]),
                             "torch.package code"));
    }
    if (is_script(l)) {
        STK_TRY(stk_zip_note(zip, STK_NOTE_CODE,
                             stk_zip_entry_off(&zip->entries[l->code]),
                             "TorchScript code"));
    }
    /* caffe2/serialize/inline_container.cc: "file in archive is not in a subdirectory".
     */
    if (l->data_pkl == SIZE_MAX && l->bare_pkl != SIZE_MAX &&
        l->bare_version != SIZE_MAX) {
        STK_TRY(stk_zip_note(zip, STK_NOTE_AMBIGUOUS,
                             stk_zip_entry_off(&zip->entries[l->bare_pkl]),
                             "torch members outside a folder: torch.load refuses what "
                             "others unpickle"));
    }
    return l->config == SIZE_MAX ? STK_OK
                                 : stk_keras_config(zip, &zip->entries[l->config]);
}

/* The stream that torch.load reads, and its like in a TorchScript archive. */
static bool is_torch_stream(const struct stk_zip_entry *entry)
{
    struct stk_span inner = inner_name(entry);
    return is_any_case(inner, "data.pkl") || is_any_case(inner, "constants.pkl");
}

/* <prefix>/data/<key>, with the prefix of data.pkl, and nothing odd about it. */
static bool is_storage(const struct stk_zip *zip, const struct layout *l,
                       const struct stk_zip_entry *entry)
{
    static const char dir[] = "data/";
    if (entry->odd || l->data_pkl == SIZE_MAX || zip->visitor->is_storage == NULL) {
        return false;
    }
    struct stk_span inner = inner_name(entry);
    struct stk_span pickle = name_of(&zip->entries[l->data_pkl]);
    size_t prefix = pickle.len - (sizeof("data.pkl") - 1);
    if (!stk_span_starts(entry->name, pickle.data, prefix) ||
        !stk_span_starts(inner, dir, sizeof(dir) - 1)) {
        return false;
    }
    struct stk_span key = stk_span_of(inner.data + 5, inner.len - 5);
    return key.len > 0 && zip->visitor->is_storage(zip->visitor->ctx, key);
}

/* The streams first: they say which of the others are storages. */
enum stk_status stk_zip_hand_members(struct stk_zip *zip)
{
    struct layout l = layout_of(zip);
    STK_TRY(name_format(zip, &l));
    for (size_t i = 0; i < zip->n_entries; i++) {
        if (is_torch_stream(&zip->entries[i])) {
            STK_TRY(stk_zip_hand_out(zip, i, STK_ROLE_TORCH));
        }
    }
    for (size_t i = 0; i < zip->n_entries; i++) {
        const struct stk_zip_entry *entry = &zip->entries[i];
        if (!is_torch_stream(entry) && !is_storage(zip, &l, entry)) {
            STK_TRY(stk_zip_hand_out(zip, i, STK_ROLE_ANY));
        }
    }
    return STK_OK;
}
