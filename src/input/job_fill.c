/* Converts the texts of a job file to a job: checks ranges and names and
 * expands paths.
 *
 * Every mistake is reported at the line and column of its value. Paths may name
 * environment variables, ${NAME} or ${NAME:-default}, so that one job file
 * finds its data on every machine, and begin with ~/. Inputs are taken from the
 * job file's folder, so that a job can be started from anywhere; but what a
 * variable says is the user's, and is taken from the current folder like
 * everything the user types. So is the output. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/path.h"
#include "core/text.h"
#include "input/job_yaml.h"

typedef struct filler {
  rp_job *job;
  const job_text *text;
  rp_error *err;
} filler;

__attribute__((format(printf, 3, 4))) static rp_status
fail_at(const filler *f, const char *path, const char *format, ...) {
  char message[sizeof(rp_error)]; /* is cut by rp_fail */
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return rp_job_fail_at(f->text, path, message, f->err);
}

/* Find the last key of a path such as "network.bits", for messages. */
static const char *find_last_key(const char *path) {
  const char *const dot = strrchr(path, '.');
  return dot ? dot + 1 : path;
}

static rp_status fail_out_of_memory(const filler *f) {
  return rp_fail(f->err, RP_E_MEMORY, "%s: out of memory", f->text->file);
}

/* Copy a text; without one, *to is unchanged. */
static rp_status copy_text(const filler *f, const char *from, char **to) {
  if (!from) return RP_OK;
  const size_t size = strlen(from) + 1;
  char *const copy = rp_alloc(size, 1);
  if (!copy) return fail_out_of_memory(f);
  memcpy(copy, from, size);
  free(*to);
  *to = copy;
  return RP_OK;
}

/* Parse a whole number in lo..hi; without one, *value is unchanged. */
static rp_status take_whole(const filler *f, const char *path, const char *text,
                            int32_t lo, int32_t hi, int32_t *value) {
  if (!text) return RP_OK;
  int64_t parsed;
  if (!rp_parse_whole(text, lo, hi, &parsed))
    return fail_at(f, path,
                   "%s: expected a whole number from %" PRId32 " to %" PRId32
                   ", found '%.*s'",
                   find_last_key(path), lo, hi, rp_text_fit(text, 40), text);
  *value = (int32_t)parsed;
  return RP_OK;
}

/* Copy a word if it is in a list such as "auto|native|qvip". */
static rp_status take_word(const filler *f, const char *path, const char *text,
                           const char *words, char **to) {
  if (!text) return RP_OK;
  const size_t length = strlen(text);
  for (const char *word = words; *word;) {
    const size_t n = strcspn(word, "|");
    if (n == length && !memcmp(word, text, n)) return copy_text(f, text, to);
    word += n + (word[n] == '|');
  }
  return fail_at(f, path, "%s: expected %s, found '%.*s'", find_last_key(path),
                 words, rp_text_fit(text, 40), text);
}

/* ---- Paths. ---- */

typedef struct path_text {
  char *text; /* being built */
  size_t used, room;
} path_text;

static bool append(path_text *path, const char *from, size_t count) {
  if (!path->text || path->room <= path->used + count) {
    const size_t room = 2 * (path->used + count) + 64;
    char *const grown = rp_realloc(path->text, room, 1);
    if (!grown) return false;
    path->text = grown;
    path->room = room;
  }
  memcpy(path->text + path->used, from, count);
  path->used += count;
  path->text[path->used] = '\0';
  return true;
}

/* Append the value of ${...}; text is what stands between the braces. */
static rp_status expand_variable(const filler *f, const char *key,
                                 const char *text, size_t count,
                                 path_text *path) {
  static const char letters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  char name[64];
  const size_t n = strspn(text, letters);
  const bool has_default = n + 2 <= count && !memcmp(text + n, ":-", 2);
  if (n == 0 || n >= sizeof name || (n != count && !has_default))
    return fail_at(f, key,
                   "expected ${NAME} or ${NAME:-default}, found '${%.*s}'",
                   rp_text_fit(text, count < 40 ? count : 40), text);
  memcpy(name, text, n);
  name[n] = '\0';
  const char *const value = getenv(name);
  if (value && *value)
    return append(path, value, strlen(value)) ? RP_OK : fail_out_of_memory(f);
  if (!has_default)
    return fail_at(f, key, "the environment variable %s is not set", name);
  return append(path, text + n + 2, count - n - 2) ? RP_OK
                                                   : fail_out_of_memory(f);
}

