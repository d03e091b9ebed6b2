/* Datasets of NumPy: every type, order and version gives the same samples, and
 * every damage is refused with one line that says what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "input/dataset.h"
#include "net/input_quantizer.h"
#include "numpy_file.h"
#include "temp_folder.h"

enum { N = 2, ROWS = 2, COLS = 3, DIM = ROWS * COLS };
static const uint8_t numbers[N * DIM] = {0, 1, 2,   3, 4, 5,
                                         7, 6, 100, 9, 8, 127};
static const uint8_t labels[N] = {7, 0};

static rp_error err;
static numpy_bytes x, y, archive;

static void says(const char *part) {
  if (!strstr(err.text, part) || strchr(err.text, '\n'))
    fail_msg("expected '%s' in '%s'", part, err.text);
}

static rp_dataset *read_dataset(const rp_dataset_source *source) {
  rp_dataset *data = NULL;
  if (rp_dataset_read(source, &data, &err) != RP_OK) fail_msg("%s", err.text);
  return data;
}

static void refuses(const rp_dataset_source *source, const char *part) {
  rp_dataset *data = NULL;
  err.text[0] = 0;
  assert_int_equal(rp_dataset_read(source, &data, &err), RP_E_INPUT);
  assert_null(data);
  says(part);
}

/* Store numbers as a type, in an order of bytes and of dimensions. */
static size_t encode(const char *type, int is_fortran, const uint8_t *from,
                     uint8_t *to) {
  const size_t width = (size_t)(type[2] - '0');
  for (size_t i = 0; i < N * DIM; i++) {
    const size_t n = i / DIM, r = i / COLS % ROWS, c = i % COLS;
    const size_t place = is_fortran ? n + N * (r + ROWS * c) : i;
    uint64_t bits = from[i];
    const float narrow = from[i];
    const double wide = from[i];
    uint32_t low;
    memcpy(&low, &narrow, sizeof low);
    if (type[1] == 'f' && width == 4) bits = low;
    if (type[1] == 'f' && width == 8) memcpy(&bits, &wide, sizeof bits);
    for (size_t b = 0; b < width; b++)
      to[place * width + b] =
          (uint8_t)(bits >> 8 * (type[0] == '>' ? width - 1 - b : b));
  }
  return width * N * DIM;
}

static void every_type_and_order_is_read(void **state) {
  static const char *const types[] = {"|u1", "|i1", "<u2", ">u2", "<i2", ">i2",
                                      "<u4", ">i4", "<i4", "<u8", ">i8", "<i8",
                                      "<f4", ">f4", "<f8", ">f8"};
  const char *const file = temp_file(*state, "x.npy");
  uint8_t data[8 * N * DIM];
  for (size_t t = 0; t < sizeof types / sizeof *types; t++)
    for (int variant = 0; variant < 6; variant++) {
      const int is_fortran = variant & 1, is_float = types[t][1] == 'f';
      const size_t size = encode(types[t], is_fortran, numbers, data);
      numpy_make(
          &x, 1 + variant / 2,
          numpy_header(types[t], is_fortran ? "True" : "False", "(2, 2, 3)"),
          data, size);
      bytes_put(file, x.at, x.size);
      rp_dataset *const read = read_dataset(&(rp_dataset_source){
          .file = file,
          .values = is_float ? RP_VALUES_REALS : RP_VALUES_INTEGERS});
      assert_int_equal(read->n, N);
      assert_int_equal(read->n_dims, 2);
      assert_int_equal(read->dims[1], COLS);
      assert_true(read->lacks_labels);
      for (int i = 0; i < N * DIM; i++)
        assert_true(is_float ? read->real[i] == (float)numbers[i]
                             : read->x[i] == numbers[i]);
      rp_dataset_free(read);
    }
}

