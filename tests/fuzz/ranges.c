/* Sets of whole numbers, as filters hold them. */
#include <stdlib.h>
#include <string.h>

#include "core/ranges.h"
#include "fuzz.h"

enum { LEAST = 2, GREATEST = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes text = fuzz_copy(data, size);
  fuzz_append(&text, "", 1);
  rp_ranges ranges;
  if (rp_ranges_parse((const char *)text.data, LEAST, GREATEST, &ranges)) {
    fuzz_expect(ranges.n >= 1 && ranges.n <= RP_RANGES_MAX,
                "there are ranges, and not too many");
    for (int32_t i = 0; i < ranges.n; i++) {
      const int64_t first = ranges.range[i].first, last = ranges.range[i].last;
      fuzz_expect(LEAST <= first && first <= last && last <= GREATEST,
                  "ranges ascend within their bounds");
      fuzz_expect(rp_ranges_hold(&ranges, first), "a range holds its ends");
    }
    fuzz_expect(!rp_ranges_hold(&ranges, LEAST - 1), "ranges hold no more");
  }
  free(text.data);
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const char *const texts[] = {"3", "2-9,12", "1000,5-5,7-8",
                                      "99999999999999999999", "2,2,2,2,2,2"};
  if (number >= (int)(sizeof texts / sizeof *texts)) return false;
  *seed = fuzz_copy(texts[number], strlen(texts[number]));
  return true;
}
