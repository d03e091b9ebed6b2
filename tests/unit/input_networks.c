/* Network files: what is written comes back bit for bit; Keras files of both
 * layouts, in any order that the shapes decide, give QVIP's network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/memory.h"
#include "files/sha256.h"
#include "input/network_file.h"
#include "keras_file.h"
#include "random_graph.h"
#include "random_net.h"
#include "same_net.h"
#include "temp_folder.h"

static rp_error err;

static void says(const char *part) {
  if (!strstr(err.text, part))
    fail_msg("expected '%s' in '%s'", part, err.text);
}

static rp_net *read_back(const char *file) {
  const rp_network_source source = {.file = file, .format = "auto"};
  rp_net *net = NULL;
  if (rp_network_read(&source, &net, &err) != RP_OK) fail_msg("%s", err.text);
  return net;
}

static void round_trip_is_exact(void **state) {
  const char *file = temp_file(*state, "net.h5");
  rp_rng rng = rng_of_test(__func__);
  for (int n = 0; n < 12; n++) {
    rp_net *net = random_net(&rng, &(random_net_plan){4, 30, 1 << 18});
    assert_non_null(net);
    if (net->n_in % 6 == 0) {
      net->n_dims = 3;
      net->dims[0] = 2;
      net->dims[1] = net->n_in / 6;
      net->dims[2] = 3;
    }
    assert_int_equal(rp_network_write(net, file, &err), RP_OK);
    rp_net *copy = read_back(file);
    char digest[65];
    same_net(net, copy);
    assert_int_equal(rp_sha256_file(file, digest, &err), RP_OK);
    assert_string_equal(copy->sha256, digest);
    rp_net_free(copy);
    rp_net_free(net);
  }
}

/* The version that a file says. */
static int64_t version_of(const char *file) {
  int64_t version = 0;
  const hid_t id = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t attribute = H5Aopen(id, "version", H5P_DEFAULT);
  assert_true(H5Aread(attribute, H5T_NATIVE_INT64, &version) >= 0);
  H5Aclose(attribute);
  H5Fclose(id);
  return version;
}

static const random_graph_plan graphs = {5, 4, 4, 255, 300, 200, false, true};

static void graphs_come_back(void **state) {
  const char *file = temp_file(*state, "graph.h5");
  rp_rng rng = rng_of_test(__func__);
  int32_t n_graphs = 0, n_pools = 0;
  for (int n = 0; n < 12; n++) {
    rp_net *net = random_graph(&rng, &graphs);
    assert_non_null(net);
    if (rp_network_write(net, file, &err) != RP_OK) fail_msg("%s", err.text);
    rp_net *copy = read_back(file);
    same_net(net, copy);
    n_graphs += version_of(file) == 2;
    for (int32_t k = 0; k < net->n_blocks; k++)
      n_pools += net->block[k].owner != NULL;
    rp_net_free(copy);
    rp_net_free(net);
  }
  assert_in_range(n_graphs, 6, 12);
  assert_true(n_pools > 2);
}

static void chains_stay_in_version_1(void **state) {
  const char *file = temp_file(*state, "chain.h5");
  rp_rng rng = rng_of_test(__func__);
  rp_net *net = random_net(&rng, &(random_net_plan){3, 9, 99}), *copy;
  assert_int_equal(rp_network_write(net, file, &err), RP_OK);
  assert_int_equal(version_of(file), 1);
  net->in_lo = net->in_zero = 1; /* the same biases, by another name */
  assert_int_equal(rp_network_write(net, file, &err), RP_OK);
  assert_int_equal(version_of(file), 2);
  copy = read_back(file);
  same_net(net, copy);
  rp_net_free(copy);
  rp_net_free(net);
}

static void class_names_come_back(void **state) {
  const char *file = temp_file(*state, "names.h5");
  static const char *const names[4] = {"cat", "d\303\266g", "", "a horse"};
  rp_rng rng = rng_of_test(__func__);
  rp_net *net = random_graph(&rng, &graphs);
  while (net->n_out != 4 || rp_net_is_dense_chain(net)) {
    rp_net_free(net);
    net = random_graph(&rng, &graphs);
  }
  assert_int_equal(rp_net_set_class_names(net, names, 3, &err), RP_E_INPUT);
  says("expected one for each of 4 outputs, found 3");
  assert_int_equal(rp_net_set_class_names(net, names, 4, &err), RP_OK);
  assert_int_equal(rp_network_write(net, file, &err), RP_OK);
  rp_net *copy = read_back(file);
  same_net(net, copy);
  for (int32_t i = 0; i < 4; i++)
    assert_string_equal(copy->class_name[i], names[i]);
  rp_net_free(copy);
  rp_net_free(net);
}

