/* bench_large: a network of ten blocks and 10^5 accumulators with random
 * weights: how long it takes to build, write, read, run and attack, and how
 * much memory its open nodes take while they wait in the heap.
 *
 *   bench_large [NODES [SECONDS]]
 *
 * Nodes are made as a search makes them: split at an accumulator, propagated,
 * bounded by slopes, tightened by reduced costs, packed; no multiplier is zero,
 * which is the worst case. Exit status 1 if one
 * does not come back as it was, if 10,000 such nodes and all the rest would
 * take 2 GB or more, or if a step but the nodes takes more than SECONDS of CPU
 * time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/rng.h"
#include "input/network_file.h"
#include "net/op_conv.h"
#include "net/op_dense.h"
#include "net/op_select.h"
#include "tree/tree_internal.h"

enum {
  CLASSES = 10,
  RADIUS = 4,
  WANTED_NODES = 10000,
  DEEPEST = 100,     /* then a dive ends, and another one begins */
  CHECKED_EVERY = 50 /* nodes */
};
static const double MOST_MEMORY = 2e9; /* bytes */
static const double GAP = 0.05;        /* of what bounds leave to the sample */

_Noreturn static void fail(const char *why) {
  fprintf(stderr, "bench_large: %s\n", why);
  exit(1);
}

static void *some(size_t n, size_t size) {
  void *array = calloc(n, size);
  if (!array) fail("out of memory");
  return array;
}

static void must(rp_status status, const rp_error *err) {
  if (status != RP_OK) fail(err ? err->text : "out of memory");
}

/* -------------------------------------------------------------- network */

/* A convolution over an image of h x h, groups of its own if depthwise; or a
 * dense layer if `kernel` is 0. */
typedef struct layer_plan {
  int32_t h, c, kernel, stride, groups;
  bool adds; /* what the block two below gives */
} layer_plan;

static const layer_plan layers[] = {
    {32, 16, 3, 1, 1, false}, {32, 16, 3, 1, 16, false},
    {32, 16, 1, 1, 1, false}, {32, 16, 3, 1, 16, false},
    {32, 16, 1, 1, 1, true},  {32, 16, 3, 1, 16, false},
    {16, 16, 3, 2, 1, false}, {8, 32, 3, 2, 1, false},
    {1, 64, 0, 1, 1, false},  {1, CLASSES, 0, 1, 1, false},
};
enum { LAYERS = sizeof layers / sizeof *layers };
static const layer_plan input = {32, 3, 0, 1, 1, false};

static int32_t count(const layer_plan *l) {
  return l->h * l->h * l->c;
}

static int32_t draw_weight(rp_rng *rng) {
  return (int32_t)rp_rng_below(rng, 255) - 127;
}

static rp_op *draw_dense(rp_rng *rng, int32_t n_in, int32_t n_out) {
  rp_op *op = rp_op_dense_create(n_out, n_in);
  if (!op) fail("out of memory");
  int32_t *row = some((size_t)n_in, sizeof *row);
  for (int32_t i = 0; i < n_out; i++) {
    for (int32_t j = 0; j < n_in; j++) row[j] = draw_weight(rng);
    rp_op_dense_set_row(op, i, row);
  }
  free(row);
  return op;
}

static rp_op *draw_conv(rp_rng *rng, const layer_plan *in,
                        const layer_plan *out) {
  const int32_t pad = out->kernel / 2;
  const rp_conv_shape s = {.in_h = in->h,
                           .in_w = in->h,
                           .in_c = in->c,
                           .out_h = out->h,
                           .out_w = out->h,
                           .out_c = out->c,
                           .kernel_h = out->kernel,
                           .kernel_w = out->kernel,
                           .stride_h = out->stride,
                           .stride_w = out->stride,
                           .dilation_h = 1,
                           .dilation_w = 1,
                           .pad_top = pad,
                           .pad_left = pad,
                           .groups = out->groups};
  const int32_t n = rp_conv_count_weights(&s);
  int32_t *weight = some((size_t)n, sizeof *weight);
  for (int32_t k = 0; k < n; k++) weight[k] = draw_weight(rng);
  rp_op *op;
  rp_error err;
  must(rp_op_conv_create(&s, weight, &op, &err), &err);
  free(weight);
  return op;
}

