/* Files on disk: digests, replacing a file whole or not at all, and reading
 * with a child process as the canary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <signal.h>

#include "../../src/io/fileutil.h"
#include "../../src/io/h5util.h"
#include "rampart/sha256.h"
#include "temp_folder.h"

static rp_error err;

static void says(const char *part) {
  if (!strstr(err.text, part))
    fail_msg("expected '%s' in '%s'", part, err.text);
}

/* FIPS 180-2, appendix B, and the empty file. */
static void known_digests(void **state) {
  const char *file = temp_file(*state, "digest");
  char hex[65];
  bytes_put(file, "abc", 3);
  assert_int_equal(rp_sha256_file(file, hex, &err), RP_OK);
  assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
                           "b00361a396177a9cb410ff61f20015ad");
  bytes_put(file, "", 0);
  assert_int_equal(rp_sha256_file(file, hex, &err), RP_OK);
  assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
                           "27ae41e4649b934ca495991b7852b855");
  enum { MILLION = 1000000 };
  char *as = malloc(MILLION);
  memset(as, 'a', MILLION);
  bytes_put(file, as, MILLION);
  free(as);
  assert_int_equal(rp_sha256_file(file, hex, &err), RP_OK);
  assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67"
                           "f1809a48a497200e046d39ccc7112cd0");
}

static void digests_of_no_file(void **state) {
  temp_folder *folder = *state;
  char hex[65];
  assert_int_equal(rp_sha256_file(folder->path, hex, &err), RP_E_INPUT);
  says("found a directory");
  assert_int_equal(rp_sha256_file(temp_file(folder, "none"), hex, &err),
                   RP_E_INPUT);
  says("No such file");
}

static int files_in(const char *path) {
  DIR *dir = opendir(path);
  int count = 0;
  for (struct dirent *e; (e = readdir(dir));) count += e->d_name[0] != '.';
  closedir(dir);
  return count;
}

static void files_are_replaced_whole(void **state) {
  temp_folder *folder = *state;
  const int before = files_in(folder->path);
  const char *file = temp_file(folder, "replaced");
  assert_int_equal(rp_file_replace(file, "first", 5, &err), RP_OK);
  assert_int_equal(rp_file_replace(file, "second!", 7, &err), RP_OK);
  size_t size;
  unsigned char *bytes = bytes_got(file, &size);
  assert_int_equal(size, 7);
  assert_memory_equal(bytes, "second!", 7);
  free(bytes);
  assert_int_equal(files_in(folder->path), before + 1);
}

static void only_files_are_replaced(void **state) {
  temp_folder *folder = *state;
  const int before = files_in(folder->path);
  assert_int_equal(rp_file_replace("/dev/null", "x", 1, &err), RP_E_IO);
  says("/dev/null: cannot write: not a regular file");
  struct stat info;
  assert_int_equal(stat("/dev/null", &info), 0);
  assert_true(S_ISCHR(info.st_mode));
  assert_int_equal(rp_file_replace(folder->path, "x", 1, &err), RP_E_IO);
  assert_int_equal(rp_file_replace(temp_file(folder, "no/where"), "x", 1, &err),
                   RP_E_IO);
  says("cannot create");
  char name[5000];
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  assert_int_equal(rp_file_replace(name, "x", 1, &err), RP_E_IO);
  says("name too long");
  assert_int_equal(files_in(folder->path), before);
}

/* ---- The canary ---- */

static rp_status task_counts(void *arg, rp_error *error) {
  ++*(int *)arg;
  return rp_fail(error, RP_E_RANGE, "counted");
}

static rp_status task_dies(void *arg, rp_error *error) {
  (void)error;
  ++*(int *)arg;
  raise(SIGSEGV);
  return RP_OK;
}

static rp_status task_spins(void *arg, rp_error *error) {
  (void)error;
  for (volatile int *count = arg;;) ++*count;
  return RP_OK;
}

static void tasks_run_here_after_the_canary(void **state) {
  const char *file = temp_file(*state, "canary");
  bytes_put(file, "x", 1);
  int count = 0;
  assert_int_equal(rp_h5_guarded(file, task_counts, &count, &err), RP_E_RANGE);
  says("counted");
  assert_int_equal(count, 1);
}

static void deadly_tasks_are_not_run_here(void **state) {
  const char *file = temp_file(*state, "canary");
  bytes_put(file, "x", 1);
  int count = 0;
  assert_int_equal(rp_h5_guarded(file, task_dies, &count, &err), RP_E_INPUT);
  says(file);
  says("damaged HDF5 file");
  assert_int_equal(rp_h5_guarded(file, task_spins, &count, &err), RP_E_INPUT);
  assert_int_equal(count, 0);
}

static void lost_exit_statuses_do_no_harm(void **state) {
  const char *file = temp_file(*state, "canary");
  bytes_put(file, "x", 1);
  int count = 0;
  signal(SIGCHLD, SIG_IGN);
  assert_int_equal(rp_h5_guarded(file, task_counts, &count, &err), RP_E_RANGE);
  assert_int_equal(rp_h5_guarded(file, task_dies, &count, &err), RP_E_INPUT);
  signal(SIGCHLD, SIG_DFL);
  assert_int_equal(count, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_digests),
      cmocka_unit_test(digests_of_no_file),
      cmocka_unit_test(files_are_replaced_whole),
      cmocka_unit_test(only_files_are_replaced),
      cmocka_unit_test(tasks_run_here_after_the_canary),
      cmocka_unit_test(deadly_tasks_are_not_run_here),
      cmocka_unit_test(lost_exit_statuses_do_no_harm),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
