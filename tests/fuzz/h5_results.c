/* Results files, changed in their structure. */
#include <stdlib.h>
#include <string.h>

#include "check_file.h"
#include "fuzz.h"
#include "store/results.h"
#include "structure.h"

static fuzz_bytes good;

static void make_good_file(void) {
  static const uint8_t x[] = {1, 2, 3};
  rp_results *r = NULL;
  rp_error err = {""};
  const rp_query_row query = {.sample = 1,
                              .radius = 2,
                              .verdict = RP_VIOLATED,
                              .evidence = RP_EVIDENCE_REPLAY,
                              .distance = 2};
  const rp_radius_row radius = {
      .sample = 2, .lo = 1, .hi = 1, .verdict = RP_ROBUST};
  const rp_rank_row rank = {.threads = 2, .tasks = 3, .host = "node1"};
  const rp_task_row done = {.sample = 1, .radius = 2, .end_s = 0.5};
  (void)rp_results_create(&r, &err);
  r->provenance.n_in = 3;
  r->provenance.in_hi = 255;
  r->provenance.radius_cap = 5;
  strcpy(r->provenance.rule, "R0");
  strcpy(r->provenance.engine, "hull");
  strcpy(r->provenance.date_created, "2024-02-29T12:00:00Z");
  memset(r->provenance.network_sha256, 'a', 64);
  fuzz_expect(rp_results_add_query(r, &query, x, &err) == RP_OK &&
                  rp_results_add_radius(r, &radius, x, &err) == RP_OK &&
                  rp_results_add_rank(r, &rank, &err) == RP_OK &&
                  rp_results_add_task(r, &done, &err) == RP_OK &&
                  rp_results_sort(r, &err) == RP_OK &&
                  rp_results_write(r, fuzz_path("good.h5"), &err) == RP_OK,
              "results can be written");
  rp_results_free(r);
  good = fuzz_read(fuzz_path("good.h5"));
}

static void compare(const rp_results *engine, const results *checker) {
  fuzz_expect(engine->n_queries == checker->n_queries &&
                  engine->n_radii == checker->n_searches &&
                  engine->n_counterexamples == checker->n_examples,
              "engine and checker read as many rows");
  for (int64_t i = 0; i < engine->n_queries; i++)
    fuzz_expect(engine->query[i].sample == checker->query[i].sample &&
                    engine->query[i].radius == checker->query[i].lo,
                "engine and checker read the same queries");
  for (int64_t i = 0; i < engine->n_radii; i++)
    fuzz_expect(engine->radius[i].sample == checker->search[i].sample &&
                    engine->radius[i].lo == checker->search[i].lo &&
                    engine->radius[i].hi == checker->search[i].hi,
                "engine and checker read the same radii");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *const path = fuzz_path("changed.h5");
  rp_results *engine = NULL;
  results checker;
  rp_error err = {""};
  if (!good.data) make_good_file();
  fuzz_change_structure(good, (fuzz_choices){data, data + size}, path);
  const rp_status status = rp_results_read(path, &engine, &err);
  fuzz_expect_verdict(status, &err);
  const bool checked = fuzz_check_results(path, &checker);
  fuzz_expect(status != RP_OK || checked,
              "the checker reads what the engine reads");
  if (status == RP_OK) compare(engine, &checker);
  rp_results_free(engine);
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const uint8_t changes[][6] = {
      {0, 0, 0, 0}, {0, 0, 3, 0},       {3, 0, 20, 2}, {2, 0, 7, 13, 0, 1},
      {4, 2, 0, 0}, {9, 2, 3, 2, 1, 4}, {7, 1, 2, 0}};
  if (number >= (int)(sizeof changes / sizeof *changes)) return false;
  *seed = fuzz_copy(changes[number], number ? sizeof changes[0] : 0);
  return true;
}
