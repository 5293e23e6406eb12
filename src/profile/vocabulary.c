/* SPDX-License-Identifier: Apache-2.0
 *
 * stockade's assertions: kinds, bytes, names, tensors, paths.
 */
#include "base/checked.h"
#include "profile/run.h"

/* ---- reading ---- */

/* A text, or an array of texts, one by one. */
static enum stk_status each_text(
    struct stk_reading_schema *s, const char *keyword, struct stk_value value,
    enum stk_status (*take)(struct stk_reading_schema *s, const char *keyword,
                            struct stk_value text, size_t i, void *ctx),
    void *ctx)
{
    const struct stk_items one = {.n = 1, .list = &value};
    bool listed = value.kind == STK_VALUE_LIST;
    const struct stk_items *items = listed ? value.items : &one;
    for (size_t i = 0; i < items->n; i++) {
        if (items->list[i].kind != STK_VALUE_STR) {
            return stk_keyword_fail(s, keyword, items->list[i],
                                    "must be a text or an array of texts");
        }
        STK_TRY(take(s, keyword, items->list[i], i, ctx));
    }
    return listed && items->n == 0 ? stk_keyword_fail(s, keyword, value, "names nothing")
                                   : STK_OK;
}

static size_t count_texts(struct stk_value value)
{
    return value.kind == STK_VALUE_LIST ? value.items->n : 1;
}

/* ---- kinds ---- */

static enum stk_status take_kind(struct stk_reading_schema *s, const char *keyword,
                                 struct stk_value text, size_t i, void *ctx)
{
    uint64_t *mask = ctx;
    uint64_t before = *mask;
    (void)i;
    for (int kind = 0; kind < STK_VALUE_REFUSED; kind++) {
        if (stk_text_is(text, stk_value_kind_name((enum stk_value_kind)kind))) {
            *mask |= UINT64_C(1) << kind;
        }
    }
    return *mask == before ? stk_keyword_fail(s, keyword, text, "no such kind") : STK_OK;
}

/* All kinds of a group are among those. */
static bool takes_group(uint64_t mask, enum stk_op_group group)
{
    for (int kind = 0; kind < STK_VALUE_REFUSED; kind++) {
        if (stk_shown[kind].group == group && ((mask >> kind) & 1) == 0) {
            return false;
        }
    }
    return true;
}

static enum stk_status read_kind(struct stk_reading_schema *s, const char *keyword,
                                 struct stk_value value)
{
    uint64_t mask = 0;
    uint32_t types = 0;
    STK_TRY(each_text(s, keyword, value, take_kind, &mask));
    for (int kind = 0; kind < STK_VALUE_REFUSED; kind++) {
        if (((mask >> kind) & 1) != 0) {
            types |= stk_shown[kind].type;
            types |= kind == STK_VALUE_DICT ? STK_TYPE_OTHER : 0;
            types |= kind == STK_VALUE_FLOAT ? STK_TYPE_INTEGER : 0; /* 1.0 */
        }
    }
    s->node.types &= types;
    /* Of none, bool and str the type says it all. */
    const enum stk_op_group groups[] = {STK_GROUP_NUMBER, STK_GROUP_ARRAY,
                                        STK_GROUP_OBJECT, STK_GROUP_OTHER};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (!takes_group(mask, groups[i])) {
            stk_add_op(s, groups[i], STK_KEYWORD_KIND, keyword)->count = mask;
        }
    }
    return STK_OK;
}

static bool is_kind(struct stk_validation *v, const struct stk_op *op,
                    const struct stk_value *value)
{
    (void)v;
    return ((op->count >> value->kind) & 1) != 0;
}

/* ---- names ---- */

