/* Two checkers, one answer: what rampart-check's rules accept, the checker that
 * was extracted from its proof accepts, and nothing else. Claims about tiny
 * networks, true and false, with proofs honest, in subproblems and damaged, are
 * written as rampart-check --claims does; rampart-verified-check is run on each
 * folder. Whatever it accepts must be true by enumeration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sys/wait.h>

#include "temp_folder.h" /* first: it has names of its own */

#include "core/rng.h"
#include "idle_cuts.h"
#include "pool.h"

enum { NETWORKS = 60, DAMAGES = 12, MOST_CASES = 4096, TEXTS = 6 };
enum { SKIPPED = 77 };
static const char hash[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static const tiny_plan plans[] = {{2, 3, 5, 1024, 15},
                                  {2, 3, 8, 1024, 127},
                                  {3, 4, 6, 256, 31},
                                  {3, 3, 8, 1024, 127}};

/* What is known of a claim that was written. */
typedef struct written {
  bool is_true, accepted; /* by enumeration; by the C checker */
  bool has_c;             /* the C checker said something */
  bool must;              /* the verified one has to accept it */
  bool verified;
} written;

typedef struct tally {
  int64_t claims, proved, damaged, false_claims, texts, boxes, differ;
  int64_t changed[ROLES];
} tally;

/* A network, its claims in a folder, and what is known of them. */
typedef struct world {
  scene s;
  const net *n;          /* that the claims are about */
  const int32_t *answer; /* [s.all.n] of that network */
  char folder[128];
  written claim[MOST_CASES];
  int32_t count;
  rp_rng *rng;
  tally *t;
} world;

/* ---- the truth ---- */

static int32_t nearest(const world *w, const uint8_t *x, int32_t label) {
  int32_t distance = INT32_MAX;
  for (int32_t k = 0; k < w->s.all.n; k++) {
    const int32_t d = distance_of(x, input_of(&w->s.all, k), w->n->n_in);
    if (w->answer[k] != label && d < distance) distance = d;
  }
  return distance;
}

/* ---- claims are written ---- */

static written *claim_begun(world *w, assertion *a, const int32_t *x) {
  assert_true(w->count < MOST_CASES);
  snprintf(a->name, sizeof a->name, "%06d", w->count);
  a->n_in = w->n->n_in;
  a->x = x;
  rp_check_write_claim(w->folder, hash, a);
  w->t->claims++;
  w->claim[w->count] = (written){0};
  return &w->claim[w->count++];
}

/* The streams as the C checker takes them: by name, exactly as long as they
 * are. */
static int64_t streams_of(const pool *p, int32_t radius, int32_t without,
                          stream *to) {
  int64_t n = 0;
  for (int32_t i = 0; i < p->count; i++) {
    const bytes b = p->proof[i];
    if (i == without) continue;
    uint8_t *exact = malloc(b.size + 1);
    memcpy(exact, b.data, b.size);
    int64_t at = n++;
    for (; at > 0 && to[at - 1].name > p->name[i]; at--) to[at] = to[at - 1];
    to[at] = (stream){
        .name = p->name[i], .radius = radius, .plain = {exact, b.size}};
  }
  return n;
}

static bool accepted_by_c(const world *w, const int32_t *x, int32_t label,
                          stream *s, int64_t n) {
  rp_error why = {""};
  bool good = false;
  for (int64_t k = n - 1; k >= 0 && !good; k--)
    good = rp_check_proof(w->n, x, label, s + k, n - k, &why) == RP_OK;
  return good;
}

static void claim_robust(world *w, const uint8_t *x, int32_t label,
                         int32_t radius, const pool *p, int32_t without) {
  int32_t wide_x[TINY_INPUTS];
  stream s[MOST_STREAMS];
  int64_t n = streams_of(p, radius, without, s);
  widened(x, w->n->n_in, wide_x);
  assertion a = {.label = label,
                 .radius = radius,
                 .verdict = "robust",
                 .streams = s,
                 .n_streams = n};
  written *own = claim_begun(w, &a, wide_x);
  own->is_true = nearest(w, x, label) > radius;
  own->accepted = accepted_by_c(w, wide_x, label, s, n);
  own->has_c = true;
  assert_true(own->is_true || !own->accepted);
  w->t->proved += own->accepted;
  w->t->false_claims += !own->is_true;
  while (n > 0) free(s[--n].plain.bytes);
}

/* Counterexamples, some of them none, at distances, some of them others. */
static void claim_violated(world *w, const uint8_t *x) {
  int64_t found[TINY_INPUTS];
  int32_t wide_x[TINY_INPUTS];
  const int32_t k = (int32_t)rp_rng_below(w->rng, (uint32_t)w->s.all.n);
  const uint8_t *y = input_of(&w->s.all, k);
  const int32_t d = distance_of(x, y, w->n->n_in);
  const int32_t at = nearest(w, x, w->s.label) == 0;
  for (int32_t p = 0; p < w->n->n_in; p++) found[p] = y[p];
  if (rp_rng_below(w->rng, 8) == 0) found[0] = w->n->in_hi + 1;
  widened(x, w->n->n_in, wide_x);
  assertion a = {.label = w->s.label,
                 .radius = rp_rng_below(w->rng, 4) ? d : d + 1,
                 .verdict = "violated",
                 .counterexample = found};
  written *own = claim_begun(w, &a, wide_x);
  own->is_true =
      !at && a.radius == d && found[0] == y[0] && w->answer[k] != w->s.label;
  own->accepted = own->is_true;
  own->has_c = true;
  w->t->false_claims += !own->is_true;
}

/* A box inside a ball that is proved holds by the same proof; one that reaches
 * to an input of another class does not. */
static void claim_box(world *w, const uint8_t *x, int32_t radius,
                      const pool *p) {
  char file[256];
  int32_t lo[TINY_INPUTS], hi[TINY_INPUTS], wide_x[TINY_INPUTS];
  stream s[MOST_STREAMS];
  int64_t n = streams_of(p, radius, -1, s);
  const bool beyond = rp_rng_below(w->rng, 2);
  widened(x, w->n->n_in, wide_x);
  assertion a = {.verdict = "robust", .streams = s, .n_streams = n};
  written *own = claim_begun(w, &a, wide_x);
  snprintf(file, sizeof file, "%s/%s.claim", w->folder, a.name);
  FILE *out = fopen(file, "w");
  assert_non_null(out);
  fprintf(out, "rampart-claim 1\nsha256:%s\nsample 0\nlabel %d\ninput", hash,
          w->s.label);
  for (int32_t i = 0; i < w->n->n_in; i++) {
    fprintf(out, " %d", x[i]);
    lo[i] = x[i] - (int32_t)between(w->rng, 0, beyond ? 15 : radius);
    hi[i] = x[i] + (int32_t)between(w->rng, 0, beyond ? 15 : radius);
  }
  for (int end = 0; end < 2; end++) {
    fputs(end ? "\nmost" : "\nleast", out);
    for (int32_t i = 0; i < w->n->n_in; i++)
      fprintf(out, " %d", end ? hi[i] : lo[i]);
  }
  fputs("\nrobust\n", out);
  fclose(out);
  own->is_true = true;
  for (int32_t k = 0; k < w->s.all.n; k++) {
    bool inside = true;
    for (int32_t i = 0; i < w->n->n_in; i++)
      inside = inside && input_of(&w->s.all, k)[i] >= lo[i] &&
               input_of(&w->s.all, k)[i] <= hi[i];
    if (inside && w->answer[k] != w->s.label) own->is_true = false;
  }
  own->must = !beyond;
  w->t->boxes++;
  w->t->false_claims += !own->is_true;
  while (n > 0) free(s[--n].plain.bytes);
}

static void claim_misclassified(world *w, const uint8_t *x, int32_t label) {
  int32_t wide_x[TINY_INPUTS];
  widened(x, w->n->n_in, wide_x);
  assertion a = {.label = label, .verdict = "misclassified"};
  written *own = claim_begun(w, &a, wide_x);
  own->is_true = own->accepted = nearest(w, x, label) == 0;
  own->has_c = true;
  w->t->false_claims += !own->is_true;
}

/* ---- damage to proofs ---- */

/* Any subproblem again, under its own name: it finds no region to take. */
static void claim_doubled(world *w, const uint8_t *x, int32_t label,
                          int32_t radius, const pool *p) {
  if (p->count == MOST_STREAMS) return;
  pool *own = copy_of_pool(p);
  const uint32_t i = 1 + rp_rng_below(w->rng, (uint32_t)p->count - 1);
  own->proof[own->count] = copied(own->proof[i]);
  own->name[own->count++] = own->name[i];
  claim_robust(w, x, label, radius, own, -1);
  assert_true(w->claim[w->count - 1].accepted);
  drop_streams(own);
  free(own);
}

/* Whatever is malformed is refused, though a proof stands before it. */
static void claim_malformed(world *w, const uint8_t *x, int32_t label,
                            int32_t radius, const pool *p) {
  static const struct {
    const char *bytes;
    size_t size;
  } more[] = {
      {"\2\1\1\11", 4},        /* no such step, of a node that is closed */
      {"\2\1\1\3", 4},         /* a step that is cut off */
      {"\3\0\0", 3},           /* a leaf of node 0 */
      {"\5\1", 2},             /* nothing comes before the first stream */
      {"\6\1", 2},             /* a cut that is cut off */
      {"\7\1", 2},             /* no such record */
      {"\2\1\4\7\1\177\1", 7}, /* a step with a cut that is not there */
      {"\2\x81\x80\x80\x80\x80\x80\x80\x80\x80\2\0", 12}}; /* 2^64 + 1 */
  for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
    pool *own = copy_of_pool(p);
    bytes *b = &own->proof[0];
    memcpy(b->data + b->size - 1, more[i].bytes, more[i].size);
    b->size += more[i].size;
    b->data[b->size - 1] = 0; /* the end */
    claim_robust(w, x, label, radius, own, -1);
    assert_false(w->claim[w->count - 1].accepted);
    drop_streams(own);
    free(own);
  }
}

