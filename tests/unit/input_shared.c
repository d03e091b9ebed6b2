/* QVIP's own networks on the MNIST test images: the published accuracies, to
 * the image, and the misclassified among the first 400. The files are found by
 * RAMPART_SHARED; without them the tests are skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "input/dataset.h"
#include "input/network_file.h"

/* With sanitizers a pass over all images takes long: fewer networks. */
#ifdef __SANITIZE_ADDRESS__
enum { STEP = 5 };
#else
enum { STEP = 1 };
#endif

static rp_error err;
static int skipped = 0; /* tests; any makes ctest show the program so */

static void skip_visibly(void) {
  skipped++;
  skip();
}

static char *shared_file(const char *name) {
  const char *folder = getenv("RAMPART_SHARED");
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder ? folder : "", name);
  return folder && access(path, R_OK) == 0 ? strdup(path) : NULL;
}

static rp_dataset *mnist(void) {
  char *images = shared_file("mnist/t10k-images-idx3-ubyte.gz");
  char *labels = shared_file("mnist/t10k-labels-idx1-ubyte.gz");
  const rp_dataset_source source = {images, labels, "auto", NULL,
                                    NULL,   0,      NULL};
  rp_dataset *data = NULL;
  if (images && labels && rp_dataset_read(&source, &data, &err) != RP_OK)
    fail_msg("%s", err.text);
  free(images);
  free(labels);
  return data;
}

static rp_net *qvip_net(const char *name, int32_t input_bits, int32_t bits) {
  char path[128];
  snprintf(path, sizeof path, "qvip/networks/%s_in_%d_qu_%d.h5", name,
           input_bits, bits);
  char *file = shared_file(path);
  rp_net *net = NULL;
  if (!file) return NULL;
  const rp_network_source source = {file, "auto", NULL, input_bits, bits, NULL};
  if (rp_network_read(&source, &net, &err) != RP_OK) fail_msg("%s", err.text);
  free(file);
  return net;
}

static int32_t predicted(const rp_net *net, const uint8_t *x, int32_t *out,
                         int32_t *work) {
  rp_net_forward(net, x, NULL, out, work);
  return rp_first_max(out, net->n_out);
}

static int64_t correct_count(const rp_net *net, const rp_dataset *data) {
  int32_t *out = calloc((size_t)net->n_out, sizeof *out);
  int32_t *work = calloc(rp_net_forward_work(net), sizeof *work);
  int64_t correct = 0;
  for (int64_t i = 0; i < data->n; i++)
    correct +=
        predicted(net, data->x + i * data->dim, out, work) == data->label[i];
  free(out);
  free(work);
  return correct;
}

static void accuracies(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int32_t bits;
    int64_t correct;
  } known[] = {{"mnist_1blk_64", 4, 9680},    {"mnist_1blk_64", 6, 9708},
               {"mnist_1blk_64", 8, 9710},    {"mnist_1blk_64", 10, 9689},
               {"mnist_2blk_64_32", 4, 9691}, {"mnist_2blk_64_32", 6, 9712},
               {"mnist_2blk_64_32", 8, 9701}, {"mnist_2blk_64_32", 10, 9707}};
  rp_dataset *data = mnist();
  if (!data) skip_visibly();
  assert_int_equal(data->n, 10000);
  for (size_t k = 0; k < sizeof known / sizeof *known; k += STEP) {
    rp_net *net = qvip_net(known[k].name, 8, known[k].bits);
    if (!net) skip_visibly();
    assert_int_equal(net->n_dims, 2);
    assert_int_equal(net->dims[0], 28);
    assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
    assert_int_equal(correct_count(net, data), known[k].correct);
    rp_net_free(net);
  }
  rp_dataset_free(data);
}

static void misclassified_of_p1_6(void **state) {
  (void)state;
  static const int64_t known[] = {18,  149, 217, 241, 247,
                                  259, 321, 340, 381, 400};
  rp_dataset *data = mnist();
  rp_net *net = qvip_net("mnist_1blk_64", 8, 6);
  if (!data || !net) skip_visibly();
  assert_int_equal(net->n_out, 32);
  int32_t prediction;
  size_t found = 0;
  for (int64_t i = 0; i < 400; i++) {
    assert_int_equal(
        rp_reference_predict(net, data->x + i * data->dim, &prediction), RP_OK);
    if (prediction != data->label[i]) assert_int_equal(i, known[found++]);
  }
  assert_int_equal(known[found], 400);
  rp_net_free(net);
  rp_dataset_free(data);
}

/* QVIP trained these on images of fewer bits; pixels are rescaled for them. */
static void fewer_input_bits(void **state) {
  (void)state;
  for (int32_t bits = 4; bits <= 6; bits += 2) {
    rp_dataset *data = mnist();
    rp_net *net = qvip_net("mnist_1blk_64", bits, 4);
    if (!data || !net) skip_visibly();
    assert_int_equal(net->in_hi, (1 << bits) - 1);
    data->values = RP_VALUES_PIXELS;
    assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
    const int64_t correct = correct_count(net, data);
    printf("%d input bits: %lld of %lld\n", bits, (long long)correct,
           (long long)data->n);
    assert_true(correct >= 9600);
    rp_net_free(net);
    rp_dataset_free(data);
  }
}

static void fashion_mnist(void **state) {
  (void)state;
  char *images =
      shared_file("fashion-mnist/t10k-first500-images-idx3-ubyte.gz");
  char *labels =
      shared_file("fashion-mnist/t10k-first500-labels-idx1-ubyte.gz");
  rp_net *net = qvip_net("fashion-mnist_1blk_64", 8, 6);
  if (!images || !labels || !net) skip_visibly();
  const rp_dataset_source source = {images, labels, "auto", NULL,
                                    NULL,   0,      NULL};
  rp_dataset *data = NULL;
  if (rp_dataset_read(&source, &data, &err) != RP_OK) fail_msg("%s", err.text);
  assert_int_equal(data->n, 500);
  assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
  assert_true(correct_count(net, data) >= 400);
  rp_dataset_free(data);
  rp_net_free(net);
  free(images);
  free(labels);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accuracies),
      cmocka_unit_test(misclassified_of_p1_6),
      cmocka_unit_test(fewer_input_bits),
      cmocka_unit_test(fashion_mnist),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return failed ? failed : skipped ? 77 : 0;
}