static enum stk_status take_name(struct stk_reading_schema *s, const char *keyword,
                                 struct stk_value text, size_t i, void *ctx)
{
    struct stk_name *names = ctx;
    struct stk_span bytes = stk_text_of(text);
    size_t split = stk_span_find(bytes, ":", 1);
    if (split == SIZE_MAX) {
        split = stk_span_find_last(bytes, ".", 1);
    }
    if (split == SIZE_MAX || split == 0 || split + 1 == bytes.len) {
        return stk_keyword_fail(s, keyword, text,
                                "must be a module and a name: pkg.module:Name");
    }
    struct stk_span module = stk_span_of(bytes.data, split);
    struct stk_span name = stk_span_of(bytes.data + split + 1, bytes.len - split - 1);
    names[i] = (struct stk_name){
        .module = module, .qualified = name, .hash = stk_name_hash(module, name)};
    return STK_OK;
}

enum stk_status stk_read_names(struct stk_reading_schema *s, const char *keyword,
                               struct stk_value value, struct stk_name_list *ret_names)
{
    size_t n = count_texts(value);
    struct stk_name *list = stk_arena_array(&s->c->schema->arena, n, sizeof *list);
    if (list == NULL) {
        return STK_E_NOMEM;
    }
    *ret_names = (struct stk_name_list){.n = n, .list = list};
    return each_text(s, keyword, value, take_name, list);
}

bool stk_names_have(const struct stk_name_list *names, const struct stk_name *name)
{
    for (size_t i = 0; name != NULL && i < names->n; i++) {
        if (stk_name_equal(&names->list[i], name)) {
            return true;
        }
    }
    return false;
}

static enum stk_status read_global(struct stk_reading_schema *s, const char *keyword,
                                   struct stk_value value)
{
    struct stk_name_list names;
    STK_TRY(stk_read_names(s, keyword, value, &names));
    STK_TRY(stk_schema_name(s->c, &names, STK_NAMED_GLOBAL));
    stk_add_op(s, STK_GROUP_ANY, STK_KEYWORD_GLOBAL, keyword)->names = names;
    return STK_OK;
}

/* "module.name", on wires that have no globals. */
static bool is_written(const struct stk_name *name, struct stk_span text)
{
    size_t n = name->module.len;
    return text.len == n + 1 + name->qualified.len &&
           stk_span_starts(text, name->module.data, n) && text.data[n] == '.' &&
           stk_span_equal(stk_span_of(text.data + n + 1, name->qualified.len),
                          name->qualified);
}

static bool is_global(struct stk_validation *v, const struct stk_op *op,
                      const struct stk_value *value)
{
    if (value->kind == STK_VALUE_GLOBAL) {
        return stk_names_have(&op->names, value->name);
    }
    for (size_t i = 0; v->plain && value->kind == STK_VALUE_STR && i < op->names.n; i++) {
        if (is_written(&op->names.list[i], stk_text_of(*value))) {
            return true;
        }
    }
    return false;
}

/* ---- refusals ---- */

static enum stk_status read_refuse(struct stk_reading_schema *s, const char *keyword,
                                   struct stk_value value)
{
    if (value.kind != STK_VALUE_STR) {
        return stk_keyword_fail(s, keyword, value, "must be a text that says why");
    }
    stk_add_op(s, STK_GROUP_ANY, STK_KEYWORD_REFUSE, keyword)->value = value;
    return STK_OK;
}

static bool is_not_refused(struct stk_validation *v, const struct stk_op *op,
                           const struct stk_value *value)
{
    (void)v;
    (void)op;
    (void)value;
    return false;
}

/* ---- bytes ---- */

static const struct stk_array *array_of(const struct stk_value *value)
{
    bool has = value->kind == STK_VALUE_TENSOR || value->kind == STK_VALUE_NDARRAY ||
               value->kind == STK_VALUE_STORAGE;
    return has ? value->object->array : NULL;
}

