/* Datasets in every format give the same samples; fitting to a network rescales
 * pixels as documented; the digest is that of the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <hdf5.h>

#include "core/memory.h"
#include "files/sha256.h"
#include "input/dataset.h"
#include "net/input_quantizer.h"
#include "seeded.h"
#include "temp_folder.h"

enum { N = 3, ROWS = 2, COLS = 4, DIM = ROWS * COLS };
static const uint8_t pixels[N * DIM] = {0,   1,   2,   3,   4,  5,  6,   7,
                                        255, 254, 253, 252, 10, 9,  128, 127,
                                        1,   0,   200, 100, 50, 25, 12,  6};
static const uint8_t labels[N] = {7, 0, 255};
static const uint8_t image_head[16] = {0, 0, 8, 3,    0, 0, 0, N,
                                       0, 0, 0, ROWS, 0, 0, 0, COLS};
static const uint8_t label_head[8] = {0, 0, 8, 1, 0, 0, 0, N};

static rp_error err;

static void says(const char *part) {
  if (!strstr(err.text, part))
    fail_msg("expected '%s' in '%s'", part, err.text);
}

static rp_dataset *dataset_of(const rp_dataset_source *source) {
  rp_dataset *data = NULL;
  if (rp_dataset_read(source, &data, &err) != RP_OK) fail_msg("%s", err.text);
  return data;
}

static void has_samples(const rp_dataset_source *source, int32_t n_dims) {
  rp_dataset *data = dataset_of(source);
  char digest[65];
  assert_int_equal(data->n, N);
  assert_int_equal(data->dim, DIM);
  assert_int_equal(data->n_dims, n_dims);
  assert_int_equal(data->dims[0], n_dims == 1 ? DIM : ROWS);
  if (n_dims == 2) assert_int_equal(data->dims[1], COLS);
  assert_memory_equal(data->x, pixels, sizeof pixels);
  for (int i = 0; i < N; i++) assert_int_equal(data->label[i], labels[i]);
  assert_int_equal(rp_sha256_file(source->file, digest, &err), RP_OK);
  assert_string_equal(data->sha256, digest);
  rp_dataset_free(data);
}

static void put_idx(const char *images, const char *label_file,
                    void (*put)(const char *, const void *, size_t)) {
  uint8_t bytes[sizeof image_head + sizeof pixels];
  memcpy(bytes, image_head, sizeof image_head);
  memcpy(bytes + sizeof image_head, pixels, sizeof pixels);
  put(images, bytes, sizeof bytes);
  memcpy(bytes, label_head, sizeof label_head);
  memcpy(bytes + sizeof label_head, labels, sizeof labels);
  put(label_file, bytes, sizeof label_head + sizeof labels);
}

static void idx_plain_and_packed(void **state) {
  char *images = temp_file_kept(*state, "images");
  char *names = temp_file_kept(*state, "labels");
  put_idx(images, names, bytes_put);
  has_samples(&(rp_dataset_source){images, names, "idx", NULL, NULL, 0, NULL},
              2);
  has_samples(&(rp_dataset_source){images, names, "auto", NULL, NULL, 0, NULL},
              2);
  put_idx(images, names, bytes_put_packed);
  has_samples(&(rp_dataset_source){images, names, NULL, NULL, NULL, 0, NULL},
              2);
  free(images);
  free(names);
}

static void idx_of_other_ranks(void **state) {
  char *images = temp_file_kept(*state, "images");
  char *names = temp_file_kept(*state, "labels");
  put_idx(images, names, bytes_put);
  const uint8_t flat[12 + N * DIM] = {0, 0, 8, 2, 0, 0, 0, N, 0, 0, 0, DIM};
  const uint8_t deep[20 + N * 8] = {0, 0, 8, 4, 0, 0, 0, N, 0, 0,
                                    0, 2, 0, 0, 0, 2, 0, 0, 0, 2};
  const rp_dataset_source source = {images, names, "auto", NULL, NULL, 0, NULL};
  bytes_put(images, flat, sizeof flat);
  rp_dataset *data = dataset_of(&source);
  assert_int_equal(data->n_dims, 1);
  assert_int_equal(data->dims[0], DIM);
  rp_dataset_free(data);
  bytes_put(images, deep, sizeof deep);
  data = dataset_of(&source);
  assert_int_equal(data->n_dims, 3);
  assert_int_equal(data->dims[2], 2);
  rp_dataset_free(data);
  free(images);
  free(names);
}

static size_t csv_text(char *text, const char *head, const char *separator,
                       const char *line_end) {
  size_t used = (size_t)sprintf(text, "%s", head);
  for (int i = 0; i < N; i++) {
    used += (size_t)sprintf(text + used, "%d", labels[i]);
    for (int j = 0; j < DIM; j++)
      used +=
          (size_t)sprintf(text + used, "%s%d", separator, pixels[i * DIM + j]);
    used += (size_t)sprintf(text + used, "%s", line_end);
  }
  return used;
}

static void csv_in_all_its_forms(void **state) {
  const char *file = temp_file(*state, "data.csv");
  const rp_dataset_source named = {file, NULL, "csv", NULL, NULL, 0, NULL};
  const rp_dataset_source found = {file, NULL, "auto", NULL, NULL, 0, NULL};
  char text[2048];
  bytes_put(file, text, csv_text(text, "", ",", "\n"));
  has_samples(&named, 1);
  has_samples(&found, 1);
  bytes_put(file, text, csv_text(text, "label,pixel0,pixel1\r\n", ",", "\r\n"));
  has_samples(&found, 1);
  bytes_put(file, text, csv_text(text, "label,1x1,1x2\n", ",", "\n"));
  has_samples(&found, 1);
  bytes_put(file, text, csv_text(text, "\xef\xbb\xbf", " ,\t", "\n\n") - 2);
  has_samples(&found, 1);
  bytes_put_packed(file, text, csv_text(text, "\n", ", ", "\n \n"));
  has_samples(&found, 1);
}

static void csv_longer_than_a_buffer(void **state) {
  const char *file = temp_file(*state, "long.csv");
  const rp_dataset_source source = {file, NULL, "auto", NULL, NULL, 0, NULL};
  enum { LINES = 5000, WIDTH = 40 };
  FILE *out = fopen(file, "w");
  for (int i = 0; i < LINES; i++) {
    fprintf(out, "%d", i);
    for (int j = 0; j < WIDTH; j++) fprintf(out, ",%d", (i + j) % 256);
    fprintf(out, "\n");
  }
  fclose(out);
  rp_dataset *data = dataset_of(&source);
  assert_int_equal(data->n, LINES);
  assert_int_equal(data->dim, WIDTH);
  for (int i = 0; i < LINES; i++) {
    assert_int_equal(data->label[i], i);
    assert_int_equal(data->x[i * WIDTH + 7], (i + 7) % 256);
  }
  rp_dataset_free(data);
}

static void put_array(hid_t file, const char *name, hid_t stored, int rank,
                      const hsize_t *extent, const uint8_t *data) {
  const hid_t space = H5Screate_simple(rank, extent, NULL);
  const hid_t id = H5Dcreate2(file, name, stored, space, H5P_DEFAULT,
                              H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(id, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  H5Dclose(id);
  H5Sclose(space);
}

static void hdf5_of_any_integers(void **state) {
  const char *file = temp_file(*state, "data.h5");
  const hid_t types[] = {H5T_STD_U8LE, H5T_STD_I16BE, H5T_STD_U32LE,
                         H5T_STD_I64LE, H5T_STD_U64BE};
  const hsize_t extent[3] = {N, ROWS, COLS};
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    const hid_t id = H5Fcreate(file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    put_array(id, "x", types[t], 3, extent, pixels);
    put_array(id, "y", types[t], 1, extent, labels);
    put_array(id, "inputs", H5T_STD_U8LE, 3, extent, pixels);
    put_array(id, "classes", H5T_STD_U8LE, 1, extent, labels);
    put_array(id, "column", types[t], 2, (hsize_t[]){N, 1}, labels);
    H5Fclose(id);
    has_samples(&(rp_dataset_source){file, NULL, "auto", NULL, NULL, 0, NULL},
                2);
    has_samples(
        &(rp_dataset_source){file, NULL, "hdf5", "inputs", "classes", 0, NULL},
        2);
    has_samples(&(rp_dataset_source){file, file, "hdf5", "/x", "/y", 0, NULL},
                2);
    has_samples(
        &(rp_dataset_source){file, NULL, "hdf5", "x", "column", 0, NULL}, 2);
  }
}

static rp_net *net_for(int32_t n_in, int32_t in_hi, int32_t n_out) {
  const int32_t square[2] = {2, n_in / 2};
  int32_t *weight = calloc((size_t)n_in * (size_t)n_out, sizeof *weight);
  int64_t *bias = calloc((size_t)n_out, sizeof *bias);
  const rp_dense_spec spec = {n_in, n_out, weight, bias, {0, 7, 4, NULL}};
  rp_net *net;
  assert_int_equal(rp_net_create("n", square, 2, in_hi, &net, &err), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &spec, &err), RP_OK);
  free(weight);
  free(bias);
  return net;
}

/* HDF5 makes up what was never written: zeros, or any fill value. */
static void chunks_never_written(void **state) {
  const char *file = temp_file(*state, "data.h5");
  const hsize_t extent[3] = {N, ROWS, COLS}, chunk[3] = {1, ROWS, 3};
  const rp_dataset_source source = {file, NULL, "hdf5", NULL, NULL, 0, NULL};
  for (hsize_t written = 1; written <= N; written++) {
    const hid_t id = H5Fcreate(file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t space = H5Screate_simple(3, extent, NULL);
    const hsize_t from[3] = {0}, count[3] = {written, ROWS, COLS};
    H5Pset_chunk(plan, 3, chunk);
    H5Pset_deflate(plan, 9);
    const hid_t x = H5Dcreate2(id, "x", H5T_STD_U8LE, space, H5P_DEFAULT, plan,
                               H5P_DEFAULT);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, count, NULL);
    H5Dwrite(x, H5T_NATIVE_UINT8, space, space, H5P_DEFAULT, pixels);
    H5Dclose(x);
    H5Sclose(space);
    H5Pclose(plan);
    put_array(id, "y", H5T_STD_U8LE, 1, extent, labels);
    H5Fclose(id);
    if (written == N) {
      has_samples(&source, 2);
    } else {
      rp_dataset *data;
      char part[64];
      assert_int_equal(rp_dataset_read(&source, &data, &err), RP_E_INPUT);
      snprintf(part, sizeof part, "found %d of 6 parts", 2 * (int)written);
      says(part);
    }
  }
}

