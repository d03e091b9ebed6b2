/* Checks the structure of a job file: walks libyaml's events along the schema.
 *
 * libcyaml gives the right line for most errors but not for all: it reports a
 * missing key at the last key, accepts an empty file, and calls a complex key
 * an internal error. It also follows aliases. So the structure is checked here
 * by the same schema. The walk enters a value only where the schema has one,
 * which bounds the depth; it refuses anchors and aliases, which bounds the
 * size. It ends at the first error.
 *
 * The places of values are not stored. When a later check needs one to report
 * an error, the walk is repeated to find it, which is cheap. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "input/job_yaml.h"

#include "core/text.h"

typedef struct walk {
  yaml_parser_t parser;
  const char *file;
  rp_error *err;
  char path[JOB_PATH_SIZE]; /* of the present value */
  const char *wanted;       /* path whose place is searched; or NULL */
  yaml_mark_t found;
} walk;

/* Messages count lines and columns from 1, libyaml from 0. */
__attribute__((format(printf, 3, 4))) static rp_status
fail_at(const walk *w, yaml_mark_t mark, const char *format, ...) {
  char message[sizeof(rp_error)]; /* is cut by rp_fail */
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return rp_fail(w->err, RP_E_INPUT, "%s:%zu:%zu: %s", w->file, mark.line + 1,
                 mark.column + 1, message);
}

static rp_status fail_not_yaml(const walk *w) {
  const yaml_parser_t *const parser = &w->parser;
  const char *const problem = parser->problem ? parser->problem : "?";
  switch (parser->error) {
  case YAML_MEMORY_ERROR:
    return rp_fail(w->err, RP_E_MEMORY, "%s: out of memory", w->file);
  case YAML_READER_ERROR: /* not decodable text, so there is no line */
    return rp_fail(
        w->err, RP_E_INPUT,
        "%s: expected a job file (YAML), found no text: %s at byte %zu",
        w->file, problem, parser->problem_offset);
  default:
    return fail_at(w, parser->problem_mark, "not YAML: %s%s%s", problem,
                   parser->context ? " " : "",
                   parser->context ? parser->context : "");
  }
}

static bool has_anchor(const yaml_event_t *event) {
  switch (event->type) {
  case YAML_ALIAS_EVENT:
    return true;
  case YAML_SCALAR_EVENT:
    return event->data.scalar.anchor;
  case YAML_SEQUENCE_START_EVENT:
    return event->data.sequence_start.anchor;
  case YAML_MAPPING_START_EVENT:
    return event->data.mapping_start.anchor;
  default:
    return false;
  }
}

/* Get the next event, which the caller must delete. */
static rp_status next_event(walk *w, yaml_event_t *event) {
  if (!yaml_parser_parse(&w->parser, event)) return fail_not_yaml(w);
  if (!has_anchor(event)) return RP_OK;
  const yaml_mark_t mark = event->start_mark;
  yaml_event_delete(event);
  return fail_at(w, mark, "a job file has no anchors (&) and aliases (*)");
}

/* Append a key or, with key NULL, the number of an entry to the path. Returns
 * the previous length, for leave. */
static size_t enter(walk *w, const char *key, size_t entry, yaml_mark_t mark) {
  const size_t length = strlen(w->path);
  char *const end = w->path + length;
  const size_t room = sizeof w->path - length;
  if (key)
    snprintf(end, room, "%s%s", length ? "." : "", key);
  else
    snprintf(end, room, "[%zu]", entry);
  if (w->wanted && !strcmp(w->wanted, w->path)) w->found = mark;
  return length;
}

static void leave(walk *w, size_t length) {
  w->path[length] = '\0';
}

/* The innermost key, for messages; their line tells entries of a list apart. */
typedef struct key_name {
  char text[JOB_PATH_SIZE];
} key_name;