static rp_op *create_identity(int32_t n, int32_t weight) {
  int32_t *index = some((size_t)n, sizeof *index);
  int32_t *weights = some((size_t)n, sizeof *weights);
  for (int32_t i = 0; i < n; i++) {
    index[i] = i;
    weights[i] = weight;
  }
  rp_op *op;
  rp_error err;
  must(rp_op_select_create(n, n, index, weights, &op, &err), &err);
  free(index);
  free(weights);
  return op;
}

/* Steps about as wide as what random weights sum up to needs. */
static rp_stair choose_stair(int32_t taps, bool last) {
  const double spread = 3 * 73 * 100 * sqrt(taps);
  const int32_t shift = (int32_t)ceil(log2(spread / 255));
  return (rp_stair){last ? -128 : 0, last ? 127 : 255, shift, NULL};
}

static void add_layer(rp_rng *rng, rp_net *net, int32_t k) {
  const layer_plan *in = k == 0 ? &input : &layers[k - 1], *out = &layers[k];
  const int32_t n = count(out);
  const int32_t taps = out->kernel > 0
                           ? out->kernel * out->kernel * in->c / out->groups
                           : count(in);
  const rp_stair stair = choose_stair(taps, k + 1 == LAYERS);
  rp_term term[2] = {{k - 1, out->kernel > 0 ? draw_conv(rng, in, out)
                                             : draw_dense(rng, count(in), n)},
                     {k - 2, NULL}};
  if (out->adds) term[1].op = create_identity(n, 1 << stair.shift);
  int64_t *bias = some((size_t)n, sizeof *bias);
  const rp_block_spec spec = {.n_out = n,
                              .n_terms = 1 + out->adds,
                              .term = term,
                              .bias = bias,
                              .n_stairs = 1,
                              .stair = &stair};
  rp_error err;
  must(rp_net_add_block(net, &spec, &err), &err);
  free(bias);
}

static rp_net *build(rp_rng *rng) {
  const int32_t dims[3] = {input.h, input.h, input.c};
  rp_net *net;
  rp_error err;
  must(rp_net_create("large", dims, 3, 255, &net, &err), &err);
  for (int32_t k = 0; k < LAYERS; k++) add_layer(rng, net, k);
  must(rp_net_finish(net, &err), &err);
  return net;
}

/* ----------------------------------------------------- seconds of its steps */

typedef struct clock {
  double began_s, most_s;
} clock;

static void report(clock *c, const char *what) {
  const double seconds = rp_clock_process_cpu_s() - c->began_s;
  printf("%-28s %8.3f s\n", what, seconds);
  if (c->most_s > 0 && seconds > c->most_s) fail("too slow");
  c->began_s = rp_clock_process_cpu_s();
}

static rp_net *write_and_read(rp_net *net, clock *c) {
  char file[] = "/tmp/bench_large_XXXXXX.h5";
  const int fd = mkstemps(file, 3);
  if (fd < 0) fail("no temporary file");
  close(fd);
  rp_error err;
  rp_net *read;
  must(rp_network_write(net, file, &err), &err);
  report(c, "write");
  const rp_network_source source = {.file = file};
  must(rp_network_read(&source, &read, &err), &err);
  unlink(file);
  report(c, "read");
  rp_net_free(net);
  return read;
}

/* What is asked of the network: one sample and its ball. */
typedef struct question {
  uint8_t *x, *witness;
  rp_region *root;
  int32_t label;
} question;

static void ask(rp_rng *rng, const rp_net *net, question *q, clock *c) {
  q->x = some((size_t)net->n_in, 1);
  q->witness = some((size_t)net->n_in, 1);
  for (int32_t p = 0; p < net->n_in; p++)
    q->x[p] = (uint8_t)rp_rng_below(rng, 256);
  must(rp_reference_predict(net, q->x, &q->label), NULL);
  report(c, "predict, reference pass");
  must(rp_region_create(net, &q->root), NULL);
  rp_region_ball(net, q->x, RADIUS, q->root);
}

