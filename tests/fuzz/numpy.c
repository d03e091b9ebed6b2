/* Datasets of NumPy: an npy or npz file. The first byte says what its numbers
 * are. */
#include "numpy_file.h"

/* Behind it, because it has a type `text`. */
#include <stdlib.h>

#include "claims/claims.h"
#include "fuzz.h"
#include "input/dataset.h"

/* The checker reads any bytes, and the same numbers where both read them.
 * @param read  NULL: the engine refused them */
static void check(const uint8_t *data, size_t size, bool reals,
                  const rp_dataset *read) {
  fuzz_bytes copy = fuzz_copy(data, size);
  const blob b = {copy.data, size};
  array a = {0};
  const bool good = size > 0 && data[0] == 'P'
                        ? rp_check_read_npz(b, "x", reals, &a)
                        : rp_check_read_npy(b, reals, &a);
  if (good && read) {
    fuzz_expect(a.n == read->n && a.dim == read->dim, "both have as many");
    for (int64_t i = 0; i < a.n * a.dim; i++)
      fuzz_expect(reals ? rp_check_unpack_real(a.at[i]) == (double)read->real[i]
                        : a.at[i] == read->x[i] + read->base,
                  "numbers are the same");
  }
  free(a.at);
  free(copy.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *const file = fuzz_path("arrays");
  if (size == 0) return 0;
  fuzz_write(file, data + 1, size - 1);
  const rp_dataset_source source = {
      .file = file,
      .format = size > 1 && data[1] == 'P' ? "npz" : "npy",
      .values = data[0] & 1 ? RP_VALUES_REALS : RP_VALUES_INTEGERS};
  rp_dataset *read = NULL;
  rp_error err = {""};
  const rp_status status = rp_dataset_read(&source, &read, &err);
  fuzz_expect_verdict(status, &err);
  check(data + 1, size - 1, data[0] & 1, status == RP_OK ? read : NULL);
  if (status != RP_OK) return 0;
  fuzz_expect(read->n > 0 && read->dim > 0, "a dataset has samples");
  fuzz_expect(read->n_dims >= 1 && read->n_dims <= RP_MAX_DIMS,
              "a sample has few dimensions");
  fuzz_expect(!read->real == !(data[0] & 1), "numbers are what they should be");
  rp_dataset_free(read);
  return 0;
}

/* Arrays of each kind and version alone, then in archives. */
bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const char *const types[] = {"|u1", "|b1", ">i2", "<f4", ">f8"};
  static const uint8_t data[48] = {0, 1, 1, 0, 0, 1, 0, 0, 1,
                                   0, 0, 0, 0, 0, 1, 0, 1};
  static numpy_bytes x, y, archive;
  const int type = number / 3, variant = number % 3;
  if (type >= 5) return false;
  const size_t width = (size_t)(types[type][2] - '0');
  numpy_make(&x, 1 + variant,
             numpy_header(types[type], variant ? "True" : "False", "(2, 3)"),
             data, 6 * width);
  numpy_make(&y, 1, numpy_header("|u1", "False", "(2,)"), data, 2);
  const numpy_member members[] = {{"x.npy", &x, variant, 0, 0, 0, 0},
                                  {"y.npy", &y, variant, 0, 0, 0, 0}};
  numpy_make_archive(&archive, members, 2);
  const uint8_t values = types[type][1] == 'f';
  const numpy_bytes *const whole = variant == 1 ? &x : &archive;
  *seed = fuzz_copy(&values, 1);
  fuzz_append(seed, whole->at, whole->size);
  return true;
}
