/* Results files in trouble: a failure or a kill leaves the old file, and no
 * damaged file is believed. */
#include "unit/results_example.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/clock.h"

static int files_in_folder(void) {
  DIR *dir = opendir(folder);
  int n = 0;
  while (readdir(dir)) n++;
  closedir(dir);
  return n;
}

/* In a process of its own, that may write no file above 4 KiB. */
static void write_with_a_full_disk(const rp_results *r, const char *file) {
  const struct rlimit limit = {4096, 4096};
  rp_error err;
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  const rp_status status = rp_results_write(r, file, &err);
  _exit(status == RP_E_IO && strstr(err.text, file) ? 0 : 1);
}

static void a_failed_write_leaves_the_old_file(void **state) {
  (void)state;
  rp_error err;
  rp_results *old = example(3, 1), *young = example(400, 1);
  const char *file = path_of("full.h5");
  rp_results_free(written_and_read(old, file));
  const int before = files_in_folder();
  const pid_t child = fork();
  if (child == 0) write_with_a_full_disk(young, file);
  int how;
  assert_int_equal(waitpid(child, &how, 0), child);
  assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
  assert_int_equal(files_in_folder(), before);
  rp_results *again;
  assert_int_equal(rp_results_read(file, &again, &err), RP_OK);
  assert_same_verdicts(old, again);
  rp_results_free(again);
  assert_int_equal(rp_results_write(old, path_of("none/x.h5"), &err), RP_E_IO);
  assert_non_null(strstr(err.text, "none/x.h5"));
  assert_int_equal(rp_results_write(old, folder, &err), RP_E_IO);
  assert_int_equal(rp_results_write(old, "/dev/null", &err), RP_E_IO);
  rp_results_free(old);
  rp_results_free(young);
}

static void overwrite_forever(const rp_results *a, const rp_results *b,
                              const char *file) {
  for (;;)
    if (rp_results_write(a, file, NULL) || rp_results_write(b, file, NULL))
      _exit(1);
}

static void a_kill_leaves_the_old_file_or_the_new_one(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, seed);
  rp_results *a = example(20, 1), *b = example(300, 1), *found;
  const char *file = path_of("killed.h5");
  rp_results_free(written_and_read(a, file));
  const double start_s = rp_clock_wall_s();
  rp_results_free(written_and_read(b, file));
  const double longest_us = 3e6 * (rp_clock_wall_s() - start_s);
  int64_t seen_b = 0;
  for (int round = 0; round < 25; round++) {
    const pid_t child = fork();
    if (child == 0) overwrite_forever(a, b, file);
    usleep((useconds_t)(rp_rng_unit(&rng) * longest_us));
    kill(child, SIGKILL);
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    rp_error err;
    if (rp_results_read(file, &found, &err) != RP_OK) fail_msg("%s", err.text);
    seen_b += found->n_queries == b->n_queries;
    assert_same_verdicts(found->n_queries == b->n_queries ? b : a, found);
    rp_results_free(found);
  }
  fprintf(stderr, "after 25 kills: %d files of the larger kind\n", (int)seen_b);
  rp_results_free(a);
  rp_results_free(b);
}

/* ---- Damage ---- */

/* HDF5 1.10 loses memory of its own when metadata does not decode. */
RP_PUBLIC const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libhdf5";
}

/* An HDF5 object left open keeps its file open. */
static int files_open(void) {
  DIR *dir = opendir("/proc/self/fd");
  int n = 0;
  while (dir && readdir(dir)) n++;
  if (dir) closedir(dir);
  return n;
}

static uint8_t *bytes_read(const char *file, size_t *size) {
  struct stat info;
  assert_int_equal(stat(file, &info), 0);
  *size = (size_t)info.st_size;
  uint8_t *bytes = rp_alloc(*size, 1);
  FILE *in = fopen(file, "rb");
  assert_int_equal(fread(bytes, 1, *size, in), *size);
  fclose(in);
  return bytes;
}

