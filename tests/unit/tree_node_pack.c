/* Packed nodes: the same region, nearly the same multipliers, and searches that
 * decide as enumeration does when every node that waits is packed. */
#include "core/memory.h"
#include "operator_graph.h"
#include "random_region.h"
#include "tree_scene.h"

static const tiny_plan graphs = {1, 5, 0, 512, 31};

/* ------------------------------------------------------------ one node */

static void fill_multipliers(rp_rng *rng, const rp_net *net, double *lambda) {
  static const double odd[] = {0, -0.0, NAN, HUGE_VAL, 1e300, -1e-300};
  for (int32_t i = 0; i < net->n_acc; i++)
    lambda[i] = rp_rng_below(rng, 16) == 0
                    ? odd[rp_rng_below(rng, 6)]
                    : ldexp((double)between(rng, -1000, 1000),
                            (int)between(rng, -8, 0));
}

static double find_largest_of_block(const rp_net *net, const double *lambda,
                                    int32_t k) {
  double largest = 0;
  for (int32_t i = net->block[k].first; i < rp_block_end(&net->block[k]); i++)
    if (isfinite(lambda[i])) largest = fmax(largest, fabs(lambda[i]));
  return largest;
}

static void assert_multipliers_are_near(const rp_net *net, const double *was,
                                        const double *is) {
  for (int32_t k = 0; k < net->n_blocks; k++) {
    const double smallest = 1e-6 * find_largest_of_block(net, was, k);
    for (int32_t i = net->block[k].first; i < rp_block_end(&net->block[k]); i++)
      if (isfinite(was[i]) && fabs(was[i]) > smallest)
        assert_true(fabs(is[i] - was[i]) <= 0.014 * fabs(was[i]));
      else
        assert_true(fabs(is[i]) <= smallest);
  }
}

static void assert_same_region(const rp_net *net, const rp_region *a,
                               const rp_region *b) {
  const size_t n_in = (size_t)net->n_in, n_acc = (size_t)net->n_acc;
  assert_memory_equal(a->x_lo, b->x_lo, n_in);
  assert_memory_equal(a->x_hi, b->x_hi, n_in);
  assert_memory_equal(a->z_lo, b->z_lo, n_acc * sizeof *a->z_lo);
  assert_memory_equal(a->z_hi, b->z_hi, n_acc * sizeof *a->z_hi);
}

static node *node_of(rp_rng *rng, const situation *s) {
  node *n = node_create(s->net);
  assert_non_null(n);
  rp_region_copy(s->net, n->region, s->region);
  fill_multipliers(rng, s->net, n->lambda);
  n->gap = 1.5;
  n->part = 3;
  n->depth = 7;
  n->split = (branch){BRANCH_STEP, 1, 0, -5, 2.5};
  n->proof_child = 99;
  return n;
}

static void assert_comes_back(const rp_search_task *task, node *n) {
  const rp_net *net = task->net;
  node *copy = node_create(net);
  assert_non_null(copy);
  rp_region_copy(net, copy->region, n->region);
  memcpy(copy->lambda, n->lambda, (size_t)net->n_acc * sizeof *n->lambda);
  node *packed = node_pack(task, n);
  assert_non_null(packed->packed);
  assert_null(packed->region);
  assert_true(packed->bytes > sizeof(node));
  assert_ptr_equal(node_pack(task, packed), packed); /* once is enough */
  node *full = node_unpack(task, packed);
  assert_non_null(full);
  assert_null(full->packed);
  assert_int_equal(full->bytes, node_bytes(net));
  assert_true(full->gap == 1.5);
  assert_int_equal(full->part, 3);
  assert_int_equal(full->depth, 7);
  assert_int_equal(full->split.value, -5);
  assert_int_equal(full->proof_child, 99);
  assert_same_region(net, full->region, copy->region);
  assert_multipliers_are_near(net, copy->lambda, full->lambda);
  node_free(copy);
  node_free(packed);
  node_free(full);
}

