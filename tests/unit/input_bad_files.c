/* Bad files of every kind: each is refused with one line that names the file
 * and what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "good_files.h"
#include "input/dataset.h"
#include "input/network_file.h"
#include "temp_folder.h"

static rp_error err;

static void one_line_says(const char *file, const char *part) {
  if (!strstr(err.text, file) || !strstr(err.text, part) ||
      strchr(err.text, '\n'))
    fail_msg("expected '%s' and '%s' in '%s'", file, part, err.text);
}

/* ---- Networks ---- */

static rp_status read_network(const char *file, rp_net **net) {
  const rp_network_source source = {
      .file = file, .format = "auto", .input_bits = 8, .bits = 6};
  return rp_network_read(&source, net, &err);
}

static void network_refused(const char *file, const char *part) {
  rp_net *net = NULL;
  const rp_status status = read_network(file, &net);
  if (status != RP_E_INPUT)
    fail_msg("%s: expected a refusal with '%s'", file, part);
  assert_null(net);
  one_line_says(file, part);
}

/* What a name says and the content does not. */
static void named_otherwise(temp_folder *folder) {
  rp_net *net;
  const char *file = temp_file(folder, "net.onnx");
  bytes_put(file, "<html>", 6);
  network_refused(file, "expected an ONNX file, found an HTML page");
  bytes_put(file, "\x08\x06\x12\x07py", 6);
  network_refused(file, "damaged ONNX file: at byte 2 a field is malformed");
  bytes_put(file, "\x12\x01p", 3);
  network_refused(file, "expected a version and a graph as its fields 1 and 7");
  good_network_put(file);
  assert_int_equal(read_network(file, &net), RP_OK);
  rp_net_free(net);
  file = temp_file(folder, "net.tflite");
  bytes_put(file, "", 0);
  network_refused(file, "expected a TFLite file, found an empty file");
  bytes_put(file, "\x1c\0\0", 3);
  network_refused(file, "truncated TFLite file: expected 8 bytes or more");
  bytes_put(file, "\x1c\0\0\0TFL2 ", 9);
  network_refused(file, "expected TFL3 at byte 4, found 0x54464c32");
}

