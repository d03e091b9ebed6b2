/* Reads a job file: walks libyaml's events along the table of keys. It also
 * prints one that means the same everywhere: each event goes to the copy once
 * it has been read, a path as an absolute one, all other values as they are.
 *
 * Values are checked and stored as they come, so every error has its line and
 * column, and the walk ends at the first one. It enters a value only where the
 * table has one, which bounds the depth; it refuses anchors and aliases, which
 * bounds the size. libyaml's tree of nodes would not do: it does not show
 * anchors, and all of it is built before the first key can be refused. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "input/job_reader.h"

rp_status rp_job_create(rp_job **job, rp_error *err) {
  rp_job *const made = rp_alloc(1, sizeof *made);
  if (made) made->networks = rp_alloc(1, sizeof *made->networks);
  if (!made || !made->networks) {
    rp_job_free(made);
    return rp_fail(err, RP_E_MEMORY, "job: out of memory");
  }
  made->n_networks = 1;
  made->network = made->networks;
  rp_options_default(&made->options);
  *job = made;
  return RP_OK;
}

static void free_networks(rp_job *job) {
  for (int32_t i = 0; i < job->n_networks; i++) {
    free(job->networks[i].file);
    free(job->networks[i].format);
    free(job->networks[i].profile);
    free(job->networks[i].name);
    free(job->networks[i].known);
  }
  free(job->networks);
}

void rp_job_free(rp_job *job) {
  if (!job) return;
  free(job->title);
  free(job->list_profile);
  free(job->list_values);
  free_networks(job);
  free(job->dataset_file);
  free(job->labels_file);
  free(job->dataset_format);
  free(job->x_name);
  free(job->y_name);
  free(job->dataset_layout);
  free(job->classes_file);
  for (int32_t i = 0; job->query && i < job->n_queries; i++) {
    free(job->query[i].samples);
  }
  free(job->query);
  free(job->radius_samples);
  free(job->output);
  free(job->known);
  free(job->box);
  free(job->instances);
  free(job->events);
  free(job);
}

rp_status rp_job_name_output(rp_job *job, const char *part, rp_error *err) {
  const char *const old = job->output;
  if (!old) return RP_OK;
  const size_t length = strlen(old), size = length + strlen(part) + 2;
  const size_t stem =
      length > 3 && !strcmp(old + length - 3, ".h5") ? length - 3 : length;
  char *const name = rp_alloc(size, 1);
  if (!name) return rp_fail(err, RP_E_MEMORY, "job: out of memory");
  snprintf(name, size, "%.*s.%s%s", (int)stem, old, part, old + stem);
  free(job->output);
  job->output = name;
  return RP_OK;
}

/* Messages count lines and columns from 1, libyaml from 0. */
rp_status rp_job_fail(const job_reader *r, const char *format, ...) {
  char message[sizeof(rp_error)]; /* is cut by rp_fail */
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return rp_fail(r->err, RP_E_INPUT, "%s:%zu:%zu: %s", r->file,
                 r->place.line + 1, r->place.column + 1, message);
}

rp_status rp_job_fail_memory(const job_reader *r) {
  return rp_fail(r->err, RP_E_MEMORY, "%s: out of memory", r->file);
}

static rp_status fail_not_yaml(job_reader *r) {
  const char *const problem = r->parser.problem, *const in = r->parser.context;
  if (r->parser.error == YAML_MEMORY_ERROR) return rp_job_fail_memory(r);
  if (r->parser.error == YAML_READER_ERROR) /* no text, so there is no line */
    return rp_fail(
        r->err, RP_E_INPUT,
        "%s: expected a job file (YAML), found no text: %s at byte %zu",
        r->file, problem, r->parser.problem_offset);
  r->place = r->parser.problem_mark;
  return rp_job_fail(r, "not YAML: %s%s%s", problem, in ? " " : "",
                     in ? in : "");
}

/* ---- Events. ---- */

