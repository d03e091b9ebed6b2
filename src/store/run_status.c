/* Reads and writes the status file: a flat JSON object, one key per line.
 *
 * The reader searches for the keys. Quotes inside texts are escaped, so "key":
 * cannot occur in a text. A value that the writer would not have written makes
 * the reader refuse the file. */
#include "store/run_status.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/number.h"
#include "core/text.h"
#include "files/fileutil.h"

enum { FILE_MAX = 4096, NAME_MAX_ = 4096 };

/* X(type, key): the fields of rp_run_status in the order of the file; the
 * counts come between the two halves. */
#define STATUS_FIELDS_BEFORE(X)                                                \
  X(text, state)                                                               \
  X(text, host)                                                                \
  X(whole, pid)                                                                \
  X(real, began)                                                               \
  X(real, updated)                                                             \
  X(real, elapsed_s)                                                           \
  X(whole, done)                                                               \
  X(whole, total)
#define STATUS_FIELDS_AFTER(X)                                                 \
  X(whole, busy)                                                               \
  X(whole, ranks)                                                              \
  X(real, rate)                                                                \
  X(whole, longest_sample)                                                     \
  X(whole, longest_radius)                                                     \
  X(whole, longest_rank)                                                       \
  X(real, longest_s)                                                           \
  X(real, left_low_s)                                                          \
  X(real, left_high_s)

rp_status rp_run_status_name(const char *results, char name[4096],
                             rp_error *err) {
  const int n = snprintf(name, NAME_MAX_, "%s.status", results);
  if (n < 0 || n >= NAME_MAX_)
    return rp_fail(err, RP_E_INPUT, "%.*s...: name too long",
                   rp_text_fit(results, 200), results);
  return RP_OK;
}

/* ---- writing ---- */

static void put_text(FILE *out, const char *key, const char *value) {
  fprintf(out, ",\n  \"%s\": ", key);
  rp_json_text(out, value);
}
static void put_whole(FILE *out, const char *key, int64_t value) {
  fprintf(out, ",\n  \"%s\": %lld", key, (long long)value);
}
static void put_real(FILE *out, const char *key, double value) {
  fprintf(out, ",\n  \"%s\": ", key);
  rp_json_real(out, value, 3);
}

static void put_all(FILE *out, const rp_run_status *s) {
  fputs("{\n  \"format\": \"rampart-status\"", out);
  put_whole(out, "version", 2);
#define PUT(type, key) put_##type(out, #key, s->key);
#define PUT_COUNT(key, field) put_whole(out, #key, s->count.field);
  STATUS_FIELDS_BEFORE(PUT)
  RP_VERDICT_COUNT_TABLE(PUT_COUNT)
  STATUS_FIELDS_AFTER(PUT)
#undef PUT_COUNT
#undef PUT
  fputs("\n}\n", out);
}

rp_status rp_run_status_write(const rp_run_status *status, const char *results,
                              rp_error *err) {
  char name[NAME_MAX_];
  char *text = NULL;
  size_t size = 0;
  RP_TRY(rp_run_status_name(results, name, err));
  FILE *const memory = open_memstream(&text, &size);
  if (memory) put_all(memory, status);
  rp_status st = RP_OK;
  if (!memory || fclose(memory) != 0)
    st = rp_fail(err, RP_E_MEMORY, "%s: out of memory", name);
  if (st == RP_OK) st = rp_file_swap(name, text, size, err);
  free(text);
  return st;
}

/* ---- reading ---- */

static const char *find_value(const char *text, const char *key) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\": ", key);
  const char *const at = strstr(text, quoted);
  return at ? at + strlen(quoted) : NULL;
}

/* Hosts and states need no escapes, so a text with escapes is refused. */
static int parse_text(const char *from, const char *key, char *to,
                      size_t size) {
  const char *const at = find_value(from, key);
  if (!at || *at != '"') return 0;
  const size_t length = strcspn(at + 1, "\"\\");
  if (at[1 + length] != '"' || length >= size) return 0;
  for (size_t i = 1; i <= length; i++)
    if (at[i] < ' ' || at[i] > '~') return 0;
  memcpy(to, at + 1, length);
  to[length] = '\0';
  return 1;
}

static int parse_whole(const char *from, const char *key, int64_t *to) {
  const char *const at = find_value(from, key);
  const char *const end =
      at ? rp_read_whole(at, INT64_MIN, INT64_MAX, to) : NULL;
  return end && (*end == ',' || *end == '\n');
}

