/* Reading and writing a network without memory: whichever allocation fails, it
 * is said so, and nothing else goes wrong. Every reading takes a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/memory.h"
#include "input/network_file.h"
#include "random_graph.h"
#include "random_net.h"
#include "same_net.h"
#include "temp_folder.h"

static rp_error err;

/* How many allocations writing takes. */
static uint64_t write_without_memory(const rp_net *net, const char *file) {
  rp_status status = RP_E_MEMORY;
  uint64_t n = 0;
  while (status != RP_OK && n < 1000) {
    rp_alloc_fail_after(++n);
    status = rp_network_write(net, file, &err);
    rp_alloc_fail_after(0);
    if (status != RP_OK) assert_int_equal(status, RP_E_MEMORY);
  }
  return n;
}

/* How many allocations reading takes. */
static uint64_t read_without_memory(const rp_net *net, const char *file) {
  const rp_network_source source = {.file = file, .format = "auto"};
  rp_status status = RP_E_MEMORY;
  rp_net *copy = NULL;
  uint64_t n = 0;
  while (status != RP_OK && n < 1000) {
    rp_alloc_fail_after(++n);
    status = rp_network_read(&source, &copy, &err);
    rp_alloc_fail_after(0);
    if (status != RP_OK) assert_int_equal(status, RP_E_MEMORY);
  }
  assert_int_equal(status, RP_OK);
  same_net(net, copy);
  rp_net_free(copy);
  return n;
}

static void every_allocation_may_fail(void **state) {
  const char *file = temp_file(*state, "net.h5");
  rp_rng rng = rng_of_test(__func__);
  rp_net *net = random_net(&rng, &(random_net_plan){2, 6, 15});
  assert_non_null(net);
  assert_true(write_without_memory(net, file) > 1);
  assert_true(read_without_memory(net, file) > 10);
  rp_net_free(net);
}

static void every_allocation_of_a_graph_may_fail(void **state) {
  static const random_graph_plan small = {2, 2, 2, 255, 4, 20, false, true};
  const char *file = temp_file(*state, "graph.h5");
  rp_rng rng = rng_of_test(__func__);
  rp_net *net = random_graph(&rng, &small);
  while (net->n_blocks < 2 || net->in_lo == 0 || net->n_tables == 0 ||
         !net->block[0].owner) {
    rp_net_free(net);
    net = random_graph(&rng, &small);
  }
  assert_true(write_without_memory(net, file) > 10);
  assert_true(read_without_memory(net, file) > 30);
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_allocation_may_fail),
      cmocka_unit_test(every_allocation_of_a_graph_may_fail),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
