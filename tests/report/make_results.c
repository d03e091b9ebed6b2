/* A results file of any size, for tests of what shows results:
 *
 *   make_results FILE SAMPLES RANKS [SECONDS]
 *
 * Each sample has a radius search, every other one two queries as well, and
 * tasks on the ranks. Numbers follow from the sample's, so that a file is the
 * same every time. SECONDS is how long the run lasted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "store/results.h"

enum { N_IN = 784, IN_HI = 255, CAP = 60 };

static void input_drawn(uint8_t x[N_IN], rp_rng *rng) {
  for (int i = 0; i < N_IN; i++)
    x[i] = rp_rng_below(rng, 4) ? 0 : (uint8_t)rp_rng_below(rng, 256);
}

static double seconds_drawn(rp_rng *rng) {
  const double u = rp_rng_unit(rng);
  return 1e-4 + 3 * u * u * u * u;
}

static rp_status radius_added(rp_results *r, int64_t sample, rp_rng *rng,
                              rp_error *err) {
  uint8_t x[N_IN];
  rp_radius_row row = {.sample = sample,
                       .label = (int32_t)(sample % 10),
                       .verdict = RP_ROBUST,
                       .seconds = seconds_drawn(rng)};
  row.lo = row.hi =
      (int32_t)(rp_rng_below(rng, 20) + rp_rng_below(rng, 3 + sample % 17));
  if (sample % 41 == 0) {
    row.lo = row.hi = -1;
    row.verdict = RP_MISCLASSIFIED;
  } else if (sample % 5 == 0) {
    row.hi += 1 + (int32_t)rp_rng_below(rng, 5);
    row.verdict = RP_UNKNOWN;
    row.reason = RP_REASON_TIME;
  }
  if (sample % 37 == 1) { /* at the cap */
    row.lo = row.hi = CAP;
    row.verdict = RP_ROBUST;
    row.reason = RP_REASON_NONE;
  }
  if (sample % 44 == 2) { /* the run ended before; no queries of even ones */
    row.lo = 0;
    row.hi = CAP;
    row.verdict = RP_UNKNOWN;
    row.reason = RP_REASON_INTERRUPTED;
    row.seconds = 0;
  }
  input_drawn(x, rng);
  const bool refuted = row.lo >= 0 && row.hi < CAP;
  return rp_results_add_radius(r, &row, refuted ? x : NULL, err);
}

static rp_status queries_added(rp_results *r, int64_t sample, rp_rng *rng,
                               rp_error *err) {
  const rp_radius_row *const known = &r->radius[r->n_radii - 1];
  for (int32_t radius = 4; radius <= 8; radius += 4) {
    uint8_t x[N_IN];
    rp_query_row row = {.sample = sample,
                        .label = known->label,
                        .radius = radius,
                        .seconds = seconds_drawn(rng)};
    row.verdict = known->lo < 0         ? RP_MISCLASSIFIED
                  : radius <= known->lo ? RP_ROBUST
                  : radius > known->hi  ? RP_VIOLATED
                                        : RP_UNKNOWN;
    if (row.verdict == RP_UNKNOWN) row.reason = RP_REASON_TIME;
    if (row.verdict == RP_VIOLATED) row.distance = radius;
    input_drawn(x, rng);
    RP_TRY(rp_results_add_query(r, &row, row.verdict == RP_VIOLATED ? x : NULL,
                                err));
  }
  return RP_OK;
}

/* Five tasks a sample, dealt to the ranks in turn. */
static rp_status tasks_added(rp_results *r, int64_t samples, int32_t ranks,
                             rp_rng *rng, rp_error *err) {
  double *const now = calloc((size_t)ranks, sizeof *now);
  rp_status st = now ? RP_OK : RP_E_MEMORY;
  for (int64_t i = 0; st == RP_OK && i < 5 * samples; i++) {
    rp_task_row row = {.rank = (int32_t)(i % ranks),
                       .sample = i / 5,
                       .radius = 1 + (int32_t)(i % 5),
                       .verdict = RP_ROBUST};
    row.begin_s = now[row.rank] + 0.01 * rp_rng_unit(rng);
    row.end_s = now[row.rank] = row.begin_s + seconds_drawn(rng);
    st = rp_results_add_task(r, &row, err);
  }
  for (int32_t rank = 0; st == RP_OK && rank < ranks; rank++) {
    const rp_rank_row row = {.rank = rank,
                             .threads = 1,
                             .busy_seconds = now[rank],
                             .cpu_seconds = now[rank],
                             .host = "node"};
    st = rp_results_add_rank(r, &row, err);
  }
  free(now);
  return st;
}

static rp_status results_filled(rp_results *r, int64_t samples, int32_t ranks,
                                rp_error *err) {
  rp_provenance *const p = &r->provenance;
  memset(p->network_sha256, 'a', 64);
  rp_rng rng;
  rp_rng_init(&rng, 1);
  strcpy(p->title, "Made by a test: <script>alert('x')</script> & more");
  strcpy(p->network, "none");
  strcpy(p->evidence, "counterexamples");
  p->n_in = N_IN;
  p->in_hi = IN_HI;
  p->radius_cap = CAP;
  p->ranks = ranks;
  p->threads = 1;
  for (int64_t i = 0; i < samples; i++) {
    RP_TRY(radius_added(r, i, &rng, err));
    if (i % 2) RP_TRY(queries_added(r, i, &rng, err));
  }
  RP_TRY(tasks_added(r, samples, ranks, &rng, err));
  return rp_results_sort(r, err);
}

/* Stretch all times, so that the run ends after `seconds`. */
static void stretch_times(rp_results *r, double seconds) {
  double end = 0;
  for (int64_t i = 0; i < r->n_tasks; i++)
    if (r->task[i].end_s > end) end = r->task[i].end_s;
  const double factor = seconds / end;
  for (int64_t i = 0; i < r->n_tasks; i++) {
    r->task[i].begin_s *= factor;
    r->task[i].end_s *= factor;
  }
  for (int64_t i = 0; i < r->n_ranks; i++) r->rank[i].busy_seconds *= factor;
  for (int64_t i = 0; i < r->n_queries; i++) r->query[i].seconds *= factor;
  for (int64_t i = 0; i < r->n_radii; i++) r->radius[i].seconds *= factor;
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 5) return 2;
  rp_error err = {"out of memory"};
  rp_results *r = NULL;
  rp_status st = rp_results_create(&r, &err);
  if (st == RP_OK) st = results_filled(r, atoll(argv[2]), atoi(argv[3]), &err);
  if (st == RP_OK && argc == 5) stretch_times(r, atof(argv[4]));
  if (st == RP_OK) st = rp_results_write(r, argv[1], &err);
  rp_results_free(r);
  if (st != RP_OK) fprintf(stderr, "make_results: %s\n", err.text);
  return st != RP_OK;
}