/* Files that are no network before anything in them is read. */
static void not_a_network_file(void **state) {
  temp_folder *folder = *state;
  network_refused(temp_file(folder, "missing.h5"), "No such file");
  network_refused(folder->path, "expected a file, found a directory");
  const char *file = temp_file(folder, "pipe");
  assert_int_equal(mkfifo(file, 0600), 0);
  network_refused(file, "found a special file");
  file = temp_file(folder, "file.h5");
  bytes_put(file, "", 0);
  network_refused(file, "expected an HDF5 file");
  bytes_put(file, "weights: 1, 2, 3\n", 17);
  network_refused(file, "expected an HDF5 file");
  named_otherwise(folder);
  file = temp_file(folder, "file.h5");
  good_network_put(file);
  size_t size;
  unsigned char *bytes = bytes_got(file, &size);
  bytes_put(file, bytes, size / 2);
  network_refused(file, "truncated HDF5 file: expected ");
  bytes_put(file, bytes, 9);
  network_refused(file, "truncated HDF5 file: expected 56 bytes, found 9");
  bytes[8] = 9; /* the superblock's version */
  bytes_put(file, bytes, size);
  network_refused(file, "this HDF5 file (superblock version 9) is newer than");
  free(bytes);
  const hid_t id = H5Fcreate(file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(id);
  network_refused(file, "expected a network");
}

/* ---- Changes to a good file ---- */

static void change_integers(hid_t object, const char *name,
                            const int64_t *values, int count) {
  const hsize_t extent[1] = {(hsize_t)count};
  const hid_t space = H5Screate_simple(1, extent, NULL);
  H5Adelete(object, name);
  const hid_t id =
      H5Acreate2(object, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(id, H5T_NATIVE_INT64, values);
  H5Aclose(id);
  H5Sclose(space);
}

static void change_text(hid_t object, const char *name, const char *text) {
  const hid_t space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, strlen(text) + 1);
  H5Adelete(object, name);
  const hid_t id =
      H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(id, type, text);
  H5Aclose(id);
  H5Tclose(type);
  H5Sclose(space);
}

/* One bad thing: an attribute (integers or text), or an array. */
typedef struct bad_case {
  const char *part;   /* of the message */
  const char *object; /* whose attribute is changed; or the array */
  const char *name;   /* of the attribute; NULL: an array */
  const char *text;   /* new text, or NULL */
  int count;          /* of new integers; 0 and no text: deleted */
  int64_t values[5];
  array_change array; /* rank 0: deleted */
} bad_case;

#define DELETED(says, of, named)                                               \
  { .part = says, .object = of, .name = named }
#define TEXT(says, of, named, to)                                              \
  { .part = says, .object = of, .name = named, .text = to }
#define WHOLE(says, of, named, n, ...)                                         \
  {                                                                            \
    .part = says, .object = of, .name = named, .count = n, .values = {         \
      __VA_ARGS__                                                              \
    }                                                                          \
  }
#define GONE(says, path)                                                       \
  { .part = says, .object = path }
#define ARRAY(says, path, ...)                                                 \
  {                                                                            \
    .part = says, .object = path, .array = { __VA_ARGS__ }                     \
  }

static void change_made(const char *path, const bad_case *c) {
  const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  if (c->name) {
    const hid_t object = H5Oopen(file, c->object, H5P_DEFAULT);
    if (c->text)
      change_text(object, c->name, c->text);
    else if (c->count)
      change_integers(object, c->name, c->values, c->count);
    else
      H5Adelete(object, c->name);
    H5Oclose(object);
  } else if (c->array.rank) {
    change_array(file, c->object, &c->array);
  } else {
    H5Ldelete(file, c->object, H5P_DEFAULT);
  }
  H5Fclose(file);
}

static void native_attributes(void **state) {
  static const bad_case cases[] = {
      TEXT("expected a network", "/", "format", "rampart-results"),
      DELETED("expected a network", "/", "format"),
      WHOLE("attribute 'format': expected text", "/", "format", 1, 3),
      DELETED("expected an attribute 'version'", "/", "version"),
      WHOLE("network of version 3: this version of Rampart reads versions 1 "
            "and 2",
            "/", "version", 1, 3),
      TEXT("attribute 'version': expected one whole number", "/", "version",
           "1"),
      TEXT("attribute 'rule': expected 'R0', found 'R7'", "/", "rule", "R7"),
      TEXT("expected at most 63 bytes", "/", "rule",
           "R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R0R"
           "0"),
      TEXT("expected printable text", "/", "name", "two\nlines"),
      DELETED("expected an attribute 'name'", "/", "name"),
      WHOLE("'input_max': expected 1..255, found 256", "/", "input_max", 1,
            256),
      WHOLE("'input_max': expected 1..255, found 0", "/", "input_max", 1, 0),
      WHOLE("'input_max': expected one whole", "/", "input_max", 2, 5, 5),
      WHOLE("'input_shape': expected a list", "/", "input_shape", 5, 1, 1, 1, 1,
            4),
      WHOLE("'input_shape': expected sizes from 1, found 0", "/", "input_shape",
            2, 0, 4),
      WHOLE("'input_shape': expected sizes from 1, found -4", "/",
            "input_shape", 2, -1 * 4, -1),
      WHOLE("input shape: expected 1..16777216 numbers", "/", "input_shape", 4,
            65536, 65536, 65536, 65536),
      WHOLE("block 0: expected 5 inputs", "/", "input_shape", 1, 5),
      TEXT("/layer0: attribute 'kind': expected 'dense'", "/layer0", "kind",
           "conv"),
      DELETED("/layer1: expected an attribute 'shift'", "/layer1", "shift"),
      WHOLE("'shift': expected 0..30, found 31", "/layer1", "shift", 1, 31),
      WHOLE("block 0: expected activations lo <= hi", "/layer0",
            "activation_min", 1, 64),
      WHOLE("'activation_max': expected -2147483648..", "/layer0",
            "activation_max", 1, (int64_t)1 << 40),
      WHOLE("at least 2 values, found only the value 31", "/layer1",
            "activation_min", 1, 31),
  };
  const char *file = temp_file(*state, "native.h5");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    good_network_put(file);
    change_made(file, &cases[i]);
    network_refused(file, cases[i].part);
  }
}