static key_name name_key_here(const walk *w) {
  const char *const dot = strrchr(w->path, '.');
  const char *const key = !*w->path ? "the job" : dot ? dot + 1 : w->path;
  key_name name;
  snprintf(name.text, sizeof name.text, "%.*s", (int)strcspn(key, "["), key);
  return name;
}

static rp_status check_scalar(const walk *w, const yaml_event_t *event) {
  const size_t length = event->data.scalar.length;
  if (length == 0)
    return fail_at(w, event->start_mark, "%s has no value",
                   name_key_here(w).text);
  if (memchr(event->data.scalar.value, '\0', length))
    return fail_at(w, event->start_mark, "%s holds a zero byte",
                   name_key_here(w).text);
  return RP_OK;
}

static rp_status check_value(walk *w, const cyaml_schema_value_t *schema,
                             const yaml_event_t *event);

static rp_status check_sequence(walk *w, const cyaml_schema_value_t *schema,
                                yaml_mark_t start) {
  size_t count = 0;
  for (;; count++) {
    yaml_event_t event;
    RP_TRY(next_event(w, &event));
    const bool is_end = event.type == YAML_SEQUENCE_END_EVENT;
    rp_status st = RP_OK;
    if (!is_end) {
      const size_t length = enter(w, NULL, count, event.start_mark);
      st = check_value(w, schema->sequence.entry, &event);
      leave(w, length);
    }
    yaml_event_delete(&event);
    if (st != RP_OK) return st;
    if (is_end) break;
  }
  if (count >= schema->sequence.min) return RP_OK;
  return fail_at(w, start, "%s is an empty list", name_key_here(w).text);
}

static void append_keys(char *text, size_t size,
                        const cyaml_schema_field_t *fields) {
  for (size_t i = 0; fields[i].key; i++) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", i ? ", " : "", fields[i].key);
  }
}

static rp_status fail_unknown_key(const walk *w,
                                  const cyaml_schema_field_t *fields,
                                  const yaml_event_t *key) {
  char known[256] = "";
  append_keys(known, sizeof known, fields);
  return fail_at(
      w, key->start_mark, "unknown key '%.*s' in %s; expected one of %s",
      rp_text_fit((const char *)key->data.scalar.value, 40),
      (const char *)key->data.scalar.value, name_key_here(w).text, known);
}

/* Find the field that a key names and mark it as seen. */
static rp_status find_field(const walk *w, const cyaml_schema_field_t *fields,
                            const yaml_event_t *key, uint64_t *seen,
                            const cyaml_schema_field_t **field) {
  if (key->type != YAML_SCALAR_EVENT)
    return fail_at(w, key->start_mark, "a key of %s must be a word",
                   name_key_here(w).text);
  const char *const name = (const char *)key->data.scalar.value;
  size_t i = 0;
  while (fields[i].key && strcmp(fields[i].key, name)) i++;
  if (!fields[i].key || strlen(name) != key->data.scalar.length)
    return fail_unknown_key(w, fields, key);
  const uint64_t bit = (uint64_t)1 << i;
  if (*seen & bit)
    return fail_at(w, key->start_mark, "key '%s' is given twice", name);
  *seen |= bit;
  *field = &fields[i];
  return RP_OK;
}

static rp_status check_field(walk *w, const cyaml_schema_field_t *field) {
  yaml_event_t event;
  RP_TRY(next_event(w, &event));
  const size_t length = enter(w, field->key, 0, event.start_mark);
  const rp_status st = check_value(w, &field->value, &event);
  leave(w, length);
  yaml_event_delete(&event);
  return st;
}

