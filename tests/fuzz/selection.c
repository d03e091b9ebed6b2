/* Selections of samples, as jobs and command lines hold them. The first byte
 * is the number of samples in the dataset. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "input/dataset.h"
#include "input/job.h"

static void check_taken(const int64_t *index, int64_t count, int64_t n) {
  bool seen[256] = {false};
  fuzz_expect(count >= 1 && count <= n, "a selection is not empty");
  for (int64_t i = 0; i < count; i++) {
    fuzz_expect(index[i] >= 0 && index[i] < n, "a sample is in the dataset");
    fuzz_expect(!seen[index[i]], "a sample is selected once");
    seen[index[i]] = true;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  fuzz_bytes text = fuzz_copy(data + 1, size - 1);
  fuzz_append(&text, "", 1);
  int64_t *index = NULL, count = 0;
  rp_error err = {""};
  const rp_status status = rp_selection_parse((const char *)text.data, data[0],
                                              &index, &count, &err);
  const bool formed = rp_selection_is_well_formed((const char *)text.data);
  fuzz_expect(status == RP_OK || status == RP_E_INPUT, "selections are judged");
  fuzz_expect(status == RP_OK || err.text[0], "a refusal says why");
  fuzz_expect(status != RP_OK || formed, "what can be selected is well formed");
  if (status == RP_OK) check_taken(index, count, data[0]);
  free(index);
  free(text.data);
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const char *const texts[] = {"dall",
                                      "d0",
                                      "d0-9,17",
                                      "d 3 - 5 , 4",
                                      "d99,0-99",
                                      ("\003"
                                       "0-3"),
                                      "d9223372036854775808"};
  if (number >= (int)(sizeof texts / sizeof *texts)) return false;
  *seed = fuzz_copy(texts[number], strlen(texts[number]));
  return true;
}