static void native_arrays(void **state) {
  const hsize_t huge = 1 << 20, endless = (hsize_t)1 << 62;
  const bad_case cases[] = {
      GONE("expected groups layer0 to layer1 (attribute 'layers'), found the "
           "first 0",
           "/layer0"),
      ARRAY("'layer1' to be a group", "/layer1", H5T_STD_I16LE, 1, {1}, 0, 0),
      ARRAY("and no others", "/notes", H5T_STD_I16LE, 1, {1}, 0, 0),
      GONE("/layer0: expected a dataset 'weight'", "/layer0/weight"),
      GONE("/layer1: expected a dataset 'bias'", "/layer1/bias"),
      ARRAY("/layer0/weight: expected 2 dimensions, found 1", "/layer0/weight",
            H5T_STD_I16LE, 1, {12}, 0, 0),
      ARRAY("/layer0/weight: expected integers", "/layer0/weight",
            H5T_IEEE_F32LE, 2, {3, 4}, 0, 0),
      ARRAY("/layer0/weight: expected at most", "/layer0/weight", H5T_STD_I16LE,
            2, {huge, huge}, 0, 1),
      ARRAY("expected 2 dimensions, found 3", "/layer0/weight", H5T_STD_I16LE,
            3, {endless, 4, 4}, 0, 1),
      ARRAY("expected 12 numbers, found none stored", "/layer0/weight",
            H5T_STD_I16LE, 2, {3, 4}, 0, 1),
      ARRAY("one bias for each of 5 neurons, found 3", "/layer0/weight",
            H5T_STD_I16LE, 2, {5, 4}, 0, 0),
      ARRAY("one bias for each of 2 neurons, found 0", "/layer1/bias",
            H5T_STD_I32LE, 1, {0}, 0, 0),
      ARRAY("block 0: expected 4 inputs", "/layer0/weight", H5T_STD_I16LE, 2,
            {3, 7}, 0, 0),
      ARRAY("block 0: expected 4 inputs", "/layer0/weight", H5T_STD_I16LE, 2,
            {3, 0}, 0, 0),
      ARRAY("block 0, neuron 0, input 0: expected a weight in -32768..32767",
            "/layer0/weight", H5T_STD_I64LE, 2, {3, 4}, 1e15, 0),
      ARRAY("block 1, neuron 0: expected an accumulator within +-2^30",
            "/layer1/bias", H5T_STD_I64LE, 1, {2}, 1e18, 0),
  };
  const char *file = temp_file(*state, "native.h5");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    good_network_put(file);
    change_made(file, &cases[i]);
    network_refused(file, cases[i].part);
  }
}