/* Hand an event over to libyaml. */
static rp_status print(const job_reader *r, yaml_event_t *event) {
  if (yaml_emitter_emit(r->copy, event)) return RP_OK;
  if (r->copy->error != YAML_EMITTER_ERROR) return rp_job_fail_memory(r);
  return rp_fail(r->err, RP_E_INTERNAL, "%s: cannot be written as YAML: %s",
                 r->file, r->copy->problem);
}

static rp_status print_text(const job_reader *r, const char *text) {
  const yaml_char_t *const value = (const yaml_char_t *)text;
  yaml_event_t event;
  if (!r->copy) return RP_OK;
  for (int length; *text; text += length)
    if ((length = rp_utf8_length(text, NULL)) == 0)
      return rp_job_fail(r, "expected UTF-8 in the path, found '%s'",
                         rp_printable((const char *)value).text);
  if (!yaml_scalar_event_initialize(&event, NULL, NULL, value, -1, 1, 1,
                                    YAML_PLAIN_SCALAR_STYLE))
    return rp_job_fail_memory(r);
  return print(r, &event);
}

/* Print an event without its tag and its style. */
rp_status rp_job_print_event(job_reader *r) {
  yaml_event_t event = {.type = r->event.type};
  switch (event.type) {
  case YAML_NO_EVENT: /* nothing has been read yet */
    return RP_OK;
  case YAML_SCALAR_EVENT:
    return print_text(r, r->whole_path ? r->whole_path
                                       : (char *)r->event.data.scalar.value);
  case YAML_DOCUMENT_START_EVENT:
    event.data.document_start.implicit = 1;
    break;
  case YAML_DOCUMENT_END_EVENT:
    event.data.document_end.implicit = 1;
    break;
  case YAML_SEQUENCE_START_EVENT:
    event.data.sequence_start.implicit = 1;
    break;
  case YAML_MAPPING_START_EVENT:
    event.data.mapping_start.implicit = 1;
    break;
  default:
    break;
  }
  return r->copy ? print(r, &event) : RP_OK;
}

static bool has_anchor(const yaml_event_t *event) {
  return event->type == YAML_ALIAS_EVENT ||
         (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor) ||
         (event->type == YAML_SEQUENCE_START_EVENT &&
          event->data.sequence_start.anchor) ||
         (event->type == YAML_MAPPING_START_EVENT &&
          event->data.mapping_start.anchor);
}

void rp_job_drop_event(job_reader *r) {
  yaml_event_delete(&r->event);
  free(r->whole_path);
  r->whole_path = NULL;
}

/* Print the present event and get the next one. */
rp_status rp_job_advance(job_reader *r) {
  RP_TRY(rp_job_print_event(r));
  rp_job_drop_event(r);
  if (!yaml_parser_parse(&r->parser, &r->event)) return fail_not_yaml(r);
  r->place = r->event.start_mark;
  if (!has_anchor(&r->event)) return RP_OK;
  return rp_job_fail(r, "a job file has no anchors (&) and aliases (*)");
}

/* ---- Values, lists and mappings. ---- */

static rp_status expect_kind(const job_reader *r, const job_key *key,
                             yaml_event_type_t type, const char *expected) {
  if (r->event.type == type) return RP_OK;
  const char *const found =
      r->event.type == YAML_MAPPING_START_EVENT    ? "keys and values"
      : r->event.type == YAML_SEQUENCE_START_EVENT ? "a list"
      : r->event.data.scalar.length == 0           ? "nothing"
                                                   : "a single value";
  return rp_job_fail(r, "%s: expected %s, found %s", key->name, expected,
                     found);
}

static rp_status read_value(job_reader *r, const job_key *key) {
  RP_TRY(expect_kind(r, key, YAML_SCALAR_EVENT, "a single value"));
  const char *const text = (const char *)r->event.data.scalar.value;
  if (!r->event.data.scalar.length)
    return rp_job_fail(r, "%s has no value", key->name);
  if (strlen(text) != r->event.data.scalar.length)
    return rp_job_fail(r, "%s holds a zero byte", key->name);
  return key->take(r, key, text);
}

