/* The journal of an earlier run. The first byte says what follows: a whole
 * file, or records, each a kind, a size and so many bytes, which are given the
 * checksums that they need. Whatever is accepted can be gone on with. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "store/journal.h"

static const rp_journal_term term[] = {{"network", "abc"}, {"engine", "hull"}};

static const rp_journal_terms terms = {.term = term, .n = 2, .n_strict = 1};

static void write_records(const char *path, fuzz_choices from) {
  rp_journal *journal = NULL;
  rp_error err = {""};
  (void)rp_journal_create(path, &terms, &journal, &err);
  fuzz_expect(journal != NULL, "a journal can be made");
  while (from.at < from.end) {
    const uint32_t kind = fuzz_choose(&from) % 4;
    size_t size = fuzz_choose(&from);
    if (size > (size_t)(from.end - from.at))
      size = (size_t)(from.end - from.at);
    const rp_journal_record record = {kind, from.at, size};
    (void)rp_journal_append(journal, &record, &err);
    from.at += size;
  }
  (void)rp_journal_write(journal, &err);
  rp_journal_close(journal);
}

static int64_t count_records(rp_journal *journal) {
  rp_journal_record record;
  int64_t count = 0;
  while (rp_journal_next(journal, &record)) {
    count++;
    for (size_t i = 0; i < record.size; i++)
      count += record.bytes[i] * 0; /* every byte can be read */
  }
  return count;
}

/* Cut off the tail, add a record, and count again. */
static void go_on(const char *path, rp_journal *journal, int64_t count) {
  const rp_journal_record more = {7, (const uint8_t *)"more", 4};
  rp_error err = {""};
  size_t cut;
  const char *const network = rp_journal_value(journal, "network");
  const char *const engine = rp_journal_value(journal, "engine");
  fuzz_expect(network && !strcmp(network, "abc") && engine,
              "a journal that was accepted has its strict terms");
  fuzz_expect(rp_journal_is_same(journal, &terms) == !strcmp(engine, "hull"),
              "other terms are told");
  fuzz_expect(rp_journal_begin(journal, &cut, &err) == RP_OK &&
                  rp_journal_append(journal, &more, &err) == RP_OK &&
                  rp_journal_write(journal, &err) == RP_OK,
              "a journal that was read can be gone on with");
  rp_journal_close(journal);
  fuzz_expect(rp_journal_open(path, &terms, &journal, &err) == RP_OK,
              "a journal that was gone on with can be read");
  fuzz_expect(count_records(journal) == count + 1,
              "no record of a journal is lost");
  rp_journal_close(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *const path = fuzz_path("run.h5.journal");
  if (size == 0) return 0;
  rp_journal *journal = NULL;
  rp_error err = {""};
  if (data[0] & 1)
    write_records(path, (fuzz_choices){data + 1, data + size});
  else
    fuzz_write(path, data + 1, size - 1);
  const rp_status status = rp_journal_open(path, &terms, &journal, &err);
  fuzz_expect_verdict(status, &err);
  if (status == RP_OK) go_on(path, journal, count_records(journal));
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const char records[] =
      "\003\001\004abcd\000\031network\0abc\0engine\0hull\0junk\002\001x";
  if (number >= 4) return false;
  *seed = fuzz_copy(records, sizeof records - 1);
  seed->data[0] = (uint8_t)(number & 1 ? 1 : 3);
  if (number < 2) return true;
  const char *const path = fuzz_path("seed.journal");
  write_records(path, (fuzz_choices){seed->data + 1, seed->data + seed->size});
  const fuzz_bytes file = fuzz_read(path);
  seed->size = 1;
  seed->data[0] = (uint8_t)(number & 1 ? 0 : 2);
  fuzz_append(seed, file.data, file.size);
  free(file.data);
  return true;
}
