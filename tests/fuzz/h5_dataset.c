/* Datasets in HDF5, changed in their structure. */
#include <stdlib.h>

#include "good_files.h"
#include "structure.h"

#include "same_dataset.h"

static fuzz_bytes good;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *const path = fuzz_path("changed.h5");
  const rp_dataset_source source = {.file = path, .format = "hdf5"};
  rp_dataset *read = NULL;
  rp_error err = {""};
  if (!good.data) {
    good_hdf5_put(fuzz_path("good.h5"));
    good = fuzz_read(fuzz_path("good.h5"));
  }
  fuzz_change_structure(good, (fuzz_choices){data, data + size}, path);
  const rp_status status = rp_dataset_read(&source, &read, &err);
  fuzz_expect_verdict(status, &err);
  fuzz_compare_datasets(path, NULL, read);
  rp_dataset_free(read);
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const uint8_t changes[][6] = {
      {0, 0, 0, 0}, {10, 1, 0, 0}, {10, 2, 8, 1},      {9, 2, 3, 1, 3, 1},
      {7, 1, 2, 0}, {8, 1, 0, 2},  {9, 1, 1, 13, 3, 2}};
  if (number >= (int)(sizeof changes / sizeof *changes)) return false;
  *seed = fuzz_copy(changes[number], number ? sizeof changes[0] : 0);
  return true;
}
