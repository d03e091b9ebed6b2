/* Job files: what they say is what the job holds; what is wrong is named by
 * line and column; and no text at all, however broken, does harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/rng.h"
#include "input/job.h"
#include "seeded.h"
#include "temp_folder.h"

static const char whole_job[] = "title: Table 2\n"
                                "network: {file: n.h5, format: qvip,\n"
                                "  input_bits: 8, bits: 6, name: P1-6}\n"
                                "dataset:\n"
                                "  file: /data/x.gz\n"
                                "  labels: ${RP_TEST_ROOT}/y.gz\n"
                                "  format: idx\n"
                                "verify:\n"
                                "  - {samples: 0-99, radius: 1}\n"
                                "  - samples: \"100-199, 205\"\n"
                                "    radii: [2, 4]\n"
                                "radius: {samples: all, cap: 64}\n"
                                "options: {time_limit: 60.5, seed: 7,\n"
                                "  engine: onehot}\n"
                                "output: results/t.h5\n"
                                "known: ${RP_TEST_UNSET:-known}/t.csv\n";

static int set_up(void **state) {
  setenv("RP_TEST_ROOT", "data", 1);
  unsetenv("RP_TEST_UNSET");
  if (temp_folder_made(state) != 0) return -1;
  temp_file(*state, "job.yaml");
  return 0;
}

static void put(const temp_folder *f, const void *bytes, size_t size) {
  bytes_put(f->file, bytes, size);
}

static void everything_is_read(void **state) {
  const temp_folder *const f = *state;
  char expected[640];
  rp_job *job = NULL;
  rp_error err = {""};
  put(f, whole_job, sizeof whole_job - 1);
  assert_int_equal(rp_job_read(f->file, &job, &err), RP_OK);
  assert_string_equal(job->title, "Table 2");
  snprintf(expected, sizeof expected, "%s/n.h5", f->path);
  assert_string_equal(job->network->file, expected);
  assert_string_equal(job->network->format, "qvip");
  assert_string_equal(job->network->name, "P1-6");
  assert_int_equal(job->network->input_bits, 8);
  assert_int_equal(job->network->bits, 6);
  assert_string_equal(job->dataset_file, "/data/x.gz");
  assert_string_equal(job->labels_file, "data/y.gz"); /* the user's folder */
  assert_string_equal(job->dataset_format, "idx");
  assert_null(job->x_name);
  assert_int_equal(job->n_queries, 2);
  assert_string_equal(job->query[0].samples, "0-99");
  assert_int_equal(job->query[0].radii.n, 1);
  assert_int_equal(job->query[0].radii.item[0].first, 1);
  assert_string_equal(job->query[1].samples, "100-199, 205");
  assert_int_equal(job->query[1].radii.n, 2);
  assert_int_equal(job->query[1].radii.item[1].first, 4);
  assert_string_equal(job->radius_samples, "all");
  assert_int_equal(job->radius_cap.item[0].first, 64);
  assert_true(job->options.time_limit == 60.5);
  assert_int_equal(job->options.seed, 7);
  assert_int_equal(job->options.engine, RP_ENGINE_ONEHOT);
  assert_string_equal(job->output, "results/t.h5");
  snprintf(expected, sizeof expected, "%s/known/t.csv", f->path);
  assert_string_equal(job->known, expected);
  assert_int_equal(strlen(job->sha256), 64);
  rp_job_free(job);
}

static void a_small_job_has_the_defaults(void **state) {
  const temp_folder *const f = *state;
  static const char text[] = "network: {file: n.h5}\ndataset: {file: d.h5}\n"
                             "radius: {samples: \"0\"}\n";
  rp_options options;
  rp_options_default(&options);
  rp_job *job = NULL;
  put(f, text, sizeof text - 1);
  assert_int_equal(rp_job_read(f->file, &job, NULL), RP_OK);
  assert_null(job->title);
  assert_null(job->network->format);
  assert_int_equal(job->n_queries, 0);
  assert_int_equal(job->radius_cap.n, 0);
  assert_null(job->output);
  assert_null(job->known);
  assert_true(job->options.time_limit == options.time_limit);
  assert_int_equal(job->options.threads, options.threads);
  rp_job_free(job);
}