static int parse_real(const char *from, const char *key, double *to) {
  char *end;
  const char *const at = find_value(from, key);
  if (!at) return 0;
  *to = NAN;
  if (!strncmp(at, "null", 4)) return 1;
  *to = rp_read_real(at, &end);
  return end != at && (*end == ',' || *end == '\n') && isfinite(*to);
}

#define PARSE_text(text, s, key) parse_text(text, #key, s->key, sizeof s->key)
#define PARSE_whole(text, s, key) parse_whole(text, #key, &s->key)
#define PARSE_real(text, s, key) parse_real(text, #key, &s->key)

static int is_time(double seconds) {
  return seconds >= 0 && seconds < 1e12;
}

static int parse_all(const char *text, rp_run_status *s) {
#define TAKE(type, key)                                                        \
  if (!PARSE_##type(text, s, key)) return 0;
#define TAKE_COUNT(key, field)                                                 \
  if (!parse_whole(text, #key, &s->count.field)) return 0;
  STATUS_FIELDS_BEFORE(TAKE)
  RP_VERDICT_COUNT_TABLE(TAKE_COUNT)
  STATUS_FIELDS_AFTER(TAKE)
#undef TAKE_COUNT
#undef TAKE
  if (isnan(s->left_high_s) && !isnan(s->left_low_s)) s->left_high_s = HUGE_VAL;
  return strstr(text, "\"format\": \"rampart-status\"") != NULL &&
         is_time(s->began) && is_time(s->updated) && is_time(s->elapsed_s);
}

rp_status rp_run_status_read(const char *results, rp_run_status *status,
                             rp_error *err) {
  char name[NAME_MAX_], text[FILE_MAX + 1];
  RP_TRY(rp_run_status_name(results, name, err));
  FILE *file;
  RP_TRY(rp_file_open(name, &file, err));
  const size_t size = fread(text, 1, FILE_MAX, file);
  fclose(file);
  text[size] = '\0';
  rp_run_status s;
  memset(&s, 0, sizeof s);
  if (!parse_all(text, &s))
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected the status of a run (JSON, format "
                   "rampart-status), found something else",
                   name);
  *status = s;
  return RP_OK;
}

/* ---- life of a run ---- */

static bool is_on_this_host(const rp_run_status *s) {
  char host[sizeof s->host] = "";
  (void)gethostname(host, sizeof host - 1);
  return !strcmp(host, s->host);
}

static bool is_own(const rp_run_status *s) {
  return is_on_this_host(s) && s->pid == (int64_t)getpid();
}

bool rp_run_status_is_gone(const rp_run_status *s) {
  return is_on_this_host(s) && s->pid > 0 && s->pid <= INT32_MAX &&
         kill((pid_t)s->pid, 0) != 0 && errno == ESRCH;
}

static bool is_alive(const rp_run_status *s) {
  return strcmp(s->state, "failed") != 0 && !rp_run_status_is_gone(s) &&
         rp_clock_unix_s() - s->updated < RP_RUN_STATUS_DEAD_S;
}

void rp_run_status_begin(const char *results) {
  rp_run_status s;
  if (!results ||
      (rp_run_status_read(results, &s, NULL) == RP_OK && is_alive(&s)))
    return;
  s = (rp_run_status){.state = "starting",
                      .pid = (int64_t)getpid(),
                      .longest_sample = -1,
                      .left_low_s = NAN,
                      .left_high_s = NAN};
  (void)gethostname(s.host, sizeof s.host - 1);
  s.began = s.updated = rp_clock_unix_s();
  (void)rp_run_status_write(&s, results, NULL);
}

void rp_run_status_set_state(const char *results, const char *state) {
  rp_run_status s;
  if (!results || rp_run_status_read(results, &s, NULL) != RP_OK || !is_own(&s))
    return;
  snprintf(s.state, sizeof s.state, "%s", state);
  s.updated = rp_clock_unix_s();
  s.elapsed_s = fmax(s.updated - s.began, 0);
  (void)rp_run_status_write(&s, results, NULL);
}

void rp_run_status_end(const char *results) {
  rp_run_status s;
  char name[NAME_MAX_];
  if (results && rp_run_status_read(results, &s, NULL) == RP_OK && is_own(&s) &&
      strcmp(s.state, "failed") != 0 &&
      rp_run_status_name(results, name, NULL) == RP_OK)
    (void)unlink(name);
}