static void attack(const rp_net *net, const question *q, clock *c) {
  const rp_deadline deadline = rp_deadline_after(HUGE_VAL, NULL);
  const rp_attack_target target = {.x = q->x,
                                   .box_lo = q->root->x_lo,
                                   .box_hi = q->root->x_hi,
                                   .label = q->label,
                                   .deadline = &deadline};
  rp_attack_tables *tables;
  rp_attack *attack;
  rp_stats stats = {0};
  must(rp_attack_tables_create(net, &tables), NULL);
  must(rp_attack_create(tables, &attack), NULL);
  report(c, "make ready for attacks");
  const bool found = rp_attack_gradient(attack, &target, RP_ATTACK_PATIENT,
                                        q->witness, &stats);
  report(c, found ? "attack: found" : "attack: nothing found");
  rp_attack_free(attack);
  rp_attack_tables_free(tables);
}

/* ---------------------------------------------------------------- nodes */

typedef struct nursery {
  const rp_net *net;
  rp_search_task task;
  rp_part part;
  rp_dual *dual;
  rp_stats stats;
  int32_t *work;
  heap open;
  int64_t tightened;
} nursery;

/* Bounded as the search does it, with slopes alone. False: closed. */
static bool bound(nursery *s, node *n) {
  const int32_t last = s->net->n_blocks - 1;
  rp_int128 value;
  int32_t frac;
  if (!rp_interval_propagate(s->net, 0, last, n->region, s->work)) return false;
  rp_dual_set(s->dual, n->region, &s->part.objective);
  rp_dual_slopes(s->dual, n->lambda);
  must(rp_dual_exact(s->dual, n->lambda, &value, &frac), NULL);
  n->gap = (double)(rp_dual_bound(s->dual) - s->part.objective.threshold);
  if (rp_dual_closes(s->dual)) return false;
  const int32_t shrunk = rp_dual_tighten(s->dual, n->region);
  s->tightened += shrunk > 0 ? shrunk : 0;
  return shrunk >= 0 &&
         (shrunk == 0 ||
          rp_interval_propagate(s->net, 0, last, n->region, s->work));
}

static node *create_root(nursery *s) {
  node *n = node_create(s->net);
  if (!n) fail("out of memory");
  rp_region_copy(s->net, n->region, s->task.root);
  if (!rp_part_restrict(s->net, &s->part, n->region)) fail("nothing to prove");
  return n;
}

/* So that the root's gap is a share of what is left to the sample. */
static void choose_threshold(nursery *s, const question *q) {
  int32_t *z = some((size_t)s->net->n_acc, sizeof *z);
  int32_t *work = some(rp_net_forward_work(s->net), sizeof *work);
  int32_t out[CLASSES];
  rp_objective *o = &s->part.objective;
  double at_sample = 0;
  rp_net_forward(s->net, q->x, z, out, work);
  for (int32_t r = 0; r < o->n_rows; r++)
    at_sample +=
        (double)o->coef[r] * z[s->net->block[o->block].first + o->row[r]];
  node *n = create_root(s);
  o->threshold = -RP_ACC_LIMIT;
  if (!bound(s, n)) fail("the root is empty");
  o->threshold = (int64_t)((double)rp_dual_bound(s->dual) -
                           GAP * ((double)rp_dual_bound(s->dual) - at_sample));
  node_free(n);
  free(z);
  free(work);
}

static void choose_split(rp_rng *rng, const rp_net *net, node *n) {
  int32_t at;
  do at = (int32_t)rp_rng_below(rng, (uint32_t)net->block[6].first);
  while (n->region->z_lo[at] == n->region->z_hi[at]);
  const double middle = ((double)n->region->z_lo[at] + n->region->z_hi[at]) / 2;
  n->split = (branch){BRANCH_STEP, at, 0, (int32_t)ceil(middle), 0};
}

static void is_as_it_was(const nursery *s, const node *was,
                         const node *packed) {
  const size_t bytes = (size_t)s->net->n_acc * sizeof(int32_t);
  node *is = node_unpack(&s->task, packed);
  if (!is) fail("out of memory");
  if (memcmp(is->region->z_lo, was->region->z_lo, bytes) ||
      memcmp(is->region->z_hi, was->region->z_hi, bytes) ||
      memcmp(is->region->x_lo, was->region->x_lo, (size_t)s->net->n_in) ||
      memcmp(is->region->x_hi, was->region->x_hi, (size_t)s->net->n_in))
    fail("a node does not come back as it was");
  node_free(is);
}

