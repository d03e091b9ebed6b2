/* Checks the single values of a job file and stores them in the job.
 *
 * Paths may contain the environment variables ${NAME} or ${NAME:-default}, so
 * that one job file finds its data on every machine, and begin with ~/. Inputs
 * are relative to the job file's folder, so that a job can be started from
 * anywhere. The output, and paths that come from the environment, are relative
 * to the current folder, like everything that the user types. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "condition/condition.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/path.h"
#include "core/text.h"
#include "input/job_reader.h"

static void *find_member(const job_reader *r, const job_key *key) {
  return (char *)r->target + key->offset;
}

/* Of a list, the place of its first entry. */
static void note_place(const job_reader *r, const job_key *key,
                       rp_job_place *at) {
  if (!*at->text)
    snprintf(at->text, sizeof at->text, "%.*s:%zu:%zu: %s",
             rp_text_fit(r->file, 120), r->file, r->place.line + 1,
             r->place.column + 1, key->name);
}

/* The entry of verify that is being read. */
static rp_job_query *get_query(const job_reader *r) {
  return r->target == r->job ? NULL : r->target;
}

/* Fail because a value is not what it should be. */
static rp_status fail_value(const job_reader *r, const job_key *key,
                            const char *expected, const char *found) {
  return rp_job_fail(r, "%s: expected %s, found '%.*s'", key->name, expected,
                     rp_text_fit(found, 40), found);
}

/* Store `length` bytes of a folder's name and a text behind them. */
static rp_status join(const job_reader *r, const char *folder, size_t length,
                      const char *text, char **to) {
  const size_t size = strlen(text) + 1;
  char *const joined = rp_alloc(length + size, 1);
  if (!joined) return rp_job_fail_memory(r);
  memcpy(joined, folder, length);
  memcpy(joined + length, text, size);
  *to = joined;
  return RP_OK;
}

rp_status rp_job_take_text(job_reader *r, const job_key *key,
                           const char *text) {
  return join(r, "", 0, text, find_member(r, key));
}

rp_status rp_job_take_word(job_reader *r, const job_key *key,
                           const char *text) {
  if (rp_text_is_one_of(text, key->words))
    return rp_job_take_text(r, key, text);
  return fail_value(r, key, key->words, text);
}

static rp_status parse_whole(const job_reader *r, const job_key *key,
                             const char *text, int32_t *value) {
  char expected[80];
  int64_t parsed;
  if (rp_parse_whole(text, key->least, key->greatest, &parsed)) {
    *value = (int32_t)parsed;
    return RP_OK;
  }
  snprintf(expected, sizeof expected,
           "a whole number from %" PRId32 " to %" PRId32, key->least,
           key->greatest);
  return fail_value(r, key, expected, text);
}

rp_status rp_job_take_whole(job_reader *r, const job_key *key,
                            const char *text) {
  return parse_whole(r, key, text, find_member(r, key));
}

void *rp_job_grow(void *array, int32_t n, size_t size) {
  if (n & (n - 1)) return array; /* it grows at the powers of two */
  return rp_realloc(array, n ? 2 * (size_t)n : 1, size);
}

rp_status rp_job_take_radii(job_reader *r, const job_key *key,
                            const char *text) {
  note_place(r, key, &get_query(r)->radii_at);
  if (rp_radii_parse(text, 1, find_member(r, key))) return RP_OK;
  return fail_value(r, key, RP_RADII_FORM, text);
}

rp_status rp_job_take_one_radius(job_reader *r, const job_key *key,
                                 const char *text) {
  rp_radii *const radius = find_member(r, key);
  note_place(r, key, &r->job->cap_at);
  if (rp_radii_parse(text, 1, radius) && rp_radii_is_one(radius)) return RP_OK;
  return fail_value(r, key, RP_RADII_ONE_FORM, text);
}

/* Check the form of a selection; the dataset will show if the samples exist. */
rp_status rp_job_take_samples(job_reader *r, const job_key *key,
                              const char *text) {
  rp_job_query *const query = get_query(r);
  note_place(r, key, query ? &query->samples_at : &r->job->search_at);
  if (rp_selection_is_well_formed(text)) return rp_job_take_text(r, key, text);
  return fail_value(r, key, "all, or numbers and ranges such as 0-99,150",
                    text);
}

rp_status rp_job_take_values(job_reader *r, const job_key *key,
                             const char *text) {
  if (rp_values_parse(text, find_member(r, key))) return RP_OK;
  return fail_value(r, key, RP_DATASET_VALUES, text);
}

rp_status rp_job_take_property(job_reader *r, const job_key *key,
                               const char *text) {
  char *const to = r->job->options.property;
  rp_error why;
  if (*to)
    return rp_job_fail(r, "expected one of property, target, targets and "
                          "top_k, found two");
  note_place(r, key, &r->job->property_at);
  if (rp_property_rewrite(text, to, &why) == RP_OK) return RP_OK;
  return rp_job_fail(r, "%s: %s", key->name, why.text);
}

