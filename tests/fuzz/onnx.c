/* ONNX files. The size chooses the profile. */
#include <stdlib.h>

#include "fuzz_network.h"
#include "onnx_seeds.h"

static const char *const profiles[] = {"ort", "qonnx-float32"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz_read_network(data, size, "net.onnx", profiles[size % 2],
                           rp_network_read_onnx, rp_interpret_onnx);
}

/* A producer's name of one letter makes the size that of the profile. */
bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static onnx_bytes graph, file;
  if (number >= ONNX_SEEDS) return false;
  const size_t profile = number >= ONNX_SEEDS_ORT;
  onnx_make_seed_graph(number, &graph);
  onnx_finish(&file, &graph);
  if (file.size % 2 != profile) onnx_text(&file, 2, "x");
  *seed = fuzz_copy(file.bytes, file.size);
  return true;
}
