/* SPDX-License-Identifier: Apache-2.0
 *
 * A FileDescriptorSet to types: read as a message of descriptor.proto's types, then every
 * message and enum is given its name, and then fields find the types that they name.
 */
#include "base/utf8.h"
#include "value/equal.h"
#include "wire/protobuf_state.h"

/* The descriptors of descriptors take less. */
#define BOOTSTRAP_MEMORY ((size_t)65536)

struct stk_protobuf_schema {
    const struct stk_alloc *alloc;
    struct stk_arena arena;
    struct stk_map symbols; /* hash of a full name: its struct symbol */
};

struct symbol {
    struct stk_span name;
    struct stk_protobuf_type *type; /* one of both */
    struct stk_protobuf_enum *values;
};

/* A message that was named. */
struct named {
    struct stk_value value; /* its DescriptorProto */
    struct stk_protobuf_type *type;
    bool proto3;
};

struct compiler {
    struct stk_protobuf_schema *schema;
    struct stk_arena values; /* what the set decodes to */
    struct named *named;     /* owned */
    size_t n_named;
    size_t cap_named;
    bool proto3; /* the file at hand */
    struct stk_protobuf_error error;
};

/* ---- looking at descriptors ---- */

static const struct stk_value *member(struct stk_value message, const char *name)
{
    struct stk_span key = stk_span_of(name, strlen(name));
    return stk_value_get(message.pairs, key, stk_text_hash(key));
}

/* Of a repeated field; what is not there is empty. */
static struct stk_items list_of(struct stk_value message, const char *name)
{
    const struct stk_value *list = member(message, name);
    return list == NULL ? (struct stk_items){0} : *list->items;
}

static struct stk_span text_of(struct stk_value message, const char *name)
{
    const struct stk_value *text = member(message, name);
    return text == NULL ? stk_span_of("", 0) : text->text->bytes;
}

static int64_t number_of(struct stk_value message, const char *name, int64_t otherwise)
{
    const struct stk_value *number = member(message, name);
    return number == NULL ? otherwise : number->integer;
}

/* A bool of its options. */
static bool option_of(struct stk_value message, const char *name, bool otherwise)
{
    const struct stk_value *options = member(message, "options");
    const struct stk_value *option = options == NULL ? NULL : member(*options, name);
    return option == NULL ? otherwise : option->boolean;
}

static enum stk_status refuse(struct compiler *c, enum stk_status status,
                              struct stk_value value, struct stk_span outer,
                              struct stk_span name, const char *reason)
{
    c->error = (struct stk_protobuf_error){.off = value.off, .reason = reason};
    stk_protobuf_path_put(&c->error, name);
    if (outer.len > 0) {
        stk_protobuf_path_put(&c->error, outer);
    }
    return status;
}

static enum stk_status malformed(struct compiler *c, struct stk_value value,
                                 struct stk_span outer, struct stk_span name,
                                 const char *reason)
{
    return refuse(c, STK_E_MALFORMED, value, outer, name, reason);
}

/* What is full says so before anybody looks for memory elsewhere. */
static enum stk_status no_memory(struct compiler *c, size_t len)
{
    const struct stk_arena *arena = &c->schema->arena;
    if (len > arena->cap - arena->taken) {
        return refuse(c, STK_E_LIMIT, stk_value_none(0), stk_span_of("", 0),
                      stk_span_of("", 0), "the set takes too much memory");
    }
    return STK_E_NOMEM;
}

/* ---- names ---- */

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* dots: a full name, whose parts are identifiers. */
static bool is_identifier(struct stk_span name, bool dots)
{
    bool begins = true;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (c == '.' && dots && !begins) {
            begins = true;
        } else if (is_letter(c) || (!begins && c >= '0' && c <= '9')) {
            begins = false;
        } else {
            return false;
        }
    }
    return !begins;
}

/* A name of a field or enum value, which is met in many messages. */
static enum stk_status make_text(struct compiler *c, struct stk_span name,
                                 const struct stk_text **ret_text)
{
    struct stk_arena *arena = &c->schema->arena;
    char *copy = stk_arena_text(arena, name);
    struct stk_value value;
    if (copy == NULL || stk_value_text(arena, 0, STK_VALUE_STR,
                                       stk_span_of(copy, name.len), &value) != STK_OK) {
        return no_memory(c, name.len + sizeof(struct stk_text) + 64);
    }
    ((struct stk_text *)(uintptr_t)value.text)->head.shared = true;
    *ret_text = value.text;
    return STK_OK;
}

