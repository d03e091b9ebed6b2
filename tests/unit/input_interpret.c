/* Networks are compared with plain interpreters of the files that they were
 * read from: nothing differs, and whatever is changed in one of them shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "input/network_file.h"
#include "seeded.h"
#include "temp_folder.h"
#include "tflite_file.h"

enum { SAMPLES = 40 };

static rp_error err;
static tflite_sample sample;
static uint8_t x[SAMPLES * TF_IN];
static rp_network_comparison found;

static const char *const profiles[] = {"litert-xnnpack", "litert-builtin",
                                       "tflm"};

static void draw_inputs(void) {
  rp_rng rng = rng_of_test(__func__);
  for (size_t i = 0; i < sizeof x; i++) x[i] = (uint8_t)between(&rng, 0, 255);
}

static rp_net *read_sample(temp_folder *folder, rp_network_source *source) {
  rp_net *net = NULL;
  tflite_make_sample(&sample);
  source->file = temp_file(folder, "net.tflite");
  bytes_put(source->file, sample.file.bytes, sample.file.size);
  if (rp_network_read(source, &net, &err) != RP_OK) fail_msg("%s", err.text);
  return net;
}

static rp_status compare(const rp_network_source *source, const rp_net *net) {
  return rp_network_compare(source, net, x, SAMPLES, &found, &err);
}

static void all_profiles_agree_with_the_file(void **state) {
  draw_inputs();
  for (int i = 0; i < 3; i++) {
    rp_network_source source = {.profile = profiles[i]};
    rp_net *const net = read_sample(*state, &source);
    if (compare(&source, net) != RP_OK) fail_msg("%s", err.text);
    if (found.differs) fail_msg("%s", found.difference);
    assert_int_equal(found.samples, SAMPLES);
    assert_int_equal(found.tensors, TF_OPS);
    assert_int_equal(found.blocks, net->n_blocks);
    assert_int_equal(found.elements, SAMPLES * (3 * 32 + 3 * 8 + 3));
    rp_net_free(net);
  }
}

/* Of which the network's last block is a copy. */
static void a_maximum_may_be_the_output(void **state) {
  enum { MAXIMUM = 3 };
  rp_network_source source = {.profile = "tflm",
                              .file = temp_file(*state, "maximum.tflite")};
  rp_net *net = NULL;
  tflite_make_sample(&sample);
  tflite_build(&sample.file, sample.tensor, TF_TENSORS, sample.op, MAXIMUM + 1,
               TF_X);
  bytes_put(source.file, sample.file.bytes, sample.file.size);
  if (rp_network_read(&source, &net, &err) != RP_OK) fail_msg("%s", err.text);
  draw_inputs();
  assert_int_equal(compare(&source, net), RP_OK);
  if (found.differs) fail_msg("%s", found.difference);
  assert_int_equal(found.tensors, MAXIMUM + 1);
  assert_int_equal(found.blocks, net->n_blocks - 1);
  rp_net_free(net);
}

/* The network of one runtime in the eyes of another. */
static void other_rounding_is_found(void **state) {
  rp_network_source source = {.profile = "litert-xnnpack"};
  rp_net *const net = read_sample(*state, &source);
  draw_inputs();
  source.profile = "tflm";
  assert_int_equal(compare(&source, net), RP_OK);
  assert_true(found.differs);
  rp_net_free(net);
}

/* Every block in turn computes something else. */
static void a_change_of_any_block_is_found(void **state) {
  rp_network_source source = {.profile = "litert-builtin"};
  rp_net *const net = read_sample(*state, &source);
  static const char *const names[] = {
      "CONV_2D",     "DEPTHWISE_CONV_2D", "ADD",
      "MAX_POOL_2D", "AVERAGE_POOL_2D",   "FULLY_CONNECTED"};
  char words[64];
  draw_inputs();
  assert_int_equal(net->n_blocks, 6);
  for (int32_t k = 0; k < net->n_blocks; k++) {
    const rp_block *const block = &net->block[k];
    const int32_t last = block->n_acc - 1;
    rp_stair *const stair = &block->stair[last];
    const rp_stair was = *stair;
    /* Least of what it gives, so that later blocks stay within their ranges. */
    stair->lo = stair->hi = rp_stair_apply(stair, block->z_lo[last]);
    stair->table = NULL;
    assert_int_equal(compare(&source, net), RP_OK);
    *stair = was;
    assert_true(found.differs);
    snprintf(words, sizeof words, "(%s): element", names[k]);
    if (!strstr(found.difference, words))
      fail_msg("'%s' lacks '%s'", found.difference, words);
  }
  assert_int_equal(compare(&source, net), RP_OK);
  assert_false(found.differs);
  rp_net_free(net);
}

static void what_cannot_be_compared_is_refused(void **state) {
  rp_network_source source = {.profile = "tflm"};
  rp_net *const net = read_sample(*state, &source);
  char native[512];
  rp_net *again;
  sample.file.bytes[sample.file.size++] = 0;
  bytes_put(source.file, sample.file.bytes, sample.file.size);
  assert_int_equal(compare(&source, net), RP_E_INPUT);
  assert_non_null(strstr(err.text, "that was changed since"));
  strcpy(native, temp_file(*state, "net.h5"));
  assert_int_equal(rp_network_write(net, native, &err), RP_OK);
  source = (rp_network_source){.file = native};
  assert_int_equal(rp_network_read(&source, &again, &err), RP_OK);
  assert_int_equal(compare(&source, again), RP_E_INPUT);
  assert_non_null(strstr(err.text, "found an HDF5 file"));
  rp_net_free(again);
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_profiles_agree_with_the_file),
      cmocka_unit_test(a_maximum_may_be_the_output),
      cmocka_unit_test(other_rounding_is_found),
      cmocka_unit_test(a_change_of_any_block_is_found),
      cmocka_unit_test(what_cannot_be_compared_is_refused)};
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