/* False of what has no bytes; UINT64_MAX: more than can be counted. */
bool stk_bytes_of(const struct stk_value *value, uint64_t *ret_n)
{
    const struct stk_array *array = array_of(value);
    if (value->kind == STK_VALUE_BYTES || value->kind == STK_VALUE_BYTEARRAY) {
        *ret_n = value->text->bytes.len;
        return true;
    }
    if (value->kind == STK_VALUE_BUFFER) {
        *ret_n = value->buffer->present ? value->buffer->bytes.len : UINT64_MAX;
        return true;
    }
    if (array == NULL) {
        return false;
    }
    if (array->item_size == 0) {
        *ret_n = array->present ? array->bytes.len : UINT64_MAX;
    } else if (!stk_mul(array->n_items, array->item_size, ret_n)) {
        *ret_n = UINT64_MAX;
    }
    return true;
}

static bool has_min_bytes(struct stk_validation *v, const struct stk_op *op,
                          const struct stk_value *value)
{
    uint64_t n = 0;
    (void)v;
    return !stk_bytes_of(value, &n) || (n >= op->count && n != UINT64_MAX);
}

static bool has_max_bytes(struct stk_validation *v, const struct stk_op *op,
                          const struct stk_value *value)
{
    uint64_t n = 0;
    (void)v;
    return !stk_bytes_of(value, &n) || n <= op->count;
}

/* ---- tensors ---- */

static enum stk_status take_dtype(struct stk_reading_schema *s, const char *keyword,
                                  struct stk_value text, size_t i, void *ctx)
{
    uint64_t *mask = ctx;
    enum stk_dtype dtype = stk_dtype_of(stk_text_of(text));
    (void)i;
    if (dtype == STK_DTYPE_NONE && !stk_text_is(text, "other")) {
        return stk_keyword_fail(s, keyword, text, "no such dtype");
    }
    *mask |= UINT64_C(1) << dtype;
    return STK_OK;
}

static enum stk_status read_dtype(struct stk_reading_schema *s, const char *keyword,
                                  struct stk_value value)
{
    uint64_t mask = 0;
    STK_TRY(each_text(s, keyword, value, take_dtype, &mask));
    stk_add_op(s, STK_GROUP_OTHER, STK_KEYWORD_DTYPE, keyword)->count = mask;
    return STK_OK;
}

static bool has_dtype(struct stk_validation *v, const struct stk_op *op,
                      const struct stk_value *value)
{
    const struct stk_array *array = array_of(value);
    (void)v;
    return array == NULL || ((op->count >> array->dtype) & 1) != 0;
}

static bool take_count(struct stk_value value, uint64_t *ret_n)
{
    *ret_n = value.integer >= 0 ? (uint64_t)value.integer : 0;
    return value.kind == STK_VALUE_INT && value.integer >= 0;
}

static bool take_range(struct stk_value value, struct stk_shape_range *ret)
{
    *ret = (struct stk_shape_range){.least = 0, .most = UINT64_MAX};
    if (value.kind == STK_VALUE_NONE) {
        return true;
    }
    if (value.kind == STK_VALUE_LIST && value.items->n == 2) {
        const struct stk_value *pair = value.items->list;
        return take_count(pair[0], &ret->least) &&
               (pair[1].kind == STK_VALUE_NONE || take_count(pair[1], &ret->most));
    }
    ret->most = 0;
    bool exact = take_count(value, &ret->least);
    ret->most = ret->least;
    return exact;
}

static enum stk_status read_shape(struct stk_reading_schema *s, const char *keyword,
                                  struct stk_value value)
{
    if (value.kind != STK_VALUE_LIST) {
        return stk_keyword_fail(s, keyword, value, "must be an array");
    }
    struct stk_shape_rule rule = {.n = value.items->n};
    rule.list = stk_arena_array(&s->c->schema->arena, rule.n, sizeof *rule.list);
    if (rule.list == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < rule.n; i++) {
        if (!take_range(value.items->list[i], &rule.list[i])) {
            return stk_keyword_fail(s, keyword, value.items->list[i],
                                    "must be a length, [least, most] or null");
        }
    }
    stk_add_op(s, STK_GROUP_OTHER, STK_KEYWORD_SHAPE, keyword)->shape = rule;
    return STK_OK;
}

