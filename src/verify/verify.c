/* One query to a verdict: the order of methods. What they found becomes a
 * verdict in conclude.c.
 *
 * 1. Intervals and dual bounds over every part: closes most queries. On
 * networks that are no dense chains, a quick sign-gradient attack comes before
 * the dearest bounds.
 * 2. Sign-gradient attack, patient on those networks.
 * 3. Branch and bound over the open parts, and annealing against the rivals
 *    that are still open, in turn with doubling budgets.
 * Every counterexample is replayed by the reference pass; ROBUST needs every
 * part closed in integers. */
#include "verify/verify.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/log.h"
#include "core/memory.h"
#include "lp/integer.h"
#include "tree/search.h"
#include "verify/root.h"
#include "verify/verify_internal.h"

enum {
  FIRST_NODES = 32,   /* of the search, before annealing joins in */
  ANEW_FROM = 256,    /* nodes of a round before which a search begins anew */
  SOON = 64,          /* the same in tests */
  CUT_ROUNDS = 8,     /* for each bound of its root */
  WIDE_SEARCH = 64,   /* nodes of a round from which on wide networks are */
  LONG_SEARCH = 2048, /* attacked less, and deep ones, still less */
  WIDE_SHARE = 16,
  FAR_SHARE = 64,
  LONG_SHARE = 8,
  CLOSE_SEARCH = 256, /* nodes of a round from which on deep chains are */
  CLOSE_TIMES = 4,    /* attacked more, where that came close */
  FAR_PART = 8        /* of the outputs' range is far in a deep chain */
};

/* Steps of the outputs that an attack lacks: where it is near, its time is well
 * spent, and where it is far, lost. */
static const double NEAR = 1, CLOSE = 2, FAR = 8;

rp_status rp_verifier_create(const rp_net *net, const rp_options *options,
                             rp_verifier **verifier, rp_error *err) {
  rp_verifier *v = rp_alloc(1, sizeof *v);
  if (!v) return rp_fail(err, RP_E_MEMORY, "verifier: out of memory");
  v->net = net;
  v->options = *options;
  if (v->options.threads < 1) {
    const int threads = omp_get_max_threads(); /* as the environment says */
    v->options.threads = threads < RP_MOST_THREADS ? threads : RP_MOST_THREADS;
  }
  if (rp_attack_tables_create(net, &v->attack_tables) != RP_OK ||
      rp_attack_create(v->attack_tables, &v->attack) != RP_OK ||
      rp_region_create(net, &v->ball) != RP_OK ||
      !(v->rivals = rp_alloc((size_t)net->n_out, sizeof *v->rivals))) {
    rp_verifier_free(v);
    return rp_fail(err, RP_E_MEMORY, "verifier: out of memory");
  }
  if (*v->options.property) {
    const rp_status status = rp_verifier_ask_text(v, err);
    if (status != RP_OK) {
      rp_verifier_free(v);
      return status;
    }
  }
  *verifier = v;
  return RP_OK;
}

void rp_verifier_free(rp_verifier *verifier) {
  if (!verifier) return;
  rp_verifier_ask_classes(verifier);
  rp_attack_free(verifier->attack);
  rp_attack_tables_free(verifier->attack_tables);
  rp_region_free(verifier->ball);
  free(verifier->rivals);
  rp_condition_free(verifier->of_options);
  rp_net_free(verifier->compiled_net);
  free(verifier);
}

void rp_verifier_plant(rp_verifier *verifier, const uint8_t *x) {
  verifier->planted = x;
}

void rp_verifier_cut_at_once(rp_verifier *verifier) {
  verifier->cuts_at_once = true;
}

void rp_verifier_split(rp_verifier *verifier, rp_split *split) {
  verifier->split = split;
}

void rp_verifier_record(rp_verifier *verifier, rp_proof *proof) {
  verifier->proof = proof;
}

/* Bounds are to meet a planted counterexample, so none is looked for then. */
static bool has_attacks(const run *r) {
  return r->verifier->options.attack_moves > 0 && !r->verifier->planted;
}

static bool attack_by_gradient(run *r, rp_attack_effort effort) {
  const bool hit = rp_attack_gradient(r->verifier->attack, &r->target, effort,
                                      r->witness, &r->answer->stats);
  r->nearest = rp_attack_nearest(r->verifier->attack);
  return hit;
}

