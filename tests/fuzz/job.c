/* Job files. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "input/job.h"

/* What is written out reads back as itself: nothing is lost, and no text
 * changes its meaning because it is quoted differently. */
static void expand_twice(const char *path) {
  const char *const again = fuzz_path("expanded.yaml");
  char *first = NULL, *second = NULL;
  size_t size = 0, second_size = 0;
  rp_error err = {""};
  fuzz_expect(rp_job_expand(path, NULL, &first, &size, &err) == RP_OK,
              "a good job is written out");
  fuzz_write(again, (const uint8_t *)first, size);
  fuzz_expect(rp_job_expand(again, NULL, &second, &second_size, &err) == RP_OK,
              "what is written out is a good job");
  fuzz_expect(size == second_size && !memcmp(first, second, size),
              "what is written out stays as it is");
  free(first);
  free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *const path = fuzz_path("job.yaml");
  fuzz_write(path, data, size);
  rp_job *job = NULL;
  rp_error err = {""};
  const rp_status status = rp_job_read(path, &job, &err);
  fuzz_expect_verdict(status, &err);
  if (status != RP_OK) return 0;
  fuzz_expect(job->n_queries > 0 || job->radius_samples,
              "a job asks something");
  fuzz_expect(job->network->file && job->dataset_file, "a job names its files");
  for (int32_t i = 0; i < job->n_queries; i++)
    fuzz_expect(rp_selection_is_well_formed(job->query[i].samples),
                "samples of a job are a selection");
  rp_job_free(job);
  expand_twice(path);
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const char *const texts[] = {
      "title: Table 2, MNIST\n"
      "network: {file: net.h5, format: qvip, input_bits: 8, bits: 6, "
      "name: P1-6}\n"
      "dataset: {file: x.gz, labels: y.gz, format: idx}\n"
      "verify:\n"
      "  - {samples: 0-99, radius: 1}\n"
      "  - {samples: \"100-199,205\", radii: [2, 4]}\n"
      "radius: {samples: all, cap: 64}\n"
      "options: {time_limit: 60, engine: hull, threads: 2}\n"
      "evidence: full\n"
      "output: results/table2.h5\n"
      "known: known/table2_mnist.csv\n",
      "network: {file: a.h5}\ndataset: {file: b.h5}\n"
      "verify: [{samples: 3, radius: 2}]\n"
      "property: never -1.5 y0 + 2*y3 > 5 and y1 <= -3 or 7 = y2\n",
      "network: {file: a.h5}\ndataset: {file: b.h5}\n"
      "radius: {samples: all}\ntop_k: 3\n",
      "network:\n  file: ${NETS:-nets}/a.h5\ndataset:\n  file: ${HOME}/d.h5\n"
      "  x: images\n  y: labels\nradius:\n  samples: 7\n",
      "# comment\n---\nnetwork: {file: 'a b.h5'}\ndataset: {file: \"d.csv\"}\n"
      "verify: [{samples: all, radius: 255}]\nevidence: counterexamples\n"};
  if (number >= (int)(sizeof texts / sizeof *texts)) return false;
  *seed = fuzz_copy(texts[number], strlen(texts[number]));
  return true;
}