/* Regions that follow from their inputs or not, beside roots of any kind. */
static void nodes_come_back(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t i = 0; i < 1000; i++) {
    situation s;
    rp_region *root;
    situation_init(&rng, operator_graph(&rng, &graphs), &s);
    assert_int_equal(rp_region_create(s.net, &root), RP_OK);
    rp_region_ball(s.net, s.points[0].x, s.net->in_hi, root);
    if (i % 2) /* so that its accumulators say something */
      for (int32_t at = 0; at < s.n_acc; at++) {
        root->z_lo[at] = s.region->z_lo[at] - (int32_t)rp_rng_below(&rng, 9);
        root->z_hi[at] = s.region->z_hi[at] + (int32_t)rp_rng_below(&rng, 9);
      }
    const rp_search_task task = {
        .net = s.net, .root = root, .packs_nodes = true};
    assert_comes_back(&task, node_of(&rng, &s));
    rp_region_free(root);
    situation_fini(&s);
  }
}

static void lack_of_memory_leaves_nodes_as_they_are(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  situation s;
  situation_init(&rng, operator_graph(&rng, &graphs), &s);
  const rp_search_task task = {
      .net = s.net, .root = s.region, .packs_nodes = true};
  node *n = node_of(&rng, &s);
  for (uint64_t fails = 1; fails <= 3; fails++) {
    rp_alloc_fail_after(fails);
    node *same = node_pack(&task, n);
    rp_alloc_fail_after(0);
    assert_ptr_equal(same, n);
  }
  node *packed = node_pack(&task, n);
  assert_non_null(packed->packed);
  for (uint64_t fails = 1; fails <= 3; fails++) {
    rp_alloc_fail_after(fails);
    assert_null(node_unpack(&task, packed));
    rp_alloc_fail_after(0);
  }
  node_free(packed);
  situation_fini(&s);
}

/* With n cuts of neuron 0, and multipliers of their own. */
static void fill_cuts(rp_rng *rng, const rp_net *net, int32_t n, node *of) {
  for (int32_t c = 0; c < n; c++) {
    of->cuts.cut[of->cuts.n++] = rp_cut_create(1, NULL);
    assert_non_null(of->cuts.cut[c]);
  }
  fill_multipliers(rng, net, of->lambda_cut);
  for (int32_t c = 0; c < n; c++) of->lambda_cut[net->n_acc + c] = c + 1;
}

static void assert_same_node(const rp_net *net, const node *was,
                             const node *is) {
  const size_t n_acc = (size_t)net->n_acc;
  const size_t n_cuts = (size_t)was->cuts.n;
  assert_int_equal(is->cuts.n, was->cuts.n);
  assert_memory_equal(is->lambda, was->lambda, n_acc * sizeof *is->lambda);
  assert_memory_equal(is->lambda_cut, was->lambda_cut,
                      (n_acc + n_cuts) * sizeof *is->lambda_cut);
  if (n_cuts > 0)
    assert_memory_equal(is->cuts.cut, was->cuts.cut, n_cuts * sizeof(rp_cut *));
  assert_same_region(net, was->region, is->region);
  assert_true(is->gap == was->gap);
  assert_int_equal(is->depth, was->depth);
  assert_int_equal(is->split.value, was->split.value);
  assert_int_equal(is->proof_child, was->proof_child);
}

/* What else a small network's node has is its own, to the last bit. */
static void waiting_nodes_have_no_room_for_more_cuts(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  situation s;
  situation_init(&rng, operator_graph(&rng, &graphs), &s);
  const rp_search_task task = {.net = s.net, .root = s.region};
  const int32_t room = rp_cuts_room(s.net);
  for (int32_t cuts = 0; cuts <= room; cuts += room / 8) {
    node *n = node_of(&rng, &s);
    fill_cuts(&rng, s.net, cuts, n);
    n->proof_child = 98;
    node *child = node_child(s.net, n, true);
    assert_non_null(child);
    assert_int_equal(child->bytes, node_bytes(s.net));
    const size_t spare = (size_t)(room - cuts) * (sizeof(double) + 8);
    rp_alloc_fail_after(1);
    assert_ptr_equal(node_pack(&task, n), n);
    rp_alloc_fail_after(0);
    node *trimmed = node_pack(&task, n);
    assert_int_equal(trimmed->bytes, node_bytes(s.net) - spare);
    assert_ptr_equal(node_pack(&task, trimmed), trimmed);
    node *again = node_child(s.net, trimmed, true);
    assert_non_null(again);
    assert_same_node(s.net, child, again);
    rp_alloc_fail_after(1);
    assert_true(cuts == room || !node_make_room(s.net, trimmed, room));
    rp_alloc_fail_after(0);
    node *full = node_make_room(s.net, trimmed, room);
    assert_non_null(full);
    assert_int_equal(full->bytes, node_bytes(s.net));
    node *last = node_child(s.net, full, true);
    assert_non_null(last);
    assert_same_node(s.net, child, last);
    node_free(full);
    node_free(child);
    node_free(again);
    node_free(last);
  }
  assert_int_equal(rp_cut_all_bytes(), 0);
  situation_fini(&s);
}