static rp_status check_mapping(walk *w, const cyaml_schema_value_t *schema,
                               yaml_mark_t start) {
  const cyaml_schema_field_t *const fields = schema->mapping.fields;
  uint64_t seen = 0;
  for (;;) {
    yaml_event_t key;
    const cyaml_schema_field_t *field = NULL;
    RP_TRY(next_event(w, &key));
    const bool is_end = key.type == YAML_MAPPING_END_EVENT;
    const rp_status st =
        is_end ? RP_OK : find_field(w, fields, &key, &seen, &field);
    yaml_event_delete(&key);
    if (st != RP_OK) return st;
    if (is_end) break;
    RP_TRY(check_field(w, field));
  }
  for (size_t i = 0; fields[i].key; i++)
    if (!(fields[i].value.flags & CYAML_FLAG_OPTIONAL) && !(seen >> i & 1))
      return fail_at(w, start, "missing key '%s' in %s", fields[i].key,
                     name_key_here(w).text);
  return RP_OK;
}

static const char *describe_schema_kind(const cyaml_schema_value_t *schema) {
  return schema->type == CYAML_MAPPING    ? "keys and values"
         : schema->type == CYAML_SEQUENCE ? "a list"
                                          : "a single value";
}

static const char *describe_event_kind(const yaml_event_t *event) {
  return event->type == YAML_MAPPING_START_EVENT    ? "keys and values"
         : event->type == YAML_SEQUENCE_START_EVENT ? "a list"
         : event->data.scalar.length == 0           ? "nothing"
                                                    : "a single value";
}

static rp_status check_value(walk *w, const cyaml_schema_value_t *schema,
                             const yaml_event_t *event) {
  if (schema->type == CYAML_STRING && event->type == YAML_SCALAR_EVENT)
    return check_scalar(w, event);
  if (schema->type == CYAML_MAPPING && event->type == YAML_MAPPING_START_EVENT)
    return check_mapping(w, schema, event->start_mark);
  if (schema->type == CYAML_SEQUENCE &&
      event->type == YAML_SEQUENCE_START_EVENT)
    return check_sequence(w, schema, event->start_mark);
  return fail_at(w, event->start_mark, "%s: expected %s, found %s",
                 name_key_here(w).text, describe_schema_kind(schema),
                 describe_event_kind(event));
}

/* Skip an event before or after the job: a file is one stream of one document.
 */
static rp_status skip_event(walk *w, yaml_event_type_t expected,
                            const char *otherwise) {
  yaml_event_t event;
  RP_TRY(next_event(w, &event));
  const yaml_event_type_t found = event.type;
  const yaml_mark_t mark = event.start_mark;
  yaml_event_delete(&event);
  return found == expected ? RP_OK : fail_at(w, mark, "%s", otherwise);
}

static rp_status check_stream(walk *w) {
  const char *const no_job =
      "no job in this file; expected network, dataset, and verify or radius";
  RP_TRY(skip_event(w, YAML_STREAM_START_EVENT, no_job));
  RP_TRY(skip_event(w, YAML_DOCUMENT_START_EVENT, no_job));
  yaml_event_t event;
  RP_TRY(next_event(w, &event));
  w->found = event.start_mark;
  const rp_status st = check_value(w, &rp_job_schema, &event);
  yaml_event_delete(&event);
  RP_TRY(st);
  RP_TRY(skip_event(w, YAML_DOCUMENT_END_EVENT, "the job has ended here"));
  return skip_event(w, YAML_STREAM_END_EVENT,
                    "a second document begins here; expected one job");
}

static rp_status walk_text(walk *w, const job_text *text) {
  if (!yaml_parser_initialize(&w->parser))
    return rp_fail(w->err, RP_E_MEMORY, "%s: out of memory", w->file);
  yaml_parser_set_input_string(&w->parser, text->bytes, text->size);
  const rp_status st = check_stream(w);
  yaml_parser_delete(&w->parser);
  return st;
}

rp_status rp_job_guard(const job_text *text, rp_error *err) {
  walk w = {.file = text->file, .err = err};
  return walk_text(&w, text);
}

rp_status rp_job_fail_at(const job_text *text, const char *path,
                         const char *message, rp_error *err) {
  walk w = {.file = text->file, .err = err, .wanted = path};
  RP_TRY(walk_text(&w, text));
  return fail_at(&w, w.found, "%s", message);
}
