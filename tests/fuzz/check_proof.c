/* Proofs, as rampart-check reads them: no bytes prove what is false. The first
 * byte chooses the claim; streams follow, each behind two bytes that say how
 * long it is, least first. The rest belongs to the last one. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "evidence/small_world.h"
#include "fixed_net.h"
#include "fuzz.h"
#include "verify/verify.h"

enum { MOST_STREAMS = 4 };

static net n;
static bool is_ready;

static void prepare(void) {
  if (is_ready) return;
  rp_net *const engine = make_fixed_net();
  is_ready = net_for_check(engine, &n);
  fuzz_expect(is_ready, "the checker takes the network");
  rp_net_free(engine);
}

static int64_t take_streams(fuzz_choices from, int32_t radius, stream *s) {
  int64_t count = 0;
  while (from.at < from.end && count < MOST_STREAMS) {
    size_t size = fuzz_choose(&from);
    size += (size_t)fuzz_choose(&from) << 8;
    const size_t left = (size_t)(from.end - from.at);
    if (size > left) size = left;
    const fuzz_bytes own = fuzz_copy(from.at, size);
    s[count] = (stream){.name = (uint64_t)count + 1, .radius = radius};
    s[count++].plain = (blob){own.data, own.size};
    from.at += size;
  }
  return count;
}

/* Radius 1 to 7 around a sample of class 0, or one more class. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static stream s[MOST_STREAMS];
  int32_t x[3];
  rp_error err = {""};
  if (size == 0) return 0;
  prepare();
  widened(FIXED_X, 3, x);
  const int32_t radius = 1 + data[0] % 7,
                label = data[0] < 200 ? FIXED_LABEL : 1;
  const int64_t count =
      take_streams((fuzz_choices){data + 1, data + size}, radius, s);
  const rp_status status =
      count ? rp_check_proof(&n, x, label, s, count, &err) : RP_E_INPUT;
  fuzz_expect(status == RP_OK || !count || err.text[0], "a refusal says why");
  fuzz_expect(status != RP_OK ||
                  (label == FIXED_LABEL && radius < FIXED_DISTANCE),
              "what is false is not proved");
  for (int64_t k = 0; k < count; k++) free(s[k].plain.bytes);
  return 0;
}

/* ---- seeds: proofs by the engine ---- */

static fuzz_bytes record_proof(int32_t radius, int64_t dual_steps) {
  rp_net *const engine = make_fixed_net();
  rp_options options;
  rp_verifier *verifier;
  rp_proof *proof;
  uint8_t witness[3];
  rp_answer answer;
  rp_options_default(&options);
  options.threads = 1;
  options.dual_steps = dual_steps;
  (void)rp_verifier_create(engine, &options, &verifier, NULL);
  (void)rp_proof_create(&proof);
  rp_verifier_record(verifier, proof);
  const rp_question query = {
      .x = FIXED_X, .label = FIXED_LABEL, .radius = radius};
  rp_verify(verifier, &query, NULL, witness, &answer);
  fuzz_expect(answer.verdict == RP_ROBUST, "the claim of a seed is true");
  uLongf size = rp_proof_plain_size(proof);
  fuzz_bytes plain = {malloc(size), size};
  const size_t packed_size = rp_proof_size(proof);
  uint8_t *const packed = malloc(packed_size);
  fuzz_expect(plain.data && packed &&
                  rp_proof_read(proof, 0, packed, packed_size) == RP_OK &&
                  uncompress(plain.data, &size, packed, packed_size) == Z_OK,
              "a proof can be read");
  free(packed);
  rp_verifier_free(verifier);
  rp_proof_free(proof);
  rp_net_free(engine);
  return plain;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  if (number >= 6) return false;
  const int32_t radius = 1 + number % 3;
  const fuzz_bytes proof = record_proof(radius, number < 3 ? 0 : 30);
  const uint8_t head[] = {(uint8_t)(radius - 1), (uint8_t)proof.size,
                          (uint8_t)(proof.size >> 8)};
  *seed = fuzz_copy(head, sizeof head);
  fuzz_append(seed, proof.data, proof.size);
  free(proof.data);
  return true;
}
