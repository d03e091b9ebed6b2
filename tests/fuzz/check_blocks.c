/* The file of proofs beside results, as rampart-check reads it. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "check/check.h"
#include "fuzz.h"

static const row about = {.sample = 1, .lo = 1};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 40) return 0; /* its reader has made sure of a head */
  fuzz_bytes copy = fuzz_copy(data, size);
  const results r = {.full = true, .proofs = {copy.data, copy.size}};
  int64_t count = 0, total = 0;
  stream *const s = rp_check_read_streams(&r, &about, &count);
  for (int64_t k = 0; k < count; k++) {
    fuzz_expect(s[k].radius >= about.lo && s[k].radius <= MOST_RADIUS,
                "a stream is about the claim");
    fuzz_expect(k == 0 || s[k - 1].name <= s[k].name, "streams are sorted");
    for (size_t i = 0; i < s[k].plain.size; i++) total += s[k].plain.bytes[i];
    free(s[k].plain.bytes);
  }
  fuzz_expect(total >= 0, "every byte of a stream can be read");
  free(s);
  free(copy.data);
  return 0;
}

static void put(fuzz_bytes *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) {
    const uint8_t byte = (uint8_t)(value >> 8 * i);
    fuzz_append(to, &byte, 1);
  }
}

static void put_block(fuzz_bytes *to, uint64_t name, uint64_t number, bool last,
                      const uint8_t *packed, size_t size) {
  fuzz_append(to, "RPBL", 4);
  put(to, 1, 8);
  put(to, 2, 4);
  put(to, name, 8);
  put(to, number, 4);
  put(to, last, 4);
  put(to, 300, 8);
  put(to, size, 4);
  fuzz_append(to, packed, size);
}

/* Streams of 300 bytes: one block, two blocks, two streams in turns. */
bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  if (number >= 4) return false;
  uint8_t plain[300], packed[400];
  uLongf size = sizeof packed;
  for (int i = 0; i < 300; i++) plain[i] = (uint8_t)(i * i);
  fuzz_expect(compress(packed, &size, plain, sizeof plain) == Z_OK,
              "a stream can be packed");
  *seed = fuzz_copy("RPPROOFS", 8);
  put(seed, 0, 8);
  put(seed, 0, 8);
  put(seed, 0, 8);
  put(seed, 0, 8);
  if (number == 1) put_block(seed, 1, 0, true, packed, size);
  if (number < 2) return true;
  const size_t half = size / 2;
  put_block(seed, 2, 0, false, packed, half);
  if (number == 3) put_block(seed, 1, 0, false, packed, half);
  put_block(seed, 2, 1, true, packed + half, size - half);
  if (number == 3) put_block(seed, 1, 1, true, packed + half, size - half);
  return true;
}