static rp_status read_list(job_reader *r, const job_key *key) {
  RP_TRY(expect_kind(r, key, YAML_SEQUENCE_START_EVENT, "a list"));
  const yaml_mark_t start = r->place;
  RP_TRY(rp_job_advance(r));
  if (r->event.type == YAML_SEQUENCE_END_EVENT) {
    r->place = start;
    return rp_job_fail(r, "%s is an empty list", key->name);
  }
  while (r->event.type != YAML_SEQUENCE_END_EVENT) {
    RP_TRY(key->keys->read(r, key->keys));
    RP_TRY(rp_job_advance(r));
  }
  return RP_OK;
}

static rp_status fail_unknown_key(const job_reader *r, const job_key *group,
                                  const char *name) {
  char known[256] = "";
  for (const job_key *key = group->keys; key->name; key++) {
    const size_t used = strlen(known);
    snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
             key->name);
  }
  return rp_job_fail(r, "unknown key '%.*s' in %s; expected one of %s",
                     rp_text_fit(name, 40), name, group->name, known);
}

/* Find the row of a key, or fail and return NULL; bit i of *seen says that the
 * mapping has row i. */
static const job_key *find_key(const job_reader *r, const job_key *group,
                               uint64_t *seen) {
  if (r->event.type != YAML_SCALAR_EVENT) {
    (void)rp_job_fail(r, "a key of %s must be a word", group->name);
    return NULL;
  }
  const char *const name = (const char *)r->event.data.scalar.value;
  const job_key *row = group->keys;
  while (row->name && strcmp(row->name, name)) row++;
  if (!row->name || strlen(name) != r->event.data.scalar.length) {
    (void)fail_unknown_key(r, group, name);
    return NULL;
  }
  const uint64_t bit = (uint64_t)1 << (row - group->keys);
  if (*seen & bit) {
    (void)rp_job_fail(r, "key '%s' is given twice", name);
    return NULL;
  }
  *seen |= bit;
  return row;
}

/* Read a mapping; r->place is its beginning then. */
static rp_status read_pairs(job_reader *r, const job_key *group,
                            uint64_t *seen) {
  RP_TRY(expect_kind(r, group, YAML_MAPPING_START_EVENT, "keys and values"));
  const yaml_mark_t start = r->place;
  *seen = 0;
  for (;;) {
    RP_TRY(rp_job_advance(r));
    if (r->event.type == YAML_MAPPING_END_EVENT) break;
    const job_key *const key = find_key(r, group, seen);
    if (!key) return RP_E_INPUT;
    RP_TRY(rp_job_advance(r));
    RP_TRY(key->read(r, key));
  }
  r->place = start;
  for (int i = 0; group->keys[i].name; i++)
    if (group->keys[i].is_required && !(*seen >> i & 1))
      return rp_job_fail(r, "missing key '%s' in %s", group->keys[i].name,
                         group->name);
  return RP_OK;
}

static rp_status read_group(job_reader *r, const job_key *group) {
  uint64_t seen;
  return read_pairs(r, group, &seen);
}

enum { QUERY_SAMPLES, QUERY_RADIUS, QUERY_RADII };

static rp_status read_query(job_reader *r, const job_key *group) {
  rp_job *const job = r->job;
  uint64_t seen;
  rp_job_query *const grown =
      rp_job_grow(job->query, job->n_queries, sizeof *grown);
  if (!grown) return rp_job_fail_memory(r);
  job->query = grown;
  job->query[job->n_queries] = (rp_job_query){0};
  r->target = &job->query[job->n_queries++];
  RP_TRY(read_pairs(r, group, &seen));
  r->target = job;
  const bool has_radius = seen >> QUERY_RADIUS & 1;
  const bool has_radii = seen >> QUERY_RADII & 1;
  if (!has_radius && !has_radii && !r->lacks_radii) {
    r->lacks_radii = true;
    r->without = r->place;
  }
  if (!(has_radius && has_radii)) return RP_OK;
  return rp_job_fail(r, "expected either radius or radii beside samples");
}

static rp_status read_last_network(job_reader *r, const job_key *group) {
  uint64_t seen;
  r->target = &r->job->networks[r->job->n_networks - 1];
  RP_TRY(read_pairs(r, group, &seen));
  r->target = r->job;
  return RP_OK;
}

