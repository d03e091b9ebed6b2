/* Networks of ONNX files are compared with the plain interpreter of those:
 * nothing differs, whatever the form of the file, and whatever is changed in
 * the network shows, with the node that computes otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "input/network_file.h"
#include "net/op_conv.h"
#include "net/op_dense.h"
#include "qonnx_sample.h"
#include "seeded.h"
#include "temp_folder.h"

enum {
  SAMPLES = 40,
  SUM_SIDE = 16,
  MOST_IN = SUM_SIDE * SUM_SIDE,
  KINDS = 3,
  CASES = OS_FORMS + 2 * KINDS /* those of QONNX, and with factors by class */
};

static rp_error err;
static uint8_t x[SAMPLES * MOST_IN];
static rp_network_comparison found;

static void draw_inputs(void) {
  rp_rng rng = rng_of_test(__func__);
  for (size_t i = 0; i < sizeof x; i++) x[i] = (uint8_t)between(&rng, 0, 255);
}

static void make_case(int number, onnx_bytes *graph) {
  const onnx_sample sample = onnx_make_numbers();
  if (number < OS_FORMS) {
    onnx_make_sample(&sample, (onnx_form)number, graph);
    return;
  }
  srand(7);
  qonnx_numbers numbers = qonnx_draw_numbers();
  numbers.kind = (qonnx_kind)((number - OS_FORMS) % KINDS);
  numbers.by_class = number - OS_FORMS >= KINDS;
  qonnx_make_graph(graph, &numbers);
}

static rp_net *read_case(temp_folder *folder, int number,
                         rp_network_source *source) {
  static onnx_bytes graph, file;
  rp_net *net = NULL;
  make_case(number, &graph);
  onnx_finish(&file, &graph);
  *source = (rp_network_source){.file = temp_file(folder, "net.onnx"),
                                .profile = number < OS_FORMS ? "ort"
                                                             : "qonnx-float32"};
  bytes_put(source->file, file.bytes, file.size);
  if (rp_network_read(source, &net, &err) != RP_OK) fail_msg("%s", err.text);
  assert_true(net->n_in <= MOST_IN);
  return net;
}

static void compare(const rp_network_source *source, const rp_net *net) {
  if (rp_network_compare(source, net, x, SAMPLES, &found, &err) != RP_OK)
    fail_msg("%s", err.text);
}

static void all_forms_agree_with_the_file(void **state) {
  draw_inputs();
  for (int number = 0; number < CASES; number++) {
    rp_network_source source;
    rp_net *const net = read_case(*state, number, &source);
    compare(&source, net);
    if (found.differs) fail_msg("case %d: %s", number, found.difference);
    assert_int_equal(found.samples, SAMPLES);
    assert_int_equal(found.blocks, net->n_blocks);
    assert_true(found.tensors >= net->n_blocks);
    rp_net_free(net);
  }
}

/* Its last accumulator gives the least for all inputs, so that later blocks
 * stay within their ranges. A neuron that is constant cannot be changed so. */
static void check_block(const rp_network_source *source, rp_net *net,
                        int32_t k) {
  const rp_block *const block = &net->block[k];
  const int32_t last = block->n_acc - 1;
  rp_stair *const stair = &block->stair[last];
  const rp_stair was = *stair;
  const int64_t most = rp_stair_apply(stair, block->z_hi[last]);
  stair->lo = stair->hi = rp_stair_apply(stair, block->z_lo[last]);
  stair->table = NULL;
  compare(source, net);
  if (stair->lo == most) assert_false(found.differs);
  if (stair->lo != most && !found.differs)
    fail_msg("block %d: the change is not seen", k);
  if (found.differs) assert_non_null(strstr(found.difference, "node "));
  *stair = was;
}

static void a_change_of_any_block_is_found(void **state) {
  draw_inputs();
  for (int number = 0; number < CASES; number++) {
    rp_network_source source;
    rp_net *const net = read_case(*state, number, &source);
    for (int32_t k = 0; k < net->n_blocks; k++) check_block(&source, net, k);
    rp_net_free(net);
  }
}