/* outer.name; in the arena. */
static enum stk_status join(struct compiler *c, struct stk_span outer,
                            struct stk_span name, struct stk_span *ret_name)
{
    size_t dot = outer.len > 0;
    size_t len = outer.len + dot + name.len;
    uint8_t *full = stk_arena_alloc(&c->schema->arena, len);
    if (full == NULL) {
        return no_memory(c, len + 64);
    }
    stk_copy(full, outer.data, outer.len);
    if (dot > 0) {
        full[outer.len] = '.';
    }
    stk_copy(full + outer.len + dot, name.data, name.len);
    *ret_name = stk_span_of(full, len);
    return STK_OK;
}

static struct symbol *find_symbol(const struct stk_protobuf_schema *schema,
                                  struct stk_span name)
{
    uint64_t found = 0;
    if (!stk_map_get(&schema->symbols, stk_text_hash(name), &found)) {
        return NULL;
    }
    struct symbol *symbol = (struct symbol *)(uintptr_t)found;
    return stk_span_equal(symbol->name, name) ? symbol : NULL;
}

/* Names what value describes. */
static enum stk_status add_symbol(struct compiler *c, struct stk_value value,
                                  struct stk_span outer, struct symbol **ret_symbol)
{
    struct stk_span name = text_of(value, "name");
    bool added = false;
    if (!is_identifier(name, false)) {
        return malformed(c, value, outer, name, "a name that is no identifier");
    }
    struct symbol *symbol = stk_arena_alloc(&c->schema->arena, sizeof *symbol);
    if (symbol == NULL) {
        return no_memory(c, sizeof *symbol + 64);
    }
    STK_TRY(join(c, outer, name, &symbol->name));
    STK_TRY(stk_map_put(&c->schema->symbols, stk_text_hash(symbol->name),
                        (uint64_t)(uintptr_t)symbol, &added));
    if (!added) {
        return malformed(c, value, outer, name, "a name that is defined twice");
    }
    *ret_symbol = symbol;
    return STK_OK;
}

/* ---- enums ---- */

static int by_number(const void *a, const void *b)
{
    const struct stk_protobuf_enum_value *x = a;
    const struct stk_protobuf_enum_value *y = b;
    return x->number != y->number ? (x->number > y->number) - (x->number < y->number)
                                  : (x->name > y->name) - (x->name < y->name);
}

static enum stk_status name_enum(struct compiler *c, struct stk_value value,
                                 struct stk_span outer)
{
    struct symbol *symbol = NULL;
    const struct stk_text *twice = NULL;
    struct stk_items list = list_of(value, "value");
    struct stk_arena *arena = &c->schema->arena;
    STK_TRY(add_symbol(c, value, outer, &symbol));
    if (list.n == 0) {
        return malformed(c, value, outer, text_of(value, "name"),
                         "an enum without values");
    }
    struct stk_protobuf_enum *values = stk_arena_alloc(arena, sizeof *values);
    struct stk_text *names = stk_arena_array(arena, list.n, sizeof *names);
    struct stk_protobuf_enum_value *all = stk_arena_array(arena, list.n, sizeof *all);
    if (values == NULL || names == NULL || all == NULL) {
        return no_memory(c, list.n * (sizeof *names + sizeof *all) + 64);
    }
    for (size_t i = 0; i < list.n; i++) {
        struct stk_span name = text_of(list.list[i], "name");
        const struct stk_text *text = NULL;
        if (!is_identifier(name, false)) {
            return malformed(c, list.list[i], symbol->name, name,
                             "a name that is no identifier");
        }
        STK_TRY(make_text(c, name, &text));
        names[i] = *text; /* in the order of declaration, which by_number() goes by */
        all[i].name = &names[i];
        all[i].number = (int32_t)number_of(list.list[i], "number", 0);
    }
    *values = (struct stk_protobuf_enum){
        .name = symbol->name, .values = all, .n = list.n, .first = all[0].number};
    qsort(all, list.n, sizeof *all, by_number);
    if (stk_protobuf_enum_index(arena, values, &twice) != STK_OK) {
        return no_memory(c, list.n * 4 * sizeof(uint32_t) + 64);
    }
    if (twice != NULL) {
        return malformed(c, value, symbol->name, twice->bytes,
                         "a name that is defined twice");
    }
    symbol->values = values;
    return STK_OK;
}