/* Only the labels of samples that are asked for matter. */
static void labels_of_no_class(void **state) {
  const char *file = temp_file(*state, "data.csv");
  const rp_dataset_source source = {file, NULL, "csv", NULL, NULL, 0, NULL};
  bytes_put(file, "-1,5,6\n3,5,6\n", 13);
  rp_dataset *data = dataset_of(&source);
  rp_net *net = net_for(2, 7, 4);
  assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
  assert_int_equal(rp_dataset_check_label(data, net, 1, &err), RP_OK);
  assert_int_equal(rp_dataset_check_label(data, net, 0, &err), RP_E_INPUT);
  says("sample 0: expected a label 0..3 (the network's outputs), found -1");
  rp_net_free(net);
  rp_dataset_free(data);
}

static void every_allocation_may_fail(void **state) {
  char *images = temp_file_kept(*state, "images");
  char *names = temp_file_kept(*state, "labels");
  char *csv = temp_file_kept(*state, "data.csv");
  char text[2048];
  put_idx(images, names, bytes_put);
  bytes_put(csv, text, csv_text(text, "", ",", "\n"));
  const rp_dataset_source sources[] = {
      {images, names, "auto", NULL, NULL, 0, NULL},
      {csv, NULL, "auto", NULL, NULL, 0, NULL}};
  for (int s = 0; s < 2; s++)
    for (uint64_t n = 1;; n++) {
      rp_dataset *data = NULL;
      rp_alloc_fail_after(n);
      const rp_status status = rp_dataset_read(&sources[s], &data, &err);
      rp_alloc_fail_after(0);
      rp_dataset_free(data);
      if (status == RP_OK) break;
      assert_int_equal(status, RP_E_MEMORY);
    }
  free(images);
  free(names);
  free(csv);
}

