/* Known answers, with which a run is compared. */
#include <string.h>

#include "fuzz.h"
#include "show/show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *const path = fuzz_path("known.csv");
  fuzz_write(path, data, size);
  rp_known *known = NULL;
  rp_error err = {""};
  const rp_status status = rp_known_read(path, &known, &err);
  fuzz_expect_verdict(status, &err);
  if (status != RP_OK) return 0;
  for (int64_t i = 1; i < known->n_rows; i++) {
    const rp_known_row *const a = &known->row[i - 1], *const b = &known->row[i];
    fuzz_expect(a->sample < b->sample ||
                    (a->sample == b->sample && a->radius < b->radius),
                "known answers are sorted, each once");
  }
  rp_known_free(known);
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const char *const texts[] = {
      "sample,radius,verdict\n0,1,robust\n0,2,violated\n1,1,unknown\n",
      "sample,maximum_radius\n0,11\n1,-1\n2,NA\n",
      "note,verdict,sample,radius\r\n\"a, b\",Non-Robust,7,3\r\n,,8,3\r\n",
      "\xef\xbb\xbfsample,radius,verdict\n3,1,misclassified\n3,1,"
      "misclassified\n"};
  if (number >= (int)(sizeof texts / sizeof *texts)) return false;
  *seed = fuzz_copy(texts[number], strlen(texts[number]));
  return true;
}