static enum stk_status name_enums(struct compiler *c, struct stk_value value,
                                  struct stk_span outer)
{
    struct stk_items list = list_of(value, "enum_type");
    for (size_t i = 0; i < list.n; i++) {
        STK_TRY(name_enum(c, list.list[i], outer));
    }
    return STK_OK;
}

/* ---- naming messages ---- */

static enum stk_status name_messages(struct compiler *c, struct stk_items list,
                                     struct stk_span outer);

static enum stk_status name_message(struct compiler *c, struct stk_value value,
                                    struct stk_span outer)
{
    struct symbol *symbol = NULL;
    STK_TRY(add_symbol(c, value, outer, &symbol));
    symbol->type = stk_arena_alloc(&c->schema->arena, sizeof *symbol->type);
    if (symbol->type == NULL) {
        return no_memory(c, sizeof *symbol->type + 64);
    }
    symbol->type->name = symbol->name;
    symbol->type->is_entry = option_of(value, "map_entry", false);
    if (c->n_named == c->cap_named) {
        void *array = c->named;
        STK_TRY(stk_grow(c->schema->alloc, &array, &c->cap_named, sizeof c->named[0],
                         c->n_named + 1, SIZE_MAX / sizeof c->named[0]));
        c->named = array;
    }
    c->named[c->n_named++] =
        (struct named){.value = value, .type = symbol->type, .proto3 = c->proto3};
    STK_TRY(name_enums(c, value, symbol->name));
    return name_messages(c, list_of(value, "nested_type"), symbol->name);
}

/* As deep as the set's decoder went: STK_PROTOBUF_DEPTH_MAX. */
static enum stk_status name_messages(struct compiler *c, struct stk_items list,
                                     struct stk_span outer)
{
    for (size_t i = 0; i < list.n; i++) {
        STK_TRY(name_message(c, list.list[i], outer));
    }
    return STK_OK;
}

static enum stk_status name_file(struct compiler *c, struct stk_value file)
{
    struct stk_span nothing = stk_span_of("", 0);
    struct stk_span name = text_of(file, "name");
    struct stk_span package = text_of(file, "package");
    struct stk_span syntax = text_of(file, "syntax");
    c->proto3 = stk_span_is(syntax, "proto3");
    if (member(file, "edition") != NULL ||
        (!c->proto3 && syntax.len > 0 && !stk_span_is(syntax, "proto2"))) {
        return refuse(c, STK_E_UNSUPPORTED, file, nothing, name,
                      "a file that is neither proto2 nor proto3");
    }
    if (package.len > 0 && !is_identifier(package, true)) {
        return malformed(c, file, nothing, name, "a package that is no name");
    }
    STK_TRY(name_enums(c, file, package));
    return name_messages(c, list_of(file, "message_type"), package);
}

/* ---- fields ---- */

static const uint8_t wires[STK_PB_KINDS] = {
    [STK_PB_DOUBLE] = STK_PB_FIXED64,   [STK_PB_FLOAT] = STK_PB_FIXED32,
    [STK_PB_FIXED_64] = STK_PB_FIXED64, [STK_PB_FIXED_32] = STK_PB_FIXED32,
    [STK_PB_SFIXED64] = STK_PB_FIXED64, [STK_PB_SFIXED32] = STK_PB_FIXED32,
    [STK_PB_STRING] = STK_PB_LEN,       [STK_PB_BYTES] = STK_PB_LEN,
    [STK_PB_GROUP_TYPE] = STK_PB_GROUP, [STK_PB_MESSAGE] = STK_PB_LEN,
};

/* FieldDescriptorProto.Label */
enum {
    LABEL_OPTIONAL = 1,
    LABEL_REQUIRED,
    LABEL_REPEATED,
};

/* The message or enum that a field names. */
static enum stk_status link_field(struct compiler *c, struct stk_value value,
                                  const struct stk_protobuf_type *type,
                                  struct stk_protobuf_field *field)
{
    struct stk_span name = text_of(value, "type_name");
    struct stk_span own = text_of(value, "name");
    bool is_enum = field->kind == STK_PB_ENUM;
    if (!is_enum && field->kind != STK_PB_MESSAGE && field->kind != STK_PB_GROUP_TYPE) {
        return STK_OK;
    }
    if (name.len == 0 || name.data[0] != '.') {
        return malformed(c, value, type->name, own, "a type that is not named in full");
    }
    struct symbol *symbol =
        find_symbol(c->schema, stk_span_of(name.data + 1, name.len - 1));
    if (symbol == NULL) {
        return malformed(c, value, type->name, own,
                         "a type that the set does not define");
    }
    field->message = is_enum ? NULL : symbol->type;
    field->values = is_enum ? symbol->values : NULL;
    if (field->message == NULL && field->values == NULL) {
        return malformed(c, value, type->name, own, "a type of another kind");
    }
    field->map = field->message != NULL && field->message->is_entry;
    if (field->map && (!field->repeated || field->kind != STK_PB_MESSAGE)) {
        return malformed(c, value, type->name, own, "an entry of a map that is no map");
    }
    return STK_OK;
}

