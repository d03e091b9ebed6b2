/* Small good files of every kind, for tests that break them. */
#ifndef RAMPART_TESTS_GOOD_FILES_H
#define RAMPART_TESTS_GOOD_FILES_H

#include "input/network_file.h"
#include "keras_file.h"

static inline void good_network_put(const char *file) {
  const int32_t dims[2] = {2, 2}, weight[4 * 3] = {1, 2, -3, 4};
  const int64_t bias[3] = {5, -6, 7};
  const rp_dense_spec first = {4, 3, weight, bias, {0, 63, 4, NULL}};
  const rp_dense_spec second = {3, 2, weight, bias, {-32, 31, 2, NULL}};
  rp_net *net;
  if (rp_net_create("good", dims, 2, 255, &net, NULL) != RP_OK ||
      rp_net_add_dense(net, &first, NULL) != RP_OK ||
      rp_net_add_dense(net, &second, NULL) != RP_OK ||
      rp_net_finish(net, NULL) != RP_OK ||
      rp_network_write(net, file, NULL) != RP_OK)
    abort();
  rp_net_free(net);
}

static inline void good_keras_put(const char *file, int variable) {
  const keras_plan plan = {3,
                           {{"d", 4, 3, NULL, NULL},
                            {"e", 3, 2, NULL, NULL},
                            {"flatten", 0, 0, NULL, NULL}},
                           "model",
                           variable};
  keras_file_put(file, &plan);
}

/** A dataset to be put in the place of another. */
typedef struct array_change {
  hid_t stored;
  int rank;
  hsize_t extent[3];
  double value; /* of every number */
  int empty;    /* chunked, nothing stored */
} array_change;

static inline void change_array(hid_t file, const char *path,
                                const array_change *change) {
  const hid_t space = H5Screate_simple(change->rank, change->extent, NULL);
  const hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk[3] = {1, 1, 1};
  if (change->empty) H5Pset_chunk(plan, change->rank, chunk);
  if (H5Lexists(file, path, H5P_DEFAULT) > 0)
    H5Ldelete(file, path, H5P_DEFAULT);
  const hid_t id = H5Dcreate2(file, path, change->stored, space, H5P_DEFAULT,
                              plan, H5P_DEFAULT);
  if (!change->empty) {
    const size_t n = (size_t)H5Sget_simple_extent_npoints(space);
    double *data = calloc(n + 1, sizeof *data);
    for (size_t i = 0; i < n; i++) data[i] = change->value;
    H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    free(data);
  }
  H5Dclose(id);
  H5Pclose(plan);
  H5Sclose(space);
}

static inline void good_hdf5_put(const char *path) {
  const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const array_change x = {H5T_STD_U8LE, 3, {3, 2, 4}, 9, 0};
  const array_change y = {H5T_STD_I64LE, 1, {3}, 1, 0};
  change_array(file, "/x", &x);
  change_array(file, "/y", &y);
  H5Fclose(file);
}

enum { IMAGES_SIZE = 16 + 3 * 8, LABELS_SIZE = 8 + 3 };
static const uint8_t good_images[IMAGES_SIZE] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0,
                                                 0, 2, 0, 0, 0, 4, 9, 8, 7};
static const uint8_t good_labels[LABELS_SIZE] = {0, 0, 8, 1, 0, 0,
                                                 0, 3, 1, 2, 3};

#endif