static void bytes_written(const char *file, const uint8_t *bytes, size_t size) {
  FILE *out = fopen(file, "wb");
  assert_int_equal(fwrite(bytes, 1, size, out), size);
  fclose(out);
}

/* Flips, runs of one value, a copy of another place, or a cut. */
static size_t damaged(uint8_t *bytes, size_t size, rp_rng *rng) {
  const size_t at = rp_rng_below(rng, (uint32_t)size);
  const size_t from = rp_rng_below(rng, (uint32_t)size);
  size_t length = 1 + rp_rng_below(rng, 16);
  if (at + length > size) length = size - at;
  if (from + length > size) length = size - from;
  switch (rp_rng_below(rng, 4)) {
  case 0:
    bytes[at] ^= (uint8_t)(1u << rp_rng_below(rng, 8));
    return size;
  case 1:
    memset(bytes + at, rp_rng_below(rng, 2) ? 0xff : 0, length);
    return size;
  case 2:
    memmove(bytes + at, bytes + from, length);
    return size;
  }
  return at;
}

/* Damage is refused in one line, or it was in bytes that mean nothing. */
static bool refused(const char *file, const rp_results *r) {
  rp_error err = {""};
  rp_results *found = NULL;
  const int before = files_open();
  const rp_status status = rp_results_read(file, &found, &err);
  assert_int_equal(files_open(), before);
  if (status == RP_OK) {
    assert_same_verdicts(r, found);
    assert_same_times(r, found);
    rp_results_free(found);
    return false;
  }
  assert_true(status == RP_E_INPUT || status == RP_E_MEMORY);
  assert_true(strlen(err.text) > 0 && !strchr(err.text, '\n'));
  assert_non_null(strstr(err.text, file));
  return true;
}

static void no_damaged_file_is_believed(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, seed);
  rp_results *r = example(4, 1);
  const char *file = path_of("damaged.h5");
  rp_results_free(written_and_read(r, file));
  size_t size;
  int n_refused = 0;
  uint8_t *bytes = bytes_read(file, &size), *copy = rp_alloc(size, 1);
  for (int round = 0; round < 600; round++) {
    memcpy(copy, bytes, size);
    size_t left = size;
    for (uint32_t n = 1 + rp_rng_below(&rng, 3); n > 0 && left > 0; n--)
      left = damaged(copy, left, &rng);
    bytes_written(file, copy, left);
    n_refused += refused(file, r);
  }
  fprintf(stderr, "600 damaged files: %d refused\n", n_refused);
  assert_true(n_refused > 50);
  free(copy);
  free(bytes);
  rp_results_free(r);
}

static void honest_and_broken_copies_are_told_apart(void **state) {
  (void)state;
  rp_results *r = example(4, 1), *found;
  assert_int_equal(rp_results_write(r, path_of("source.h5"), NULL), RP_OK);
  const int how = script_run("results_broken.py", path_of("source.h5"), folder);
  if (how == 77) skip();
  assert_int_equal(how, 0);
  DIR *dir = opendir(folder);
  struct dirent *entry;
  int n_bad = 0, n_good = 0;
  while ((entry = readdir(dir))) {
    const char *file = path_of(entry->d_name);
    rp_error err = {""};
    if (!strncmp(entry->d_name, "bad_", 4)) {
      n_bad++;
      if (!refused(file, r)) fail_msg("%s was read", entry->d_name);
    } else if (!strncmp(entry->d_name, "good_", 5)) {
      n_good++;
      if (rp_results_read(file, &found, &err) != RP_OK)
        fail_msg("%s", err.text);
      assert_same_verdicts(r, found);
      rp_results_free(found);
    }
  }
  closedir(dir);
  assert_true(n_bad > 50 && n_good > 5);
  rp_results_free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_failed_write_leaves_the_old_file),
      cmocka_unit_test(a_kill_leaves_the_old_file_or_the_new_one),
      cmocka_unit_test(no_damaged_file_is_believed),
      cmocka_unit_test(honest_and_broken_copies_are_told_apart)};
  return cmocka_run_group_tests(tests, folder_made, folder_removed);
}