/* Of the networks that are no dense chains most have convolutions, where all
 * evaluations of inner bounds cost far more than a few strides. */
static bool is_refuted_quickly(void *context) {
  run *r = context;
  if (!has_attacks(r) || rp_net_is_dense_chain(r->verifier->net) ||
      r->was_attacked)
    return false;
  r->was_attacked = true;
  r->was_refuted = attack_by_gradient(r, RP_ATTACK_QUICK);
  return r->was_refuted;
}

/* The attack after the root's bounds. */
static bool is_refuted_by_gradient(run *r) {
  if (r->question->subproblem || !has_attacks(r) || r->begins_anew)
    return false;
  if (!r->was_attacked && attack_by_gradient(r, RP_ATTACK_QUICK)) return true;
  return !rp_net_is_dense_chain(r->verifier->net) &&
         attack_by_gradient(r, RP_ATTACK_PATIENT);
}

static rp_status bound_root(run *r) {
  rp_verifier *v = r->verifier;
  const root_task task = {.net = v->net,
                          .options = &v->options,
                          .label = r->label,
                          .region = v->ball,
                          .proof = v->proof,
                          .stats = &r->answer->stats,
                          .deadline = &r->deadline,
                          .cut_rounds = r->begins_anew ? CUT_ROUNDS : 0,
                          .is_decided = is_refuted_quickly,
                          .context = r};
  return root_bound(&task);
}

/* Put every part of every rival into the search. */
static rp_status add_parts(run *r, rp_search *search, bool *by_interval) {
  const rp_net *net = r->verifier->net;
  *by_interval = true;
  for (int32_t rival = 0; rival < net->n_out; rival++) {
    if (rival == r->label) continue;
    rp_part parts[RP_MAX_PARTS];
    const int32_t n = rp_property_parts(net, r->label, rival, parts);
    for (int32_t i = 0; i < n; i++) {
      bool this_one;
      RP_TRY(rp_search_add(search, &parts[i], &this_one));
      *by_interval = *by_interval && this_one;
    }
  }
  return RP_OK;
}

static void give_meanwhile(void *search) {
  rp_search_give(search);
}

/* Annealing against the rivals that are still open. */
static bool anneal(run *r, rp_search *search, int64_t moves) {
  const rp_verifier *v = r->verifier;
  int64_t open = 0;
  for (int32_t rival = 0; rival < v->net->n_out; rival++) {
    v->rivals[rival] = rp_search_is_rival_open(search, rival);
    open += v->rivals[rival];
  }
  if (open == 0) return false;
  RP_ASSERT(moves >= 0 && open < v->net->n_out);
  rp_attack_target target = r->target;
  target.seed += (uint64_t)r->round << 32;
  target.meanwhile = r->verifier->split ? give_meanwhile : NULL;
  target.context = search;
  const bool hit = rp_attack_anneal(v->attack, &target, v->rivals, moves / open,
                                    r->witness, &r->answer->stats);
  r->nearest = rp_attack_nearest(v->attack);
  return hit;
}

/* In wide networks nearly all counterexamples are found by a few ascents,
 * unless they are near misses. */
static int64_t choose_moves_of_wide(const run *r, int64_t nodes,
                                    int64_t moves) {
  if (r->nearest < -FAR) return moves / FAR_SHARE;
  return nodes >= WIDE_SEARCH && !(r->nearest > -NEAR) ? moves / WIDE_SHARE
                                                       : moves;
}

/* In deep networks they are mostly found before the tree is long; from then on
 * the attack gets less, unless it comes close on a dense chain. A condition
 * counts whole steps: many that cannot be met lack but one of them, so that
 * there it gets less in any case. */
static int64_t choose_moves_of_deep(const run *r, int64_t nodes,
                                    int64_t moves) {
  const rp_net *net = r->verifier->net;
  const rp_stair *output = net->block[net->n_blocks - 1].stair;
  const double range = output->hi - output->lo;
  if (rp_attack_is_on_chain(r->verifier->attack, &r->target)) {
    if (r->nearest < -fmax(FAR, range / FAR_PART)) return moves / FAR_SHARE;
    if (r->nearest > -CLOSE &&
        (!rp_stair_has_two_values(output) || nodes < LONG_SEARCH))
      return nodes >= CLOSE_SEARCH ? CLOSE_TIMES * moves : moves;
  }
  return nodes >= LONG_SEARCH ? moves / LONG_SHARE : moves;
}