/* A whole number that becomes part of a property. */
static rp_status take_number(job_reader *r, const job_key *key,
                             const char *words, const char *text) {
  char property[64];
  int32_t number = 0;
  RP_TRY(parse_whole(r, key, text, &number));
  snprintf(property, sizeof property, "%s %" PRId32, words, number);
  return rp_job_take_property(r, key, property);
}

rp_status rp_job_take_target(job_reader *r, const job_key *key,
                             const char *text) {
  if (!strcmp(text, "all"))
    return rp_job_take_property(r, key, "never each class");
  return take_number(r, key, "never class", text);
}

rp_status rp_job_take_top(job_reader *r, const job_key *key, const char *text) {
  return take_number(r, key, "always in top", text);
}

rp_status rp_job_take_targets(job_reader *r, const job_key *key,
                              const char *text) {
  if (strcmp(text, "all") != 0) return fail_value(r, key, "all", text);
  return rp_job_take_property(r, key, "never each class");
}

rp_status rp_job_take_option(job_reader *r, const job_key *key,
                             const char *text) {
  rp_error why;
  if (rp_options_set(&r->job->options, key->name, text, &why) == RP_OK)
    return RP_OK;
  return rp_job_fail(r, "%s", why.text);
}

/* ---- Paths. ---- */

/* Print the value of ${...}; text is what stands between the braces. */
static rp_status print_variable(const job_reader *r, const char *text,
                                size_t count, FILE *out) {
  static const char letters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  char name[64];
  const size_t n = strspn(text, letters);
  const bool has_default = !strncmp(text + n, ":-", 2);
  if (n == 0 || n >= sizeof name || (n != count && !has_default))
    return rp_job_fail(r,
                       "expected ${NAME} or ${NAME:-default}, found '${%.*s}'",
                       rp_text_fit(text, count < 40 ? count : 40), text);
  memcpy(name, text, n);
  name[n] = '\0';
  const char *const value = getenv(name);
  if (value && *value)
    fputs(value, out);
  else if (has_default)
    fwrite(text + n + 2, 1, count - n - 2, out);
  else
    return rp_job_fail(r, "the environment variable %s is not set", name);
  return RP_OK;
}

static rp_status print_expanded(const job_reader *r, const char *text,
                                FILE *out) {
  for (const char *start; (start = strstr(text, "${"));) {
    const char *const end = strchr(start, '}');
    if (!end) return rp_job_fail(r, "'${' without '}'");
    fwrite(text, 1, (size_t)(start - text), out);
    RP_TRY(print_variable(r, start + 2, (size_t)(end - start) - 2, out));
    text = end + 1;
  }
  fputs(text, out);
  return RP_OK;
}

/* Replace variables by their values; malloc'ed. A value that looks like a
 * variable is refused: a job that is printed and read again would expand it. */
static rp_status expand(const job_reader *r, const char *text,
                        char **expanded) {
  size_t size;
  FILE *const out = open_memstream(expanded, &size);
  if (!out) return rp_job_fail_memory(r);
  rp_status st = print_expanded(r, text, out);
  if (fclose(out) != 0 && st == RP_OK) st = rp_job_fail_memory(r);
  if (st == RP_OK && strstr(*expanded, "${"))
    st = rp_job_fail(r, "a variable's value contains '${'");
  if (st != RP_OK) free(*expanded);
  return st;
}

/* Expand variables and a home folder at the beginning; malloc'ed. */
static rp_status expand_path(const job_reader *r, const job_key *key,
                             const char *text, char **path) {
  char *expanded;
  rp_error why;
  RP_TRY(expand(r, text, &expanded));
  const rp_status st = rp_path_take(expanded, key->name, path, &why);
  free(expanded);
  if (st == RP_E_MEMORY) return rp_job_fail_memory(r);
  return st == RP_OK ? RP_OK : rp_job_fail(r, "%s", why.text);
}

/* The copy gets the path from the root on. */
static rp_status copy_path(job_reader *r, const char *path) {
  return r->copy ? rp_path_make_absolute(path, &r->whole_path, r->err) : RP_OK;
}

rp_status rp_job_take_output(job_reader *r, const job_key *key,
                             const char *text) {
  char **const to = find_member(r, key);
  RP_TRY(expand_path(r, key, text, to));
  return copy_path(r, r->output ? r->output : *to);
}

/* Whether the path begins with an environment variable that is set. */
static bool is_from_environment(const char *text) {
  char name[64];
  if (sscanf(text, "${%63[A-Za-z_0-9]", name) != 1) return false;
  const char *const value = getenv(name);
  return value && *value;
}

rp_status rp_job_take_input(job_reader *r, const job_key *key,
                            const char *text) {
  char *path;
  RP_TRY(expand_path(r, key, text, &path));
  const char *const slash = strrchr(r->file, '/');
  const bool is_in_folder = slash && *path != '/' && !is_from_environment(text);
  const size_t length = is_in_folder ? (size_t)(slash - r->file) + 1 : 0;
  char **const to = find_member(r, key);
  const rp_status st = join(r, r->file, length, path, to);
  free(path);
  return st == RP_OK ? copy_path(r, *to) : st;
}
