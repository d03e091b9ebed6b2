/* The linker puts two functions in the place of others (--wrap): the end of the
 * checker's process becomes a jump, and no child process reads HDF5 files
 * first. The checker takes files from results that name them, so results are
 * made which do. */
#include "check_file.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "files/h5util.h"
#include "files/sha256.h"
#include "fuzz.h"
#include "rampart/status.h"

enum { RUNS_A_LIBRARY = 256 };

static jmp_buf ended;
static bool is_checking;
static FILE *kept, *nowhere; /* what the checker says is not shown */

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__exit(int status) {
  if (!is_checking) __real__exit(status);
  longjmp(ended, 1);
}

static void begin_checking(void) {
  if (!nowhere) nowhere = fopen("/dev/null", "w");
  kept = stderr;
  stderr = nowhere;
  is_checking = true;
}

static bool end_checking(bool checked) {
  is_checking = false;
  stderr = kept;
  return checked;
}

rp_status __wrap_rp_h5_run_guarded(const rp_file_content *content,
                                   rp_h5_task *work, void *arg, rp_error *err);
rp_status __wrap_rp_h5_run_guarded(const rp_file_content *content,
                                   rp_h5_task *work, void *arg, rp_error *err) {
  (void)content;
  return work(arg, err);
}

const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void) {
  return "leak:libhdf5\nleak:rp_check\n";
}

/* ---- results that name files ---- */

static void put_text(hid_t file, const char *name, const char *value) {
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  (void)H5Tset_size(type, strlen(value) + 1);
  const hid_t id =
      H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  (void)H5Awrite(id, type, value);
  (void)H5Aclose(id);
  (void)H5Sclose(space);
  (void)H5Tclose(type);
}

static void put_number(hid_t file, const char *name, int value) {
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t id =
      H5Acreate2(file, name, H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT);
  (void)H5Awrite(id, H5T_NATIVE_INT, &value);
  (void)H5Aclose(id);
  (void)H5Sclose(space);
}

/* @param what  such as "network"; @param path  NULL: there is none */
static void put_file(hid_t id, const char *what, const char *path) {
  char name[32], sha256[65] = "";
  rp_error err = {""};
  snprintf(name, sizeof name, "%s_file", what);
  put_text(id, name, path ? path : "");
  if (path)
    fuzz_expect(rp_sha256_file(path, sha256, &err) == RP_OK,
                "a file can be hashed");
  snprintf(name, sizeof name, "%s_sha256", what);
  put_text(id, name, sha256);
}

/* HDF5 starts anew now and then, without the handles that the checker left. */
static results make_results(void) {
  static int runs;
  char name[32]; /* the last one is still open */
  if (++runs % RUNS_A_LIBRARY == 0) (void)H5close();
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  snprintf(name, sizeof name, "results %d", runs);
  const hid_t plan = H5Pcreate(H5P_FILE_ACCESS);
  (void)H5Pset_fapl_core(plan, 4096, 0);
  const hid_t id = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, plan);
  (void)H5Pclose(plan);
  put_text(id, "network_format", "auto");
  put_text(id, "dataset_format", "auto");
  put_number(id, "format_version", 2);
  put_text(id, "dataset_values", "integers");
  put_text(id, "x_name", "");
  put_text(id, "y_name", "");
  return (results){.f = {id, "results"}};
}

bool fuzz_check_network(const char *path, int bits, int input_bits,
                        const fuzz_inputs *inputs, net *checker) {
  results r = make_results();
  r.n_in = inputs->n;
  if (inputs->lo != 0) put_number(r.f.id, "input_min", inputs->lo);
  put_number(r.f.id, "input_max", inputs->hi);
  put_number(r.f.id, "n_in", inputs->n);
  put_number(r.f.id, "bits", bits);
  put_number(r.f.id, "input_bits", input_bits);
  put_file(r.f.id, "network", path);
  *checker = (net){0};
  begin_checking();
  if (setjmp(ended)) return end_checking(false);
  text file;
  rp_check_read_network(&r, checker, file);
  return end_checking(rp_check_prepare(checker) == NULL);
}

bool fuzz_check_dataset(const char *path, const char *labels, int32_t n_in,
                        int32_t lo, array *x, array *y) {
  static net n;
  const results r = make_results();
  put_file(r.f.id, "dataset", path);
  put_file(r.f.id, "labels", labels);
  n = (net){.n_in = n_in, .in_lo = lo, .in_hi = 255, .n_out = INT32_MAX};
  begin_checking();
  if (setjmp(ended)) return end_checking(false);
  rp_check_read_dataset(&r, &n, x, y);
  return end_checking(true);
}

bool fuzz_check_results(const char *path, results *r) {
  *r = (results){0};
  const results before = make_results();
  (void)H5Fclose(before.f.id);
  begin_checking();
  if (setjmp(ended)) return end_checking(false);
  rp_check_read_results(path, r);
  return end_checking(true);
}