/* One stream: sometimes a number of it, all else well formed. */
static void damage_pool(world *w, pool *p, bool is_well_formed,
                        const bytes *other) {
  static numbers apart;
  if (is_well_formed && p->count == 1) {
    if (rp_rng_below(w->rng, 2)) put_idle_cuts(w->rng, &w->s.n, &p->proof[0]);
    taken_apart(&w->s.n, &p->proof[0], &apart);
    for (uint32_t d = rp_rng_below(w->rng, 4) ? 1 : 3; d > 0; d--)
      mutate(w->rng, &apart, w->t->changed);
    if (!put_together(&apart, &p->proof[0])) p->proof[0].size = 0;
  } else {
    for (uint32_t d = 1 + rp_rng_below(w->rng, 3); d > 0; d--)
      damage_streams(p, other);
  }
}

static void claim_damaged(world *w, const uint8_t *x, int32_t label,
                          int32_t radius, const pool *p, const bytes *other) {
  for (int32_t i = 0; i < DAMAGES; i++) {
    pool *own = copy_of_pool(p);
    rp_rng_init(&own->rng, rp_rng_u64(w->rng));
    if (i > 0) damage_pool(w, own, i % 2, other);
    if (rp_rng_below(w->rng, 8))
      for (int32_t k = 0; k < own->count; k++)
        fit_head(&own->proof[k], label, radius);
    claim_robust(w, x, label, radius, own, -1);
    w->t->damaged += i > 0;
    drop_streams(own);
    free(own);
  }
}