static void links_that_lead_nowhere(void **state) {
  const char *file = temp_file(*state, "links.h5");
  static const char *const targets[] = {"/layer0/weight", "/nowhere"};
  for (int i = 0; i < 2; i++) {
    good_network_put(file);
    const hid_t id = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(id, "/layer0/weight", H5P_DEFAULT);
    H5Lcreate_soft(targets[i], id, "/layer0/weight", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(id);
    network_refused(file, "/layer0: expected groups and arrays, found a link");
  }
}

/* ---- Keras ---- */

static void keras_files(void **state) {
  const bad_case cases[] = {
      DELETED("expected a network", "/", "layer_names"),
      WHOLE("attribute 'layer_names': expected text", "/", "layer_names", 1, 1),
      TEXT("expected a group 'f', found none", "/", "layer_names", "f"),
      TEXT("expected dense layers, found none", "/", "layer_names", "flatten"),
      DELETED("/e: expected an attribute 'weight_names'", "/e", "weight_names"),
      TEXT(
          "/e: expected a dense layer with kernel:0 and bias:0, found 1 arrays",
          "/e", "weight_names", "e/gamma:0"),
      GONE("/d: expected a dataset 'model/d/kernel:0', found none",
           "/d/model/d/kernel:0"),
      GONE("/d: expected a dataset 'model/d/bias:0', found none",
           "/d/model/d/bias:0"),
      ARRAY("/d/model/d/kernel:0: expected 2 dimensions, found 3",
            "/d/model/d/kernel:0", H5T_IEEE_F32LE, 3, {4, 3, 1}, 0, 0),
      ARRAY("expected floating-point numbers", "/d/model/d/kernel:0",
            H5T_STD_I32LE, 2, {4, 3}, 0, 0),
      ARRAY("block 0, neuron 0, input 0: expected a finite weight",
            "/d/model/d/kernel:0", H5T_IEEE_F64LE, 2, {4, 3}, 1e300, 0),
      ARRAY("block 1, neuron 0: expected a finite bias", "/e/model/e/bias:0",
            H5T_IEEE_F64LE, 1, {2}, 1e300, 0),
      ARRAY("one bias for each of 2 neurons, found 3", "/e/model/e/bias:0",
            H5T_IEEE_F32LE, 1, {3}, 0, 0),
      ARRAY("expected sizes from 1, found 0", "/e/model/e/bias:0",
            H5T_IEEE_F32LE, 1, {0}, 0, 0),
      ARRAY("no such order", "/e/model/e/kernel:0", H5T_IEEE_F32LE, 2, {7, 2},
            0, 0),
  };
  const char *file = temp_file(*state, "keras.h5");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    good_keras_put(file, 0);
    change_made(file, &cases[i]);
    network_refused(file, cases[i].part);
  }
}

/* ---- Datasets ---- */

static void dataset_refused(const rp_dataset_source *source, const char *named,
                            const char *part) {
  rp_dataset *data = NULL;
  if (rp_dataset_read(source, &data, &err) != RP_E_INPUT)
    fail_msg("%s: expected a refusal with '%s'", named, part);
  assert_null(data);
  one_line_says(named, part);
}

typedef struct idx_case {
  const char *part;
  int in_labels; /* the fault is in the labels' file */
  int at, value; /* byte changed; at -1: none */
  int size;      /* bytes kept, or more */
} idx_case;

static void idx_files(void **state) {
  static const idx_case cases[] = {
      {"expected a dataset", 0, 0, 1, IMAGES_SIZE},
      {"magic number: expected 0x00000803", 0, 2, 9, IMAGES_SIZE},
      {"found 0x00000801", 0, 3, 1, IMAGES_SIZE},
      {"found 0x00000805", 0, 3, 5, IMAGES_SIZE},
      {"expected a dataset", 0, -1, 0, 0},
      {"dimensions: expected 12 bytes, found 3", 0, -1, 0, 7},
      {"data: expected 24 bytes, found 23", 0, -1, 0, IMAGES_SIZE - 1},
      {"data: expected 24 bytes, found more", 0, -1, 0, IMAGES_SIZE + 1},
      {"expected sizes that the file can hold", 0, 4, 255, IMAGES_SIZE},
      {"expected sizes that the file can hold", 0, 7, 0, IMAGES_SIZE},
      {"expected sizes that the file can hold", 0, 12, 127, IMAGES_SIZE},
      {"magic number: expected 4 bytes, found 0", 1, -1, 0, 0},
      {"magic number: expected 0x00000801 (labels)", 1, 3, 3, LABELS_SIZE},
      {"expected 3 labels", 1, 7, 2, LABELS_SIZE - 1},
      {"data: expected 3 bytes, found 2", 1, -1, 0, LABELS_SIZE - 1},
      {"data: expected 3 bytes, found more", 1, -1, 0, LABELS_SIZE + 1},
  };
  char *images = temp_file_kept(*state, "images");
  char *labels = temp_file_kept(*state, "labels");
  const rp_dataset_source source = {images, labels, "auto", NULL,
                                    NULL,   0,      NULL};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const idx_case *c = &cases[i];
    uint8_t bytes[IMAGES_SIZE + 1] = {0};
    const char *bad = c->in_labels ? labels : images;
    bytes_put(images, good_images, IMAGES_SIZE);
    bytes_put(labels, good_labels, LABELS_SIZE);
    memcpy(bytes, c->in_labels ? good_labels : good_images,
           c->in_labels ? LABELS_SIZE : IMAGES_SIZE);
    if (c->at >= 0) bytes[c->at] = (uint8_t)c->value;
    bytes_put(bad, bytes, (size_t)c->size);
    dataset_refused(&source, bad, c->part);
  }
  free(images);
  free(labels);
}

