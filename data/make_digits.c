/* make_digits: draws the sample dataset, trains the sample networks on it and
 * writes digits.h5, digits_net.h5, digits_deep.h5 and digits_conv.h5; or, with
 * --check, makes them again in memory and compares with the files that are
 * there.
 *
 * The training set is drawn from another seed and never stored. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conv.h"
#include "core/memory.h"
#include "digits.h"
#include "input/dataset.h"
#include "input/network_file.h"

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

static const conv_plan CONVOLUTIONAL = {.name = "digits-conv",
                                        .channels = {6, 16},
                                        .radius = 16,
                                        .steps = 5000,
                                        .seed = 2};

/** What main was asked, and the samples. */
typedef struct maker {
  const char *folder;
  bool check; /* compare with the files there, write nothing */
  digits_set train, test;
} maker;

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

/** Do two terms have the same weights, however they are stored? */
static bool is_same_term(const rp_term *a, const rp_term *b) {
  bool same = a->source == b->source && a->op->kind == b->op->kind &&
              a->op->n_in == b->op->n_in && a->op->n_out == b->op->n_out;
  for (int32_t i = 0; same && i < a->op->n_out; i++)
    for (int32_t j = 0; same && j < a->op->n_in; j++)
      same = rp_op_weight(a->op, i, j) == rp_op_weight(b->op, i, j);
  return same;
}

static bool is_same_block(const rp_block *a, const rp_block *b) {
  bool same = a->n_out == b->n_out && a->n_terms == b->n_terms;
  for (int32_t t = 0; same && t < a->n_terms; t++)
    same = is_same_term(&a->term[t], &b->term[t]);
  for (int32_t i = 0; same && i < a->n_out; i++)
    same = a->bias[i] == b->bias[i] &&
           rp_stair_is_same(&a->stair[i], &b->stair[i]);
  return same;
}

static rp_status check_network(const rp_net *net, const char *path,
                               rp_error *err) {
  const rp_network_source source = {.file = path, .format = "native"};
  rp_net *stored = NULL;
  RP_TRY(rp_network_read(&source, &stored, err));
  bool same = stored->n_blocks == net->n_blocks &&
              stored->in_hi == net->in_hi && stored->in_lo == net->in_lo;
  for (int32_t k = 0; same && k < net->n_blocks; k++)
    same = is_same_block(&stored->block[k], &net->block[k]);
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

/** Write a trained network, or check the one that is there. */
static rp_status finish_network(const maker *m, const char *file,
                                const rp_net *net, rp_error *err) {
  char path[PATH_SIZE];
  int right = 0;
  join_path(path, m->folder, file);
  RP_TRY(m->check ? check_network(net, path, err)
                  : rp_network_write(net, path, err));
  RP_TRY(count_right(net, &m->test, &right));
  printf("%s: %s, %d of %d test samples right\n", path, net->name, right,
         N_TEST);
  return RP_OK;
}

static rp_status make_dense(const maker *m, int which, rp_error *err) {
  rp_net *net = NULL;
  RP_TRY(digits_train(&NETWORKS[which].plan, &m->train, &net, err));
  const rp_status st = finish_network(m, NETWORKS[which].file, net, err);
  rp_net_free(net);
  return st;
}

/** What interval arithmetic by itself certifies. */
static void show_certified(const conv_net *net, const digits_set *test) {
  int64_t sum = 0, right = 0;
  for (int64_t i = 0; i < test->n; i++) {
    const int32_t radius =
        conv_certify(net, &test->x[i * DIGITS_PIXELS], test->y[i], 255);
    if (radius >= 0) sum += radius;
    right += radius >= 0;
  }
  printf("    radii certified by intervals: mean %.1f\n",
         right ? (double)sum / (double)right : 0.0);
}

static rp_status make_convolutional(const maker *m, rp_error *err) {
  conv_net trained;
  rp_net *net = NULL;
  RP_TRY(conv_train(&CONVOLUTIONAL, &m->train, &trained));
  rp_status st = conv_build(&trained, CONVOLUTIONAL.name, &net, err);
  if (st == RP_OK) st = finish_network(m, "digits_conv.h5", net, err);
  if (st == RP_OK) show_certified(&trained, &m->test);
  rp_net_free(net);
  conv_net_fini(&trained);
  return st;
}

static rp_status make_all(maker *m, rp_error *err) {
  char path[PATH_SIZE];
  join_path(path, m->folder, "digits.h5");
  RP_TRY(digits_draw(N_TEST, TEST_SEED, &m->test));
  RP_TRY(m->check ? check_dataset(&m->test, path, err)
                  : write_dataset(&m->test, path, err));
  printf("%s: %d samples\n", path, N_TEST);
  RP_TRY(digits_draw(N_TRAIN, TRAIN_SEED, &m->train));
  for (int i = 0; i < N_NETWORKS; i++) RP_TRY(make_dense(m, i, err));
  return make_convolutional(m, err);
}

int main(int argc, char **argv) {
  maker m = {.folder = "."};
  rp_error err = {""};
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--check")) {
      m.check = true;
    } else if (argv[i][0] != '-') {
      m.folder = argv[i];
    } else {
      const bool asked = !strcmp(argv[i], "--help");
      fputs(USAGE, asked ? stdout : stderr);
      return asked ? 0 : 2;
    }
  }
  const rp_status st = make_all(&m, &err);
  digits_fini(&m.test);
  digits_fini(&m.train);
  if (st != RP_OK)
    fprintf(stderr, "make_digits: %s\n",
            err.text[0] ? err.text : rp_status_name(st));
  return st != RP_OK;
}