static void signs_and_truth_values(void **state) {
  const char *const file = temp_file(*state, "x.npy");
  const rp_dataset_source source = {.file = file};
  const int16_t below[4] = {-128, 127, -1, 0};
  uint8_t truth[4] = {1, 0, 0, 1};
  numpy_make(&x, 1, numpy_header("<i2", "False", "(2, 2)"), below, 8);
  bytes_put_packed(file, x.at, x.size);
  rp_dataset *data = read_dataset(&source);
  assert_int_equal(data->base, -128);
  for (int i = 0; i < 4; i++)
    assert_int_equal(data->x[i] + data->base, below[i]);
  rp_dataset_free(data);
  numpy_make(&x, 1, numpy_header("|b1", "False", "(2, 2)"), truth, 4);
  bytes_put(file, x.at, x.size);
  data = read_dataset(&source);
  assert_memory_equal(data->x, truth, 4);
  rp_dataset_free(data);
  x.at[x.size - 1] = 2;
  bytes_put(file, x.at, x.size);
  refuses(&source, "sample 1, number 1: expected 0 or 1, found 2");
}

static void refuses_header(void **state, const char *header, const char *part) {
  const char *const file = temp_file(*state, "x.npy");
  numpy_make(&x, 1, header, numbers, N * DIM);
  bytes_put(file, x.at, x.size);
  refuses(&(rp_dataset_source){.file = file}, part);
}

static void damaged_headers_are_refused(void **state) {
  static const char *const wrong[][2] = {
      {"", "expected '{'"},
      {"{", "expected descr, fortran_order and shape"},
      {"{'descr': '|u1', 'fortran_order': False, }", "before this"},
      {"{'descr': '|u1', 'descr': '|u1', }", "each once"},
      {"{'name': '|u1', }", "each once, found ''name'"},
      {"{'descr' '|u1'}", "expected ':'"},
      {"{'descr': '|u1' 'shape': (2, 6)}", "expected ',' or '}'"},
      {"{'descr': '|u1', 'fortran_order': false, 'shape': (2, 6)}",
       "expected True or False"},
      {"{'descr': '|i2', 'fortran_order': False, 'shape': (2, 3)}",
       "expected a type"},
      {"{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3)}",
       "expected a type"},
      {"{'descr': '|O', 'fortran_order': False, 'shape': (2, 3)}",
       "expected a type"},
      {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, )}",
       "expected a type"},
      {"{'descr': '|u1', 'fortran_order': 0, 'shape': (2, 6)}",
       "expected True or False"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': 12}", "expected '('"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (12)}", "after its"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, -6)}",
       "expected a size"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (2 6)}",
       "expected ',' or ')'"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 1, 1, 6, 1)}",
       "at most 5 dimensions"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 6)} 1",
       "expected nothing after '}'"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 7)}",
       "expected 14 bytes of data, as the header says, found 12"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 5)}",
       "expected 10 bytes of data"},
      {"{'descr': '<i8', 'fortran_order': False, 'shape': "
       "(4294967296, 4294967296, 4)}",
       "expected more than"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': "
       "(99999999999999999999, )}",
       "expected a size"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (12, )}",
       "expected 2..5 dimensions"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': ()}",
       "expected 1 bytes of data"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    refuses_header(state, wrong[i][0], wrong[i][1]);
}

/* Every shorter file, and every file with one byte changed in its head, is
 * read or refused in one line. */
static void cut_and_changed_files_are_refused(void **state) {
  const char *const file = temp_file(*state, "x.npy");
  const rp_dataset_source source = {.file = file, .format = "npy"};
  rp_dataset *data;
  numpy_make(&x, 1, numpy_header("|u1", "False", "(2, 6)"), numbers, N * DIM);
  for (size_t size = 0; size < x.size; size++) {
    bytes_put(file, x.at, size);
    refuses(&source, "x.npy: ");
  }
  for (size_t i = 0; i < x.size - N * DIM; i++) {
    const uint8_t old = x.at[i];
    x.at[i] ^= (uint8_t)(1 << i % 8);
    bytes_put(file, x.at, x.size);
    err.text[0] = 0;
    if (rp_dataset_read(&source, &data, &err) == RP_OK)
      rp_dataset_free(data);
    else
      says("x.npy: ");
    x.at[i] = old;
  }
}