static bool has_shape(struct stk_validation *v, const struct stk_op *op,
                      const struct stk_value *value)
{
    const struct stk_array *array = array_of(value);
    (void)v;
    if (array == NULL || value->kind == STK_VALUE_STORAGE) {
        return true;
    }
    bool valid = array->rank == op->shape.n;
    for (size_t i = 0; valid && i < op->shape.n; i++) {
        valid = array->shape[i] >= op->shape.list[i].least &&
                array->shape[i] <= op->shape.list[i].most;
    }
    return valid;
}

static bool has_min_rank(struct stk_validation *v, const struct stk_op *op,
                         const struct stk_value *value)
{
    const struct stk_array *array = array_of(value);
    (void)v;
    return array == NULL || value->kind == STK_VALUE_STORAGE || array->rank >= op->count;
}

static bool has_max_rank(struct stk_validation *v, const struct stk_op *op,
                         const struct stk_value *value)
{
    const struct stk_array *array = array_of(value);
    (void)v;
    return array == NULL || array->rank <= op->count;
}

static bool has_max_dimension(struct stk_validation *v, const struct stk_op *op,
                              const struct stk_value *value)
{
    const struct stk_array *array = array_of(value);
    (void)v;
    for (uint32_t i = 0; array != NULL && i < array->rank; i++) {
        if (array->shape[i] > op->count) {
            return false;
        }
    }
    return true;
}

static enum stk_status take_nothing(struct stk_reading_schema *s, const char *keyword,
                                    struct stk_value text, size_t i, void *ctx)
{
    (void)s;
    (void)keyword;
    (void)text;
    (void)i;
    (void)ctx;
    return STK_OK;
}

static enum stk_status read_device(struct stk_reading_schema *s, const char *keyword,
                                   struct stk_value value)
{
    STK_TRY(each_text(s, keyword, value, take_nothing, NULL));
    stk_add_op(s, STK_GROUP_OTHER, STK_KEYWORD_DEVICE, keyword)->value = value;
    return STK_OK;
}

static bool has_device(struct stk_validation *v, const struct stk_op *op,
                       const struct stk_value *value)
{
    const struct stk_array *array = array_of(value);
    const struct stk_items one = {.n = 1, .list = &op->value};
    const struct stk_items *devices =
        op->value.kind == STK_VALUE_LIST ? op->value.items : &one;
    (void)v;
    if (array != NULL && array->storage.kind == STK_VALUE_STORAGE) {
        array = array->storage.object->array;
    }
    if (array == NULL || value->kind == STK_VALUE_NDARRAY) {
        return true;
    }
    for (size_t i = 0; i < devices->n; i++) {
        if (stk_span_equal(stk_text_of(devices->list[i]), array->location)) {
            return true;
        }
    }
    return false;
}

static enum stk_status read_contiguous(struct stk_reading_schema *s, const char *keyword,
                                       struct stk_value value)
{
    if (value.kind != STK_VALUE_BOOL) {
        return stk_keyword_fail(s, keyword, value, "must be a boolean");
    }
    if (value.boolean) {
        (void)stk_add_op(s, STK_GROUP_OTHER, STK_KEYWORD_CONTIGUOUS, keyword);
    }
    return STK_OK;
}

static bool is_contiguous(struct stk_validation *v, const struct stk_op *op,
                          const struct stk_value *value)
{
    const struct stk_array *array = array_of(value);
    uint64_t step = 1;
    (void)v;
    (void)op;
    for (uint32_t i = array == NULL || array->stride == NULL ? 0 : array->rank;
         i-- > 0;) {
        if (array->shape[i] != 1 && (uint64_t)array->stride[i] != step) {
            return array->n_items == 0;
        }
        step *= array->shape[i]; /* their product was looked at */
    }
    return true;
}