static const float kernel_a[4 * 3] = {0.5f,  -0.25f, 1,     0.125f, 0.3f, -1,
                                      0.25f, 0.75f,  0.01f, -0.5f,  2,    0};
static const float kernel_b[3 * 2] = {1, -1, 0.5f, 0.25f, -0.125f, 0};
static const float bias_a[3] = {0.5f, -0.5f, 0}, bias_b[2] = {0.25f, 0};

static const keras_layer first = {"quantized_dense", 4, 3, kernel_a, bias_a};
static const keras_layer second = {"quantized_dense_1", 3, 2, kernel_b, bias_b};
static const keras_layer dropout = {"dropout", 0, 0, NULL, NULL};

static rp_net *expected_net(const char *name) {
  const int32_t dims[2] = {2, 2};
  rp_net *net;
  const rp_qvip_dense a = {4, 3, 8, 6, false, kernel_a, bias_a};
  const rp_qvip_dense b = {3, 2, 4, 6, true, kernel_b, bias_b};
  assert_int_equal(rp_net_create(name, dims, 2, 255, &net, &err), RP_OK);
  assert_int_equal(rp_net_add_qvip_dense(net, &a, &err), RP_OK);
  assert_int_equal(rp_net_add_qvip_dense(net, &b, &err), RP_OK);
  assert_int_equal(rp_net_finish(net, &err), RP_OK);
  return net;
}

static void given_name_wins(void **state) {
  const char *file = temp_file(*state, "net.h5");
  rp_net *net = expected_net("small"), *copy;
  assert_int_equal(rp_network_write(net, file, &err), RP_OK);
  const rp_network_source source = {file, "native", "mine", 0, 0, NULL};
  assert_int_equal(rp_network_read(&source, &copy, &err), RP_OK);
  assert_string_equal(copy->name, "mine");
  rp_net_free(copy);
  rp_net_free(net);
}

static void writing_failures_leave_nothing(void **state) {
  temp_folder *folder = *state;
  rp_net *net = expected_net("small");
  assert_int_equal(rp_network_write(net, folder->path, &err), RP_E_IO);
  says("not a regular file");
  assert_int_equal(rp_network_write(net, temp_file(folder, "none/n.h5"), &err),
                   RP_E_IO);
  says("cannot create");
  assert_int_equal(rp_network_write(net, "/dev/full", &err), RP_E_IO);
  const char *file = temp_file(folder, "kept.h5");
  bytes_put(file, "old", 3);
  rp_alloc_fail_after(1);
  assert_int_equal(rp_network_write(net, file, &err), RP_E_MEMORY);
  rp_alloc_fail_after(0);
  size_t size;
  free(bytes_got(file, &size));
  assert_int_equal(size, 3);
  rp_net_free(net);
}

/* ---- Keras ---- */

static rp_status read_keras(const char *file, rp_net **net) {
  const rp_network_source source = {
      .file = file, .format = "auto", .input_bits = 8, .bits = 6};
  return rp_network_read(&source, net, &err);
}

static void gives_expected_net(temp_folder *folder, const keras_plan *plan) {
  const char *file = temp_file(folder, "my.net.h5");
  keras_file_put(file, plan);
  rp_net *net, *expected = expected_net("my.net");
  if (read_keras(file, &net) != RP_OK) fail_msg("%s", err.text);
  same_net(net, expected);
  rp_net_free(net);
  rp_net_free(expected);
}

static void keras_layouts(void **state) {
  keras_plan plan = {3, {first, second, dropout}, NULL, 0};
  gives_expected_net(*state, &plan);
  plan.variable = 1;
  gives_expected_net(*state, &plan);
  plan.model = "quantized_model";
  gives_expected_net(*state, &plan);
  plan.variable = 0;
  gives_expected_net(*state, &plan);
}

static void keras_order_from_shapes(void **state) {
  gives_expected_net(*state,
                     &(keras_plan){3, {second, dropout, first}, NULL, 0});
}

static void refuses_keras(temp_folder *folder, const keras_plan *plan,
                          const char *part) {
  const char *file = temp_file(folder, "refused.h5");
  keras_file_put(file, plan);
  rp_net *net = NULL;
  assert_int_equal(read_keras(file, &net), RP_E_INPUT);
  assert_null(net);
  says(file);
  says(part);
}

