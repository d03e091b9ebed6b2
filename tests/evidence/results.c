/* Results files changed on purpose: every claim that is no longer true, or no
 * longer proved, is a failure of rampart-check; no damage crashes it. The
 * programs are run as a user runs them, on the sample data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "seeded.h"
#include "store/results.h"
#include "temp_folder.h"

enum {
  CLAIMS = 200,
  FLIPS = 100,
  CUTS = FLIPS / 4,
  FIRST = 100,
  LAST = 105,
  CAP = 64
};
/* The network answers 3. */
enum { MISCLASSIFIED = 24, MISCLASSIFIED_LABEL = 5 };

extern char **environ;

static const char *from_environment(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value ? value : otherwise;
}

/* Run a program quietly; its exit status, -1 if a signal ended it. What it says
 * on standard error stays in the folder's `said`. */
static int run(temp_folder *folder, const char *const *arguments) {
  posix_spawn_file_actions_t quiet;
  pid_t child;
  int status;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&quiet, 2, temp_file(folder, "said"),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_int_equal(posix_spawn(&child, arguments[0], &quiet, NULL,
                               (char *const *)(uintptr_t)arguments, environ),
                   0);
  posix_spawn_file_actions_destroy(&quiet);
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool said(temp_folder *folder, const char *words) {
  char text[4096];
  FILE *in = fopen(temp_file(folder, "said"), "r");
  const size_t n = in ? fread(text, 1, sizeof text - 1, in) : 0;
  if (in) fclose(in);
  text[n] = '\0';
  return strstr(text, words) != NULL;
}

static int check(temp_folder *folder, const char *results, const char *proofs) {
  char *file = temp_file_kept(folder, results);
  char *beside = temp_file_kept(folder, proofs);
  const char *arguments[] = {
      from_environment("RAMPART_CHECK", "build/bin/rampart-check"), file,
      "--proofs", beside, NULL};
  const int status = run(folder, arguments);
  free(file);
  free(beside);
  assert_in_range(status, 0, 3);
  assert_false(said(folder, "runtime error"));
  return status;
}

static rp_results *read_results(temp_folder *folder, const char *name) {
  rp_results *r = NULL;
  (void)rp_results_read(temp_file(folder, name), &r, NULL);
  return r;
}

/* Samples at radii 1..5, and their maximum radii. */
static int results_made(void **state) {
  if (temp_folder_made(state) != 0) return -1;
  temp_folder *folder = *state;
  const char *source = from_environment("RAMPART_SOURCE", ".");
  char *job = temp_file_kept(folder, "job.yaml");
  FILE *out = fopen(job, "w");
  if (!out) return -1;
  fprintf(out,
          "network: {file: %s/data/digits_net.h5}\n"
          "dataset: {file: %s/data/digits.h5}\n"
          "verify: [{samples: %d-%d, radii: [1, 2, 3, 4, 5]}]\n"
          "radius: {samples: %d-%d, cap: %d}\n"
          "evidence: full\noutput: %s\n",
          source, source, FIRST, LAST, FIRST, LAST, CAP,
          temp_file(folder, "base.h5"));
  fclose(out);
  const char *arguments[] = {from_environment("RAMPART", "build/bin/rampart"),
                             "run", "-q", job, NULL};
  const int status = run(folder, arguments);
  free(job);
  return status;
}

/* ---- claims that are not true ---- */

static uint8_t *example_of(const rp_results *r, int64_t row) {
  return r->counterexample + row * r->provenance.n_in;
}

static bool spoil_robust(rp_rng *rng, const rp_results *r, rp_query_row *q) {
  const rp_radius_row *m = &r->radius[q->sample - FIRST];
  switch (rp_rng_below(rng, 5)) {
  case 0:
    q->verdict = RP_VIOLATED;
    return true;
  case 1:
    q->verdict = RP_VIOLATED;
    q->counterexample = rp_rng_below(rng, (uint32_t)r->n_counterexamples);
    q->distance = q->radius;
    return true;
  case 2:
    q->verdict = RP_MISCLASSIFIED;
    return true;
  case 3:
    q->radius = (int32_t)between(rng, m->hi + 1, 255);
    return true;
  default:
    q->verdict = RP_INVALID;
    return true;
  }
}

static bool spoil_violated(rp_rng *rng, const rp_results *r, rp_query_row *q) {
  uint8_t *x = example_of(r, q->counterexample);
  switch (rp_rng_below(rng, 6)) {
  case 0:
    q->verdict = RP_ROBUST;
    return true;
  case 1:
    q->verdict = RP_MISCLASSIFIED;
    return true;
  case 2:
    q->distance += rp_rng_below(rng, 2) ? 1 : -1;
    return q->distance <= q->radius;
  case 3:
    q->radius = q->distance - 1;
    return q->radius > 0;
  case 4: /* a pixel beyond the ball */
    x += rp_rng_below(rng, (uint32_t)r->provenance.n_in);
    *x = (uint8_t)(*x < 100 ? *x + 100 : *x - 100);
    return true;
  default:
    q->counterexample = -1;
    return true;
  }
}

static bool spoil_query(rp_rng *rng, const rp_results *r, rp_query_row *q) {
  if (rp_rng_below(rng, 8) == 0) {
    q->label = (q->label + 1 + (int32_t)rp_rng_below(rng, 8)) % 10;
    return true;
  }
  if (rp_rng_below(rng, 8) == 0) { /* the next sample, at its label */
    const rp_query_row was = *q;
    q->sample = was.sample == LAST ? FIRST : was.sample + 1;
    const rp_radius_row *m = &r->radius[q->sample - FIRST];
    q->label = m->label;
    return was.verdict == RP_VIOLATED || was.radius > m->hi;
  }
  return q->verdict == RP_ROBUST ? spoil_robust(rng, r, q)
                                 : spoil_violated(rng, r, q);
}

static bool spoil_radius(rp_rng *rng, rp_radius_row *m) {
  switch (m->lo > 0 ? rp_rng_below(rng, 8) : rp_rng_below(rng, 2)) {
  case 0:
    m->lo++;
    m->hi++;
    return true;
  case 1:
    m->hi += (int32_t)between(rng, 1, 4);
    m->verdict = RP_UNKNOWN;
    return true;
  case 2:
    m->lo = m->hi = (int32_t)between(rng, 0, m->lo - 1);
    return true;
  case 3:
    m->counterexample = -1;
    return true;
  case 4:
    m->verdict = RP_UNKNOWN;
    return true;
  case 5:
    m->lo = m->hi = -1;
    m->verdict = RP_MISCLASSIFIED;
    return true;
  case 6:
    m->lo--;
    return true; /* still closed, says the verdict */
  default:
    m->label = (m->label + 1) % 10;
    return true;
  }
}

static void false_claims_fail(void **state) {
  temp_folder *folder = *state;
  rp_rng rng = rng_of_test(__func__);
  int32_t tried = 0;
  assert_int_equal(check(folder, "base.h5", "base.h5.proofs"), 0);
  while (tried < CLAIMS) {
    rp_results *r = read_results(folder, "base.h5");
    assert_non_null(r);
    const int64_t i =
        rp_rng_below(&rng, (uint32_t)(r->n_queries + LAST - FIRST));
    if (i < r->n_queries ? spoil_query(&rng, r, &r->query[i])
                         : spoil_radius(&rng, &r->radius[i - r->n_queries])) {
      tried++;
      assert_int_equal(
          rp_results_write(r, temp_file(folder, "spoilt.h5"), NULL), RP_OK);
      assert_int_equal(check(folder, "spoilt.h5", "base.h5.proofs"), 1);
      assert_false(said(folder, "crashes"));
    }
    rp_results_free(r);
  }
  printf("%d false claims: all refused\n", tried);
}

/* A run that was interrupted leaves rows of samples it never looked at: they
 * claim nothing, even if the network is wrong about the sample. */
static void open_rows_claim_nothing(void **state) {
  temp_folder *folder = *state;
  rp_results *r = read_results(folder, "base.h5");
  assert_non_null(r);
  rp_query_row *q = &r->query[0];
  rp_radius_row *m = &r->radius[0];
  q->sample = m->sample = MISCLASSIFIED;
  q->label = m->label = MISCLASSIFIED_LABEL;
  q->verdict = m->verdict = RP_UNKNOWN;
  q->counterexample = m->counterexample = -1;
  m->lo = 0;
  m->hi = CAP;
  assert_int_equal(rp_results_write(r, temp_file(folder, "open.h5"), NULL),
                   RP_OK);
  assert_int_equal(check(folder, "open.h5", "base.h5.proofs"), 0);
  m->hi--;
  assert_int_equal(rp_results_write(r, temp_file(folder, "open.h5"), NULL),
                   RP_OK);
  assert_int_equal(check(folder, "open.h5", "base.h5.proofs"), 1);
  rp_results_free(r);
}

/* ---- damaged files ---- */

typedef struct content {
  uint8_t *bytes;
  size_t size;
} content;

static content content_of(temp_folder *folder, const char *name) {
  content c = {malloc(1 << 24), 0};
  FILE *in = fopen(temp_file(folder, name), "rb");
  assert_non_null(in);
  c.size = fread(c.bytes, 1, 1 << 24, in);
  fclose(in);
  return c;
}

static void put(temp_folder *folder, const char *name, content c) {
  FILE *out = fopen(temp_file(folder, name), "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(c.bytes, 1, c.size, out), c.size);
  fclose(out);
}

static bool same_claims(const rp_results *a, const rp_results *b) {
  bool same = a->n_queries == b->n_queries && a->n_radii == b->n_radii;
  for (int64_t i = 0; same && i < a->n_queries; i++)
    same = a->query[i].sample == b->query[i].sample &&
           a->query[i].radius == b->query[i].radius &&
           a->query[i].verdict == b->query[i].verdict;
  for (int64_t i = 0; same && i < a->n_radii; i++)
    same = a->radius[i].sample == b->radius[i].sample &&
           a->radius[i].lo == b->radius[i].lo &&
           a->radius[i].hi == b->radius[i].hi;
  return same;
}

/* A byte that matters to nothing may change; then the claims are the same. */
static void damaged_results_are_noticed(void **state) {
  temp_folder *folder = *state;
  rp_rng rng = rng_of_test(__func__);
  content c = content_of(folder, "base.h5");
  rp_results *base = read_results(folder, "base.h5");
  for (int32_t i = 0; i < FLIPS; i++) {
    const size_t at = rp_rng_below(&rng, (uint32_t)c.size);
    const uint8_t was = c.bytes[at];
    c.bytes[at] ^= (uint8_t)(1 + rp_rng_below(&rng, 255));
    put(folder, "damaged.h5", c);
    c.bytes[at] = was;
    if (check(folder, "damaged.h5", "base.h5.proofs") != 0) continue;
    rp_results *r = read_results(folder, "damaged.h5");
    if (r) assert_true(same_claims(base, r));
    rp_results_free(r);
  }
  for (int32_t i = 0; i < CUTS; i++) {
    content cut = {c.bytes, rp_rng_below(&rng, (uint32_t)c.size)};
    put(folder, "damaged.h5", cut);
    assert_int_not_equal(check(folder, "damaged.h5", "base.h5.proofs"), 0);
  }
  printf(
      "%d damaged results, %d cut off: none accepted wrongly, none crashes\n",
      FLIPS, CUTS);
  rp_results_free(base);
  free(c.bytes);
}

static void damaged_proofs_are_noticed(void **state) {
  temp_folder *folder = *state;
  rp_rng rng = rng_of_test(__func__);
  content c = content_of(folder, "base.h5.proofs");
  const size_t whole = c.size;
  for (int32_t i = 0; i < FLIPS; i++) {
    const size_t at = rp_rng_below(&rng, (uint32_t)c.size);
    const uint8_t was = c.bytes[at];
    c.bytes[at] ^= (uint8_t)(1 + rp_rng_below(&rng, 255));
    put(folder, "damaged.proofs", c);
    c.bytes[at] = was;
    (void)check(folder, "base.h5", "damaged.proofs");
    assert_false(said(folder, "crashes"));
  }
  for (int32_t i = 0; i < CUTS; i++) {
    c.size = rp_rng_below(&rng, (uint32_t)whole / 2);
    put(folder, "damaged.proofs", c);
    assert_int_not_equal(check(folder, "base.h5", "damaged.proofs"), 0);
    assert_false(said(folder, "crashes"));
  }
  printf("%d damaged files of proofs, %d cut off: none crashes\n", FLIPS, CUTS);
  free(c.bytes);
}

/* Proofs of a sample or radius under the name of another one are refused. */
static void proofs_of_others_are_refused(void **state) {
  temp_folder *folder = *state;
  content c = content_of(folder, "base.h5.proofs");
  enum { HEAD = 40, SAMPLE_AT = 4, RADIUS_AT = 12, SIZE_AT = 40, BLOCK = 44 };
  for (int32_t what = 0; what < 3; what++) {
    for (size_t at = HEAD; at + BLOCK <= c.size;) {
      uint8_t *head = c.bytes + at;
      uint32_t size;
      memcpy(&size, head + SIZE_AT, sizeof size);
      head[what ? RADIUS_AT : SAMPLE_AT] += 1;
      if (what == 2) head[RADIUS_AT + 3] = 0x80; /* beyond every radius */
      at += BLOCK + size;
    }
    put(folder, "renamed.proofs", c);
    assert_int_equal(check(folder, "base.h5", "renamed.proofs"), 1);
  }
  c.bytes[8] ^= 1; /* of the network's digest */
  put(folder, "renamed.proofs", c);
  assert_int_equal(check(folder, "base.h5", "renamed.proofs"), 2);
  free(c.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(false_claims_fail),
      cmocka_unit_test(open_rows_claim_nothing),
      cmocka_unit_test(damaged_results_are_noticed),
      cmocka_unit_test(damaged_proofs_are_noticed),
      cmocka_unit_test(proofs_of_others_are_refused),
  };
  return cmocka_run_group_tests(tests, results_made, temp_folder_removed);
}
