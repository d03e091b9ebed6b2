/* No change of bytes, however random, does harm: every reader either reads what
 * is there or refuses it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "good_files.h"
#include "input/dataset.h"
#include "input/network_file.h"
#include "seeded.h"
#include "temp_folder.h"

/* Each HDF5 file is read in a child process first: fewer rounds, fewest with
 * sanitizers, whose memory maps make a fork slow. HDF5 leaks when it fails. */
#ifdef __SANITIZE_ADDRESS__
enum { HDF5_ROUNDS = 50, PLAIN_ROUNDS = 1000 };
RP_PUBLIC const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libhdf5\n";
}
#else
enum { HDF5_ROUNDS = 250, PLAIN_ROUNDS = 1000 };
#endif

static rp_error err;

/* Cuts the file or changes up to eight bytes of it; returns the new size. */
static size_t damaged(rp_rng *rng, unsigned char *bytes, size_t size) {
  const uint32_t kind = rp_rng_below(rng, 8);
  if (kind == 0) return rp_rng_below(rng, (uint32_t)size);
  for (uint32_t n = 1 + rp_rng_below(rng, 8); n > 0; n--) {
    const size_t at =
        rp_rng_below(rng, (uint32_t)(kind < 4 && size > 64 ? 64 : size));
    bytes[at] = kind & 1 ? (unsigned char)rp_rng_u64(rng)
                         : bytes[at] ^ (unsigned char)(1 << (kind % 8));
  }
  return size;
}

static void read_as_network(const char *file) {
  rp_net *net = NULL;
  const rp_network_source source = {file, "auto", NULL, 8, 6, NULL};
  const rp_status status = rp_network_read(&source, &net, &err);
  assert_true(status == RP_OK || status == RP_E_INPUT);
  if (status != RP_OK) return;
  uint8_t *x = calloc((size_t)net->n_in, 1);
  int32_t prediction;
  memset(x, net->in_hi, (size_t)net->n_in);
  assert_int_equal(rp_reference_predict(net, x, &prediction), RP_OK);
  free(x);
  rp_net_free(net);
}

static void read_as_dataset(const char *file, const char *labels) {
  const rp_dataset_source source = {file, labels, "auto", NULL, NULL, 0, NULL};
  rp_dataset *data = NULL;
  const rp_status status = rp_dataset_read(&source, &data, &err);
  assert_true(status == RP_OK || status == RP_E_INPUT);
  rp_dataset_free(data);
}

static void survives_damage(const char *test, const char *file,
                            const char *labels, int rounds) {
  rp_rng rng = rng_of_test(test);
  size_t size;
  unsigned char *good = bytes_got(file, &size), *bad = malloc(size);
  for (int n = 0; n < rounds; n++) {
    memcpy(bad, good, size);
    bytes_put(file, bad, damaged(&rng, bad, size));
    if (labels)
      read_as_dataset(file, *labels ? labels : NULL);
    else
      read_as_network(file);
  }
  free(good);
  free(bad);
}

static void damaged_native(void **state) {
  const char *file = temp_file(*state, "fuzz.h5");
  good_network_put(file);
  survives_damage(__func__, file, NULL, HDF5_ROUNDS);
}

static void damaged_keras(void **state) {
  const char *file = temp_file(*state, "fuzz.h5");
  good_keras_put(file, 0);
  survives_damage(__func__, file, NULL, HDF5_ROUNDS);
}

/* Names of variable length: HDF5 itself does not survive many of these. */
static void damaged_keras_heap(void **state) {
  const char *file = temp_file(*state, "fuzz.h5");
  good_keras_put(file, 1);
  survives_damage(__func__, file, NULL, HDF5_ROUNDS);
}

static void damaged_hdf5(void **state) {
  const char *file = temp_file(*state, "fuzz.h5");
  good_hdf5_put(file);
  survives_damage(__func__, file, "", HDF5_ROUNDS);
}

static void damaged_idx(void **state) {
  char *images = temp_file_kept(*state, "images");
  char *labels = temp_file_kept(*state, "labels");
  bytes_put(labels, good_labels, LABELS_SIZE);
  bytes_put(images, good_images, IMAGES_SIZE);
  survives_damage(__func__, images, labels, PLAIN_ROUNDS);
  bytes_put_packed(images, good_images, IMAGES_SIZE);
  survives_damage(__func__, images, labels, PLAIN_ROUNDS);
  free(images);
  free(labels);
}

static void damaged_csv(void **state) {
  static const char text[] = "label,a,b\n1,2,3\n4,5,255\n0,0,0\n";
  const char *file = temp_file(*state, "fuzz.csv");
  bytes_put(file, text, sizeof text - 1);
  survives_damage(__func__, file, "", PLAIN_ROUNDS);
  bytes_put_packed(file, text, sizeof text - 1);
  survives_damage(__func__, file, "", PLAIN_ROUNDS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(damaged_native),     cmocka_unit_test(damaged_keras),
      cmocka_unit_test(damaged_keras_heap), cmocka_unit_test(damaged_hdf5),
      cmocka_unit_test(damaged_idx),        cmocka_unit_test(damaged_csv),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