static void idx_arguments(void **state) {
  temp_folder *folder = *state;
  char *images = temp_file_kept(folder, "images");
  char *missing = temp_file_kept(folder, "none");
  bytes_put(images, good_images, IMAGES_SIZE);
  rp_dataset_source source = {images, NULL, "auto", NULL, NULL, 0, NULL};
  dataset_refused(&source, images, "expected a labels file");
  source.labels = missing;
  dataset_refused(&source, missing, "No such file");
  source.labels = folder->path;
  dataset_refused(&source, folder->path, "found a directory");
  source.labels = images;
  dataset_refused(&source, images, "expected 0x00000801 (labels)");
  source.file = missing;
  dataset_refused(&source, missing, "No such file");
  source.file = images;
  source.format = "idx3";
  dataset_refused(&source, "dataset format", "found 'idx3'");
  free(images);
  free(missing);
}

static void packed_files(void **state) {
  char *images = temp_file_kept(*state, "images.gz");
  char *labels = temp_file_kept(*state, "labels");
  const rp_dataset_source source = {images, labels, "idx", NULL, NULL, 0, NULL};
  bytes_put(labels, good_labels, LABELS_SIZE);
  bytes_put_packed(images, good_images, IMAGES_SIZE);
  size_t size;
  unsigned char *bytes = bytes_got(images, &size);
  for (size_t cut = 4; cut < size; cut++) {
    bytes_put(images, bytes, cut);
    dataset_refused(&source, images, "");
  }
  dataset_refused(&source, images, "damaged or truncated gzip file");
  bytes[size - 5] ^= 1; /* the CRC */
  bytes_put(images, bytes, size);
  dataset_refused(&source, images, "damaged or truncated gzip file");
  free(bytes);
  free(images);
  free(labels);
}

static void csv_files(void **state) {
  static const struct {
    const char *text, *part;
  } cases[] = {
      {"a,b\n1,2,3\n1,2,x3\n",
       "line 3, column 3: expected -252..257 (numbers at most 255 apart), "
       "found 'x3'"},
      {"1,2,3\n1,258,3\n",
       "line 2, column 2: expected -252..257 (numbers at most 255 apart), "
       "found '258'"},
      {"1,2,3\n1,-253,3\n", "found '-253'"},
      {"1,2,3\n1,2.5,3\n", "line 2, column 2"},
      {"1,2,3\n1,,3\n", "line 2, column 2: expected -252..257 (numbers at most "
                        "255 apart), found ''"},
      {"1,2,3\n-1.,2,3\n",
       "line 2, column 1: expected a label (a whole number), found '-1.'"},
      {"1,2,3\n2147483648,2,3\n", "line 2, column 1: expected a label"},
      {"1,2,3\ncat,2,3\n",
       "line 2, column 1: expected a label (a whole number), found 'cat'"},
      {"1,2,3\n\"1\",2,3\n", "line 2, column 1"},
      {"1,2,3\n1,2\n", "line 2: expected 3 columns, found 2"},
      {"1,2,3\n1,2,3,4\n", "line 2: expected 3 columns, found 4"},
      {"1,2,3\n1,2,3,\n", "line 2: expected 3 columns, found 4"},
      {"1\n2\n", "line 1: expected a label and 1.."},
      {"1 2 3\n", "line 1: expected a label and 1.."},
      {"1,2 3\n",
       "line 1, column 2: expected -32768..32767 (numbers at most 255 "
       "apart), found '2 3'"},
      {"label,x\n", "expected samples, found none"},
      {"\n\n", "expected samples, found none"},
      {"a,b\nc,d\n",
       "line 2, column 1: expected a label (a whole number), found 'c'"},
      {"x,1\n",
       "line 1, column 1: expected a label, or a header with a letter in every "
       "field, found 'x'"},
      {"1,99999999999999999999\n", "line 1, column 2"},
      {"1,2\n1,\x01\x02\n", "column 2: expected -253..257 (numbers at most "
                            "255 apart), found '?"},
  };
  const char *file = temp_file(*state, "data.csv");
  rp_dataset_source source = {file, NULL, "auto", NULL, NULL, 0, NULL};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    source.format = i % 2 ? "csv" : "auto";
    if (i == 20) source.format = "csv";
    bytes_put(file, cases[i].text, strlen(cases[i].text));
    dataset_refused(&source, file, cases[i].part);
  }
  bytes_put(file, "1,2\n1,\0\n", 8);
  dataset_refused(&source, file, "line 2, column 2");
  source.labels = file;
  dataset_refused(&source, file, "expected no separate labels file");
}

