/* Keras weight files as QVIP's training scripts leave them, made with HDF5. */
#ifndef RAMPART_TESTS_KERAS_FILE_H
#define RAMPART_TESTS_KERAS_FILE_H

#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KERAS_MOST_LAYERS = 8 };

typedef struct keras_layer {
  const char *name;
  int32_t n_in, n_out;        /* 0: a layer without weights */
  const float *kernel, *bias; /* [n_in][n_out], [n_out]; NULL: zeros */
} keras_layer;

typedef struct keras_plan {
  int32_t count;
  keras_layer layer[KERAS_MOST_LAYERS];
  const char *model; /* middle folder, or NULL */
  int variable;      /* names as strings of variable length */
} keras_plan;

/* An attribute with a list of names; an empty one is stored as floats. */
static inline void keras_names(hid_t object, const char *attribute,
                               const char *const *names, int32_t count,
                               int variable) {
  enum { WIDTH = 80 };
  char cells[KERAS_MOST_LAYERS][WIDTH] = {{0}};
  for (int32_t i = 0; i < count; i++) snprintf(cells[i], WIDTH, "%s", names[i]);
  const hsize_t extent[1] = {(hsize_t)count};
  const hid_t space = H5Screate_simple(1, extent, NULL);
  const hid_t type =
      H5Tcopy(count ? (hid_t)H5T_C_S1 : (hid_t)H5T_NATIVE_DOUBLE);
  if (count) H5Tset_size(type, variable ? H5T_VARIABLE : WIDTH);
  if (count && !variable) H5Tset_strpad(type, H5T_STR_NULLPAD);
  const hid_t id =
      H5Acreate2(object, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT);
  if (count) H5Awrite(id, type, variable ? (const void *)names : cells);
  H5Aclose(id);
  H5Tclose(type);
  H5Sclose(space);
}

static inline void keras_array(hid_t file, const char *path, int rank,
                               const hsize_t *extent, const float *data) {
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  const hid_t space = H5Screate_simple(rank, extent, NULL);
  const hid_t id = H5Dcreate2(file, path, H5T_IEEE_F32LE, space, links,
                              H5P_DEFAULT, H5P_DEFAULT);
  float *zeros =
      calloc((size_t)H5Sget_simple_extent_npoints(space) + 1, sizeof *zeros);
  H5Dwrite(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
           data ? data : zeros);
  free(zeros);
  H5Dclose(id);
  H5Sclose(space);
  H5Pclose(links);
}

static inline void keras_layer_put(hid_t file, const keras_layer *layer,
                                   const keras_plan *plan) {
  char kernel[80], bias[80];
  const char *names[2] = {kernel, bias};
  const char *model = plan->model ? plan->model : "";
  const char *slash = plan->model ? "/" : "";
  const hsize_t shape[2] = {(hsize_t)layer->n_in, (hsize_t)layer->n_out};
  snprintf(kernel, sizeof kernel, "%s%s%s/kernel:0", model, slash, layer->name);
  snprintf(bias, sizeof bias, "%s%s%s/bias:0", model, slash, layer->name);
  const hid_t group =
      H5Gcreate2(file, layer->name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  keras_names(group, "weight_names", names, layer->n_in ? 2 : 0,
              plan->variable);
  if (layer->n_in) {
    keras_array(group, kernel, 2, shape, layer->kernel);
    keras_array(group, bias, 1, shape + 1, layer->bias);
  }
  H5Gclose(group);
}

static inline void keras_file_put(const char *path, const keras_plan *plan) {
  const char *names[KERAS_MOST_LAYERS];
  const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  for (int32_t k = 0; k < plan->count; k++) {
    names[k] = plan->layer[k].name;
    keras_layer_put(file, &plan->layer[k], plan);
  }
  keras_names(file, "layer_names", names, plan->count, plan->variable);
  H5Fclose(file);
}

#endif