static int64_t choose_moves(const run *r, int64_t nodes) {
  const rp_net *net = r->verifier->net;
  const int64_t moves = r->verifier->options.attack_moves * nodes;
  if (rp_net_is_wide(net)) return choose_moves_of_wide(r, nodes, moves);
  return net->n_blocks > 2 ? choose_moves_of_deep(r, nodes, moves) : moves;
}

/* Where all open nodes are wanted, what the search has proved stands for the
 * rest of the question: it is exhausted but for them. */
static rp_search_outcome give_all(rp_search *search,
                                  rp_search_outcome outcome) {
  const bool may_go_on =
      outcome == RP_SEARCH_PAUSED || outcome == RP_SEARCH_INTERRUPTED;
  return may_go_on && rp_search_give_all(search) ? rp_search_state(search)
                                                 : outcome;
}

/* Inner bounds with cuts take as long as some hundred nodes, and halve a search
 * at least (results/BENCHMARKS.md). So a deep search that has come to some
 * length drops what it has and begins anew from them. What was given away to
 * others cannot be dropped: such a search gives nothing away before that. */
static bool may_begin_anew(const run *r) {
  const rp_net *net = r->verifier->net;
  return !r->begins_anew && net->n_blocks > 2 && !rp_net_is_wide(net) &&
         rp_cut_is_for(net, 0) && !r->question->subproblem;
}

/* All that is open may have been wanted, and only a part of it taken over. */
static bool should_begin_anew(const run *r, const rp_search *search) {
  const int64_t from = r->verifier->cuts_at_once ? SOON : ANEW_FROM;
  return may_begin_anew(r) && r->nodes >= from &&
         rp_search_count_subproblems(search) == 0;
}

/* Proof and falsification in turn, each round with twice the nodes: neither
 * starves, and the order of events does not depend on the clock. Returns false
 * if the search is to begin anew. */
static bool search_and_attack(run *r, rp_search *search) {
  if (is_refuted_by_gradient(r)) {
    conclude_violated(r);
    return true;
  }
  for (;; r->round++, r->nodes *= 2) {
    if (should_begin_anew(r, search)) return false;
    const rp_search_outcome outcome =
        give_all(search, rp_search_run(search, r->nodes, r->witness));
    if (outcome != RP_SEARCH_PAUSED) {
      conclude_search(r, outcome);
      return true;
    }
    if (has_attacks(r) && anneal(r, search, choose_moves(r, r->nodes))) {
      conclude_violated(r);
      return true;
    }
  }
}

static void begin_proof(const run *r) {
  const rp_question *const question = r->question;
  const uint64_t own = r->verifier->split ? r->verifier->split->name : 0;
  if (r->verifier->proof)
    rp_proof_begin(r->verifier->proof, r->label, question->radius,
                   question->subproblem ? own - r->source : 0);
}

static void set_ball(rp_verifier *verifier, const rp_question *question) {
  const size_t n_in = (size_t)verifier->net->n_in;
  rp_region *const ball = verifier->ball;
  verifier->norm_ball =
      (rp_ball){verifier->options.norm, question->radius, question->x};
  rp_region_within(verifier->net, &verifier->norm_ball, ball);
  const bool is_linf = verifier->options.norm == RP_NORM_LINF;
  for (size_t p = 0; question->box_lo && p < n_in; p++) {
    const uint8_t lo = question->box_lo[p], hi = question->box_hi[p];
    if (is_linf || lo > ball->x_lo[p]) ball->x_lo[p] = lo;
    if (is_linf || hi < ball->x_hi[p]) ball->x_hi[p] = hi;
  }
}

/* Returns false if the search is to begin anew. */
static bool decide(run *r, rp_search *search) {
  const rp_question *question = r->question;
  bool by_interval = false, is_over = true;
  const rp_status status = question->subproblem
                               ? rp_search_resume(search, question->subproblem,
                                                  question->subproblem_size)
                               : add_parts(r, search, &by_interval);
  if (status != RP_OK) {
    give_up(r, get_status_reason(status));
    return true;
  }
  const rp_search_outcome outcome = rp_search_state(search);
  if (outcome == RP_SEARCH_PAUSED)
    is_over = search_and_attack(r, search);
  else
    conclude_search(r, outcome);
  if (outcome == RP_SEARCH_EXHAUSTED) /* there was no tree to speak of */
    r->answer->evidence = by_interval ? RP_EVIDENCE_INTERVAL : RP_EVIDENCE_DUAL;
  return is_over;
}

