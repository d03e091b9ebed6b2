/* A solver that lies: the interface of linear programs, answered at random.
 *
 * Statuses, values, points and duals have nothing to do with the program: zero,
 * huge, NaN, infinite, or near what would be plausible. This file takes the
 * place of GLPK's back end when the test is linked. No wrong verdict comes out,
 * every query ends, and what is proved is proved: the checker accepts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <zlib.h>

#include "core/rng.h"
#include "lp/lp.h"
#include "small_world.h"
#include "verify/verify.h"

/* ---- the liar ---- */

struct rp_lp {
  int32_t n_rows, n_cols;
  rp_stats *stats;
  bool dead;
};

static rp_rng whim; /* one thread: the test's options say so */

static double lie(void) {
  static const double telling[] = {0,    1,     -1,       1e-300,
                                   1e30, 1e300, HUGE_VAL, -HUGE_VAL};
  switch (rp_rng_below(&whim, 5)) {
  case 0:
    return telling[rp_rng_below(&whim, sizeof telling / sizeof *telling)];
  case 1:
    return NAN;
  case 2:
    return ldexp(rp_rng_unit(&whim) - 0.5, (int)between(&whim, -40, 60));
  default:
    return 20 * (rp_rng_unit(&whim) - 0.5);
  }
}

static rp_status mood(rp_lp *lp) {
  if (lp->dead) return RP_E_NUMERIC;
  if (rp_rng_below(&whim, 3000) == 0) lp->dead = true;
  return rp_rng_below(&whim, 1000) ? RP_OK : RP_E_NUMERIC;
}

rp_status rp_lp_create(rp_stats *stats, rp_lp **lp) {
  *lp = calloc(1, sizeof **lp);
  if (!*lp) return RP_E_MEMORY;
  (*lp)->stats = stats;
  return RP_OK;
}
void rp_lp_free(rp_lp *lp) {
  free(lp);
}
bool rp_lp_is_dead(const rp_lp *lp) {
  return lp->dead;
}
rp_status rp_lp_add_rows(rp_lp *lp, int32_t count) {
  lp->n_rows += count;
  return mood(lp);
}
rp_status rp_lp_add_cols(rp_lp *lp, int32_t count) {
  lp->n_cols += count;
  return mood(lp);
}
rp_status rp_lp_row_bounds(rp_lp *lp, int32_t at, double lo, double hi) {
  (void)at, (void)lo, (void)hi;
  return mood(lp);
}
rp_status rp_lp_col_bounds(rp_lp *lp, int32_t col, double lo, double hi) {
  (void)col, (void)lo, (void)hi;
  return mood(lp);
}
rp_status rp_lp_objective(rp_lp *lp, int32_t col, double coefficient) {
  (void)col, (void)coefficient;
  return mood(lp);
}
rp_status rp_lp_set_row(rp_lp *lp, int32_t at, int32_t count,
                        const int32_t *cols, const double *values) {
  (void)at, (void)count, (void)cols, (void)values;
  return mood(lp);
}
rp_status rp_lp_set_col(rp_lp *lp, int32_t col, int32_t count,
                        const int32_t *rows, const double *values) {
  (void)col, (void)count, (void)rows, (void)values;
  return mood(lp);
}
rp_status rp_lp_del_cols(rp_lp *lp, int32_t count, const int32_t *cols) {
  (void)cols;
  lp->n_cols -= count;
  return mood(lp);
}
bool rp_lp_col_is_basic(const rp_lp *lp, int32_t col) {
  (void)lp, (void)col;
  return rp_rng_below(&whim, 2);
}
rp_status rp_lp_integer(rp_lp *lp, int32_t col) {
  (void)col;
  return mood(lp);
}
int32_t rp_lp_n_rows(const rp_lp *lp) {
  return lp->n_rows;
}
rp_status rp_lp_forget_basis(rp_lp *lp) {
  return mood(lp);
}

static rp_lp_outcome any_outcome(void) {
  return rp_rng_below(&whim, 3)
             ? RP_LP_OPTIMAL
             : (rp_lp_outcome)between(&whim, RP_LP_OPTIMAL, RP_LP_FAILED);
}

rp_lp_outcome rp_lp_solve(rp_lp *lp, const rp_lp_params *params) {
  (void)params;
  lp->stats->lp_solves++;
  return lp->dead ? RP_LP_FAILED : any_outcome();
}
double rp_lp_value(const rp_lp *lp) {
  (void)lp;
  return lie();
}

static void lies(int32_t count, double *values) {
  const double all_alike = lie();
  const bool alike = rp_rng_below(&whim, 8) == 0;
  for (int32_t i = 0; i < count; i++) values[i] = alike ? all_alike : lie();
}

void rp_lp_col_values(const rp_lp *lp, double *values) {
  lies(lp->n_cols, values);
}
void rp_lp_row_duals(const rp_lp *lp, double *duals) {
  lies(lp->n_rows, duals);
}
rp_lp_outcome rp_lp_solve_integer(rp_lp *lp, const rp_deadline *deadline,
                                  bool feasible_stop) {
  (void)deadline, (void)feasible_stop;
  lp->stats->lp_solves++;
  return lp->dead ? RP_LP_FAILED : any_outcome();
}
void rp_lp_int_values(const rp_lp *lp, double *values) {
  lies(lp->n_cols, values);
}
int64_t rp_lp_thread_bytes(void) {
  return 0;
}
void rp_lp_thread_fini(void) {}
void rp_lp_abort_after(int32_t n) {
  (void)n;
}