static rp_status read_network(job_reader *r, const job_key *group) {
  if (r->job->networks[0].file)
    return rp_job_fail(r, "expected either network or networks");
  return read_last_network(r, group);
}

/* The names become parts of the names of results files. */
static rp_status check_network_name(const job_reader *r) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._";
  const rp_job *const job = r->job;
  const char *const name = job->networks[job->n_networks - 1].name;
  if (!name)
    return rp_job_fail(r, "missing key 'name' in networks: results of several "
                          "networks are named by it");
  if (*name == '.' || name[strspn(name, plain)])
    return rp_job_fail(r,
                       "name: expected letters, digits and any of +-._ in "
                       "networks, found '%.*s'",
                       rp_text_fit(name, 60), name);
  for (int32_t i = 0; i < job->n_networks - 1; i++)
    if (!strcmp(job->networks[i].name, name))
      return rp_job_fail(r, "two networks have the name '%.*s'",
                         rp_text_fit(name, 60), name);
  return RP_OK;
}

/* The first entry of the list takes the place that every job has. */
static rp_status read_network_entry(job_reader *r, const job_key *group) {
  rp_job *const job = r->job;
  if (job->networks[0].file && !job->networks[0].name)
    return rp_job_fail(r, "expected either network or networks");
  if (job->networks[0].file) {
    rp_job_network *const grown =
        rp_job_grow(job->networks, job->n_networks, sizeof *grown);
    if (!grown) return rp_job_fail_memory(r);
    job->networks = job->network = grown;
    job->networks[job->n_networks++] = (rp_job_network){0};
  }
  RP_TRY(read_last_network(r, group));
  return check_network_name(r);
}

enum { JOB_NETWORK, JOB_NETWORKS };

/* A list of instances has networks and questions of its own. */
static rp_status check_list(const job_reader *r) {
  const rp_job *const job = r->job;
  const bool asks = job->networks[0].file || job->dataset_file ||
                    job->n_queries || job->radius_samples || job->box ||
                    job->patch || *job->options.property || job->known;
  if (asks || job->options.norm != RP_NORM_LINF)
    return rp_job_fail(r, "instances: expected no network, dataset and "
                          "questions beside a list of instances");
  if (job->output || r->output) return RP_OK;
  return rp_job_fail(r, "missing key 'output' beside instances: the folder for "
                        "their results");
}

static rp_status read_job(job_reader *r, const job_key *group) {
  uint64_t seen;
  RP_TRY(read_pairs(r, group, &seen));
  if (r->job->instances) return check_list(r);
  if (r->job->list_profile || r->job->list_values)
    return rp_job_fail(r,
                       "%s: expected instances beside it, or it in the "
                       "%s",
                       r->job->list_profile ? "profile" : "values",
                       r->job->list_profile ? "network" : "dataset");
  if ((seen >> JOB_NETWORK & 1) == (seen >> JOB_NETWORKS & 1))
    return rp_job_fail(r, seen >> JOB_NETWORK & 1
                              ? "expected either network or networks"
                              : "missing key 'network' in the job");
  if (!r->job->dataset_file)
    return rp_job_fail(r, "missing key 'dataset' in the job");
  if (r->job->known && seen >> JOB_NETWORKS & 1)
    return rp_job_fail(r, "known answers are about one network; expected the "
                          "key 'known' in entries of networks");
  if (r->lacks_radii && !r->job->box && !r->job->patch) {
    r->place = r->without;
    return rp_job_fail(r, "expected either radius or radii beside samples, or "
                          "a box or a patch in the job");
  }
  if (!r->job->n_queries && !r->job->radius_samples)
    return rp_job_fail(r, "nothing to decide: expected verify or radius");
  if (!r->output || r->job->output) return RP_OK;
  RP_TRY(print_text(r, "output"));
  return print_text(r, r->output);
}

/* ---- The table. ---- */

