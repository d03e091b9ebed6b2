/* Files on disk: digests, replacing a file whole or not at all, and reading
 * with a child process as the canary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <glob.h>
#include <signal.h>

#include "core/clock.h"
#include "files/fileutil.h"
#include "files/h5util.h"
#include "files/sha256.h"
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

static mode_t mode_of(const char *file) {
  struct stat info;
  assert_int_equal(stat(file, &info), 0);
  return info.st_mode & 0777;
}

static void modes_are_kept(void **state) {
  const char *file = temp_file(*state, "mode");
  const mode_t old = umask(027);
  assert_int_equal(rp_file_replace(file, "new", 3, &err), RP_OK);
  assert_int_equal(mode_of(file), 0640);
  assert_int_equal(chmod(file, 0604), 0);
  assert_int_equal(rp_file_replace(file, "other", 5, &err), RP_OK);
  assert_int_equal(mode_of(file), 0604);
  umask(old);
}

/* What is there under a name that can be foreseen is not written through. */
static void planted_links_are_not_followed(void **state) {
  temp_folder *folder = *state;
  char *victim = temp_file_kept(folder, "victim");
  char *link = temp_file_kept(folder, "planted");
  int number;
  bytes_put(victim, "dear", 4);
  assert_int_equal(symlink(victim, link), 0);
  assert_int_equal(rp_file_create(link, &number, &err), RP_OK);
  assert_int_equal(write(number, "new", 3), 3);
  close(number);
  size_t size;
  unsigned char *bytes = bytes_got(victim, &size);
  assert_int_equal(size, 4);
  assert_memory_equal(bytes, "dear", 4);
  free(bytes);
  free(victim);
  free(link);
}

static glob_t neighbours;

/* Two neighbours of one process have different names. */
static rp_status neighbours_noted(void *context, rp_error *error) {
  (void)error;
  assert_true(glob(temp_file(context, "noted.*.tmp"),
                   neighbours.gl_pathc ? GLOB_APPEND : 0, NULL,
                   &neighbours) == 0);
  return RP_OK;
}

static void neighbours_have_random_names(void **state) {
  const rp_file_step note = {neighbours_noted, *state};
  for (int i = 0; i < 2; i++) {
    char *file = temp_file_kept(*state, "noted");
    assert_int_equal(rp_file_replace_after(file, "x", 1, &note, &err), RP_OK);
    free(file);
  }
  assert_int_equal(neighbours.gl_pathc, 2);
  assert_string_not_equal(neighbours.gl_pathv[0], neighbours.gl_pathv[1]);
  globfree(&neighbours);
}

/* ---- The canary ---- */

static void temporaries_of_killed_processes_are_removed(void **state) {
  static const struct {
    const char *name;
    bool stays;
  } file[] = {{"swept", true},
              {"swept.0123456789abcdef.tmp", false},
              {"swept.fedcba9876543210.tmp", false},
              {"swept.0123456789abcde.tmp", true},
              {"swept.0123456789abcdeg.tmp", true},
              {"swept.0123456789ABCDEF.tmp", true},
              {"swept.0123456789abcdef.tmp2", true},
              {"swept.0123456789abcdef", true},
              {"swept.tmp", true},
              {"swept.h5.0123456789abcdef.tmp", true},
              {"0123456789abcdef.tmp", true}};
  enum { FILES = sizeof file / sizeof *file };
  for (int i = 0; i < FILES; i++)
    bytes_put(temp_file(*state, file[i].name), "x", 1);
  char *const pipe = temp_file_kept(*state, "swept.0000000000000000.tmp");
  assert_int_equal(mkfifo(pipe, 0600), 0);
  rp_file_remove_temporaries(temp_file(*state, "swept"));
  assert_int_equal(unlink(pipe), 0); /* it was no file, and stayed */
  free(pipe);
  for (int i = 0; i < FILES; i++)
    assert_int_equal(access(temp_file(*state, file[i].name), F_OK) == 0,
                     file[i].stays);
  rp_file_remove_temporaries("/no such folder/swept");
}

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

static rp_status task_is_stopped(void *arg, rp_error *error) {
  (void)error;
  raise(*(int *)arg);
  return RP_OK;
}

static rp_status task_spins(void *arg, rp_error *error) {
  (void)error;
  for (volatile int *count = arg;;) ++*count;
  return RP_OK;
}

static rp_status task_counts_well(void *arg, rp_error *error) {
  (void)error;
  ++*(int *)arg;
  return RP_OK;
}