/* ---- damage to a claim's text ---- */

/* What a text claims, if it is one of a robust ball: its truth; else -1. */
static int truth_of(const world *w, const char *claim) {
  int32_t label, radius, n = 0, at = 0;
  uint8_t x[TINY_INPUTS];
  if (sscanf(claim,
             "rampart-claim 1\nsha256:%*s\nsample %*s\nlabel %d\ninput%n",
             &label, &at) != 1 ||
      at == 0)
    return -1;
  claim += at;
  for (int value; n < w->n->n_in && sscanf(claim, "%d%n", &value, &at) == 1;
       n++) {
    x[n] = (uint8_t)value;
    claim += at;
  }
  if (n < w->n->n_in || sscanf(claim, " radius %d robust", &radius) != 1)
    return -1;
  return nearest(w, x, label) > radius;
}

static void claim_text_damaged(world *w, const char *name) {
  char file[256], said[4096];
  snprintf(file, sizeof file, "%s/%s.claim", w->folder, name);
  FILE *in = fopen(file, "rb");
  assert_non_null(in);
  bytes b = {malloc(MOST_BYTES), 0};
  b.size = fread(b.data, 1, MOST_BYTES, in);
  fclose(in);
  damage_once(w->rng, &b, &b);
  snprintf(file, sizeof file, "%s/%06d.claim", w->folder, w->count);
  FILE *out = fopen(file, "wb");
  assert_int_equal(fwrite(b.data, 1, b.size, out), b.size);
  fclose(out);
  snprintf(said, sizeof said, "%.*s", (int)b.size, (const char *)b.data);
  char to[256];
  snprintf(file, sizeof file, "%s/%s.proof", w->folder, name);
  snprintf(to, sizeof to, "%s/%06d.proof", w->folder, w->count);
  assert_int_equal(link(file, to), 0);
  assert_true(w->count < MOST_CASES);
  w->claim[w->count++] = (written){.is_true = truth_of(w, said) == 1};
  w->t->texts++;
  free(b.data);
}