/* ---- paths ---- */

static enum stk_status take_folder(struct stk_reading_schema *s, const char *keyword,
                                   struct stk_value text, size_t i, void *ctx)
{
    struct stk_span *folders = ctx;
    struct stk_span folder = stk_text_of(text);
    while (folder.len > 1 && folder.data[folder.len - 1] == '/') {
        folder.len--;
    }
    if (folder.len == 0 || folder.data[0] != '/' ||
        stk_span_find(folder, "/..", 3) != SIZE_MAX) {
        return stk_keyword_fail(s, keyword, text, "must name absolute folders");
    }
    folders[i] = folder.len == 1 ? stk_span_of(folder.data, 0) : folder;
    return STK_OK;
}

static enum stk_status read_path(struct stk_reading_schema *s, const char *keyword,
                                 struct stk_value value)
{
    struct stk_path_rule *rule = stk_arena_alloc(&s->c->schema->arena, sizeof *rule);
    if (rule == NULL) {
        return STK_E_NOMEM;
    }
    if (value.kind != STK_VALUE_DICT) {
        return stk_keyword_fail(s, keyword, value, "must be an object");
    }
    const struct stk_value *within = stk_schema_get(value.pairs, "within");
    const struct stk_value *relative = stk_schema_get(value.pairs, "relative");
    if (relative != NULL && relative->kind != STK_VALUE_BOOL) {
        return stk_keyword_fail(s, keyword, *relative, "must be a boolean");
    }
    size_t known = (within != NULL) + (size_t)(relative != NULL);
    rule->relative = relative != NULL && relative->boolean;
    if (known != value.pairs->n || known == 0) {
        return stk_keyword_fail(s, keyword, value, "has `within` and `relative` only");
    }
    if (within != NULL) {
        rule->n = count_texts(*within);
        struct stk_span *folders =
            stk_arena_array(&s->c->schema->arena, rule->n, sizeof *folders);
        rule->within = folders;
        if (folders == NULL) {
            return STK_E_NOMEM;
        }
        STK_TRY(each_text(s, keyword, *within, take_folder, folders));
    }
    stk_add_op(s, STK_GROUP_STRING, STK_KEYWORD_PATH, keyword)->path = rule;
    return STK_OK;
}

/* No component is "..", and no byte ends the path early for who opens it. */
static bool stays_below(struct stk_span path)
{
    size_t begin = 0;
    for (size_t i = 0; i <= path.len; i++) {
        if (i < path.len && path.data[i] == 0) {
            return false;
        }
        if (i == path.len || path.data[i] == '/') {
            if (i - begin == 2 && path.data[begin] == '.' &&
                path.data[begin + 1] == '.') {
                return false;
            }
            begin = i + 1;
        }
    }
    return path.len > 0;
}

static bool is_confined(struct stk_validation *v, const struct stk_op *op,
                        const struct stk_value *value)
{
    struct stk_span path = stk_text_of(*value);
    const struct stk_path_rule *rule = op->path;
    (void)v;
    if (!stays_below(path)) {
        return false;
    }
    if (path.data[0] != '/') {
        return rule->relative;
    }
    for (size_t i = 0; i < rule->n; i++) {
        struct stk_span folder = rule->within[i];
        /* "//x" is not below "/": POSIX leaves its meaning open. */
        if (stk_span_starts(path, folder.data, folder.len) && path.len > folder.len + 1 &&
            path.data[folder.len] == '/' && path.data[folder.len + 1] != '/') {
            return true;
        }
    }
    return false;
}

/* ---- the tables ---- */

static enum stk_status read_min_bytes(struct stk_reading_schema *s, const char *keyword,
                                      struct stk_value value)
{
    return stk_read_count(s, keyword, value, STK_GROUP_OTHER, STK_KEYWORD_MIN_BYTES);
}