/* After a descent hardly one is zero. */
static void fill_multipliers(const rp_net *net, node *n) {
  for (int32_t i = 0; i < net->n_acc; i++)
    if (n->lambda[i] == 0) n->lambda[i] = 1e-3 * (1 + i % 7);
}

static void let_wait(nursery *s, node *n) {
  node *was = NULL;
  if (s->open.count % CHECKED_EVERY == 0) {
    was = create_root(s);
    rp_region_copy(s->net, was->region, n->region);
  }
  n->split = (branch){.kind = BRANCH_NONE};
  fill_multipliers(s->net, n);
  node *packed = node_pack(&s->task, n);
  if (!packed->packed) fail("a node was not packed");
  if (was) is_as_it_was(s, was, packed);
  node_free(was);
  if (!heap_push(&s->open, packed)) fail("out of memory");
}

/* One child waits, the other one is split further. */
static void dive(rp_rng *rng, nursery *s, int64_t nodes) {
  node *n = create_root(s);
  bool is_open = bound(s, n);
  if (!is_open) fail("the root is closed");
  while (is_open && n->depth < DEEPEST && s->open.count < nodes) {
    choose_split(rng, s->net, n);
    const bool stays = rp_rng_below(rng, 2);
    node *child[2] = {node_child(s->net, n, false),
                      node_child(s->net, n, true)};
    if (!child[0] || !child[1]) fail("out of memory");
    node_free(n);
    n = child[!stays];
    is_open = bound(s, n);
    if (bound(s, child[stays]))
      let_wait(s, child[stays]);
    else
      node_free(child[stays]);
  }
  node_free(n);
}

static double measure_peak(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * (double)usage.ru_maxrss;
}

static void measure_nodes(rp_rng *rng, const rp_net *net, const question *q,
                          int64_t nodes) {
  nursery s = {.net = net, .task = {.net = net, .root = q->root}};
  rp_part parts[RP_MAX_PARTS];
  if (rp_property_parts(net, q->label, (q->label + 1) % CLASSES, parts) < 1)
    fail("no part");
  s.part = parts[0];
  s.work = some(rp_interval_work(net), sizeof *s.work);
  must(rp_dual_create(net, &s.stats, &s.dual), NULL);
  if (!rp_interval_propagate(net, 0, net->n_blocks - 1, q->root, s.work))
    fail("the ball is empty");
  choose_threshold(&s, q);
  while (s.open.count < nodes) dive(rng, &s, nodes);
  const double each = (double)s.open.bytes / (double)nodes;
  const double peak = measure_peak();
  const double all = peak - (double)s.open.bytes + each * WANTED_NODES;
  printf("%lld open nodes of %.0f bytes (%.2f an accumulator, %zu unpacked), "
         "%.0f intervals shrunk in each\n"
         "peak memory %.0f MB; with %d nodes %.0f MB\n",
         (long long)nodes, each, each / net->n_acc, node_bytes(net),
         (double)s.tightened / (double)nodes, peak / 1e6, WANTED_NODES,
         all / 1e6);
  if (all >= MOST_MEMORY) fail("too much memory");
  heap_fini(&s.open);
  rp_dual_free(s.dual);
  free(s.work);
}

int main(int argc, char **argv) {
  const int64_t nodes = argc > 1 ? strtoll(argv[1], NULL, 10) : WANTED_NODES;
  clock c = {rp_clock_process_cpu_s(), argc > 2 ? strtod(argv[2], NULL) : 0};
  rp_rng rng;
  rp_rng_init(&rng, 1);
  rp_net *net = build(&rng);
  printf("%d blocks, %d accumulators\n", net->n_blocks, net->n_acc);
  report(&c, "build and prove ranges");
  net = write_and_read(net, &c);
  question q;
  ask(&rng, net, &q, &c);
  attack(net, &q, &c);
  c.most_s = 0;
  if (nodes > 0) measure_nodes(&rng, net, &q, nodes);
  report(&c, "nodes");
  rp_region_free(q.root);
  free(q.x);
  free(q.witness);
  rp_net_free(net);
  return 0;
}