/* ---- Fitting ---- */

static rp_dataset *all_bytes(void) {
  rp_dataset *data = calloc(1, sizeof *data);
  data->n = 2;
  data->dim = data->dims[0] = 128;
  data->n_dims = 1;
  data->x = malloc(256);
  for (int v = 0; v < 256; v++) data->x[v] = (uint8_t)v;
  data->label = calloc(2, sizeof *data->label);
  data->label[1] = 3;
  return data;
}

static void eight_bits_stay(void **state) {
  (void)state;
  rp_net *net = net_for(128, 255, 4);
  assert_int_equal(
      rp_net_set_quantizer(net, 1, RP_INPUT_DIVIDE_HALF_EVEN, &err), RP_OK);
  for (int values = 0; values <= RP_VALUES_UNSTATED; values++) {
    rp_dataset *data = all_bytes();
    data->values = (rp_values)values;
    assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
    for (int v = 0; v < 256; v++) assert_int_equal(data->x[v], v);
    assert_int_equal(data->n_dims, 2);
    assert_int_equal(data->dims[1], 64);
    rp_dataset_free(data);
  }
  rp_net_free(net);
}

/* Two samples of this shape, numbered, for a network of an image. */
static rp_dataset *make_images(int32_t n_dims, const int32_t *dims,
                               const char *layout) {
  rp_dataset *data = calloc(1, sizeof *data);
  data->n = 2;
  data->n_dims = n_dims;
  data->dim = 1;
  for (int32_t d = 0; d < n_dims; d++) data->dim *= data->dims[d] = dims[d];
  data->x = malloc(2 * (size_t)data->dim);
  for (int32_t i = 0; i < 2 * data->dim; i++) data->x[i] = (uint8_t)i;
  data->label = calloc(2, sizeof *data->label);
  strcpy(data->layout, layout);
  return data;
}

