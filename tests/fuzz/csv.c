/* Datasets as CSV, gzipped or not. */
#include <string.h>

#include "fuzz.h"
#include "input/dataset.h"
#include "same_dataset.h"
#include "temp_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *const path = fuzz_path("csv");
  fuzz_write(path, data, size);
  const rp_dataset_source source = {.file = path, .format = "csv"};
  rp_dataset *read = NULL;
  rp_error err = {""};
  const rp_status status = rp_dataset_read(&source, &read, &err);
  fuzz_expect_verdict(status, &err);
  fuzz_compare_datasets(path, NULL, read);
  if (status != RP_OK) return 0;
  fuzz_expect(read->n > 0 && read->dim > 0, "a dataset has samples");
  rp_dataset_free(read);
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const char *const texts[] = {
      "label,a,b\n1,2,3\n4,5,255\n0,0,0\n",
      "1,2,3",
      "\xef\xbb\xbf 7 , 0 ,\t9\r\n\r\n8,255,1\r\n",
      "label,1x1,1x2\n5,0,128\n",
      "\"label\",\"pixel0\"\n3,1\n",
      "2147483647,0\n0,255\n"};
  const int count = sizeof texts / sizeof *texts;
  if (number >= 2 * count) return false;
  const char *const line = texts[number % count], *path = fuzz_path("packed");
  if (number < count) {
    *seed = fuzz_copy(line, strlen(line));
    return true;
  }
  bytes_put_packed(path, line, strlen(line));
  *seed = fuzz_read(path);
  return true;
}
