/* make_digits: draws the sample dataset, trains the sample networks on it and
 * writes digits.h5, digits_net.h5 and digits_deep.h5; or, with --check, makes
 * them again in memory and compares with the files that are there.
 *
 * The training set is drawn from another seed and never stored. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "digits.h"
#include "input/dataset.h"
#include "input/network_file.h"
#include "net/op_dense.h"

enum { N_TEST = 1000, N_TRAIN = 40000, PATH_SIZE = 4096 };
static const uint64_t TEST_SEED = 1, TRAIN_SEED = 2;

static const int32_t ONE_HIDDEN[] = {24}, TWO_HIDDEN[] = {20, 16};
static const struct {
  const char *file;
  digits_plan plan;
} NETWORKS[] = {
    {"digits_net.h5",
     {.name = "digits-6",
      .hidden = ONE_HIDDEN,
      .n_hidden = 1,
      .bits = 6,
      .radius = 6,
      .steps = 15000,
      .seed = 3}},
    {"digits_deep.h5",
     {.name = "digits-deep-6",
      .hidden = TWO_HIDDEN,
      .n_hidden = 2,
      .bits = 6,
      .radius = 6,
      .steps = 15000,
      .seed = 4}},
};
enum { N_NETWORKS = sizeof NETWORKS / sizeof *NETWORKS };

static const char USAGE[] =
    "usage: make_digits [--check] [FOLDER]\n"
    "Draw the sample dataset and train the sample networks; write them to\n"
    "FOLDER (default: the current one). With --check write nothing, compare\n"
    "with the files in FOLDER; exit status 1 if they differ.\n";

static void join_path(char path[PATH_SIZE], const char *folder,
                      const char *file) {
  snprintf(path, PATH_SIZE, "%s/%s", folder, file);
}

static bool write_text(hid_t at, const char *name, const char *text) {
  const hid_t space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, strlen(text));
  const hid_t attr =
      H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  const bool ok = attr >= 0 && H5Awrite(attr, type, text) >= 0;
  H5Aclose(attr);
  H5Tclose(type);
  H5Sclose(space);
  return ok;
}

/** One compressed array of bytes, without times, so that the same data give
 *  the same file. */
static bool write_bytes(hid_t file, const char *name, const char *what,
                        int n_dims, const uint8_t *data) {
  const hsize_t dims[3] = {N_TEST, DIGITS_SIDE, DIGITS_SIDE};
  const hid_t space = H5Screate_simple(n_dims, dims, NULL);
  const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(how, n_dims, dims);
  H5Pset_deflate(how, 9);
  H5Pset_obj_track_times(how, false);
  const hid_t set = H5Dcreate2(file, name, H5T_STD_U8LE, space, H5P_DEFAULT,
                               how, H5P_DEFAULT);
  const bool ok = set >= 0 &&
                  H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                           data) >= 0 &&
                  write_text(set, "long_name", what);
  H5Dclose(set);
  H5Pclose(how);
  H5Sclose(space);
  return ok;
}

static rp_status write_dataset(const digits_set *set, const char *path,
                               rp_error *err) {
  const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (file < 0) return rp_fail(err, RP_E_IO, "%s: cannot be written", path);
  const bool ok =
      write_text(file, "title", "Drawn digits, 14 x 14, ten classes") &&
      write_text(file, "source", "data/make_digits.c of Rampart") &&
      write_text(file, "license", "as Rampart itself") &&
      write_bytes(file, "x", "grey levels, [sample][row][column]", 3, set->x) &&
      write_bytes(file, "y", "digit drawn, [sample]", 1, set->y);
  if (H5Fclose(file) < 0 || !ok)
    return rp_fail(err, RP_E_IO, "%s: cannot be written", path);
  return RP_OK;
}

static rp_status check_dataset(const digits_set *set, const char *path,
                               rp_error *err) {
  const rp_dataset_source source = {.file = path, .format = "hdf5"};
  rp_dataset *data = NULL;
  RP_TRY(rp_dataset_read(&source, &data, err));
  bool same = data->n == set->n && data->dim == DIGITS_PIXELS &&
              !memcmp(data->x, set->x, (size_t)set->n * DIGITS_PIXELS);
  for (int64_t i = 0; same && i < set->n; i++)
    same = data->label[i] == set->y[i];
  rp_dataset_free(data);
  if (!same)
    return rp_fail(err, RP_E_INPUT, "%s: not what the generator draws", path);
  return RP_OK;
}

