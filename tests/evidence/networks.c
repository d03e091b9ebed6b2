/* Networks of every operator and staircase, written as files: the checker reads
 * what the engine has written, to the last accumulator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "temp_folder.h" /* first: it has names of its own */

#include "input/network_file.h"
#include "random_graph.h"
#include "random_net.h"

#include "check/check.h" /* last: its names are short */
#include "claims/h5.h"

enum { NETWORKS = 80, INPUTS = 8 };

static const random_graph_plan graphs = {6, 5, 4, 255, 300, 100, false, true};

static blob content_of(const char *file) {
  FILE *in = fopen(file, "rb");
  assert_non_null(in);
  blob b = {malloc(1 << 22), 0};
  b.size = fread(b.bytes, 1, 1 << 22, in);
  assert_true(b.size > 0 && b.size < 1 << 22);
  fclose(in);
  return b;
}

/* All accumulators, and the class. */
static void compare_on(const rp_net *engine, const net *n, const uint8_t *x) {
  int32_t *z = calloc((size_t)engine->n_acc, sizeof *z);
  int32_t *out = calloc((size_t)engine->n_out, sizeof *out);
  int32_t *work = calloc(rp_net_forward_work(engine), sizeof *work);
  int32_t *wide_x = calloc((size_t)engine->n_in, sizeof *wide_x);
  for (int32_t p = 0; p < engine->n_in; p++) wide_x[p] = x[p];
  rp_net_forward(engine, x, z, out, work);
  region *r = rp_check_make_ball(n, wide_x, 0);
  assert_true(rp_check_propagate(n, r, n->n_blocks - 1));
  for (int32_t i = 0; i < engine->n_acc; i++) {
    assert_int_equal(r->lo[n->n_in + i], z[i]);
    assert_int_equal(r->hi[n->n_in + i], z[i]);
  }
  assert_int_equal(rp_check_predict(n, wide_x),
                   rp_first_max(out, engine->n_out));
  free(r);
  free(wide_x);
  free(work);
  free(out);
  free(z);
}

/* Both kinds of operators' rows and staircases are compared by their values. */
static void the_checker_reads_what_is_written(void **state) {
  const temp_folder *folder = *state;
  rp_rng rng = rng_of_test(__func__);
  char file[256];
  int32_t read = 0;
  snprintf(file, sizeof file, "%s/network.h5", folder->path);
  for (int32_t k = 0; k < NETWORKS; k++) {
    rp_net *engine = random_graph(&rng, &graphs);
    if (!engine) continue; /* a block that nobody reads, weights too large */
    assert_int_equal(rp_network_write(engine, file, NULL), RP_OK);
    const blob b = content_of(file);
    net n = {0};
    rp_check_read_native(rp_check_h5_open(file, b), &n);
    assert_null(rp_check_prepare(&n));
    assert_int_equal(n.in_lo, engine->in_lo);
    assert_int_equal(n.n_vars, engine->n_in + engine->n_acc);
    uint8_t *x = calloc((size_t)engine->n_in, 1);
    for (int32_t i = 0; i < INPUTS; i++) {
      random_input(&rng, engine, x);
      compare_on(engine, &n, x);
    }
    free(x);
    rp_net_free(engine);
    read++;
  }
  printf("%d networks\n", read);
  assert_true(read > NETWORKS / 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_checker_reads_what_is_written),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
