/* What the tests of results files share: a folder of their own, example tables
 * whose verdicts do not depend on the order in which rows arrive, and
 * comparison. */
#ifndef RAMPART_TESTS_RESULTS_EXAMPLE_H
#define RAMPART_TESTS_RESULTS_EXAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/rng.h"
#include "seeded.h"
#include "store/results.h"

enum { N_IN = 12, IN_HI = 255 };

static char folder[64];
static uint64_t seed;

static inline const char *path_of(const char *name) {
  static char paths[4][512];
  static unsigned next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static inline int folder_made(void **state) {
  (void)state;
  seed = seed_of_test("results");
  strcpy(folder, "/tmp/rampart-results-XXXXXX");
  return mkdtemp(folder) ? 0 : -1;
}

static inline int folder_removed(void **state) {
  (void)state;
  DIR *dir = opendir(folder);
  struct dirent *entry;
  while (dir && (entry = readdir(dir)))
    if (entry->d_name[0] != '.') unlink(path_of(entry->d_name));
  if (dir) closedir(dir);
  return rmdir(folder);
}

/* ---- Example tables ---- */

static inline rp_results *new_results(void) {
  rp_results *r;
  assert_int_equal(rp_results_create(&r, NULL), RP_OK);
  rp_provenance *p = &r->provenance;
  strcpy(p->title, "Ein Beispiel für Tests");
  strcpy(p->network, "toy, \"small\"");
  strcpy(p->network_file, "toy.h5");
  strcpy(p->rule, "R0");
  strcpy(p->engine, "hull");
  strcpy(p->date_created, "2024-02-29T12:00:00Z");
  strcpy(p->history, "rampart run toy.yaml");
  memset(p->network_sha256, 'a', 64);
  p->ranks = 3;
  p->threads = 2;
  p->n_in = N_IN;
  p->in_hi = p->radius_cap = IN_HI;
  p->options.time_limit = 12.5;
  p->options.seed = INT64_MAX;
  return r;
}

/* The counterexample of a sample at a radius, the same in every run. */
static inline void input_filled(uint8_t *x, int64_t sample, int32_t radius) {
  for (int i = 0; i < N_IN; i++) x[i] = (uint8_t)(sample * 31 + radius * 7 + i);
}

static inline void add_query(rp_results *r, int64_t sample, int32_t radius,
                             double seconds) {
  uint8_t x[N_IN];
  input_filled(x, sample, radius);
  rp_query_row row = {.sample = sample,
                      .label = (int32_t)(sample % 10),
                      .radius = radius,
                      .seconds = seconds,
                      .cpu_seconds = 2 * seconds,
                      .rank = (int32_t)(sample % 3)};
  row.stats.nodes = sample * 1000 + radius;
  row.stats.memory_peak = INT64_MAX - radius;
  row.verdict = (rp_verdict)((sample + radius) % RP_VERDICT_COUNT);
  if (row.verdict == RP_UNKNOWN) row.reason = RP_REASON_TIME;
  if (row.verdict == RP_ROBUST) row.evidence = RP_EVIDENCE_TREE;
  const bool violated = row.verdict == RP_VIOLATED;
  if (violated) row.evidence = RP_EVIDENCE_REPLAY;
  if (violated) row.distance = radius;
  assert_int_equal(rp_results_add_query(r, &row, violated ? x : NULL, NULL),
                   RP_OK);
}

/* Refuted at hi + 1, where (sample + hi + 1) % 5 == RP_VIOLATED. */
static inline void add_radius(rp_results *r, int64_t sample, double seconds) {
  uint8_t x[N_IN];
  const int32_t hi = (int32_t)(6 - sample % 5) % 5;
  const rp_radius_row row = {.sample = sample,
                             .label = (int32_t)(sample % 10),
                             .lo = hi,
                             .hi = hi,
                             .verdict = RP_ROBUST,
                             .seconds = seconds};
  input_filled(x, sample, hi + 1);
  assert_int_equal(rp_results_add_radius(r, &row, x, NULL), RP_OK);
}

static inline void add_rank(rp_results *r, int32_t rank) {
  rp_rank_row row = {.rank = rank, .threads = 2, .tasks = 7, .host = "node1"};
  row.busy_seconds = 0.5 + rank;
  row.wall_seconds = 9.5;
  row.serving_seconds = 0.25;
  row.messages = 40 + rank;
  row.message_bytes = (int64_t)1 << 33;
  row.stats.lp_solves = 99;
  assert_int_equal(rp_results_add_rank(r, &row, NULL), RP_OK);
}

static inline void add_task(rp_results *r, int32_t number) {
  const rp_task_row row = {.rank = number % 3,
                           .sample = number,
                           .radius = 1 + number % 5,
                           .piece = number % 2,
                           .begin_s = number / 8.0,
                           .end_s = number / 8.0 + 0.5,
                           .verdict = (rp_verdict)(number % RP_VERDICT_COUNT)};
  assert_int_equal(rp_results_add_task(r, &row, NULL), RP_OK);
}

static inline void shuffled(int64_t *item, int64_t n, rp_rng *rng) {
  for (int64_t i = n - 1; i > 0; i--) {
    const int64_t j = rp_rng_below(rng, (uint32_t)i + 1);
    const int64_t kept = item[i];
    item[i] = item[j];
    item[j] = kept;
  }
}

/* Samples x radii 1..5 in a random order; the verdicts do not depend on it. */
static inline rp_results *example(int64_t samples, uint64_t order) {
  rp_results *r = new_results();
  rp_rng rng;
  rp_rng_init(&rng, order);
  int64_t *item = rp_alloc((size_t)samples * 6, sizeof *item);
  for (int64_t i = 0; i < samples * 6; i++) item[i] = i;
  shuffled(item, samples * 6, &rng);
  for (int64_t i = 0; i < samples * 6; i++) {
    const int64_t sample = item[i] / 6;
    const int32_t radius = (int32_t)(item[i] % 6);
    const double seconds = rp_rng_unit(&rng);
    if (radius > 0)
      add_query(r, sample, radius, seconds);
    else
      add_radius(r, sample, seconds);
  }
  free(item);
  for (int32_t rank = 2; rank >= 0; rank--) add_rank(r, rank);
  for (int32_t task = 20; task >= 0; task--) add_task(r, task);
  assert_int_equal(rp_results_sort(r, NULL), RP_OK);
  return r;
}

/* ---- Comparison ---- */

static inline void assert_same_query(const rp_query_row *a,
                                     const rp_query_row *b) {
  assert_int_equal(a->sample, b->sample);
  assert_int_equal(a->label, b->label);
  assert_int_equal(a->radius, b->radius);
  assert_int_equal(a->verdict, b->verdict);
  assert_int_equal(a->reason, b->reason);
  assert_int_equal(a->evidence, b->evidence);
  assert_int_equal(a->distance, b->distance);
  assert_int_equal(a->counterexample, b->counterexample);
}

static inline void assert_same_verdicts(const rp_results *a,
                                        const rp_results *b) {
  assert_int_equal(a->n_queries, b->n_queries);
  for (int64_t i = 0; i < a->n_queries; i++)
    assert_same_query(&a->query[i], &b->query[i]);
  assert_int_equal(a->n_radii, b->n_radii);
  for (int64_t i = 0; i < a->n_radii; i++) {
    const rp_radius_row *left = &a->radius[i], *right = &b->radius[i];
    assert_int_equal(left->sample, right->sample);
    assert_int_equal(left->label, right->label);
    assert_int_equal(left->lo, right->lo);
    assert_int_equal(left->hi, right->hi);
    assert_int_equal(left->verdict, right->verdict);
    assert_int_equal(left->reason, right->reason);
    assert_int_equal(left->counterexample, right->counterexample);
  }
  assert_int_equal(a->n_counterexamples, b->n_counterexamples);
  if (a->n_counterexamples)
    assert_memory_equal(a->counterexample, b->counterexample,
                        (size_t)a->n_counterexamples * N_IN);
}

static inline void assert_same_times(const rp_results *a, const rp_results *b) {
  for (int64_t i = 0; i < a->n_queries; i++) {
    assert_true(a->query[i].seconds == b->query[i].seconds);
    assert_true(a->query[i].cpu_seconds == b->query[i].cpu_seconds);
    assert_int_equal(a->query[i].rank, b->query[i].rank);
    assert_memory_equal(&a->query[i].stats, &b->query[i].stats,
                        sizeof a->query[i].stats);
  }
  for (int64_t i = 0; i < a->n_radii; i++)
    assert_true(a->radius[i].seconds == b->radius[i].seconds);
  assert_int_equal(a->n_ranks, b->n_ranks);
  for (int64_t i = 0; i < a->n_ranks; i++) {
    assert_int_equal(a->rank[i].rank, b->rank[i].rank);
    assert_int_equal(a->rank[i].tasks, b->rank[i].tasks);
    assert_string_equal(a->rank[i].host, b->rank[i].host);
    assert_true(a->rank[i].wall_seconds == b->rank[i].wall_seconds);
    assert_true(a->rank[i].serving_seconds == b->rank[i].serving_seconds);
    assert_int_equal(a->rank[i].messages, b->rank[i].messages);
    assert_int_equal(a->rank[i].message_bytes, b->rank[i].message_bytes);
    assert_memory_equal(&a->rank[i].stats, &b->rank[i].stats,
                        sizeof a->rank[i].stats);
  }
  assert_int_equal(a->n_tasks, b->n_tasks);
  for (int64_t i = 0; i < a->n_tasks; i++) {
    const rp_task_row *left = &a->task[i], *right = &b->task[i];
    assert_int_equal(left->rank, right->rank);
    assert_int_equal(left->sample, right->sample);
    assert_int_equal(left->radius, right->radius);
    assert_int_equal(left->piece, right->piece);
    assert_int_equal(left->verdict, right->verdict);
    assert_true(left->begin_s == right->begin_s);
    assert_true(left->end_s == right->end_s);
    assert_true(i == 0 || left->begin_s > a->task[i - 1].begin_s);
  }
}

static inline rp_results *written_and_read(const rp_results *r,
                                           const char *file) {
  rp_error err;
  rp_results *again = NULL;
  assert_int_equal(rp_results_write(r, file, &err), RP_OK);
  if (rp_results_read(file, &again, &err) != RP_OK) fail_msg("%s", err.text);
  return again;
}

/* Runs a script of tests/cli; skips the test where Python lacks packages. */
static inline int script_run(const char *script, const char *a, const char *b) {
  const char *source = getenv("RAMPART_SOURCE");
  char command[2048];
  if (!source) source = ".";
  snprintf(command, sizeof command, "/usr/bin/python3 '%s/tests/cli/%s' %s %s",
           source, script, a, b);
  fflush(NULL);
  const int how = system(command);
  return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

#endif
