/* The file of proofs beside results, as the engine reads it: which proofs are
 * whole, going on with it, and putting two of them together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "store/proof_file.h"

static const char sha256[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static const char *beside(const char *results) {
  char name[32];
  snprintf(name, sizeof name, "%s.proofs", results);
  return fuzz_path(name);
}

/* Every proof that is said to be whole is found again, and no other. */
static void check_list(const rp_proof_list *list, size_t size) {
  fuzz_expect(list->end >= 0 && (size_t)list->end <= size,
              "the last whole block ends within the file");
  for (int64_t i = 0; i < list->n; i++)
    fuzz_expect(
        rp_proof_list_has(list, list->found[i].sample, list->found[i].radius) ==
            list->found[i].is_whole,
        "a whole proof is found");
}

static void go_on(size_t size, rp_proof_list *whole) {
  rp_proof_file *file = NULL;
  rp_error err = {""};
  const rp_proof_key key = {.sample = 1, .radius = 2, .attempt = 9};
  fuzz_expect(rp_proof_file_resume(fuzz_path("run"), sha256, true, &file, whole,
                                   &err) == RP_OK,
              "a run goes on with any proofs, or without");
  check_list(whole, size);
  fuzz_expect(rp_proof_file_append(file, &key, (const uint8_t *)"abc", 3,
                                   &err) == RP_OK &&
                  rp_proof_file_flush(file, &err) == RP_OK &&
                  rp_proof_file_close(file, true, &err) == RP_OK,
              "proofs can be added");
}

/* What was whole is so in the file of two parts. */
static void merge(const rp_proof_list *whole) {
  const char *const parts[] = {fuzz_path("run"), fuzz_path("other")};
  rp_proof_file *file = NULL;
  rp_proof_list list = {0};
  rp_error err = {""};
  const rp_status status =
      rp_proof_file_merge(fuzz_path("both"), sha256, parts, 2, &file, &err);
  fuzz_expect_verdict(status, &err);
  if (status != RP_OK) return;
  (void)rp_proof_file_flush(file, &err);
  (void)rp_proof_file_close(file, true, &err);
  FILE *const in = fopen(beside("both"), "rb");
  fuzz_expect(in && fseeko(in, RP_PROOF_FILE_HEAD, SEEK_SET) == 0 &&
                  rp_proof_file_list(in, &list, &err) == RP_OK,
              "merged proofs can be read");
  for (int64_t i = 0; i < whole->n; i++)
    fuzz_expect(rp_proof_list_has(&list, whole->found[i].sample,
                                  whole->found[i].radius) ==
                    whole->found[i].is_whole,
                "merging loses no proof, and adds none");
  (void)fclose(in);
  rp_proof_list_fini(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  rp_proof_list whole;
  (void)unlink(beside("other"));
  fuzz_write(beside("run"), data, size);
  go_on(size < RP_PROOF_FILE_HEAD ? RP_PROOF_FILE_HEAD : size, &whole);
  merge(&whole);
  rp_proof_list_fini(&whole);
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  if (number >= 3) return false;
  rp_proof_file *file = NULL;
  rp_error err = {""};
  const uint8_t bytes[] = "proof";
  (void)rp_proof_file_create(fuzz_path("seed"), sha256, &file, &err);
  for (int i = 0; i < 3 * number; i++) {
    const rp_proof_key key = {.sample = i % 3,
                              .radius = i % 2,
                              .attempt = (uint64_t)(i / 2 + 1),
                              .index = i % 2,
                              .last = i % 2,
                              .plain_size = 100};
    (void)rp_proof_file_append(file, &key, bytes, (size_t)(i % 6), &err);
    if (key.last)
      (void)rp_proof_file_mark_whole(file, key.sample, key.radius, &err);
  }
  (void)rp_proof_file_flush(file, &err);
  (void)rp_proof_file_close(file, true, &err);
  *seed = fuzz_read(beside("seed"));
  return true;
}