static int16_t *find_weights(const rp_op *op, int32_t *n) {
  *n = op->n_in;
  if (!strcmp(op->kind->name, "dense"))
    return (int16_t *)rp_op_dense_row(op, 0);
  if (strcmp(op->kind->name, "conv") != 0) return NULL;
  const rp_conv_shape *const s = rp_op_conv_shape(op);
  *n = s->kernel_h * s->kernel_w * s->in_c / s->groups;
  return (int16_t *)rp_op_conv_weights(op);
}

static void a_lost_weight_is_found(void **state) {
  int n_lost = 0;
  draw_inputs();
  for (int number = 0; number < CASES; number++) {
    rp_network_source source;
    rp_net *const net = read_case(*state, number, &source);
    for (int32_t k = 0; k < net->n_blocks; k++) {
      int32_t n, most = 0;
      int16_t *const w = find_weights(net->block[k].term[0].op, &n);
      for (int32_t i = 0; w && i < n; i++)
        if (abs(w[i]) > abs(w[most])) most = i;
      if (!w || w[most] == 0) continue;
      const int16_t was = w[most];
      w[most] = 0;
      compare(&source, net);
      w[most] = was;
      if (!found.differs) fail_msg("case %d, block %d: not seen", number, k);
      n_lost++;
    }
    compare(&source, net);
    assert_false(found.differs);
    rp_net_free(net);
  }
  assert_true(n_lost >= 2 * CASES);
}

/* An input and the same transposed: many pairs, of which many sums are halfway
 * between two numbers. */
static void make_sum(const float scale[3], const int64_t *shape,
                     onnx_bytes *graph) {
  static const int64_t order[] = {0, 1, 3, 2};
  static const char *const names[] = {"sa", "sb", "sy"};
  graph->size = 0;
  onnx_add_value(graph, 11, "x", ONNX_UINT8, shape);
  onnx_add_value(graph, 12, "y", ONNX_UINT8, shape);
  for (int i = 0; i < 3; i++) onnx_add_scale(graph, names[i], scale[i]);
  onnx_add_zero(graph, "zx", 115);
  onnx_add_zero(graph, "zy", 4);
  onnx_add_node_with(graph, onnx_node("Transpose", "", "x", "t"), "perm", 4,
                     order);
  const onnx_bytes node =
      onnx_node("QLinearAdd", "com.microsoft", "x sa zx t sb zx sy zy", "y");
  onnx_inner(graph, 1, &node);
}

static void sums_that_are_halfway_agree_with_the_file(void **state) {
  static const float scales[][3] = {
      {0.02F, 0.07F, 0.06F}, {0.07F, 0.05F, 0.06F}, {0.5F, 0.25F, 0.375F}};
  static onnx_bytes graph, file;
  int most_blocks = 0;
  draw_inputs();
  for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
    rp_net *net;
    const rp_network_source source = {.file = temp_file(*state, "net.onnx"),
                                      .profile = "ort"};
    make_sum(scales[i], ONNX_DIMS(1, 1, SUM_SIDE, SUM_SIDE), &graph);
    onnx_finish(&file, &graph);
    bytes_put(source.file, file.bytes, file.size);
    if (rp_network_read(&source, &net, &err) != RP_OK) fail_msg("%s", err.text);
    compare(&source, net);
    if (found.differs) fail_msg("%s", found.difference);
    assert_int_equal(found.elements, SAMPLES * 2 * SUM_SIDE * SUM_SIDE);
    if (net->n_blocks > most_blocks) most_blocks = net->n_blocks;
    rp_net_free(net);
  }
  assert_true(most_blocks > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_forms_agree_with_the_file),
      cmocka_unit_test(a_change_of_any_block_is_found),
      cmocka_unit_test(a_lost_weight_is_found),
      cmocka_unit_test(sums_that_are_halfway_agree_with_the_file)};
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