/* ---- the test ---- */

enum { NETWORKS = 400 };

static const tiny_plan plans[] = {
    {2, 3, 5, 1024, 15}, {2, 3, 8, 1024, 127}, {3, 4, 6, 256, 31}};

typedef struct tally {
  int64_t verdict[RP_VERDICT_COUNT], solves, nodes;
} tally;

/* The engine's own proof of what it claims, checked. */
static void is_proved(const rp_net *engine, const rp_question *query,
                      rp_proof *proof) {
  net n = {0};
  int32_t x[TINY_INPUTS];
  uLongf size = rp_proof_plain_size(proof);
  const size_t packed = rp_proof_size(proof);
  uint8_t *deflated = malloc(packed), *plain = malloc(size);
  assert_true(packed > 0 && net_for_check(engine, &n));
  assert_int_equal(rp_proof_read(proof, 0, deflated, packed), RP_OK);
  assert_int_equal(uncompress(plain, &size, deflated, packed), Z_OK);
  widened(query->x, n.n_in, x);
  stream all = {.radius = query->radius, .plain = {plain, size}};
  assert_int_equal(rp_check_proof(&n, x, query->label, &all, 1, NULL), RP_OK);
  free(plain);
  free(deflated);
  check_net_free(&n);
}

static void is_right_or_unknown(const enumeration *all, const rp_net *engine,
                                const rp_question *query, rp_proof *proof,
                                const uint8_t *witness,
                                const rp_answer *answer) {
  int32_t distance, prediction;
  (void)nearest_change(all, query->x, query->label, &distance);
  if (answer->verdict == RP_ROBUST) {
    assert_true(distance > query->radius);
    is_proved(engine, query, proof);
  } else if (answer->verdict == RP_VIOLATED) {
    assert_true(distance <= query->radius);
    assert_true(distance_of(query->x, witness, engine->n_in) <= query->radius);
    assert_int_equal(rp_reference_predict(engine, witness, &prediction), RP_OK);
    assert_int_not_equal(prediction, query->label);
  } else {
    assert_int_equal(answer->verdict, RP_UNKNOWN);
    assert_int_not_equal(answer->reason, RP_REASON_NONE);
  }
}

static void ask_all(rp_rng *rng, const rp_net *engine, rp_engine which,
                    tally *t) {
  rp_options options;
  enumeration all;
  rp_verifier *verifier;
  rp_proof *proof;
  rp_options_default(&options);
  options.engine = which;
  options.threads = 1;
  options.time_limit = 2;
  options.dual_steps = rp_rng_below(rng, 2) ? 0 : 5;
  options.attack_moves = rp_rng_below(rng, 2) ? 0 : 100;
  options.box_points = 0; /* else linear programs are hardly asked */
  assert_int_equal(rp_verifier_create(engine, &options, &verifier, NULL),
                   RP_OK);
  rp_verifier_cut_at_once(verifier);
  assert_int_equal(rp_proof_create(&proof), RP_OK);
  rp_verifier_record(verifier, proof);
  enumerate(engine, &all);
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)all.n);
  for (int32_t radius = 1; radius <= engine->in_hi; radius++) {
    const rp_question query = {
        .x = input_of(&all, k), .label = all.prediction[k], .radius = radius};
    uint8_t witness[TINY_INPUTS];
    rp_answer answer;
    rp_verify(verifier, &query, NULL, witness, &answer);
    is_right_or_unknown(&all, engine, &query, proof, witness, &answer);
    t->verdict[answer.verdict]++;
    t->solves += answer.stats.lp_solves;
    t->nodes += answer.stats.nodes;
  }
  enumeration_fini(&all);
  rp_proof_free(proof);
  rp_verifier_free(verifier);
}

static void no_lie_becomes_a_verdict(rp_engine which, const char *name) {
  rp_rng rng = rng_of_test(name);
  tally t = {{0}, 0, 0};
  whim = rng;
  for (int32_t i = 0; i < NETWORKS; i++) {
    rp_net *engine = tiny_net(&rng, &plans[rp_rng_below(&rng, 3)]);
    assert_non_null(engine);
    ask_all(&rng, engine, which, &t);
    rp_net_free(engine);
  }
  printf("%lld robust, %lld violated, %lld unknown; %lld lies in %lld nodes\n",
         (long long)t.verdict[RP_ROBUST], (long long)t.verdict[RP_VIOLATED],
         (long long)t.verdict[RP_UNKNOWN], (long long)t.solves,
         (long long)t.nodes);
  assert_true(t.solves > 100);
}

static void the_exact_engine_is_not_deceived(void **state) {
  (void)state;
  no_lie_becomes_a_verdict(RP_ENGINE_HULL, __func__);
}

/* What it claims is replayed, and said to be wrong: a line for each lie. */
static void the_onehot_engine_claims_nothing(void **state) {
  (void)state;
  const int kept = dup(STDERR_FILENO);
  assert_non_null(freopen("/dev/null", "w", stderr));
  no_lie_becomes_a_verdict(RP_ENGINE_ONEHOT, __func__);
  fflush(stderr);
  assert_true(dup2(kept, STDERR_FILENO) >= 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_exact_engine_is_not_deceived),
      cmocka_unit_test(the_onehot_engine_claims_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