static void several_networks_are_listed(void **state) {
  const temp_folder *const f = *state;
  static const char text[] =
      "networks:\n  - {file: /a.h5, name: A, input_bits: 8, bits: 6}\n"
      "  - {file: /b.tflite, profile: tflm, name: b-2, known: /b.csv}\n"
      "dataset: {file: d.h5}\nradius: {samples: \"0\"}\noutput: x.h5\n";
  rp_job *job = NULL;
  put(f, text, sizeof text - 1);
  assert_int_equal(rp_job_read(f->file, &job, NULL), RP_OK);
  assert_int_equal(job->n_networks, 2);
  assert_string_equal(job->networks[0].file, "/a.h5");
  assert_int_equal(job->networks[0].bits, 6);
  assert_string_equal(job->networks[1].profile, "tflm");
  assert_string_equal(job->networks[1].name, "b-2");
  assert_null(job->networks[0].known);
  assert_string_equal(job->networks[1].known, "/b.csv");
  assert_null(job->known);
  assert_int_equal(job->networks[1].bits, 0);
  assert_ptr_equal(job->network, job->networks);
  assert_int_equal(rp_job_name_output(job, "b-2", NULL), RP_OK);
  assert_string_equal(job->output, "x.b-2.h5");
  rp_job_free(job);
}

#define HEAD "network: {file: n.h5}\ndataset: {file: d.h5}\n"
#define TAIL "radius: {samples: all}\n"