/* ---------------------------------------------------------- a search */

static int64_t add_up_bytes(const heap *h) {
  int64_t bytes = 0;
  for (int64_t i = 0; i < h->count; i++) bytes += (int64_t)h->item[i]->bytes;
  return bytes;
}

static int64_t count_packed(const heap *h) {
  int64_t n = 0;
  for (int64_t i = 0; i < h->count; i++) {
    n += h->item[i]->packed != NULL;
    if (h->item[i]->depth > 0) assert_non_null(h->item[i]->packed);
  }
  return n;
}

/* In rounds of a node or two, so that every node waits some time. */
static rp_search_outcome run_in_rounds(scene *s, uint8_t *witness,
                                       int64_t *packed) {
  rp_search_outcome outcome;
  do {
    outcome = rp_search_run(s->search, 1, witness);
    assert_int_equal(add_up_bytes(&s->search->open), s->search->open.bytes);
    *packed += count_packed(&s->search->open);
  } while (outcome == RP_SEARCH_PAUSED);
  return outcome;
}

/* A scene whose search has so many open roots. */
static void scene_with_open_roots(rp_rng *rng, int64_t least, scene *s) {
  for (;;) {
    scene_init(rng, s);
    s->task.packs_nodes = true;
    if (rp_search_count_open(s->search) >= least) return;
    scene_fini(s);
  }
}

static void searches_with_packed_nodes_end_as_enumeration(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t robust = 0, found = 0;
  int64_t packed = 0;
  for (int32_t i = 0; i < 300; i++) {
    scene s;
    uint8_t witness[TINY_INPUTS];
    scene_with_open_roots(&rng, 1, &s);
    const rp_search_outcome outcome = run_in_rounds(&s, witness, &packed);
    assert_int_equal(outcome, s.distance <= s.radius ? RP_SEARCH_FOUND
                                                     : RP_SEARCH_EXHAUSTED);
    if (outcome == RP_SEARCH_FOUND) assert_is_counterexample(&s, witness);
    robust += outcome == RP_SEARCH_EXHAUSTED;
    found += outcome == RP_SEARCH_FOUND;
    scene_fini(&s);
  }
  printf("robust %d, found %d, packed %lld\n", robust, found,
         (long long)packed);
  assert_true(robust > 20 && found > 20 && packed > 100);
}

static void a_packed_node_that_cannot_be_taken_up_is_no_proof(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t lost = 0;
  for (int32_t i = 0; i < 300; i++) {
    scene s;
    uint8_t witness[TINY_INPUTS];
    scene_with_open_roots(&rng, 2, &s);
    (void)rp_search_run(s.search, 1, witness);
    rp_alloc_fail_after(1 + rp_rng_below(&rng, 12));
    const rp_search_outcome outcome =
        rp_search_run(s.search, INT64_MAX, witness);
    rp_alloc_fail_after(0);
    if (outcome == RP_SEARCH_EXHAUSTED) assert_true(s.distance > s.radius);
    if (outcome == RP_SEARCH_FOUND) assert_is_counterexample(&s, witness);
    lost += outcome == RP_SEARCH_MEMORY;
    scene_fini(&s);
  }
  assert_true(lost > 10);
}

/* A subproblem is written from packed nodes and read into such. */
typedef struct kept {
  uint8_t *bytes;
  size_t size;
} kept;