static enum stk_status check_field(struct compiler *c, struct stk_value value,
                                   const struct stk_protobuf_type *type)
{
    struct stk_span name = text_of(value, "name");
    int64_t number = number_of(value, "number", 0);
    int64_t kind = number_of(value, "type", 0);
    int64_t label = number_of(value, "label", LABEL_OPTIONAL);
    int64_t oneof = number_of(value, "oneof_index", -1);
    if (!is_identifier(name, false)) {
        return malformed(c, value, type->name, name, "a name that is no identifier");
    }
    if (number < 1 || number > STK_PB_NUMBER_MAX) {
        return malformed(c, value, type->name, name, "a field number out of range");
    }
    if (kind < 1 || kind >= STK_PB_KINDS) {
        return malformed(c, value, type->name, name, "a type that does not exist");
    }
    if (label < LABEL_OPTIONAL || label > LABEL_REPEATED) {
        return malformed(c, value, type->name, name, "a label that does not exist");
    }
    if (member(value, "oneof_index") != NULL &&
        (oneof < 0 || oneof >= type->n_oneofs || label != LABEL_OPTIONAL)) {
        return malformed(c, value, type->name, name, "a oneof that it cannot be in");
    }
    return STK_OK;
}

static enum stk_status make_field(struct compiler *c, const struct named *named,
                                  struct stk_value value,
                                  struct stk_protobuf_field *field)
{
    const struct stk_protobuf_type *type = named->type;
    struct stk_span json = text_of(value, "json_name");
    STK_TRY(check_field(c, value, type));
    int64_t label = number_of(value, "label", LABEL_OPTIONAL);
    const struct stk_value *optional = member(value, "proto3_optional");
    bool present = optional != NULL && optional->boolean; /* in a oneof of its own */
    bool in_oneof = !present && member(value, "oneof_index") != NULL;
    *field = (struct stk_protobuf_field){
        .number = (uint32_t)number_of(value, "number", 0),
        .kind = (uint8_t)number_of(value, "type", 0),
        .repeated = label == LABEL_REPEATED,
        .required = label == LABEL_REQUIRED,
        .oneof = in_oneof ? (uint32_t)number_of(value, "oneof_index", 0) : STK_PB_NONE,
    };
    field->wire = wires[field->kind];
    bool packable = field->repeated && field->wire != STK_PB_LEN;
    field->packed = packable && option_of(value, "packed", named->proto3);
    field->implicit = named->proto3 && label == LABEL_OPTIONAL && !in_oneof && !present &&
                      !type->is_entry && field->kind != STK_PB_MESSAGE;
    STK_TRY(make_text(c, text_of(value, "name"), &field->names[0]));
    field->names[1] = field->names[0];
    return json.len == 0 ? STK_OK : make_text(c, json, &field->names[1]);
}