static const struct wrong_job {
  const char *text, *place, *says;
} wrong_jobs[] = {
    {"", "1:1", "no job"},
    {"# only a comment\n", "2:1", "no job"},
    {"- a\n- b\n", "1:1", "expected keys and values, found a list"},
    {"hello", "1:1", "expected keys and values, found a single value"},
    {HEAD, "1:1", "nothing to decide: expected verify or radius"},
    {"dataset: {file: d}\n" TAIL, "1:1", "missing key 'network' in the job"},
    {HEAD "networks: [{file: m.h5, name: m}]\n" TAIL, "3:12",
     "expected either network or networks"},
    {"network: {file: n.h5, name: n}\ndataset: {file: d.h5}\n"
     "networks: [{file: m.h5, name: m}]\n" TAIL,
     "1:1", "expected either network or networks"},
    {"networks: [{file: m.h5, name: m}]\n" HEAD TAIL, "2:10",
     "expected either network or networks"},
    {"networks: []\n", "1:11", "networks is an empty list"},
    {"networks: [{file: n.h5}]\n", "1:12", "missing key 'name' in networks"},
    {"networks: [{file: n.h5, name: a}, {file: n.h5, name: a}]\n", "1:35",
     "two networks have the name 'a'"},
    {"networks: [{file: n.h5, name: ../a}]\n", "1:12",
     "name: expected letters, digits and any of +-._ in networks, found "
     "'../a'"},
    {"networks: [{file: n.h5, name: a}, {file: n.h5, name: b}]\n"
     "dataset: {file: d.h5}\nknown: k.csv\n" TAIL,
     "1:1", "known answers are about one network"},
    {"network: {file: n.h5, known: k.csv}\n", "1:23",
     "unknown key 'known' in network"},
    {"network: {name: n}\n", "1:10", "missing key 'file' in network"},
    {HEAD "verify:\n  - {samples: 0-9, radious: 1}\n", "4:20",
     "unknown key 'radious' in verify; expected one of samples, radius, "
     "radii"},
    {HEAD "radios: 1\n", "3:1", "unknown key 'radios' in the job"},
    {HEAD "options: {speed: 1}\n", "3:11",
     "unknown key 'speed' in options; expected one of engine, time_limit"},
    {HEAD TAIL "title: a\ntitle: b\n", "5:1", "key 'title' is given twice"},
    {HEAD "verify:\n  - {samples: 0-9, radius: 0}\n", "4:28",
     "radius: expected radii from 1 to 255 (l1, l0: 4095) such as 2 or 1,2,4 "
     "or 1-4 or "
     "2/255, found '0'"},
    {HEAD "verify:\n  - {samples: 0-9, radius: 4096}\n", "4:28",
     "found '4096'"},
    {HEAD "verify:\n  - {samples: 0-9, radius: 99999999999999999999}\n", "4:28",
     "from 1 to 255"},
    {HEAD "verify:\n  - {samples: 0-9, radius: 1.5}\n", "4:28", "'1.5'"},
    {HEAD "verify:\n- samples: 0-9\n  radii:\n  - 1\n  - x\n", "7:5", "'x'"},
    {HEAD "verify:\n  - {samples: 0-9, radii: [1, 2, 5000]}\n", "4:34", "5000"},
    {HEAD "verify:\n  - {samples: 0-9, radii: []}\n", "4:27", "empty list"},
    {HEAD "verify:\n  - {samples: 0-9}\n", "4:5", "either radius or radii"},
    {HEAD "verify:\n  - {samples: 0-9, radius: 1, radii: [1]}\n", "4:5",
     "either radius or radii"},
    {HEAD "verify:\n  - {radius: 1}\n", "4:5", "missing key 'samples'"},
    {HEAD "verify: {samples: 0-9, radius: 1}\n", "3:9", "expected a list"},
    {HEAD "verify: []\n", "3:9", "empty list"},
    {HEAD "verify:\n", "3:8", "expected a list, found nothing"},
    {HEAD "radius: {samples: [0, 1]}\n", "3:19", "expected a single value"},
    {HEAD "radius: {samples: 9-0}\n", "3:19", "samples: expected all"},
    {HEAD "radius: {samples: 1-2-3}\n", "3:19", "samples: expected all"},
    {HEAD "radius: {samples: all, cap: 4096}\n", "3:29", "from 1 to 255"},
    {HEAD TAIL "options: {time_limit: -1}\n", "4:23",
     "time_limit: expected a number from 0.001"},
    {HEAD TAIL "options: {time_limit: nan}\n", "4:23", "'nan'"},
    {HEAD TAIL "options:\n  seed: 1.5\n", "5:9", "seed: expected a whole"},
    {HEAD TAIL "options:\n  engine: gurobi\n", "5:11",
     "engine: expected hull, onehot or compact, found 'gurobi'"},
    {"network: {file: n, format: caffe}\ndataset: {file: d}\n" TAIL, "1:28",
     "format: expected auto|native|qvip|tflite|onnx, found 'caffe'"},
    {"network: {file: n, format: auto|native}\ndataset: {file: d}\n" TAIL,
     "1:28", "found 'auto|native'"},
    {"network: {file: n, bits: 17}\ndataset: {file: d}\n" TAIL, "1:26",
     "from 2 to 16"},
    {"network: {file: n, input_bits: 0}\ndataset: {file: d}\n" TAIL, "1:32",
     "from 1 to 8"},
    {"network: {file: n}\ndataset: {file: d, format: png}\n" TAIL, "2:28",
     "format: expected auto|idx|hdf5|csv|npy|npz"},
    {"network: {file: }\n", "1:17", "file has no value"},
    {"network: {file: \"\"}\n", "1:17", "file has no value"},
    {"network: {file: \"a\\0b\"}\n", "1:17", "zero byte"},
    {"network: {file: \"${RP_TEST_UNSET}/n\"}\ndataset: {file: d}\n" TAIL,
     "1:17", "RP_TEST_UNSET is not set"},
    {"network: {file: \"${RP_TEST\"}\ndataset: {file: d}\n" TAIL, "1:17",
     "'${' without '}'"},
    {"network: {file: \"${RP_TEST_UNSET:-${A}\"}\ndataset: {file: d}\n" TAIL,
     "1:17", "a variable's value contains '${'"},
    {"network: {file: \"${}\"}\ndataset: {file: d}\n" TAIL, "1:17",
     "expected ${NAME}"},
    {"network: {file: \"${A B}\"}\ndataset: {file: d}\n" TAIL, "1:17",
     "expected ${NAME}"},
    {HEAD TAIL "---\ntitle: x\n", "4:1", "second document"},
    {HEAD "title: &a x\n", "3:8", "no anchors"},
    {HEAD "title: *a\n", "3:8", "no anchors"},
    {HEAD "? [a, b]\n: c\n", "3:3", "must be a word"},
    {HEAD "title: {\n", "3:8", "expected a single value"},
    {HEAD "title: [a\n", "3:8", "expected a single value"},
    {HEAD "title: 'a\n", "4:1", "not YAML: "},
    {HEAD "\ttitle: a\n", "3:1", "not YAML: "},
    {HEAD "title: @a\n", "3:8", "not YAML: "},
    {HEAD "title: \"\\x01\\n\" x\n", "3:17", "not YAML: "},
    {HEAD "\"a\\nb\\e[31m\": 1\n", "3:1", "unknown key 'a\\x0ab\\x1b[31m'"},
};