static bool keep(void *context, const uint8_t *bytes, size_t size, bool last) {
  kept *const k = context;
  (void)last;
  k->bytes = malloc(size + 1);
  assert_non_null(k->bytes);
  memcpy(k->bytes, bytes, size);
  k->size = size;
  return true;
}

static void packed_nodes_travel(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t given = 0;
  for (int32_t i = 0; i < 100; i++) {
    scene s;
    uint8_t witness[TINY_INPUTS];
    kept k = {0};
    rp_split split = {.name = 1, .give = keep, .context = &k};
    scene_with_open_roots(&rng, 3, &s);
    bool is_found = rp_search_run(s.search, 1, witness) == RP_SEARCH_FOUND;
    s.task.split = &split;
    atomic_store(&split.wanted, 1);
    if (!is_found) rp_search_give(s.search);
    s.task.split = NULL;
    if (!is_found)
      is_found = rp_search_run(s.search, INT64_MAX, witness) == RP_SEARCH_FOUND;
    if (k.bytes && !is_found) {
      rp_search *other;
      assert_int_equal(rp_search_create(&s.task, &other), RP_OK);
      assert_int_equal(rp_search_resume(other, k.bytes, k.size), RP_OK);
      assert_non_null(other->open.item[0]->packed);
      is_found = rp_search_run(other, INT64_MAX, witness) == RP_SEARCH_FOUND;
      rp_search_free(other);
      given++;
    }
    assert_int_equal(is_found, s.distance <= s.radius);
    free(k.bytes);
    scene_fini(&s);
  }
  assert_true(given > 10);
}

/* An input that 2^17 neurons and two outputs read. */
static rp_net *large_net(void) {
  enum { WIDE = 1 << 17 };
  const int32_t dims[1] = {1};
  const rp_stair stair = {0, 3, 0, NULL};
  rp_net *net;
  int32_t *weight = zeros(2 * WIDE, sizeof *weight);
  int64_t *bias = zeros(WIDE, sizeof *bias);
  assert_int_equal(rp_net_create("large", dims, 1, 3, &net, NULL), RP_OK);
  for (int32_t i = 0; i < WIDE; i++) weight[i] = 1;
  const rp_dense_spec first = {1, WIDE, weight, bias, stair};
  const rp_dense_spec last = {WIDE, 2, weight, bias, stair};
  assert_int_equal(rp_net_add_dense(net, &first, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &last, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  free(weight);
  free(bias);
  return net;
}

/* However many nodes wait, 31 of a network of 2^17 accumulators are 40 MB. */
static void subproblems_of_large_networks_hold_few_nodes(void **state) {
  (void)state;
  scene s = {.net = large_net()};
  kept k = {0};
  rp_split split = {.name = 1, .give = keep, .context = &k};
  atomic_store(&split.wanted, 1);
  const uint8_t x[1] = {1};
  assert_int_equal(rp_region_create(s.net, &s.root), RP_OK);
  rp_region_ball(s.net, x, 1, s.root);
  rp_search search = {.task = &s.task, .part = (rp_part[1]){{.kind = 'A'}}};
  s.task = (rp_search_task){.net = s.net, .root = s.root, .split = &split};
  omp_init_lock(&search.lock);
  for (int32_t i = 0; i < 80; i++) {
    node *n = node_create(s.net);
    assert_non_null(n);
    rp_region_copy(s.net, n->region, s.root);
    assert_true(heap_push(&search.open, node_pack(&s.task, n)));
  }
  rp_search_give(&search);
  assert_int_equal(search.open.count, 80 - 31);
  assert_in_range(k.size, 1, 42 << 20);
  free(k.bytes);
  heap_fini(&search.open);
  omp_destroy_lock(&search.lock);
  rp_region_free(s.root);
  rp_net_free(s.net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_come_back),
      cmocka_unit_test(lack_of_memory_leaves_nodes_as_they_are),
      cmocka_unit_test(waiting_nodes_have_no_room_for_more_cuts),
      cmocka_unit_test(searches_with_packed_nodes_end_as_enumeration),
      cmocka_unit_test(a_packed_node_that_cannot_be_taken_up_is_no_proof),
      cmocka_unit_test(packed_nodes_travel),
      cmocka_unit_test(subproblems_of_large_networks_hold_few_nodes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