/* Whether the path begins with an environment variable that is set. */
static bool is_from_environment(const char *text) {
  char name[64];
  if (sscanf(text, "${%63[A-Za-z_0-9]", name) != 1) return false;
  const char *const value = getenv(name);
  return value && *value;
}

static rp_status expand(const filler *f, const char *key, const char *text,
                        path_text *path) {
  while (*text) {
    const char *const start = strstr(text, "${");
    const size_t plain = start ? (size_t)(start - text) : strlen(text);
    if (!append(path, text, plain)) return fail_out_of_memory(f);
    if (!start) return RP_OK;
    const char *const end = strchr(start, '}');
    if (!end) return fail_at(f, key, "'${' without '}'");
    RP_TRY(expand_variable(f, key, start + 2, (size_t)(end - start) - 2, path));
    text = end + 1;
  }
  return RP_OK;
}

/* The length of the job file's folder with its slash; 0 if it has none. */
static size_t measure_folder(const char *file) {
  const char *const slash = strrchr(file, '/');
  return slash ? (size_t)(slash - file) + 1 : 0;
}

/* Replace a "~" at the beginning by the home folder. */
static rp_status expand_home(const filler *f, const char *key,
                             path_text *path) {
  char *whole;
  rp_error why;
  const rp_status st =
      rp_path_take(path->text, find_last_key(key), &whole, &why);
  if (st == RP_E_MEMORY) return fail_out_of_memory(f);
  if (st != RP_OK) return fail_at(f, key, "%s", why.text);
  free(path->text);
  *path = (path_text){.text = whole, .used = strlen(whole)};
  return RP_OK;
}

static rp_status take_path(const filler *f, const char *key, const char *text,
                           bool from_job_folder, char **to) {
  if (!text) return RP_OK;
  path_text path = {NULL, 0, 0};
  rp_status st = expand(f, key, text, &path);
  if (st == RP_OK) st = expand_home(f, key, &path);
  if (st == RP_OK && from_job_folder && path.text && *path.text != '/' &&
      !is_from_environment(text)) {
    path_text whole = {NULL, 0, 0};
    const char *const file = f->text->file;
    if (!append(&whole, file, measure_folder(file)) ||
        !append(&whole, path.text, path.used))
      st = fail_out_of_memory(f);
    free(path.text);
    path = whole;
  }
  if (st != RP_OK) {
    free(path.text);
    return st;
  }
  free(*to);
  *to = path.text;
  return RP_OK;
}

/* ---- Sections. ---- */

static rp_status fill_network(const filler *f, const raw_network *raw) {
  rp_job *const job = f->job;
  RP_TRY(take_path(f, "network.file", raw->file, true, &job->network_file));
  RP_TRY(take_word(f, "network.format", raw->format, RP_NETWORK_FORMATS,
                   &job->network_format));
  RP_TRY(take_whole(f, "network.input_bits", raw->input_bits, 1, 8,
                    &job->input_bits));
  RP_TRY(take_whole(f, "network.bits", raw->bits, 2, 16, &job->bits));
  return copy_text(f, raw->name, &job->network_name);
}

static rp_status fill_dataset(const filler *f, const raw_dataset *raw) {
  rp_job *const job = f->job;
  RP_TRY(take_path(f, "dataset.file", raw->file, true, &job->dataset_file));
  RP_TRY(take_path(f, "dataset.labels", raw->labels, true, &job->labels_file));
  RP_TRY(take_word(f, "dataset.format", raw->format, RP_DATASET_FORMATS,
                   &job->dataset_format));
  RP_TRY(copy_text(f, raw->x, &job->x_name));
  if (raw->values && !rp_values_parse(raw->values, &job->values))
    return fail_at(f, "dataset.values",
                   "values: expected " RP_DATASET_VALUES ", found '%.*s'",
                   rp_text_fit(raw->values, 40), raw->values);
  return copy_text(f, raw->y, &job->y_name);
}

/* Check the form of a selection; the dataset will show if the samples exist. */
static rp_status take_selection(const filler *f, const char *key,
                                const char *text, char **to) {
  if (rp_selection_is_well_formed(text)) return copy_text(f, text, to);
  return fail_at(f, key,
                 "samples: expected all, or numbers and ranges such as "
                 "0-99,150, found '%.*s'",
                 rp_text_fit(text, 40), text);
}

