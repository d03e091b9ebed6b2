/* Older results are kept under another name, all files of a run together. */
#include "store/set_aside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "temp_folder.h"

static rp_error err;

static bool exists(const char *file) {
  struct stat about;
  return lstat(file, &about) == 0;
}

static void put(const char *stem, const char *suffix) {
  char file[600];
  snprintf(file, sizeof file, "%s%s", stem, suffix);
  bytes_put(file, suffix, strlen(suffix));
}

static void holds(const char *stem, const char *suffix) {
  char file[600];
  size_t size;
  snprintf(file, sizeof file, "%s%s", stem, suffix);
  unsigned char *bytes = bytes_got(file, &size);
  assert_int_equal(size, strlen(suffix));
  assert_memory_equal(bytes, suffix, size);
  free(bytes);
}

static void all_files_of_a_run_move_together(void **state) {
  static const char *const suffixes[] = {"", ".proofs", ".journal",
                                         ".proofs.part"};
  char *results = temp_file_kept(*state, "x.h5"), kept[PATH_MAX];
  for (int i = 0; i < 4; i++) put(results, suffixes[i]);
  assert_int_equal(rp_set_aside(results, kept, &err), RP_OK);
  assert_string_equal(kept, temp_file(*state, "x.old-1.h5"));
  for (int i = 0; i < 4; i++) holds(kept, suffixes[i]);
  assert_false(exists(results));
  assert_false(exists(temp_file(*state, "x.h5.proofs")));
  free(results);
}

static void what_was_kept_before_is_not_touched(void **state) {
  char *results = temp_file_kept(*state, "y.h5"), kept[PATH_MAX];
  put(temp_file(*state, "y.old-1.h5"), ".proofs"); /* proofs alone */
  put(results, "");
  assert_int_equal(rp_set_aside(results, kept, &err), RP_OK);
  assert_string_equal(kept, temp_file(*state, "y.old-2.h5"));
  holds(temp_file(*state, "y.old-1.h5"), ".proofs");
  free(results);
}

static void nothing_is_kept_where_there_is_nothing(void **state) {
  char *results = temp_file_kept(*state, "none.h5"), kept[PATH_MAX];
  assert_int_equal(rp_set_aside(results, kept, &err), RP_OK);
  assert_string_equal(kept, "");
  free(results);
}

static void names_without_an_ending_get_a_number_too(void **state) {
  char *results = temp_file_kept(*state, "plain"), kept[PATH_MAX];
  put(results, "");
  assert_int_equal(rp_set_aside(results, kept, &err), RP_OK);
  assert_string_equal(kept, temp_file(*state, "plain.old-1"));
  assert_true(exists(kept));
  free(results);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_files_of_a_run_move_together),
      cmocka_unit_test(what_was_kept_before_is_not_touched),
      cmocka_unit_test(nothing_is_kept_where_there_is_nothing),
      cmocka_unit_test(names_without_an_ending_get_a_number_too),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