static void make_arrays(void) {
  numpy_make(&x, 1, numpy_header("|u1", "False", "(2, 2, 3)"), numbers,
             N * DIM);
  numpy_make(&y, 1, numpy_header("|u1", "False", "(2,)"), labels, N);
}

static void put_archive(const char *file, const numpy_member *member, int n) {
  numpy_make_archive(&archive, member, n);
  bytes_put(file, archive.at, archive.size);
}

static void archives_stored_and_deflated(void **state) {
  const char *const file = temp_file(*state, "data.npz");
  make_arrays();
  for (int deflated = 0; deflated < 2; deflated++) {
    const numpy_member members[] = {{"images.npy", &x, deflated, 0, 0, 0, 0},
                                    {"y.npy", &y, !deflated, 0, 0, 0, 0}};
    put_archive(file, members, 2);
    refuses(&(rp_dataset_source){.file = file},
            "expected an array 'x' of samples, found images.npy, y.npy; name");
    refuses(&(rp_dataset_source){.file = file, .x_name = "../images"},
            "expected an array '../images' of samples");
    rp_dataset *const data =
        read_dataset(&(rp_dataset_source){.file = file, .x_name = "images"});
    assert_memory_equal(data->x, numbers, sizeof numbers);
    assert_false(data->lacks_labels);
    for (int i = 0; i < N; i++) assert_int_equal(data->label[i], labels[i]);
    rp_dataset_free(data);
  }
}