/* What fails there, fails here: it is not tried without limits. */
static void tasks_run_here_after_the_canary(void **state) {
  const char *file = temp_file(*state, "canary");
  const rp_file_content content = {file, (uint8_t *)"x", 1};
  int count = 0;
  assert_int_equal(rp_h5_run_guarded(&content, task_counts, &count, &err),
                   RP_E_RANGE);
  says("counted");
  assert_int_equal(count, 0);
  assert_int_equal(rp_h5_run_guarded(&content, task_counts_well, &count, &err),
                   RP_OK);
  assert_int_equal(count, 1);
}

static void deadly_tasks_are_not_run_here(void **state) {
  const char *file = temp_file(*state, "canary");
  const rp_file_content content = {file, (uint8_t *)"x", 1};
  int count = 0;
  assert_int_equal(rp_h5_run_guarded(&content, task_dies, &count, &err),
                   RP_E_INPUT);
  says(file);
  says("damaged file");
  assert_int_equal(rp_h5_run_guarded(&content, task_spins, &count, &err),
                   RP_E_INPUT);
  assert_int_equal(count, 0);
}

static rp_status task_sleeps(void *arg, rp_error *error) {
  (void)arg, (void)error;
  for (;;) pause();
  return RP_OK;
}

static rp_status task_takes_memory(void *arg, rp_error *error) {
  (void)arg;
  const size_t most = (size_t)1 << 40;
  void *const block = mmap(NULL, most, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return block == MAP_FAILED ? rp_fail(error, RP_E_MEMORY, "limited") : RP_OK;
}

static void tasks_have_limits(void **state) {
  const char *file = temp_file(*state, "canary");
  const rp_file_content content = {file, (uint8_t *)"x", 1};
  assert_int_equal(rp_h5_run_guarded(&content, task_takes_memory, NULL, &err),
                   RP_E_MEMORY);
  says("limited");
  atomic_store(rp_stop_flag(), true); /* a signal */
  assert_int_equal(rp_h5_run_guarded(&content, task_sleeps, NULL, &err),
                   RP_E_STOPPED);
  says("stopped while it was read");
  /* Also where it comes to the child before this process has noticed. */
  atomic_store(rp_stop_flag(), false);
  int number[] = {SIGINT, SIGTERM, SIGUSR1};
  for (int i = 0; i < 3; i++) {
    assert_int_equal(
        rp_h5_run_guarded(&content, task_is_stopped, &number[i], &err),
        RP_E_STOPPED);
    says("stopped while it was read");
  }
  atomic_store(rp_stop_flag(), true);
  int count = 0; /* what is honest is read all the same */
  assert_int_equal(rp_h5_run_guarded(&content, task_counts_well, &count, &err),
                   RP_OK);
  atomic_store(rp_stop_flag(), false);
  assert_int_equal(count, 1);
}

/* The first child waits for ever. */
static rp_status task_stalls_once(void *arg, rp_error *error) {
  (void)error;
  if (++*(int *)arg == 1)
    for (;;) pause();
  return RP_OK;
}

static void a_child_that_stalls_is_replaced(void **state) {
  const char *file = temp_file(*state, "canary");
  const rp_file_content content = {file, (uint8_t *)"x", 1};
  int *const shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_ptr_not_equal(shared, MAP_FAILED);
  assert_int_equal(rp_h5_run_guarded(&content, task_stalls_once, shared, &err),
                   RP_OK);
  assert_int_equal(*shared, 3); /* two children, and this process */
  munmap(shared, sizeof *shared);
}

static void lost_exit_statuses_do_no_harm(void **state) {
  const char *file = temp_file(*state, "canary");
  const rp_file_content content = {file, (uint8_t *)"x", 1};
  int count = 0;
  signal(SIGCHLD, SIG_IGN);
  assert_int_equal(rp_h5_run_guarded(&content, task_counts_well, &count, &err),
                   RP_OK);
  assert_int_equal(rp_h5_run_guarded(&content, task_dies, &count, &err),
                   RP_E_INPUT);
  signal(SIGCHLD, SIG_DFL);
  assert_int_equal(count, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_digests),
      cmocka_unit_test(digests_of_no_file),
      cmocka_unit_test(files_are_replaced_whole),
      cmocka_unit_test(only_files_are_replaced),
      cmocka_unit_test(modes_are_kept),
      cmocka_unit_test(planted_links_are_not_followed),
      cmocka_unit_test(neighbours_have_random_names),
      cmocka_unit_test(temporaries_of_killed_processes_are_removed),
      cmocka_unit_test(tasks_run_here_after_the_canary),
      cmocka_unit_test(deadly_tasks_are_not_run_here),
      cmocka_unit_test(tasks_have_limits),
      cmocka_unit_test(a_child_that_stalls_is_replaced),
      cmocka_unit_test(lost_exit_statuses_do_no_harm),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
