/* Journals: what was appended is read back, cut off at any byte it is read up
 * to there and grows from there, damage in the middle and other runs are
 * refused, the file untouched; full disks lose nothing that was written. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/memory.h"
#include "store/journal.h"
#include "temp_folder.h"

enum { RECORDS = 9, LONGEST = 40 };

static const rp_journal_term terms[] = {
    {"network", "abc"}, {"dataset", ""}, {"time_limit", "60"}};
static const rp_journal_terms own = {terms, 3, 2};

/* Record i: kind i + 1, i * 5 bytes; one holds the magic of records. */
static rp_journal_record example(uint32_t i, uint8_t bytes[LONGEST]) {
  for (uint32_t k = 0; k < LONGEST; k++) bytes[k] = (uint8_t)(i * 7 + k);
  if (i == 3) memcpy(bytes, "RPJRRPJRRPJR", 12);
  return (rp_journal_record){i + 1, bytes, (size_t)i * 5};
}

static void append(rp_journal *j, uint32_t i) {
  uint8_t bytes[LONGEST];
  const rp_journal_record record = example(i, bytes);
  assert_int_equal(rp_journal_append(j, &record, NULL), RP_OK);
}

static uint32_t count_records(rp_journal *j) {
  uint8_t bytes[LONGEST];
  rp_journal_record found;
  uint32_t n = 0;
  for (; rp_journal_next(j, &found); n++) {
    const rp_journal_record wanted = example(n, bytes);
    assert_int_equal(found.kind, wanted.kind);
    assert_int_equal(found.size, wanted.size);
    if (found.size) assert_memory_equal(found.bytes, wanted.bytes, found.size);
  }
  return n;
}

/* A journal of RECORDS records; ends[i] is the file's length before record i.
 */
static const char *made(temp_folder *folder, size_t ends[RECORDS + 1]) {
  const char *const file = temp_file(folder, "r.h5.journal");
  struct stat about;
  rp_journal *j;
  remove(file);
  assert_int_equal(rp_journal_create(file, &own, &j, NULL), RP_OK);
  for (uint32_t i = 0; i <= RECORDS; i++) {
    assert_int_equal(rp_journal_write(j, NULL), RP_OK);
    assert_int_equal(stat(file, &about), 0);
    ends[i] = (size_t)about.st_size;
    if (i < RECORDS) append(j, i);
  }
  assert_int_equal(rp_journal_sync(j, NULL), RP_OK);
  rp_journal_close(j);
  return file;
}

static uint8_t *content(const char *file, size_t size) {
  uint8_t *const bytes = malloc(size + 1);
  FILE *const in = fopen(file, "rb");
  assert_non_null(in);
  assert_int_equal(fread(bytes, 1, size + 1, in), size);
  fclose(in);
  return bytes;
}

static void comes_back(void **state) {
  size_t ends[RECORDS + 1];
  rp_journal *j;
  char *const name = rp_journal_name("results/r.h5");
  assert_string_equal(name, "results/r.h5.journal");
  free(name);
  const char *const file = made(*state, ends);
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  assert_int_equal(count_records(j), RECORDS);
  rp_journal_rewind(j);
  assert_int_equal(count_records(j), RECORDS);
  rp_journal_remove(j);
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  assert_null(j);
}

static void goes_on_where_it_was_cut(void **state) {
  size_t ends[RECORDS + 1];
  const char *const file = made(*state, ends);
  uint8_t *const bytes = content(file, ends[RECORDS]);
  for (size_t size = ends[0]; size <= ends[RECORDS]; size++) {
    rp_journal *j;
    size_t cut;
    uint32_t whole = 0;
    while (whole < RECORDS && ends[whole + 1] <= size) whole++;
    bytes_put(file, bytes, size);
    assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
    assert_int_equal(count_records(j), whole);
    assert_int_equal(rp_journal_begin(j, &cut, NULL), RP_OK);
    assert_int_equal(cut, size - ends[whole]);
    for (uint32_t i = whole; i < RECORDS; i++) append(j, i);
    assert_int_equal(rp_journal_write(j, NULL), RP_OK);
    rp_journal_close(j);
    uint8_t *const again = content(file, ends[RECORDS]);
    assert_memory_equal(again, bytes, ends[RECORDS]);
    free(again);
  }
  /* A machine that lost power may leave zeros. */
  memset(bytes + ends[6], 0, ends[RECORDS] - ends[6]);
  bytes_put(file, bytes, ends[RECORDS]);
  rp_journal *j;
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  assert_int_equal(count_records(j), 6);
  rp_journal_close(j);
  free(bytes);
}

/* Every bit, one after the other. In the last record it looks like a tail that
 * was cut off; anywhere else it is refused, and the file stays as it was. */