static void keras_orders_in_doubt(void **state) {
  const keras_layer square = {"s", 3, 3, NULL, NULL};
  const keras_layer square_2 = {"t", 3, 3, NULL, NULL};
  const keras_layer alone = {"u", 7, 5, NULL, NULL};
  refuses_keras(*state, &(keras_plan){2, {first, alone}, NULL, 0},
                "no such order");
  refuses_keras(*state,
                &(keras_plan){4, {square, square_2, first, second}, NULL, 0},
                "several orders");
  const char *file = temp_file(*state, "square.h5");
  keras_file_put(file, &(keras_plan){3, {square, first, second}, NULL, 0});
  rp_net *net;
  assert_int_equal(read_keras(file, &net), RP_OK);
  assert_int_equal(net->n_blocks, 3);
  assert_int_equal(net->n_in, 4);
  rp_net_free(net);
}

static void bits_must_be_given(void **state) {
  const char *file = temp_file(*state, "bits.h5");
  keras_file_put(file, &(keras_plan){2, {first, second}, NULL, 0});
  rp_net *net = NULL;
  rp_network_source source = {.file = file, .format = "qvip", .bits = 6};
  assert_int_equal(rp_network_read(&source, &net, &err), RP_E_INPUT);
  says("expected input_bits, 1..8, found none");
  says("does not contain its bit widths");
  source.input_bits = 9;
  assert_int_equal(rp_network_read(&source, &net, &err), RP_E_INPUT);
  says("input_bits: expected 1..8, found 9");
  source.input_bits = 8;
  source.bits = 0;
  assert_int_equal(rp_network_read(&source, &net, &err), RP_E_INPUT);
  says("expected bits, 2..16, found none");
  source.bits = 17;
  assert_int_equal(rp_network_read(&source, &net, &err), RP_E_INPUT);
  says("bits: expected 2..16, found 17");
  assert_null(net);
}

static void fewer_input_bits(void **state) {
  const keras_layer wide = {"w", 10, 2, NULL, NULL};
  const char *file = temp_file(*state, "four");
  keras_file_put(file, &(keras_plan){1, {wide}, NULL, 0});
  const rp_network_source source = {file, "auto", NULL, 4, 5, NULL};
  rp_net *net;
  assert_int_equal(rp_network_read(&source, &net, &err), RP_OK);
  assert_string_equal(net->name, "four");
  assert_int_equal(net->in_hi, 15);
  assert_int_equal(net->n_dims, 1);
  assert_int_equal(net->dims[0], 10);
  assert_int_equal(net->block[0].stair[0].shift, 5);
  assert_int_equal(net->block[0].stair[0].lo, -16);
  rp_net_free(net);
}

static void formats_by_name(void **state) {
  const char *file = temp_file(*state, "format.h5");
  keras_file_put(file, &(keras_plan){2, {first, second}, NULL, 0});
  rp_net *net = NULL;
  rp_network_source source = {file, "caffe", NULL, 8, 6, NULL};
  assert_int_equal(rp_network_read(&source, &net, &err), RP_E_INPUT);
  says("expected auto, native, qvip, tflite or onnx, found 'caffe'");
  source.format = "native";
  assert_int_equal(rp_network_read(&source, &net, &err), RP_E_INPUT);
  says("expected an attribute 'format', found none");
  assert_null(net);
}

static herr_t expect_undated(hid_t file, const char *name,
                             const H5O_info_t *about, void *context) {
  int *const objects = context;
  (void)file;
  if (about->atime || about->mtime || about->ctime || about->btime)
    fail_msg("'%s' has a date", name);
  ++*objects;
  return 0;
}

/* Results belong to a network's digest, which must not change with the hour at
 * which the file is written. */
static void a_written_network_has_no_dates(void **state) {
  temp_folder *const folder = *state;
  static const random_net_plan plan = {2, 6, 15};
  rp_rng rng = rng_of_test(__func__);
  rp_net *const net = random_net(&rng, &plan);
  const char *const path = temp_file(folder, "undated.h5");
  assert_int_equal(rp_network_write(net, path, &err), RP_OK);
  const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  int objects = 0; /* the root, groups and arrays */
  assert_true(H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, expect_undated,
                       &objects) >= 0);
  assert_true(objects >= 4);
  H5Fclose(file);
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(round_trip_is_exact),
      cmocka_unit_test(graphs_come_back),
      cmocka_unit_test(chains_stay_in_version_1),
      cmocka_unit_test(class_names_come_back),
      cmocka_unit_test(given_name_wins),
      cmocka_unit_test(writing_failures_leave_nothing),
      cmocka_unit_test(keras_layouts),
      cmocka_unit_test(keras_order_from_shapes),
      cmocka_unit_test(keras_orders_in_doubt),
      cmocka_unit_test(bits_must_be_given),
      cmocka_unit_test(fewer_input_bits),
      cmocka_unit_test(formats_by_name),
      cmocka_unit_test(a_written_network_has_no_dates),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