static void damaged_archives_are_refused(void **state) {
  const char *const file = temp_file(*state, "data.npz");
  const rp_dataset_source source = {.file = file};
  make_arrays();
  const struct {
    numpy_member member;
    const char *part;
  } wrong[] = {{{"y.npy", &y, 1, 0, 4000000000U, 0, 0}, "size that its"},
               {{"y.npy", &y, 0, 0, 5000, 0, 0}, ""},
               {{"y.npy", &y, 1, 0, 60, 0, 0}, ""},
               {{"y.npy", &y, 1, 0, 5000, 0, 0}, ""},
               {{"y.npy", &y, 1, 0, 0, 1, 0}, "damaged or truncated zip"},
               {{"y.npy", &y, 0, 0, 0, 1, 0}, "damaged or truncated zip"},
               {{"y.npy", &y, 0, 12, 0, 0, 0}, "stored or deflated"},
               {{"y.npy", &y, 1, 0, 0, 0, 1}, "not encrypted"},
               {{"x.npy", &y, 1, 0, 0, 0, 0}, "two members have one name"},
               {{"../y.npy", &y, 1, 0, 0, 0, 0}, "found x.npy, ../y.npy"},
               {{"y.npy", &x, 1, 0, 0, 0, 0}, "y.npy: expected labels [n]"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const numpy_member members[] = {{"x.npy", &x, 1, 0, 0, 0, 0},
                                    wrong[i].member};
    put_archive(file, members, 2);
    refuses(&source, wrong[i].part);
  }
}

static void cut_archives_are_refused(void **state) {
  const char *const file = temp_file(*state, "data.npz");
  make_arrays();
  const numpy_member members[] = {{"x.npy", &x, 1, 0, 0, 0, 0},
                                  {"y.npy", &y, 1, 0, 0, 0, 0}};
  numpy_make_archive(&archive, members, 2);
  for (size_t size = 0; size < archive.size; size++) {
    bytes_put(file, archive.at, size);
    refuses(&(rp_dataset_source){.file = file, .format = "npz"}, "data.npz: ");
  }
}

static void labels_of_their_own(void **state) {
  char *const file = temp_file_kept(*state, "x.npy");
  const char *const other = temp_file(*state, "labels.npy");
  const rp_dataset_source source = {.file = file, .labels = other};
  const float halves[N] = {0.5F, 1};
  make_arrays();
  bytes_put(file, x.at, x.size);
  bytes_put(other, y.at, y.size);
  rp_dataset *const data = read_dataset(&source);
  assert_int_equal(data->label[0], 7);
  assert_int_equal(strlen(data->labels_sha256), 64);
  rp_dataset_free(data);
  numpy_make(&y, 1, numpy_header("<f4", "False", "(2,)"), halves, 8);
  bytes_put(other, y.at, y.size);
  refuses(&source, "labels.npy: expected whole numbers as labels");
  numpy_make(&y, 1, numpy_header("|u1", "False", "(1,)"), labels, 1);
  bytes_put(other, y.at, y.size);
  refuses(&source, "labels.npy: expected 2 labels, one per sample, found 1");
  numpy_make(&y, 1, numpy_header("|u1", "False", "(2, 3)"), numbers, 6);
  bytes_put(other, y.at, y.size);
  refuses(&source, "one-hot");
  free(file);
}

static void numbers_that_are_none(void **state) {
  const char *const file = temp_file(*state, "x.npy");
  const uint32_t nan = 0x7fc00000, inf = 0x7f800000;
  const double large = 1e39;
  const rp_dataset_source reals = {.file = file, .values = RP_VALUES_REALS};
  numpy_make(&x, 1, numpy_header("<f4", "False", "(1, 1)"), &nan, 4);
  bytes_put(file, x.at, x.size);
  refuses(&reals, "expected a finite number of binary32, found nan");
  refuses(&(rp_dataset_source){.file = file}, "give values: reals");
  numpy_make(&x, 1, numpy_header("<f4", "False", "(1, 1)"), &inf, 4);
  bytes_put(file, x.at, x.size);
  refuses(&reals, "found inf");
  numpy_make(&x, 1, numpy_header("<f8", "False", "(1, 1)"), &large, 8);
  bytes_put(file, x.at, x.size);
  refuses(&reals, "found 1e+39");
  numpy_make(&x, 1, numpy_header("<i2", "False", "(1, 2)"), "\0\0\0\1", 4);
  bytes_put(file, x.at, x.size);
  refuses(&(rp_dataset_source){.file = file}, "number 1: expected");
}

static rp_net *make_net(double step, rp_input_rounding rounding) {
  const int32_t dims[1] = {DIM}, weight[2 * DIM] = {1, 2, 3};
  const int64_t bias[2] = {0, 1};
  const rp_dense_spec layer = {DIM, 2, weight, bias, {-64, 63, 4, NULL}};
  rp_net *net;
  assert_int_equal(rp_net_create("net", dims, 1, 255, &net, &err), RP_OK);
  assert_int_equal(rp_net_set_input(net, -128, -3, &err), RP_OK);
  assert_int_equal(rp_net_set_quantizer(net, step, rounding, &err), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &layer, &err), RP_OK);
  assert_int_equal(rp_net_finish(net, &err), RP_OK);
  return net;
}

/* What each rule makes of ties, and of numbers beyond the range. */
static void quantizers_round_as_their_runtimes(void **state) {
  (void)state;
  const struct {
    double step, real;
    int32_t own[3]; /* divide even, divide away, multiply even */
  } cases[] = {{0.5, 0.25, {-3, -2, -3}},
               {0.5, -0.25, {-3, -4, -3}},
               {0.5, 0.75, {-1, -1, -1}},
               {0.5, 0, {-3, -3, -3}},
               {0.5, 1e30, {127, 127, 127}},
               {0.5, -1e30, {-128, -128, -128}},
               {0.5, 65.0, {127, 127, 127}},
               {0.5, 65.25, {127, 127, 127}},
               {0.5, -62.5, {-128, -128, -128}},
               {0.5, -62.25, {-127, -128, -127}},
               {0x1.810624p-6, 0x1.08b438p-3, {3, 3, 2}}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int rule = 0; rule < 3; rule++) {
      rp_net *net = make_net(cases[i].step, (rp_input_rounding)(rule + 1));
      assert_int_equal(rp_net_quantize(net, (float)cases[i].real) - 128,
                       cases[i].own[rule]);
      rp_net_free(net);
    }
}