static bool same_layer(const rp_block *a, const rp_block *b) {
  const rp_op *of_a = a->term[0].op, *of_b = b->term[0].op;
  return of_a->n_in == of_b->n_in && a->n_out == b->n_out &&
         !memcmp(rp_op_dense_weights(of_a), rp_op_dense_weights(of_b),
                 sizeof(int16_t) * (size_t)of_a->n_in * (size_t)a->n_out) &&
         !memcmp(a->bias, b->bias, sizeof *a->bias * (size_t)a->n_out) &&
         rp_stair_is_same(&a->stair[0], &b->stair[0]) &&
         rp_stair_find_other(a->stair, a->n_out) == a->n_out &&
         rp_stair_find_other(b->stair, b->n_out) == b->n_out;
}

static rp_status check_network(const rp_net *net, const char *path,
                               rp_error *err) {
  const rp_network_source source = {.file = path, .format = "native"};
  rp_net *stored = NULL;
  RP_TRY(rp_network_read(&source, &stored, err));
  bool same = stored->n_blocks == net->n_blocks && stored->in_hi == net->in_hi;
  for (int32_t k = 0; same && k < net->n_blocks; k++)
    same = same_layer(&stored->block[k], &net->block[k]);
  rp_net_free(stored);
  if (!same)
    return rp_fail(err, RP_E_INPUT, "%s: not what the training gives", path);
  return RP_OK;
}

/** Right answers on the test set, by the network's own forward pass. */
static rp_status count_right(const rp_net *net, const digits_set *test,
                             int *right) {
  int32_t *work = rp_alloc(rp_net_forward_work(net), sizeof *work);
  if (!work) return RP_E_MEMORY;
  *right = 0;
  for (int64_t i = 0; i < test->n; i++) {
    int32_t out[DIGITS_CLASSES];
    rp_net_forward(net, &test->x[i * DIGITS_PIXELS], NULL, out, work);
    *right += rp_first_max(out, DIGITS_CLASSES) == test->y[i];
  }
  free(work);
  return RP_OK;
}

static rp_status make_network(int which, const digits_set *train,
                              const digits_set *test, const char *folder,
                              bool check, rp_error *err) {
  char path[PATH_SIZE];
  rp_net *net = NULL;
  int right = 0;
  join_path(path, folder, NETWORKS[which].file);
  RP_TRY(digits_train(&NETWORKS[which].plan, train, &net, err));
  rp_status st =
      check ? check_network(net, path, err) : rp_network_write(net, path, err);
  if (st == RP_OK) st = count_right(net, test, &right);
  if (st == RP_OK)
    printf("%s: %s, %d of %d test samples right\n", path,
           NETWORKS[which].plan.name, right, N_TEST);
  rp_net_free(net);
  return st;
}

static rp_status make_all(const char *folder, bool check, rp_error *err) {
  digits_set test = {0}, train = {0};
  char path[PATH_SIZE];
  rp_status st;
  join_path(path, folder, "digits.h5");
  RP_TRY_OR(st, done, digits_draw(N_TEST, TEST_SEED, &test));
  RP_TRY_OR(st, done,
            check ? check_dataset(&test, path, err)
                  : write_dataset(&test, path, err));
  printf("%s: %d samples\n", path, N_TEST);
  RP_TRY_OR(st, done, digits_draw(N_TRAIN, TRAIN_SEED, &train));
  for (int i = 0; i < N_NETWORKS; i++)
    RP_TRY_OR(st, done, make_network(i, &train, &test, folder, check, err));
done:
  digits_fini(&test);
  digits_fini(&train);
  return st;
}

int main(int argc, char **argv) {
  const char *folder = ".";
  bool check = false;
  rp_error err = {""};
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--check")) {
      check = true;
    } else if (argv[i][0] != '-') {
      folder = argv[i];
    } else {
      const bool asked = !strcmp(argv[i], "--help");
      fputs(USAGE, asked ? stdout : stderr);
      return asked ? 0 : 2;
    }
  }
  const rp_status st = make_all(folder, check, &err);
  if (st != RP_OK)
    fprintf(stderr, "make_digits: %s\n",
            err.text[0] ? err.text : rp_status_name(st));
  return st != RP_OK;
}