static int by_field(const void *a, const void *b)
{
    const struct stk_protobuf_field *x = a;
    const struct stk_protobuf_field *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

/* An entry of a map has a key, which is no float, bytes, enum or message, and a value. */
static bool is_good_entry(const struct stk_protobuf_type *type)
{
    const struct stk_protobuf_field *f = type->fields;
    if (type->n != 2 || f[0].number != 1 || f[1].number != 2 || f[0].repeated ||
        f[1].repeated || f[0].required || f[1].required || f[0].oneof != STK_PB_NONE ||
        f[1].oneof != STK_PB_NONE) {
        return false;
    }
    return f[0].kind != STK_PB_DOUBLE && f[0].kind != STK_PB_FLOAT &&
           f[0].kind != STK_PB_BYTES && f[0].kind != STK_PB_ENUM &&
           f[0].kind != STK_PB_MESSAGE && f[0].kind != STK_PB_GROUP_TYPE && !f[1].map;
}

static enum stk_status sort_fields(struct compiler *c, const struct named *named)
{
    struct stk_protobuf_type *type = named->type;
    struct stk_span nothing = stk_span_of("", 0);
    const struct stk_text *twice = NULL;
    qsort(type->fields, type->n, sizeof type->fields[0], by_field);
    for (uint32_t i = 0; i < type->n; i++) {
        type->fields[i].at = i;
        type->n_required += type->fields[i].required;
        if (i > 0 && type->fields[i].number == type->fields[i - 1].number) {
            return malformed(c, named->value, type->name, type->fields[i].names[0]->bytes,
                             "a field number that is used twice");
        }
    }
    if (stk_protobuf_index(&c->schema->arena, type, &twice) != STK_OK) {
        return no_memory(c, (size_t)type->n * 16 * sizeof(uint32_t) + 64);
    }
    if (twice != NULL) {
        return malformed(c, named->value, type->name, twice->bytes,
                         "a name that is defined twice");
    }
    if (type->is_entry && !is_good_entry(type)) {
        return malformed(c, named->value, nothing, type->name,
                         "an entry of a map that is not a key and a value");
    }
    return STK_OK;
}

static enum stk_status compile_fields(struct compiler *c, const struct named *named)
{
    struct stk_protobuf_type *type = named->type;
    struct stk_items list = list_of(named->value, "field");
    struct stk_items oneofs = list_of(named->value, "oneof_decl");
    if (list.n > UINT32_MAX / 16 || oneofs.n > UINT32_MAX / 16) {
        return malformed(c, named->value, stk_span_of("", 0), type->name,
                         "too many fields");
    }
    type->fields = stk_arena_array(&c->schema->arena, list.n, sizeof type->fields[0]);
    type->n_oneofs = (uint32_t)oneofs.n;
    if (type->fields == NULL) {
        return no_memory(c, list.n * sizeof type->fields[0] + 64);
    }
    for (; type->n < list.n; type->n++) {
        struct stk_protobuf_field *field = &type->fields[type->n];
        STK_TRY(make_field(c, named, list.list[type->n], field));
        STK_TRY(link_field(c, list.list[type->n], type, field));
    }
    return sort_fields(c, named);
}

/* ---- the set ---- */

static enum stk_status compile(struct compiler *c, struct stk_span set)
{
    struct stk_value value;
    const struct stk_protobuf_type *type = stk_protobuf_bootstrap(&c->values);
    if (type == NULL) {
        return no_memory(c, BOOTSTRAP_MEMORY);
    }
    STK_TRY(stk_protobuf_decode_dropping(&c->values, set, type, &value, &c->error));
    struct stk_items files = list_of(value, "file");
    for (size_t i = 0; i < files.n; i++) {
        STK_TRY(name_file(c, files.list[i]));
    }
    for (size_t i = 0; i < c->n_named; i++) {
        STK_TRY(compile_fields(c, &c->named[i]));
    }
    return STK_OK;
}

enum stk_status stk_protobuf_schema_new(const struct stk_alloc *alloc,
                                        struct stk_span set, size_t memory_max,
                                        struct stk_protobuf_schema **ret_schema,
                                        struct stk_protobuf_error *ret_error)
{
    struct stk_protobuf_schema *schema = stk_new(alloc, sizeof *schema);
    if (schema == NULL) {
        return STK_E_NOMEM;
    }
    schema->alloc = alloc;
    stk_arena_init(&schema->arena, alloc, memory_max);
    stk_map_init(&schema->symbols, alloc, SIZE_MAX, stk_value_seed());
    struct compiler c = {.schema = schema};
    stk_arena_init(&c.values, alloc, memory_max);
    enum stk_status status = compile(&c, set);
    stk_free(alloc, c.named, c.cap_named * sizeof c.named[0]);
    stk_arena_release(&c.values);
    if (status == STK_OK) {
        *ret_schema = schema;
        return STK_OK;
    }
    if (status != STK_E_NOMEM) {
        *ret_error = c.error;
    }
    stk_protobuf_schema_free(schema);
    return status;
}

void stk_protobuf_schema_free(struct stk_protobuf_schema *schema)
{
    if (schema != NULL) {
        const struct stk_alloc *alloc = schema->alloc;
        stk_arena_release(&schema->arena);
        stk_map_release(&schema->symbols);
        stk_free(alloc, schema, sizeof *schema);
    }
}

const struct stk_protobuf_type *stk_protobuf_type(
    const struct stk_protobuf_schema *schema, struct stk_span name)
{
    const struct symbol *symbol = find_symbol(schema, name);
    bool found = symbol != NULL && symbol->type != NULL && !symbol->type->is_entry;
    return found ? symbol->type : NULL;
}