static rp_net *image_net(const int32_t dims[3]) {
  rp_net *net = net_for(dims[0] * dims[1] * dims[2], 255, 2);
  net->n_dims = 3;
  memcpy(net->dims, dims, 3 * sizeof *dims);
  return net;
}

static void channels_end_up_last(void **state) {
  (void)state;
  const struct {
    int32_t n_dims, dims[3], image[3];
    const char *layout, *says; /* NULL: reordered; "": as they are */
  } cases[] = {{3, {2, 3, 4}, {3, 4, 2}, "", NULL},
               {3, {2, 3, 4}, {3, 4, 2}, "nchw", NULL},
               {3, {2, 3, 4}, {3, 4, 2}, "nhwc", "expected layout nhwc"},
               {3, {3, 4, 2}, {3, 4, 2}, "", ""},
               {3, {3, 4, 2}, {3, 4, 2}, "nchw", "expected layout nchw"},
               {1, {24}, {3, 4, 2}, "", ""},
               {1, {24}, {3, 4, 2}, "nchw", NULL},
               {3, {4, 4, 4}, {4, 4, 4}, "", "shapes leave open"},
               {3, {4, 4, 4}, {4, 4, 4}, "nchw", NULL},
               {3, {4, 4, 4}, {4, 4, 4}, "nhwc", ""},
               {3, {4, 3, 2}, {3, 4, 2}, "", "expected samples whose shape"},
               {2, {12, 2}, {3, 4, 2}, "", "expected samples whose shape"},
               {2, {12, 2}, {3, 4, 2}, "nhwc", ""},
               {3, {1, 3, 4}, {3, 4, 1}, "", ""},
               {3, {1, 3, 4}, {3, 4, 1}, "nchw", ""},
               {2, {3, 4}, {3, 4, 1}, "", ""}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    rp_net *const net = image_net(cases[k].image);
    rp_dataset *const data =
        make_images(cases[k].n_dims, cases[k].dims, cases[k].layout);
    const rp_status status = rp_dataset_fit(data, net, &err);
    const int c = cases[k].image[2], places = net->n_in / c;
    if (cases[k].says && *cases[k].says) {
      assert_int_equal(status, RP_E_INPUT);
      says(cases[k].says);
    }
    for (int i = 0; i < 2 * net->n_in; i++) {
      const int at = i % net->n_in, sample = i - at;
      assert_int_equal(data->x[i],
                       cases[k].says ? i : sample + at % c * places + at / c);
    }
    assert_string_equal(status == RP_OK ? data->layout : "",
                        cases[k].says ? "" : "nchw");
    rp_dataset_free(data);
    rp_net_free(net);
  }
}

static void layouts_need_an_image(void **state) {
  (void)state;
  rp_net *net = net_for(12, 255, 2);
  rp_dataset *data = make_images(3, (int32_t[]){3, 2, 2}, "nchw");
  net->n_dims = 1;
  net->dims[0] = 12;
  assert_int_equal(rp_dataset_fit(data, net, &err), RP_E_INPUT);
  says("layout nchw: expected a network whose input has rows");
  rp_dataset_free(data);
  rp_net_free(net);
}