/* ---- the verified checker ---- */

static void run_verified(world *w) {
  char command[512], line[256], file[160];
  snprintf(file, sizeof file, "%s/said", w->folder);
  snprintf(command, sizeof command, "'%s' '%s' >'%s'",
           getenv("RAMPART_VERIFIED_CHECK"), w->folder, file);
  const int status = system(command);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
  for (int32_t k = 0; k < w->count; k++) w->claim[k].verified = true;
  FILE *in = fopen(file, "r");
  assert_non_null(in);
  int32_t k, failed = 0, holding = -1, told = -1;
  while (fgets(line, sizeof line, in))
    if (sscanf(line, "%d: %*s", &k) == 1) {
      assert_in_range(k, 0, w->count - 1);
      w->claim[k].verified = false;
      failed++;
    } else {
      (void)sscanf(strrchr(line, ':'), ": %d claims hold, %d", &holding, &told);
    }
  fclose(in);
  assert_int_equal(told, failed);
  assert_int_equal(holding, w->count - failed);
}

static void compare(world *w) {
  for (int32_t k = 0; k < w->count; k++) {
    const written *c = &w->claim[k];
    assert_true(c->is_true || !c->verified);
    assert_true(c->verified || !c->must);
    if (!c->has_c || c->accepted == c->verified) continue;
    w->t->differ++;
    printf("%s/%06d: %s by rampart-check, %s by the verified one\n", w->folder,
           k, c->accepted ? "accepted" : "refused",
           c->verified ? "accepted" : "refused");
  }
}

static void remove_folder(const char *folder) {
  char file[512];
  DIR *dir = opendir(folder);
  for (struct dirent *e; dir && (e = readdir(dir));) {
    snprintf(file, sizeof file, "%s/%s", folder, e->d_name);
    if (e->d_name[0] != '.') assert_int_equal(remove(file), 0);
  }
  if (dir) closedir(dir);
  assert_int_equal(rmdir(folder), 0);
}

/* ---- one network ---- */

static void begin(world *w, const net *n, const int32_t *answer) {
  w->n = n;
  w->answer = answer;
  w->count = 0;
  rp_check_create_folder(w->folder, true);
  rp_check_write_network(w->folder, hash, n);
}

static void end(world *w) {
  const int64_t differed = w->t->differ;
  run_verified(w);
  compare(w);
  if (w->t->differ == differed) remove_folder(w->folder);
}