static void mistakes_are_named_by_place(void **state) {
  const temp_folder *const f = *state;
  for (size_t i = 0; i < sizeof wrong_jobs / sizeof *wrong_jobs; i++) {
    const struct wrong_job *const wrong = &wrong_jobs[i];
    char start[640];
    rp_job *job = NULL;
    rp_error err = {""};
    put(f, wrong->text, strlen(wrong->text));
    const rp_status st = rp_job_read(f->file, &job, &err);
    snprintf(start, sizeof start, "%s:%s: ", f->file, wrong->place);
    if (st != RP_E_INPUT || strncmp(err.text, start, strlen(start)) ||
        !strstr(err.text, wrong->says) || strchr(err.text, '\n'))
      fail_msg("job:\n%s\nexpected %s ... %s\nfound    %s (%s)", wrong->text,
               start, wrong->says, err.text, rp_status_name(st));
    assert_null(job);
  }
}

static void what_is_no_job_is_refused(void **state) {
  const temp_folder *const f = *state;
  rp_job *job = NULL;
  rp_error err = {""};
  assert_int_equal(rp_job_read("/tmp/no-such-job", &job, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "/tmp/no-such-job"));
  assert_int_equal(rp_job_read(f->path, &job, &err), RP_E_INPUT);
  static const char junk[] = "\x89HDF\r\n\x1a\n\0\0\0\0\xff\xfe";
  put(f, junk, sizeof junk);
  assert_int_equal(rp_job_read(f->file, &job, &err), RP_E_INPUT);
  const size_t size = (2 << 20) + 1;
  char *const large = calloc(size, 1);
  memset(large, ' ', size);
  put(f, large, size);
  assert_int_equal(rp_job_read(f->file, &job, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "1 MiB"));
  free(large);
}

/* Nesting as deep as the file may be long, open to every kind of bracket. */
static void deep_nesting_is_refused(void **state) {
  const temp_folder *const f = *state;
  static const char *const openers[] = {"[", "{", "{a: ", "- ", "? ", "[&a ["};
  const size_t size = 1 << 19;
  char *const text = calloc(size + 64, 1);
  for (size_t i = 0; i < sizeof openers / sizeof *openers; i++) {
    const size_t n = strlen(openers[i]);
    strcpy(text, "title: ");
    size_t used = strlen(text);
    if (i % 2) text[0] = '\0', used = 0;
    for (; used + n < size; used += n) memcpy(text + used, openers[i], n);
    rp_job *job = NULL;
    put(f, text, used);
    assert_int_equal(rp_job_read(f->file, &job, NULL), RP_E_INPUT);
  }
  free(text);
}

static void a_bomb_of_aliases_is_refused(void **state) {
  const temp_folder *const f = *state;
  static const char text[] = "a: &a [x,x,x,x,x,x,x,x,x]\n"
                             "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                             "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                             "verify: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n";
  rp_job *job = NULL;
  put(f, text, sizeof text - 1);
  assert_int_equal(rp_job_read(f->file, &job, NULL), RP_E_INPUT);
}

/* The form accepted in a job is the one that the dataset's reader accepts. */
static void selections_have_a_form(void **state) {
  (void)state;
  static const char *const good[] = {"all",     "0",    "0-99",
                                     "0,2,5-7", "1, 2", " 1 - 3 ,\n5"};
  static const char *const bad[] = {"",    "ALL", "1-",   "-1",  "1,", ",1",
                                    "2-1", "1x",  "1--2", "1 2", "a",  "1-2-3"};
  int64_t *index, count;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_true(rp_selection_is_well_formed(good[i]));
    assert_int_equal(rp_selection_parse(good[i], 100, &index, &count, NULL),
                     RP_OK);
    free(index);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(rp_selection_is_well_formed(bad[i]));
    assert_int_equal(rp_selection_parse(bad[i], 100, &index, &count, NULL),
                     RP_E_INPUT);
  }
  assert_true(rp_selection_is_well_formed("99999999999999999999"));
}