static enum stk_status read_max_bytes(struct stk_reading_schema *s, const char *keyword,
                                      struct stk_value value)
{
    return stk_read_count(s, keyword, value, STK_GROUP_OTHER, STK_KEYWORD_MAX_BYTES);
}

static enum stk_status read_min_rank(struct stk_reading_schema *s, const char *keyword,
                                     struct stk_value value)
{
    return stk_read_count(s, keyword, value, STK_GROUP_OTHER, STK_KEYWORD_MIN_RANK);
}

static enum stk_status read_max_rank(struct stk_reading_schema *s, const char *keyword,
                                     struct stk_value value)
{
    return stk_read_count(s, keyword, value, STK_GROUP_OTHER, STK_KEYWORD_MAX_RANK);
}

static enum stk_status read_max_dimension(struct stk_reading_schema *s,
                                          const char *keyword, struct stk_value value)
{
    return stk_read_count(s, keyword, value, STK_GROUP_OTHER, STK_KEYWORD_MAX_DIMENSION);
}

static const struct {
    const char *keyword;
    enum stk_status (*read)(struct stk_reading_schema *s, const char *keyword,
                            struct stk_value value);
} keywords[] = {
    {"kind", read_kind},
    {"global", read_global},
    {"dtype", read_dtype},
    {"minRank", read_min_rank},
    {"maxRank", read_max_rank},
    {"shape", read_shape},
    {"maxDimension", read_max_dimension},
    {"device", read_device},
    {"contiguous", read_contiguous},
    {"minBytes", read_min_bytes},
    {"maxBytes", read_max_bytes},
    {"path", read_path},
    {"keys", stk_read_keys},
    {"values", stk_read_values},
    {"class", stk_read_class},
    {"elements", stk_read_elements},
    {"nested", stk_read_nested},
    {"refuse", read_refuse},
};

/* What says more of a class would say nothing without it. */
static enum stk_status refuse_strays(struct stk_reading_schema *s)
{
    static const char *const beside[] = {"state",   "arguments", "keywords",
                                         "entries", "call",      "members"};
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        const struct stk_value *value = stk_schema_get(s->pairs, beside[i]);
        if (value != NULL && stk_schema_get(s->pairs, "class") == NULL) {
            return stk_keyword_fail(s, beside[i], *value, "stands beside `class` only");
        }
    }
    return STK_OK;
}

enum stk_status stk_compile_vocabulary(struct stk_reading_schema *s)
{
    STK_TRY(refuse_strays(s));
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        const struct stk_value *value = stk_schema_get(s->pairs, keywords[i].keyword);
        if (value != NULL) {
            STK_TRY(keywords[i].read(s, keywords[i].keyword, *value));
        }
    }
    return STK_OK;
}

stk_assertion stk_vocabulary_assertion(enum stk_op_kind kind)
{
    static const stk_assertion assertions[] = {
        [STK_KEYWORD_KIND] = is_kind,
        [STK_KEYWORD_GLOBAL] = is_global,
        [STK_KEYWORD_REFUSE] = is_not_refused,
        [STK_KEYWORD_MIN_BYTES] = has_min_bytes,
        [STK_KEYWORD_MAX_BYTES] = has_max_bytes,
        [STK_KEYWORD_DTYPE] = has_dtype,
        [STK_KEYWORD_SHAPE] = has_shape,
        [STK_KEYWORD_MIN_RANK] = has_min_rank,
        [STK_KEYWORD_MAX_RANK] = has_max_rank,
        [STK_KEYWORD_MAX_DIMENSION] = has_max_dimension,
        [STK_KEYWORD_DEVICE] = has_device,
        [STK_KEYWORD_CONTIGUOUS] = is_contiguous,
        [STK_KEYWORD_PATH] = is_confined,
    };
    return kind < sizeof assertions / sizeof assertions[0] ? assertions[kind] : NULL;
}
