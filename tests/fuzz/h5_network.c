/* Networks in HDF5, native of both versions and QVIP's, changed in their
 * structure: what the engine reads, the checker reads too, and both have the
 * same network. The first byte chooses the file before the changes. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "good_files.h" /* before the checker's short names */
#include "input/network_file.h"
#include "random_graph.h"
#include "structure.h"

#include "check_file.h"

enum { GRAPHS = 4, FILES = 3 + GRAPHS, BITS = 6, INPUT_BITS = 8 };

static fuzz_bytes good[FILES];

static bool has_maxima(const rp_net *of) {
  for (int32_t k = 0; k < of->n_blocks; k++)
    if (of->block[k].n_acc > of->block[k].n_out) return true;
  return false;
}

/* Small ones, always the same: chains that version 1 could hold are left out.
 * Every other one has maxima. */
static void make_good_graphs(const char *path) {
  static const random_graph_plan plan = {3, 3, 3, 255, 6, 40, false, true};
  rp_rng rng;
  rp_rng_init(&rng, 14);
  for (int i = FILES - GRAPHS; i < FILES;) {
    rp_net *const drawn = random_graph(&rng, &plan);
    fuzz_expect(drawn && rp_network_write(drawn, path, NULL) == RP_OK,
                "there is a graph");
    if (!rp_net_is_dense_chain(drawn) && drawn->n_blocks > 1 &&
        has_maxima(drawn) == (i % 2 == 0))
      good[i++] = fuzz_read(path);
    rp_net_free(drawn);
  }
}

static void make_good_files(void) {
  const char *const path = fuzz_path("good.h5");
  if (good[0].data) return;
  good_network_put(path);
  good[0] = fuzz_read(path);
  good_keras_put(path, 0);
  good[1] = fuzz_read(path);
  good_keras_put(path, 1);
  good[2] = fuzz_read(path);
  make_good_graphs(path);
}

/* A few inputs, the same ones every time. */
static void compare(const rp_net *engine, const net *checker) {
  const size_t n = (size_t)engine->n_in;
  fuzz_expect(engine->n_in == checker->n_in &&
                  engine->in_lo == checker->in_lo &&
                  engine->in_hi == checker->in_hi &&
                  engine->n_blocks == checker->n_blocks,
              "engine and checker read the same sizes");
  uint8_t *const x = malloc(n);
  int32_t *const wide_x = malloc(n * sizeof *wide_x), prediction;
  fuzz_expect(x && wide_x, "there is memory");
  for (int32_t k = 0; k < 8; k++) {
    for (size_t i = 0; i < n; i++)
      wide_x[i] = x[i] =
          (uint8_t)((k * 37 + (int32_t)i * 91 * k) % (engine->in_hi + 1));
    fuzz_expect(rp_reference_predict(engine, x, &prediction) == RP_OK &&
                    prediction == rp_check_predict(checker, wide_x),
                "engine and checker read the same network");
  }
  free(x);
  free(wide_x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *const path = fuzz_path("changed.h5");
  const rp_network_source source = {path, "auto", NULL, INPUT_BITS, BITS, NULL};
  rp_net *engine = NULL;
  net checker;
  rp_error err = {""};
  if (size == 0) return 0;
  make_good_files();
  fuzz_change_structure(good[data[0] % FILES],
                        (fuzz_choices){data + 1, data + size}, path);
  const rp_status status = rp_network_read(&source, &engine, &err);
  fuzz_expect_verdict(status, &err);
  fuzz_inputs inputs = {4, 0, 255};
  if (engine)
    inputs = (fuzz_inputs){engine->n_in, engine->in_lo,
                           engine->in_lo + engine->in_hi};
  const bool checked =
      fuzz_check_network(path, BITS, INPUT_BITS, &inputs, &checker);
  fuzz_expect(status != RP_OK || checked,
              "the checker reads what the engine reads");
  fuzz_expect(status == RP_OK || !checked,
              "the checker refuses what the engine refuses");
  if (status == RP_OK) compare(engine, &checker);
  rp_net_free(engine);
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const uint8_t changes[][4] = {
      {0, 0, 0, 0}, {0, 0, 0, 1},  {0, 3, 0, 2}, {1, 2, 3, 0},
      {6, 1, 0, 0}, {10, 2, 8, 1}, {9, 2, 3, 4}, {7, 1, 2, 0}};
  const int count = sizeof changes / sizeof *changes;
  if (number >= FILES * (count + 1)) return false;
  const uint8_t file = (uint8_t)(number % FILES);
  *seed = fuzz_copy(&file, 1);
  if (number >= FILES) fuzz_append(seed, changes[number / FILES - 1], 4);
  return true;
}