/* From the root on. Returns false if the search is to begin anew. */
static bool decide_from_root(run *r) {
  rp_search *search = NULL;
  const rp_search_task task = {.net = r->verifier->net,
                               .attack_tables = r->verifier->attack_tables,
                               .options = &r->verifier->options,
                               .target = &r->target,
                               .root = r->verifier->ball,
                               .planted = r->verifier->planted,
                               .cuts_at_once = r->verifier->cuts_at_once,
                               .proof = r->verifier->proof,
                               .split = r->verifier->split,
                               .gives_only_all = may_begin_anew(r),
                               .began_s = r->began_s,
                               .began_cpu_s = r->began_cpu_s,
                               .nodes_before = r->answer->stats.nodes};
  const double start_s = rp_clock_wall_s();
  const int64_t attack_ns = r->answer->stats.attack_ns;
  rp_status status = r->question->subproblem ? RP_OK : bound_root(r);
  r->answer->stats.bound_ns += (int64_t)(1e9 * (rp_clock_wall_s() - start_s)) -
                               (r->answer->stats.attack_ns - attack_ns);
  if (r->was_refuted) {
    conclude_violated(r);
    return true;
  }
  if (status == RP_OK) status = rp_search_create(&task, &search);
  if (status != RP_OK) {
    give_up(r, get_status_reason(status));
    return true;
  }
  const bool is_over = decide(r, search);
  rp_stats_merge(&r->answer->stats, rp_search_stats(search));
  r->answer->subproblems = rp_search_count_subproblems(search);
  rp_search_free(search);
  return is_over;
}

static void decide_by_hull(run *r) {
  r->nodes = FIRST_NODES;
  if (decide_from_root(r)) return;
  r->begins_anew = true;
  begin_proof(r);
  set_ball(r->verifier, r->question);
  (void)decide_from_root(r); /* it begins anew once */
}

/* A baseline: its claim of robustness rests on floating point alone and is
 * reported as just that. */
static void decide_by_solver(run *r, rp_integer_encoding encoding) {
  const rp_verifier *v = r->verifier;
  const rp_integer_query query = {encoding,      v->net,
                                  v->ball->x_lo, v->ball->x_hi,
                                  r->label,      (int32_t)v->options.threads};
  rp_integer_outcome outcome = RP_INTEGER_FAILED;
  const rp_status status = rp_integer_solve(&query, &r->deadline, r->witness,
                                            &outcome, &r->answer->stats);
  if (status != RP_OK) {
    give_up(r, get_status_reason(status));
    return;
  }
  switch (outcome) {
  case RP_INTEGER_CLAIMS_ROBUST:
    conclude(r, RP_UNKNOWN, RP_REASON_SOLVER, RP_EVIDENCE_SOLVER);
    break;
  case RP_INTEGER_POINT:
    conclude_violated(r);
    break;
  case RP_INTEGER_LIMIT:
    give_up(r, get_deadline_reason(r));
    break;
  case RP_INTEGER_FAILED:
    give_up(r, RP_REASON_NUMERIC);
    break;
  }
}

#ifdef RAMPART_CHECKS
enum { CHECK_NODES = 200 };

/* Check builds plant every counterexample and search again: the process ends
 * if anything would have cut it off. */
static void search_again(rp_verifier *verifier, const rp_question *question,
                         const uint8_t *witness) {
  const size_t n_in = (size_t)verifier->net->n_in;
  uint8_t *planted = rp_alloc(2, n_in);
  if (!planted) return;
  memcpy(planted, witness, n_in);
  const rp_options options = verifier->options;
  verifier->options.node_limit = CHECK_NODES;
  rp_verifier_plant(verifier, planted);
  rp_answer ignored;
  rp_verify_directly(verifier, question, NULL, planted + n_in, &ignored);
  rp_verifier_plant(verifier, NULL);
  verifier->options = options;
  free(planted);
}
#endif

/* That every image of a family was run needs no proof: the checker runs them,
 * too. */
