/* TFLite files. The size chooses the profile. */
#include <stdlib.h>

#include "fuzz.h"
#include "input/network_formats.h"
#include "tflite_file.h"

static const char *const profiles[] = {"litert-xnnpack", "litert-builtin",
                                       "tflm"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes copy = fuzz_copy(data, size);
  const rp_file_content content = {"net.tflite", copy.data, size};
  const rp_network_source source = {.file = "net.tflite",
                                    .profile = profiles[size % 3]};
  rp_net *net = NULL;
  rp_error err = {""};
  const rp_status status =
      rp_network_read_tflite(&content, &source, "net", &net, &err);
  fuzz_expect_verdict(status, &err);
  fuzz_expect((status == RP_OK) == (net != NULL), "a network or a reason");
  fuzz_expect(!net || (net->n_blocks > 0 && *net->profile),
              "a network has blocks and a profile");
  rp_net_free(net);
  free(copy.data);
  return 0;
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