#define TAKE(key, kind, ...)                                                   \
  { .name = key, .read = read_value, .take = rp_job_take_##kind, __VA_ARGS__ }
#define TO(member) .offset = offsetof(rp_job, member)
#define TO_NETWORK(member) .offset = offsetof(rp_job_network, member)
#define TO_QUERY(member) .offset = offsetof(rp_job_query, member)
#define RANGE(lo, hi) .least = (lo), .greatest = (hi)
#define NEEDED .is_required = true

#define NETWORK_KEYS                                                           \
  TAKE("file", input, TO_NETWORK(file), NEEDED),                               \
      TAKE("format", word, TO_NETWORK(format), .words = RP_NETWORK_FORMATS),   \
      TAKE("profile", word, TO_NETWORK(profile),                               \
           .words = RP_NETWORK_PROFILES),                                      \
      TAKE("input_bits", whole, TO_NETWORK(input_bits), RANGE(1, 8)),          \
      TAKE("bits", whole, TO_NETWORK(bits), RANGE(2, 16)),                     \
      TAKE("name", text, TO_NETWORK(name))

static const job_key network_keys[] = {NETWORK_KEYS, {0}};

static const job_key entry_keys[] = {
    NETWORK_KEYS, TAKE("known", input, TO_NETWORK(known)), {0}};

static const job_key dataset_keys[] = {
    TAKE("file", input, TO(dataset_file), NEEDED),
    TAKE("labels", input, TO(labels_file)),
    TAKE("format", word, TO(dataset_format), .words = RP_DATASET_FORMATS),
    TAKE("layout", word, TO(dataset_layout), .words = RP_DATASET_LAYOUTS),
    TAKE("x", text, TO(x_name)),
    TAKE("y", text, TO(y_name)),
    TAKE("values", values, TO(values)),
    TAKE("classes", input, TO(classes_file)),
    {0}};

static const job_key radii_entry = TAKE("radii", radii, TO_QUERY(radii));

static const job_key query_keys[] = {
    [QUERY_SAMPLES] = TAKE("samples", samples, TO_QUERY(samples), NEEDED),
    [QUERY_RADIUS] = TAKE("radius", radii, TO_QUERY(radii)),
    [QUERY_RADII] = {.name = "radii", .read = read_list, .keys = &radii_entry},
    {0}};

static const job_key verify_entry = {
    .name = "verify", .read = read_query, .keys = query_keys};

static const job_key radius_keys[] = {
    TAKE("samples", samples, TO(radius_samples), NEEDED),
    TAKE("cap", one_radius, TO(radius_cap)),
    {0}};

#define OPTION_KEY(type, name, def, least, greatest, unit, help)               \
  TAKE(#name, option),
static const job_key option_keys[] = {TAKE("engine", option),
                                      RP_OPTION_TABLE(OPTION_KEY){0}};

static const job_key network_entry = {
    .name = "networks", .read = read_network_entry, .keys = entry_keys};

static const job_key job_keys[] = {
    [JOB_NETWORK] = {.name = "network",
                     .read = read_network,
                     .keys = network_keys},
    [JOB_NETWORKS] = {.name = "networks",
                      .read = read_list,
                      .keys = &network_entry},
    TAKE("title", text, TO(title)),
    {.name = "dataset", .read = read_group, .keys = dataset_keys},
    {.name = "verify", .read = read_list, .keys = &verify_entry},
    {.name = "radius", .read = read_group, .keys = radius_keys},
    TAKE("property", property),
    TAKE("target", target, RANGE(0, INT32_MAX)),
    TAKE("targets", targets),
    TAKE("top_k", top, RANGE(1, INT32_MAX)),
    {.name = "options", .read = read_group, .keys = option_keys},
    TAKE("evidence", option),
    TAKE("norm", option),
    TAKE("output", output, TO(output)),
    TAKE("known", input, TO(known)),
    TAKE("box", input, TO(box)),
    TAKE("patch", whole, TO(patch), RANGE(1, RP_MOST_PATCH)),
    TAKE("instances", input, TO(instances)),
    TAKE("profile", word, TO(list_profile), .words = RP_NETWORK_PROFILES),
    TAKE("values", word, TO(list_values), .words = "integers|reals"),
    {0}};

const job_key rp_job_root = {
    .name = "the job", .read = read_job, .keys = job_keys};