/* What a sample is does not depend on its neighbours. */
static void dark_samples_are_pixels_too(void **state) {
  (void)state;
  rp_net *net = net_for(128, 15, 4);
  rp_dataset *data = all_bytes();
  memset(data->x, 8, 256);
  data->values = RP_VALUES_INTEGERS;
  assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
  assert_int_equal(data->x[0], 8);
  data->x[129] = 16;
  assert_int_equal(rp_dataset_fit(data, net, &err), RP_E_INPUT);
  says("sample 1, number 1: expected 0..15, integers as the network takes");
  says("found 16; if the numbers are pixels");
  data->values = RP_VALUES_PIXELS;
  assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
  assert_int_equal(data->x[0], 1);
  assert_int_equal(data->x[129], 1);
  rp_dataset_free(data);
  rp_net_free(net);
}

/* Results of older versions: a single bright number made all of them pixels. */
static void unstated_values_are_as_they_were(void **state) {
  (void)state;
  rp_net *net = net_for(128, 15, 4);
  rp_dataset *data = all_bytes();
  memset(data->x, 8, 256);
  data->values = RP_VALUES_UNSTATED;
  assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
  assert_int_equal(data->x[0], 8);
  data->x[255] = 16;
  assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
  assert_int_equal(data->x[0], 1);
  rp_dataset_free(data);
  rp_net_free(net);
}

/* The nearest fraction of b bits to v / 256, ties upward, clipped. */
static void fewer_bits_are_rescaled(void **state) {
  (void)state;
  for (int bits = 1; bits < 8; bits++) {
    const int top = (1 << bits) - 1, step = 1 << (8 - bits);
    rp_net *net = net_for(128, top, 4);
    rp_dataset *data = all_bytes();
    data->values = RP_VALUES_PIXELS;
    assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
    for (int v = 0; v < 256; v++) {
      const int near = v / step + (2 * (v % step) >= step);
      assert_int_equal(data->x[v], near < top ? near : top);
    }
    rp_dataset_free(data);
    rp_net_free(net);
  }
}

static void what_does_not_fit_is_named(void **state) {
  (void)state;
  rp_dataset *data = all_bytes();
  rp_net *odd = net_for(128, 99, 4), *few = net_for(128, 255, 3);
  rp_net *small = net_for(126, 255, 4);
  assert_int_equal(rp_dataset_fit(data, odd, &err), RP_E_INPUT);
  says("sample 0, number 100: expected 0..99");
  data->values = RP_VALUES_PIXELS;
  assert_int_equal(rp_dataset_fit(data, odd, &err), RP_E_INPUT);
  says("pixels can be rescaled only for inputs 0..2^b - 1, found inputs 0..99");
  assert_int_equal(rp_dataset_check_label(data, few, 0, &err), RP_OK);
  assert_int_equal(rp_dataset_check_label(data, few, 1, &err), RP_E_INPUT);
  says("sample 1: expected a label 0..2 (the network's outputs), found 3");
  assert_int_equal(rp_dataset_fit(data, small, &err), RP_E_INPUT);
  says("expected samples of 126 numbers");
  assert_int_equal(data->x[255], 255);
  rp_dataset_free(data);
  rp_net_free(odd);
  rp_net_free(few);
  rp_net_free(small);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(idx_plain_and_packed),
      cmocka_unit_test(idx_of_other_ranks),
      cmocka_unit_test(csv_in_all_its_forms),
      cmocka_unit_test(csv_longer_than_a_buffer),
      cmocka_unit_test(hdf5_of_any_integers),
      cmocka_unit_test(chunks_never_written),
      cmocka_unit_test(labels_of_no_class),
      cmocka_unit_test(every_allocation_may_fail),
      cmocka_unit_test(eight_bits_stay),
      cmocka_unit_test(fewer_bits_are_rescaled),
      cmocka_unit_test(dark_samples_are_pixels_too),
      cmocka_unit_test(channels_end_up_last),
      cmocka_unit_test(layouts_need_an_image),
      cmocka_unit_test(unstated_values_are_as_they_were),
      cmocka_unit_test(what_does_not_fit_is_named),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