/* The same samples as reals in npz and in CSV. */
static void reals_go_through_the_quantizer(void **state) {
  char *const file = temp_file_kept(*state, "data.npz");
  const char *const csv = temp_file(*state, "data.csv");
  char text[1024];
  float real[N * DIM];
  size_t used = 0;
  rp_net *net = make_net(0.25, RP_INPUT_DIVIDE_HALF_EVEN);
  for (int i = 0; i < N * DIM; i++) real[i] = 0.25F * (float)(numbers[i] + 3);
  for (int i = 0; i < N; i++) {
    used += (size_t)sprintf(text + used, "%d", labels[i]);
    for (int j = 0; j < DIM; j++)
      used += (size_t)sprintf(text + used, ", %.9e", (double)real[i * DIM + j]);
    used += (size_t)sprintf(text + used, "\n");
  }
  bytes_put(csv, text, used);
  make_arrays();
  numpy_make(&x, 1, numpy_header("<f4", "False", "(2, 6)"), real, sizeof real);
  put_archive(file,
              (const numpy_member[]){{"x.npy", &x, 1, 0, 0, 0, 0},
                                     {"y.npy", &y, 1, 0, 0, 0, 0}},
              2);
  for (int k = 0; k < 2; k++) {
    rp_dataset *const data = read_dataset(&(rp_dataset_source){
        .file = k ? csv : file, .values = RP_VALUES_REALS});
    assert_int_equal(rp_dataset_fit(data, net, &err), RP_OK);
    assert_int_equal(data->base, -128);
    for (int i = 0; i < N * DIM; i++)
      assert_int_equal(data->x[i] - 128, numbers[i]);
    rp_dataset_free(data);
  }
  net->in_rounding = RP_INPUT_UNQUANTIZED;
  rp_dataset *const data = read_dataset(
      &(rp_dataset_source){.file = csv, .values = RP_VALUES_REALS});
  assert_int_equal(rp_dataset_fit(data, net, &err), RP_E_INPUT);
  says("data.csv: reals need the quantizer of the network's input");
  rp_dataset_free(data);
  rp_net_free(net);
  free(file);
}

static void reals_in_csv_are_decimal(void **state) {
  static const char *const wrong[] = {"0,nan",   "0,inf", "0,0x1p3", "0,1e39",
                                      "0,1.5.2", "0,",    "0, ,1",   "0,1e"};
  const char *const file = temp_file(*state, "data.csv");
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    bytes_put(file, wrong[i], strlen(wrong[i]));
    refuses(&(rp_dataset_source){.file = file,
                                 .format = "csv",
                                 .values = RP_VALUES_REALS},
            "column 2: expected a finite number of binary32");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_type_and_order_is_read),
      cmocka_unit_test(signs_and_truth_values),
      cmocka_unit_test(damaged_headers_are_refused),
      cmocka_unit_test(cut_and_changed_files_are_refused),
      cmocka_unit_test(archives_stored_and_deflated),
      cmocka_unit_test(damaged_archives_are_refused),
      cmocka_unit_test(cut_archives_are_refused),
      cmocka_unit_test(labels_of_their_own),
      cmocka_unit_test(numbers_that_are_none),
      cmocka_unit_test(quantizers_round_as_their_runtimes),
      cmocka_unit_test(reals_go_through_the_quantizer),
      cmocka_unit_test(reals_in_csv_are_decimal),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
