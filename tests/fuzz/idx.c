/* The idx files of a dataset: images and labels. The first byte says how many
 * bytes the file of labels has; they come next, then the images. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "good_files.h"
#include "input/dataset.h"
#include "temp_folder.h"

#include "same_dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *const images = fuzz_path("images"), *labels = fuzz_path("labels");
  if (size == 0) return 0;
  const size_t split = data[0] < size ? data[0] : size - 1;
  fuzz_write(labels, data + 1, split);
  fuzz_write(images, data + 1 + split, size - 1 - split);
  const rp_dataset_source source = {
      .file = images, .labels = labels, .format = "idx"};
  rp_dataset *read = NULL;
  rp_error err = {""};
  const rp_status status = rp_dataset_read(&source, &read, &err);
  fuzz_expect_verdict(status, &err);
  fuzz_compare_datasets(images, labels, read);
  if (status != RP_OK) return 0;
  fuzz_expect(read->n > 0 && read->dim > 0, "a dataset has samples");
  fuzz_expect(read->n_dims >= 1 && read->n_dims <= RP_MAX_DIMS,
              "a sample has few dimensions");
  rp_dataset_free(read);
  return 0;
}

/* Plain, then gzipped: labels, images, both. */
bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  if (number >= 4) return false;
  const char *const path = fuzz_path("packed");
  fuzz_bytes file[2] = {fuzz_copy(good_labels, LABELS_SIZE),
                        fuzz_copy(good_images, IMAGES_SIZE)};
  for (int i = 0; i < 2; i++) {
    if (!(number >> i & 1)) continue;
    bytes_put_packed(path, file[i].data, file[i].size);
    free(file[i].data);
    file[i] = fuzz_read(path);
  }
  const uint8_t split = (uint8_t)file[0].size;
  *seed = fuzz_copy(&split, 1);
  for (int i = 0; i < 2; i++) {
    fuzz_append(seed, file[i].data, file[i].size);
    free(file[i].data);
  }
  return true;
}