static void hdf5_datasets(void **state) {
  const hsize_t wide = (hsize_t)1 << 33;
  const bad_case cases[] = {
      GONE("expected an array 'x' of samples, found none", "/x"),
      GONE("expected an array 'y' of labels, found none", "/y"),
      ARRAY("/x: expected 2..5 dimensions", "/x", H5T_STD_U8LE, 1, {3}, 0, 0),
      ARRAY("/x: expected whole numbers, found floating-point numbers: "
            "give values: reals (--values reals) if the network has",
            "/x", H5T_IEEE_F32LE, 2, {3, 2}, 0, 0),
      ARRAY("/x: sample 0, number 0: expected -32768..32767 (numbers at most "
            "255 apart), found 32768",
            "/x", H5T_STD_I32LE, 2, {3, 2}, 32768, 0),
      ARRAY("/x: dimension 0: expected sizes from 1", "/x", H5T_STD_U8LE, 2,
            {0, 2}, 0, 0),
      ARRAY("/x: dimension 1: expected sizes from 1", "/x", H5T_STD_U8LE, 2,
            {3, 0}, 0, 0),
      ARRAY("/x: dimension 1: expected", "/x", H5T_STD_U8LE, 2, {3, wide}, 0,
            1),
      ARRAY("/x: expected at most", "/x", H5T_STD_U8LE, 2, {wide, 2}, 0, 1),
      ARRAY("/x: expected 6 numbers, found none stored", "/x", H5T_STD_U8LE, 2,
            {3, 2}, 0, 1),
      ARRAY("/y: expected 3 labels, one per sample, found 4", "/y",
            H5T_STD_U8LE, 1, {4}, 0, 0),
      ARRAY("/y: expected one label per sample, found 2 numbers: store classes "
            "instead of one-hot rows (in NumPy, y.argmax(axis=1))",
            "/y", H5T_STD_U8LE, 2, {3, 2}, 0, 0),
      ARRAY("/y: expected labels [n] or [n][1], found 3 dimensions", "/y",
            H5T_STD_U8LE, 3, {3, 1, 1}, 0, 0),
      ARRAY("/y: expected whole numbers as labels, found floating-point "
            "numbers: store integers",
            "/y", H5T_IEEE_F64LE, 1, {3}, 0, 0),
      ARRAY("/y: sample 0: expected a label", "/y", H5T_STD_U64LE, 1, {3}, 1e19,
            0),
  };
  const char *file = temp_file(*state, "data.h5");
  const rp_dataset_source source = {file, NULL, "auto", NULL, NULL, 0, NULL};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    good_hdf5_put(file);
    change_made(file, &cases[i]);
    dataset_refused(&source, file, cases[i].part);
  }
  const rp_dataset_source named = {file, NULL, "hdf5", "images", "y", 0, NULL};
  dataset_refused(&named, file, "expected an array 'images'");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(not_a_network_file),
      cmocka_unit_test(native_attributes),
      cmocka_unit_test(native_arrays),
      cmocka_unit_test(links_that_lead_nowhere),
      cmocka_unit_test(keras_files),
      cmocka_unit_test(idx_files),
      cmocka_unit_test(idx_arguments),
      cmocka_unit_test(packed_files),
      cmocka_unit_test(csv_files),
      cmocka_unit_test(hdf5_datasets),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