static void damage_is_refused(void **state) {
  size_t ends[RECORDS + 1];
  const char *const file = made(*state, ends);
  const size_t size = ends[RECORDS];
  uint8_t *const bytes = content(file, size);
  for (size_t bit = 0; bit < 8 * size; bit++) {
    rp_journal *j = NULL;
    rp_error err = {""};
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    bytes_put(file, bytes, size);
    const rp_status st = rp_journal_open(file, &own, &j, &err);
    if (bit / 8 < ends[RECORDS - 1]) {
      assert_int_equal(st, RP_E_INPUT);
      assert_non_null(strstr(err.text, file));
      assert_null(j);
    } else {
      assert_int_equal(st, RP_OK);
      assert_int_equal(count_records(j), RECORDS - 1);
      rp_journal_close(j);
    }
    uint8_t *const after = content(file, size);
    assert_memory_equal(after, bytes, size);
    free(after);
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  free(bytes);
}

static void refused(const char *file, const rp_journal_terms *other,
                    const char *text) {
  rp_journal *j = NULL;
  rp_error err = {""};
  assert_int_equal(rp_journal_open(file, other, &j, &err), RP_E_INPUT);
  assert_null(j);
  assert_non_null(strstr(err.text, text));
}

static void other_runs_are_refused(void **state) {
  size_t ends[RECORDS + 1];
  rp_journal_term other[3];
  const rp_journal_terms others = {other, 3, 2};
  const char *const file = made(*state, ends);
  memcpy(other, terms, sizeof other);
  strcpy(other[0].value, "xyz");
  refused(file, &others, "another network: expected xyz, found abc");
  memcpy(other, terms, sizeof other);
  strcpy(other[1].value, "set");
  refused(file, &others, "another dataset: expected set, found none");
}

static void other_limits_are_told(void **state) {
  size_t ends[RECORDS + 1], cut;
  rp_journal_term other[3];
  const rp_journal_terms others = {other, 3, 2};
  const char *const file = made(*state, ends);
  memcpy(other, terms, sizeof other);
  strcpy(other[2].value, "7");
  rp_journal *j;
  assert_int_equal(rp_journal_open(file, &others, &j, NULL), RP_OK);
  assert_false(rp_journal_is_same(j, &others));
  assert_true(rp_journal_is_same(j, &own));
  assert_string_equal(rp_journal_value(j, "time_limit"), "60");
  assert_string_equal(rp_journal_value(j, "dataset"), "");
  assert_null(rp_journal_value(j, "seed"));
  assert_int_equal(rp_journal_begin(j, &cut, NULL), RP_OK);
  rp_journal_close(j);
}

/* Its user keeps everybody else away, also when it starts anew. */
static void one_run_has_it(void **state) {
  size_t ends[RECORDS + 1], cut;
  const char *const file = made(*state, ends);
  rp_journal *j, *second;
  rp_error err = {""};
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  assert_int_equal(rp_journal_begin(j, &cut, NULL), RP_OK);
  for (int restarted = 0; restarted < 2; restarted++) {
    assert_int_equal(rp_journal_open(file, &own, &second, &err), RP_E_INPUT);
    assert_non_null(strstr(err.text, "in use"));
    assert_int_equal(rp_journal_create(file, &own, &second, &err), RP_E_INPUT);
    assert_int_equal(rp_journal_check_unused(file, &err), RP_E_INPUT);
    assert_int_equal(rp_journal_restart(j, &own, NULL), RP_OK);
  }
  append(j, 0);
  assert_int_equal(rp_journal_write(j, NULL), RP_OK);
  rp_journal_close(j);
  assert_int_equal(rp_journal_check_unused(file, &err), RP_OK);
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  assert_int_equal(count_records(j), 1);
  rp_journal_close(j);
}

static void other_files_are_refused(void **state) {
  const char *const file = temp_file(*state, "r.h5.journal");
  bytes_put(file, "", 0);
  refused(file, &own, "expected a journal");
  bytes_put(file, "sample,radius,verdict\n", 22);
  refused(file, &own, "expected a journal");
  bytes_put(file, "RPJOURNL\2\0\0\0", 12);
  refused(file, &own, "version 2");
  bytes_put(file, "RPJOURNL\1\0\0\0", 12);
  refused(file, &own, "the head is damaged");
  remove(file);
  assert_int_equal(mkdir(file, 0777), 0);
  refused(file, &own, "a directory");
  assert_int_equal(rmdir(file), 0);
}

static void limit_file_size(rlim_t size) {
  const struct rlimit limit = {size, RLIM_INFINITY};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_delays(void **state) {
  size_t ends[RECORDS + 1];
  rp_error err = {""};
  rp_journal *j;
  size_t cut;
  const char *const file = made(*state, ends);
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  assert_int_equal(rp_journal_begin(j, &cut, NULL), RP_OK);
  append(j, 0);
  append(j, 1);
  signal(SIGXFSZ, SIG_IGN);
  limit_file_size(ends[RECORDS] + 20); /* in the middle of the second */
  assert_int_equal(rp_journal_write(j, &err), RP_E_IO);
  assert_non_null(strstr(err.text, "cannot write"));
  append(j, 2);
  assert_int_equal(rp_journal_write(j, NULL), RP_E_IO);
  limit_file_size(RLIM_INFINITY);
  append(j, 3);
  assert_int_equal(rp_journal_write(j, NULL), RP_OK);
  rp_journal_close(j);
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  rp_journal_record record;
  int n = 0;
  while (rp_journal_next(j, &record)) n++;
  assert_int_equal(n, RECORDS + 4);
  remove(file);
  assert_int_equal(rp_journal_sync(j, &err), RP_E_IO);
  assert_non_null(strstr(err.text, "was removed"));
  rp_journal_close(j);
}

static bool is_even(void *context, const rp_journal_record *record) {
  ++*(int *)context;
  return record->kind % 2 == 0;
}

static rp_status compact(rp_journal *j) {
  const rp_journal_record added = {77, (const uint8_t *)"end", 3};
  int seen = 0;
  const rp_status st = rp_journal_compact(j, is_even, &seen, &added, NULL);
  assert_int_equal(seen, RECORDS);
  return st;
}

static void is_compact(const char *file) {
  uint8_t bytes[LONGEST];
  rp_journal_record found;
  rp_journal *j;
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  for (uint32_t i = 1; i < RECORDS; i += 2) {
    const rp_journal_record wanted = example(i, bytes);
    assert_true(rp_journal_next(j, &found));
    assert_int_equal(found.kind, wanted.kind);
    assert_int_equal(found.size, wanted.size);
    assert_memory_equal(found.bytes, wanted.bytes, found.size);
  }
  assert_true(rp_journal_next(j, &found));
  assert_int_equal(found.kind, 77);
  rp_journal_close(j);
}

static void appends_one(rp_journal *j) {
  size_t cut;
  assert_int_equal(rp_journal_begin(j, &cut, NULL), RP_OK);
  assert_int_equal(cut, 0);
  append(j, 0);
  assert_int_equal(rp_journal_write(j, NULL), RP_OK);
  rp_journal_close(j);
}

static void records_are_dropped(void **state) {
  size_t ends[RECORDS + 1];
  rp_journal *j, *other;
  const char *const file = made(*state, ends);
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  assert_int_equal(compact(j), RP_OK);
  assert_int_equal(rp_journal_open(file, &own, &other, NULL), RP_E_INPUT);
  appends_one(j);
  is_compact(file);
}

static void without_room_none_is_dropped(void **state) {
  size_t ends[RECORDS + 1];
  rp_journal *j;
  rp_journal_record found;
  const char *const file = made(*state, ends);
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  signal(SIGXFSZ, SIG_IGN);
  limit_file_size(ends[2]);
  assert_int_equal(compact(j), RP_E_IO);
  limit_file_size(RLIM_INFINITY);
  appends_one(j);
  assert_int_equal(rp_journal_open(file, &own, &j, NULL), RP_OK);
  for (int i = 0; i < RECORDS; i++) {
    assert_true(rp_journal_next(j, &found));
    assert_int_equal(found.kind, i + 1);
  }
  assert_true(rp_journal_next(j, &found));
  assert_int_equal(found.kind, 1);
  assert_false(rp_journal_next(j, &found));
  rp_journal_close(j);
}

static void lack_of_memory_is_a_failure(void **state) {
  size_t ends[RECORDS + 1];
  const char *const file = made(*state, ends);
  rp_journal *j = NULL;
  for (uint64_t n = 1;; n++) {
    rp_alloc_fail_after(n);
    const rp_status st = rp_journal_open(file, &own, &j, NULL);
    rp_alloc_fail_after(0);
    if (st == RP_OK) break;
    assert_int_equal(st, RP_E_MEMORY);
    assert_true(n < 10);
  }
  rp_journal_remove(j);
  for (uint64_t n = 1;; n++) {
    rp_alloc_fail_after(n);
    const rp_status st = rp_journal_create(file, &own, &j, NULL);
    rp_alloc_fail_after(0);
    if (st == RP_OK) break;
    assert_int_equal(st, RP_E_MEMORY);
    assert_true(n < 10);
  }
  rp_journal_close(j);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(comes_back),
      cmocka_unit_test(goes_on_where_it_was_cut),
      cmocka_unit_test(records_are_dropped),
      cmocka_unit_test(without_room_none_is_dropped),
      cmocka_unit_test(damage_is_refused),
      cmocka_unit_test(other_runs_are_refused),
      cmocka_unit_test(other_limits_are_told),
      cmocka_unit_test(one_run_has_it),
      cmocka_unit_test(other_files_are_refused),
      cmocka_unit_test(a_full_disk_delays),
      cmocka_unit_test(lack_of_memory_is_a_failure),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
