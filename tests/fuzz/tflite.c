/* TFLite files. The size chooses the profile. */
#include <stdlib.h>

#include "fuzz_network.h"
#include "tflite_file.h"

static const char *const profiles[] = {"litert-xnnpack", "litert-builtin",
                                       "tflm"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz_read_network(data, size, "net.tflite", profiles[size % 3],
                           rp_network_read_tflite, rp_interpret_tflite);
}

/* The sample with its operators one after the other left out, at each of three
 * sizes: the tables are at the front, so zeros may follow. */
bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static tflite_sample sample;
  static const uint8_t zeros[3];
  if (number >= 3 * TF_OPS) return false;
  tflite_make_sample(&sample);
  tflite_build(&sample.file, sample.tensor, TF_TENSORS, sample.op,
               TF_OPS - number / 3, TF_X);
  *seed = fuzz_copy(sample.file.bytes, sample.file.size);
  fuzz_append(seed, zeros, (size_t)(number % 3));
  return true;
}