static void claim_all(world *w, pool *p, bytes *other) {
  const scene *s = &w->s;
  const int32_t most = s->distance > s->n.in_hi ? s->n.in_hi : s->distance - 1;
  for (int32_t radius = 1; radius <= most; radius++) {
    prove_in_subproblems(s, radius, p);
    claim_robust(w, s->x, s->label, radius, p, -1);
    assert_true(w->claim[w->count - 1].accepted);
    claim_box(w, s->x, radius, p);
    claim_malformed(w, s->x, s->label, radius, p);
    if (radius == 1)
      for (int32_t i = 0; i < TEXTS; i++) claim_text_damaged(w, "000000");
    if (p->count > 1) {
      claim_doubled(w, s->x, s->label, radius, p);
      claim_robust(w, s->x, s->label, radius, p,
                   (int32_t)rp_rng_below(w->rng, (uint32_t)p->count));
    }
    if (radius == most) {
      claim_damaged(w, s->x, s->label, radius, p, other);
      claim_damaged(w, s->x, s->label, radius + 1, p, other);
      claim_damaged(w, s->x, (s->label + 1) % s->n.n_out, radius, p, other);
      claim_damaged(
          w,
          input_of(&s->all, (int32_t)rp_rng_below(w->rng, (uint32_t)s->all.n)),
          s->label, radius, p, other);
      free(other->data);
      *other = copied(p->proof[p->count - 1]);
    }
    drop_streams(p);
  }
  for (int32_t i = 0; i < DAMAGES; i++) claim_violated(w, s->x);
  for (int32_t i = 0; i < s->n.n_out; i++) claim_misclassified(w, s->x, i);
}

/* The proofs of one network offered for another, with one number changed. */
static void claim_of_another(world *w, pool *p) {
  net n = {0};
  assert_true(net_for_check(w->s.engine, &n));
  change_number(w->rng, &n);
  if (net_changed(&n) && w->s.distance > 1) {
    int32_t *answer = calloc((size_t)w->s.all.n, sizeof *answer);
    int32_t x[TINY_INPUTS];
    for (int32_t k = 0; k < w->s.all.n; k++) {
      widened(input_of(&w->s.all, k), n.n_in, x);
      answer[k] = rp_check_predict(&n, x);
    }
    begin(w, &n, answer);
    prove_in_subproblems(&w->s, 1, p);
    claim_robust(w, w->s.x, w->s.label, 1, p, -1);
    drop_streams(p);
    claim_misclassified(w, w->s.x, w->s.label);
    end(w);
    free(answer);
  }
  check_net_free(&n);
}

static void both_checkers_agree(void **state) {
  const temp_folder *folder = *state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  bytes other = {NULL, 0};
  pool *p = calloc(1, sizeof *p);
  world *w = calloc(1, sizeof *w);
  assert_true(p && w);
  w->rng = &rng;
  w->t = &t;
  rp_rng_init(&p->rng, rp_rng_u64(&rng));
  give_to(p);
  for (int32_t i = 0; i < NETWORKS; i++) {
    const int32_t steps = rp_rng_below(&rng, 3) ? 0 : 30;
    scene_init(&rng, &plans[rp_rng_below(&rng, 4)], steps, &w->s);
    snprintf(w->folder, sizeof w->folder, "%s/%d", folder->path, 2 * i);
    begin(w, &w->s.n, w->s.all.prediction);
    claim_all(w, p, &other);
    end(w);
    snprintf(w->folder, sizeof w->folder, "%s/%d", folder->path, 2 * i + 1);
    claim_of_another(w, p);
    scene_fini(&w->s);
  }
  free(other.data);
  free(p);
  free(w);
  printf("%lld claims, %lld false, %lld proved; %lld damaged proofs, %lld "
         "damaged texts, %lld boxes; %lld differ\n",
         (long long)t.claims, (long long)t.false_claims, (long long)t.proved,
         (long long)t.damaged, (long long)t.texts, (long long)t.boxes,
         (long long)t.differ);
  assert_int_equal(t.differ, 0);
  assert_true(t.damaged > 1000 && t.proved > 100 && t.false_claims > 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_checkers_agree),
  };
  const char *program = getenv("RAMPART_VERIFIED_CHECK");
  if (!program || !program[0]) {
    puts("SKIPPED: rampart-verified-check was not built");
    return SKIPPED;
  }
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