static rp_status fill_radii(const filler *f, const raw_query *raw,
                            const char *entry, rp_job_query *query) {
  char key[JOB_PATH_SIZE];
  if (!raw->radius == !raw->radii)
    return fail_at(f, entry, "expected either radius or radii beside samples");
  const uint32_t count = raw->radii ? raw->radii_count : 1;
  query->radii = rp_alloc(count, sizeof *query->radii);
  if (!query->radii) return fail_out_of_memory(f);
  for (uint32_t i = 0; i < count; i++) {
    snprintf(key, sizeof key,
             raw->radii ? "%s.radii[%" PRIu32 "]" : "%s.radius", entry, i);
    RP_TRY(take_whole(f, key, raw->radii ? raw->radii[i] : raw->radius, 1,
                      RP_JOB_RADIUS_MAX, &query->radii[i]));
  }
  query->n_radii = (int32_t)count;
  return RP_OK;
}

static rp_status fill_queries(const filler *f, const raw_job *raw) {
  rp_job *const job = f->job;
  if (!raw->verify) return RP_OK;
  job->query = rp_alloc(raw->verify_count, sizeof *job->query);
  if (!job->query) return fail_out_of_memory(f);
  job->n_queries = (int32_t)raw->verify_count;
  for (uint32_t i = 0; i < raw->verify_count; i++) {
    char entry[JOB_PATH_SIZE / 2], key[JOB_PATH_SIZE];
    snprintf(entry, sizeof entry, "verify[%" PRIu32 "]", i);
    snprintf(key, sizeof key, "%s.samples", entry);
    rp_job_query *const query = &job->query[i];
    RP_TRY(take_selection(f, key, raw->verify[i].samples, &query->samples));
    RP_TRY(fill_radii(f, &raw->verify[i], entry, query));
  }
  return RP_OK;
}

static rp_status fill_radius(const filler *f, const raw_radius *raw) {
  if (!raw) return RP_OK;
  RP_TRY(take_selection(f, "radius.samples", raw->samples,
                        &f->job->radius_samples));
  return take_whole(f, "radius.cap", raw->cap, 1, RP_JOB_RADIUS_MAX,
                    &f->job->radius_cap);
}

static rp_status fill_option(const filler *f, const char *name,
                             const char *text) {
  char key[JOB_PATH_SIZE];
  rp_error why;
  if (!text || rp_options_set(&f->job->options, name, text, &why) == RP_OK)
    return RP_OK;
  snprintf(key, sizeof key, "options.%s", name);
  return fail_at(f, key, "%s", why.text);
}

static rp_status fill_evidence(const filler *f, const char *text) {
  rp_error why;
  if (!text ||
      rp_options_set(&f->job->options, "evidence", text, &why) == RP_OK)
    return RP_OK;
  return fail_at(f, "evidence", "%s", why.text);
}

static rp_status fill_options(const filler *f, const raw_options *raw) {
  RP_TRY(fill_option(f, "engine", raw->engine));
#define FILL_OPTION(type, name, def, least, greatest, unit, help)              \
  RP_TRY(fill_option(f, #name, raw->name));
  RP_OPTION_TABLE(FILL_OPTION)
#undef FILL_OPTION
  return RP_OK;
}

rp_status rp_job_fill(rp_job *job, const raw_job *raw, const job_text *text,
                      rp_error *err) {
  const filler f = {job, text, err};
  RP_TRY(copy_text(&f, raw->title, &job->title));
  RP_TRY(fill_network(&f, &raw->network));
  RP_TRY(fill_dataset(&f, &raw->dataset));
  RP_TRY(fill_queries(&f, raw));
  RP_TRY(fill_radius(&f, raw->radius));
  RP_TRY(fill_options(&f, &raw->options));
  RP_TRY(fill_evidence(&f, raw->evidence));
  RP_TRY(take_path(&f, "output", raw->output, false, &job->output));
  RP_TRY(take_path(&f, "known", raw->known, true, &job->known));
  if (job->n_queries || job->radius_samples) return RP_OK;
  return fail_at(&f, "", "nothing to decide: expected verify or radius");
}