static void every_failed_allocation_is_an_error(void **state) {
  const temp_folder *const f = *state;
  put(f, whole_job, sizeof whole_job - 1);
  for (uint64_t n = 1;; n++) {
    rp_job *job = NULL;
    rp_error err = {""};
    rp_alloc_fail_after(n);
    const rp_status st = rp_job_read(f->file, &job, &err);
    rp_alloc_fail_after(0);
    rp_job_free(job);
    if (st == RP_OK) break; /* the n-th was never asked for */
    assert_int_equal(st, RP_E_MEMORY);
    assert_true(n < 1000);
  }
}

/* Put a random byte, or a random piece of YAML, somewhere, or take some away.
 * Returns the new size. */
static size_t mutate(rp_rng *rng, char *text, size_t size, size_t room) {
  static const char *const pieces[] = {
      "- ",      ": ",    "{",      "}",    "[",       "]",    "\n", "  ", "\t",
      "&a ",     "*a",    "!!int ", "? ",   "|\n",     ">-\n", "\"", "'",  "#",
      "---",     "...\n", "%TAG",   "\xff", "\\0",     "~",    "${", "}",  ",",
      "verify:", "all",   "1e999",  "-1",   "${HOME}", "<<:",  "\r", "\0x"};
  const size_t at = rp_rng_below(rng, (uint32_t)size + 1);
  switch (rp_rng_below(rng, 3)) {
  case 0: {
    if (at < size) text[at] = (char)rp_rng_below(rng, 256);
    return size;
  }
  case 1: {
    const char *const piece =
        pieces[rp_rng_below(rng, sizeof pieces / sizeof *pieces)];
    const size_t n = *piece ? strlen(piece) : 1;
    if (size + n > room) return size;
    memmove(text + at + n, text + at, size - at);
    memcpy(text + at, piece, n);
    return size + n;
  }
  default: {
    size_t n = rp_rng_below(rng, 8);
    if (n > size - at) n = size - at;
    memmove(text + at, text + at + n, size - at - n);
    return size - n;
  }
  }
}

static void broken_jobs_do_no_harm(void **state) {
  const temp_folder *const f = *state;
  rp_rng rng = rng_of_test("broken_jobs_do_no_harm");
  int accepted = 0;
  for (int round = 0; round < 4000; round++) {
    char text[sizeof whole_job + 256];
    size_t size = sizeof whole_job - 1;
    memcpy(text, whole_job, size);
    const uint32_t edits = 1 + rp_rng_below(&rng, 8);
    for (uint32_t e = 0; e < edits; e++)
      size = mutate(&rng, text, size, sizeof text);
    put(f, text, size);
    rp_job *job = NULL;
    rp_error err = {""};
    const rp_status st = rp_job_read(f->file, &job, &err);
    if (st != RP_OK && st != RP_E_INPUT)
      fail_msg("round %d: %s: %s", round, rp_status_name(st), err.text);
    if (st != RP_OK) {
      assert_non_null(strstr(err.text, f->file));
      assert_null(strchr(err.text, '\n'));
      assert_null(strstr(err.text, "not a job file")); /* the guard missed it */
    }
    accepted += st == RP_OK;
    rp_job_free(job);
  }
  printf("%d of 4000 accepted\n", accepted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_is_read),
      cmocka_unit_test(a_small_job_has_the_defaults),
      cmocka_unit_test(several_networks_are_listed),
      cmocka_unit_test(mistakes_are_named_by_place),
      cmocka_unit_test(what_is_no_job_is_refused),
      cmocka_unit_test(deep_nesting_is_refused),
      cmocka_unit_test(a_bomb_of_aliases_is_refused),
      cmocka_unit_test(selections_have_a_form),
      cmocka_unit_test(every_failed_allocation_is_an_error),
      cmocka_unit_test(broken_jobs_do_no_harm),
  };
  return cmocka_run_group_tests(tests, set_up, temp_folder_removed);
}