static void end_proof(const run *r) {
  rp_proof *proof = r->verifier->proof;
  if (!proof) return;
  if (r->answer->verdict != RP_ROBUST ||
      rp_norm_is_family(r->verifier->options.norm))
    rp_proof_drop(proof);
  else if (!rp_proof_end(proof))
    rp_log(RP_LOG_WARN, "a proof could not be kept: no memory or disk space");
}

/* A malformed subproblem is rejected later, by rp_search_resume. */
static void go_on_with_time(run *r) {
  rp_subproblem_head head;
  if (!r->question->subproblem ||
      rp_subproblem_read_head(r->question->subproblem,
                              r->question->subproblem_size, &head) != RP_OK)
    return;
  r->began_s -= head.wall_s;
  r->began_cpu_s -= head.cpu_s;
  r->source = head.source;
}

/* A subproblem attacks along other ways than the query that it comes from. */
static uint64_t choose_seed(const run *r) {
  const uint64_t seed = (uint64_t)r->verifier->options.seed;
  const rp_split *const split = r->verifier->split;
  if (!r->question->subproblem) return seed;
  return seed + 0x9e3779b97f4a7c15u * (split ? split->name : r->source + 1);
}

static double choose_cpu_limit(const rp_verifier *verifier,
                               const rp_question *question) {
  const double of_options = verifier->options.cpu_limit;
  return question->cpu_limit_s > 0 ? fmin(question->cpu_limit_s, of_options)
                                   : of_options;
}

static int64_t choose_memory_limit(const rp_options *options,
                                   const rp_question *question) {
  const int64_t most = INT64_MAX >> 20; /* in MiB, so that bytes fit */
  const int64_t times = question->memory_times > 1 ? question->memory_times : 1;
  return options->memory_limit < most / times ? options->memory_limit * times
                                              : most;
}

static void decide_by_method(run *r) {
  rp_verifier *const verifier = r->verifier;
  if (rp_norm_is_family(verifier->options.norm)) {
    decide_by_images(r);
    return;
  }
  set_ball(verifier, r->question);
  switch (verifier->options.engine) {
  case RP_ENGINE_HULL:
    decide_by_hull(r);
    break;
  case RP_ENGINE_ONEHOT:
    decide_by_solver(r, RP_INTEGER_ONEHOT);
    break;
  case RP_ENGINE_COMPACT:
    decide_by_solver(r, RP_INTEGER_COMPACT);
    break;
  }
}

void rp_verify_directly(rp_verifier *verifier, const rp_question *question,
                        const atomic_bool *stop, uint8_t *witness,
                        rp_answer *answer) {
  const int64_t memory_limit = verifier->options.memory_limit;
  verifier->options.memory_limit =
      choose_memory_limit(&verifier->options, question);
  const double wall = rp_clock_wall_s(), cpu = rp_clock_process_cpu_s();
  memset(answer, 0, sizeof *answer);
  run r = {.verifier = verifier,
           .question = question,
           .label = verifier->compiled_net ? 0 : question->label,
           .began_s = wall,
           .began_cpu_s = cpu,
           .nearest = NAN,
           .witness = witness,
           .answer = answer};
  go_on_with_time(&r);
  r.deadline = rp_deadline_after(
      verifier->options.time_limit - (wall - r.began_s), stop);
  const double cpu_limit_s = choose_cpu_limit(verifier, question);
  if (cpu_limit_s < RP_NO_LIMIT_S)
    rp_deadline_limit_cpu(&r.deadline, cpu_limit_s - (cpu - r.began_cpu_s));
  r.target = (rp_attack_target){.x = question->x,
                                .box_lo = verifier->ball->x_lo,
                                .box_hi = verifier->ball->x_hi,
                                .norm = verifier->options.norm,
                                .radius = question->radius,
                                .label = r.label,
                                .seed = choose_seed(&r),
                                .deadline = &r.deadline};
  begin_proof(&r);
  if (is_a_question(&r)) decide_by_method(&r);
  end_proof(&r);
  answer->stats.queries = 1;
  answer->seconds = rp_clock_wall_s() - wall;
  answer->cpu_seconds = rp_clock_process_cpu_s() - cpu;
  verifier->options.memory_limit = memory_limit;
#ifdef RAMPART_CHECKS
  if (answer->verdict == RP_VIOLATED && !verifier->planted &&
      !rp_norm_is_family(verifier->options.norm))
    search_again(verifier, question, witness);
#endif
}
