/* What a search gives away and what another makes of it: nodes are dealt in
 * turns, come back as they were but for the rounding of their multipliers, stay
 * where nobody takes them, and damaged bytes are refused. */
#include "copied_subproblem.h"
#include "tree_scene.h"

#include "same_cut.h"

enum { MOST_GIVEN = 8, MOST_OPEN = 200, SHARED_CUTS = 5 };

/* Who takes what a search gives. */
typedef struct taker {
  subproblem given[MOST_GIVEN];
  int32_t n, calls, lasts;
  bool refuses, only_copies;
} taker;

static bool take(void *context, const uint8_t *bytes, size_t size, bool last) {
  taker *const t = context;
  t->calls++;
  assert_int_equal(t->lasts, 0); /* nothing comes after the last one */
  t->lasts += last;
  if (t->refuses || size == 0) return false;
  assert_true(t->n < MOST_GIVEN);
  t->given[t->n++] = copy_subproblem(bytes, size);
  return !t->only_copies;
}

static void taker_fini(taker *t) {
  for (int32_t k = 0; k < t->n; k++) free(t->given[k].bytes);
}

/* A scene whose search has so many open nodes before it runs, or more. */
static void scene_with_open_nodes(rp_rng *rng, int64_t least, scene *s) {
  for (;;) {
    scene_init(rng, s);
    const int64_t count = rp_search_count_open(s->search);
    if (count >= least && count <= MOST_OPEN) return;
    scene_fini(s);
  }
}

static void let_take(scene *s, rp_split *split, taker *t, int wanted) {
  *split = (rp_split){.name = 1234, .give = take, .context = t};
  atomic_store(&split->wanted, wanted);
  s->task.split = split;
}

/* The open nodes, best first, in `node`; they stay the search's. */
static int32_t list_open(rp_search *search, node *list[MOST_OPEN]) {
  int32_t n = 0;
  for (node *next; (next = heap_pop(&search->open));) list[n++] = next;
  for (int32_t i = 0; i < n; i++)
    assert_true(heap_push(&search->open, list[i]));
  return n;
}

typedef struct copied {
  rp_region *region;
  double gap, lambda;
} copied;

static int32_t copy_open(const scene *s, copied copy[MOST_OPEN]) {
  node *list[MOST_OPEN];
  const int32_t n = list_open(s->search, list);
  for (int32_t i = 0; i < n; i++) {
    copy[i] = (copied){.gap = list[i]->gap, .lambda = list[i]->lambda[0]};
    assert_int_equal(rp_region_create(s->net, &copy[i].region), RP_OK);
    rp_region_copy(s->net, copy[i].region, list[i]->region);
  }
  return n;
}

static rp_search *new_search(const scene *s) {
  rp_search *search;
  assert_int_equal(rp_search_create(&s->task, &search), RP_OK);
  return search;
}

static void assert_same_region(const rp_net *net, const rp_region *a,
                               const rp_region *b) {
  const size_t n_in = (size_t)net->n_in, n_acc = (size_t)net->n_acc;
  assert_memory_equal(a->x_lo, b->x_lo, n_in);
  assert_memory_equal(a->x_hi, b->x_hi, n_in);
  assert_memory_equal(a->z_lo, b->z_lo, n_acc * sizeof *a->z_lo);
  assert_memory_equal(a->z_hi, b->z_hi, n_acc * sizeof *a->z_hi);
}

/* The nodes of a search are those with the numbers first, first + step, ... */
static void assert_holds(const scene *s, rp_search *search, const copied *copy,
                         int32_t n, int32_t first, int32_t step) {
  node *list[MOST_OPEN];
  const int32_t found = list_open(search, list);
  assert_int_equal(found, (n - first + step - 1) / step);
  for (int32_t i = 0; i < found; i++) {
    const copied *const c = &copy[first + i * step];
    assert_true((float)list[i]->gap == (float)c->gap);
    assert_true((float)list[i]->lambda[0] == (float)c->lambda);
  }
  if (found > 0) {
    /* Equal gaps may change places; the first one is alone by its gap. */
    const copied *const c = &copy[first];
    const bool alone = first + step >= n || copy[first + step].gap < c->gap;
    if (alone) assert_same_region(s->net, list[0]->region, c->region);
  }
}

static void nodes_are_dealt_in_turns(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 40; round++) {
    scene s;
    rp_split split;
    taker t = {.n = 0};
    copied copy[MOST_OPEN];
    scene_with_open_nodes(&rng, 3, &s);
    let_take(&s, &split, &t, 2);
    const int32_t n = copy_open(&s, copy);
    rp_search_give(s.search);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.lasts, 1);
    assert_int_equal(rp_search_count_subproblems(s.search), 2);
    assert_int_equal(atomic_load(&split.wanted), 0);
    assert_holds(&s, s.search, copy, n, 0, 3);
    for (int32_t k = 0; k < 2; k++) {
      rp_search *const other = new_search(&s);
      assert_int_equal(
          rp_search_resume(other, t.given[k].bytes, t.given[k].size), RP_OK);
      assert_holds(&s, other, copy, n, 1 + k, 3);
      rp_search_free(other);
    }
    for (int32_t i = 0; i < n; i++) rp_region_free(copy[i].region);
    taker_fini(&t);
    scene_fini(&s);
  }
}

/* All together decide the query as enumeration does. */
static void together_they_are_the_query(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t robust = 0;
  for (int32_t round = 0; round < 200; round++) {
    scene s;
    rp_split split;
    taker t = {.n = 0};
    uint8_t witness[TINY_INPUTS];
    scene_with_open_nodes(&rng, 2, &s);
    let_take(&s, &split, &t, 3);
    rp_search_give(s.search);
    s.task.split = NULL;
    bool is_found =
        rp_search_run(s.search, INT64_MAX, witness) == RP_SEARCH_FOUND;
    for (int32_t k = 0; k < t.n && !is_found; k++) {
      rp_search *const other = new_search(&s);
      assert_int_equal(
          rp_search_resume(other, t.given[k].bytes, t.given[k].size), RP_OK);
      const rp_search_outcome outcome =
          rp_search_run(other, INT64_MAX, witness);
      is_found = outcome == RP_SEARCH_FOUND;
      if (!is_found) assert_int_equal(outcome, RP_SEARCH_EXHAUSTED);
      rp_search_free(other);
    }
    if (is_found) assert_is_counterexample(&s, witness);
    assert_int_equal(is_found, s.distance <= s.radius);
    robust += !is_found;
    taker_fini(&t);
    scene_fini(&s);
  }
  assert_in_range(robust, 5, 195);
}

static void nodes_that_nobody_takes_stay(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 20; round++) {
    scene s;
    rp_split split;
    taker t = {.refuses = true};
    copied copy[MOST_OPEN];
    uint8_t witness[TINY_INPUTS];
    scene_with_open_nodes(&rng, 3, &s);
    let_take(&s, &split, &t, 2);
    const int32_t n = copy_open(&s, copy);
    rp_search_give(s.search);
    assert_int_equal(t.calls, 2);
    assert_int_equal(rp_search_count_subproblems(s.search), 0);
    assert_holds(&s, s.search, copy, n, 0, 1);
    s.task.split = NULL;
    assert_int_equal(rp_search_run(s.search, INT64_MAX, witness),
                     s.distance <= s.radius ? RP_SEARCH_FOUND
                                            : RP_SEARCH_EXHAUSTED);
    for (int32_t i = 0; i < n; i++) rp_region_free(copy[i].region);
    scene_fini(&s);
  }
}

static void nothing_is_given_unasked_too_early_or_of_one_node(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  scene s;
  rp_split split;
  taker t = {.n = 0};
  scene_with_open_nodes(&rng, 3, &s);
  let_take(&s, &split, &t, 0);
  rp_search_give(s.search);
  assert_int_equal(t.calls, 0);
  atomic_store(&split.wanted, 2);
  s.search->split_from_s = HUGE_VAL;
  rp_search_give(s.search);
  assert_int_equal(t.calls, 0);
  s.search->split_from_s = 0;
  while (s.search->open.count > 1) {
    node_free(heap_pop(&s.search->open));
    s.search->census.left[LEFT_CLOSED]++;
  }
  rp_search_give(s.search);
  assert_int_equal(t.calls, 0);
  assert_int_equal(atomic_load(&split.wanted), 2);
  scene_fini(&s);
}

/* Only those who want all get something from a search that may be replaced. */
static void a_search_that_may_be_replaced_gives_all_or_nothing(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  scene s;
  rp_split split;
  taker t = {.n = 0};
  scene_with_open_nodes(&rng, 3, &s);
  let_take(&s, &split, &t, 2);
  s.task.gives_only_all = true;
  rp_search_give(s.search);
  assert_int_equal(t.calls, 0);
  assert_int_equal(atomic_load(&split.wanted), 2);
  atomic_store(&split.wanted, RP_SUBPROBLEMS_OF_ALL);
  assert_true(rp_search_give_all(s.search));
  assert_int_equal(t.n, 1);
  taker_fini(&t);
  scene_fini(&s);
}

static rp_cut *random_cut(rp_rng *rng, const rp_net *net) {
  const rp_block *const block = &net->block[0];
  rp_cut *const cut = rp_cut_create(net->n_in, NULL);
  assert_non_null(cut);
  cut->at = block->first + (int32_t)rp_rng_below(rng, (uint32_t)block->n_acc);
  cut->sign = rp_rng_below(rng, 2) ? 1 : -1;
  cut->unit = (int32_t)between(rng, 1, 1000);
  cut->from = (int32_t)between(rng, -1000, 1000);
  for (int32_t p = 0; p < net->n_in; p++)
    if (rp_rng_below(rng, 2)) rp_cut_choose(cut, p);
  return cut;
}

/* Give a node some of the shared cuts, in any order, with multipliers. */
static node *give_cuts(rp_rng *rng, const scene *s, node *n,
                       rp_cut *const shared[SHARED_CUTS]) {
  const int32_t count = (int32_t)rp_rng_below(rng, SHARED_CUTS);
  node *const moved = node_make_room(s->net, n, count);
  assert_non_null(moved);
  for (int32_t c = 0; c < count; c++) {
    rp_cut *const cut = shared[rp_rng_below(rng, SHARED_CUTS)];
    moved->cuts.cut[moved->cuts.n++] = rp_cut_hold(cut);
  }
  for (int32_t i = 0; i < s->net->n_acc + count; i++)
    moved->lambda_cut[i] = (double)between(rng, 0, 4096) / 64;
  moved->noted_depth = moved->depth - (moved->depth > 0);
  return moved;
}

/* Every open node has a gap of its own, so that their order is known. */
static void draw_cuts(rp_rng *rng, scene *s) {
  rp_cut *shared[SHARED_CUTS];
  node *list[MOST_OPEN];
  int32_t n = 0;
  for (int32_t k = 0; k < SHARED_CUTS; k++) shared[k] = random_cut(rng, s->net);
  for (node *next; (next = heap_pop(&s->search->open)); n++) {
    list[n] = give_cuts(rng, s, next, shared);
    list[n]->gap = 1 + n;
    list[n]->hull_gap = list[n]->gap + 0.25;
    list[n]->noted_gap = list[n]->gap + 0.5;
  }
  for (int32_t i = 0; i < n; i++)
    assert_true(heap_push(&s->search->open, list[i]));
  for (int32_t k = 0; k < SHARED_CUTS; k++) rp_cut_release(shared[k]);
}

/* All that is not rounded away is there. */
static void assert_same_node(const rp_net *net, const node *a, const node *b) {
  assert_int_equal(a->depth, b->depth);
  assert_int_equal(a->noted_depth, b->noted_depth);
  assert_true((float)a->gap == (float)b->gap);
  assert_true((float)a->hull_gap == (float)b->hull_gap);
  assert_true((float)a->noted_gap == (float)b->noted_gap);
  assert_same_region(net, a->region, b->region);
  assert_int_equal(a->cuts.n, b->cuts.n);
  for (int32_t c = 0; c < a->cuts.n; c++)
    assert_same_cut(a->cuts.cut[c], b->cuts.cut[c]);
  for (int32_t i = 0; a->cuts.n > 0 && i < net->n_acc + a->cuts.n; i++)
    assert_true(a->lambda_cut[i] == b->lambda_cut[i]);
}

static void refuse(const scene *s, const uint8_t *bytes, size_t size) {
  rp_search *const other = new_search(s);
  assert_int_equal(rp_search_resume(other, bytes, size), RP_E_INPUT);
  rp_search_free(other);
}

static void nodes_take_their_cuts_along(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t cuts = 0;
  for (int32_t round = 0; round < 40; round++) {
    scene s;
    rp_split split;
    taker t = {.only_copies = true};
    node *kept[MOST_OPEN], *arrived[MOST_OPEN];
    scene_with_open_nodes(&rng, 2, &s);
    draw_cuts(&rng, &s);
    let_take(&s, &split, &t, RP_SUBPROBLEMS_OF_ALL);
    assert_false(rp_search_give_all(s.search));
    assert_int_equal(t.n, 1);
    rp_search *const other = new_search(&s);
    assert_int_equal(rp_search_resume(other, t.given[0].bytes, t.given[0].size),
                     RP_OK);
    const int32_t n = list_open(s.search, kept);
    assert_int_equal(list_open(other, arrived), n);
    for (int32_t i = 0; i < n; i++) {
      assert_same_node(s.net, kept[i], arrived[i]);
      cuts += kept[i]->cuts.n;
    }
    rp_search_free(other);
    for (size_t size = 0; size < t.given[0].size; size++)
      refuse(&s, t.given[0].bytes, size);
    taker_fini(&t);
    scene_fini(&s);
  }
  assert_true(cuts > 100);
  assert_int_equal(rp_cut_all_bytes(), 0);
}

static void put_single(float value, uint8_t bytes[5]) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  for (int32_t i = 0; i < 5; i++)
    bytes[i] = (uint8_t)((bits >> 7 * i & 127) | (i < 4 ? 128 : 0));
}

/* Another number in place of one that is there once. */
static void replace_single(subproblem *in, float was, float is) {
  uint8_t old[5], new[5];
  put_single(was, old);
  put_single(is, new);
  uint8_t *const at = memmem(in->bytes, in->size, old, sizeof old);
  assert_non_null(at);
  memcpy(at, new, sizeof new);
}

/* A scene whose best open node has cuts.
 * @param list  out: its open nodes, best first */
static void scene_with_cuts(rp_rng *rng, scene *s, node *list[MOST_OPEN]) {
  for (;;) {
    scene_with_open_nodes(rng, 2, s);
    draw_cuts(rng, s);
    (void)list_open(s->search, list);
    if (list[0]->cuts.n > 0) return;
    scene_fini(s);
  }
}

static double *choose_multipliers(const node *n, bool with_cuts) {
  return with_cuts ? n->lambda_cut : n->lambda;
}

/* A search writes 0 for a multiplier that is no number, or enormous, and reads
 * none. */
static void refuse_multiplier(rp_rng *rng, double odd, bool with_cuts) {
  scene s;
  rp_split split;
  taker t = {.only_copies = true};
  node *kept[MOST_OPEN], *arrived[MOST_OPEN];
  scene_with_cuts(rng, &s, kept);
  choose_multipliers(kept[0], with_cuts)[0] = odd;
  choose_multipliers(kept[0], with_cuts)[1] = 1234.5;
  let_take(&s, &split, &t, RP_SUBPROBLEMS_OF_ALL);
  assert_false(rp_search_give_all(s.search));
  rp_search *const other = new_search(&s);
  assert_int_equal(rp_search_resume(other, t.given[0].bytes, t.given[0].size),
                   RP_OK);
  (void)list_open(other, arrived);
  const double *const there = choose_multipliers(arrived[0], with_cuts);
  assert_true(there[0] == 0 && there[1] == 1234.5);
  rp_search_free(other);
  replace_single(&t.given[0], 1234.5f, (float)odd);
  refuse(&s, t.given[0].bytes, t.given[0].size);
  taker_fini(&t);
  scene_fini(&s);
}

static void multipliers_are_no_enormous_numbers(void **state) {
  static const double odd[] = {NAN, HUGE_VAL, -HUGE_VAL, 1e300, 1e17};
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t k = 0; k < 5; k++) {
    refuse_multiplier(&rng, odd[k], false);
    refuse_multiplier(&rng, odd[k], true);
  }
}

static void the_head_tells_of_the_query(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  scene s;
  rp_split split;
  taker t = {.n = 0};
  rp_subproblem_head head;
  scene_with_open_nodes(&rng, 2, &s);
  let_take(&s, &split, &t, 1);
  s.task.began_s = rp_clock_wall_s() - 100;
  s.task.began_cpu_s = rp_clock_process_cpu_s() - 50;
  s.search->nodes = 4321;
  rp_search_give(s.search);
  assert_int_equal(t.n, 1);
  assert_int_equal(
      rp_subproblem_read_head(t.given[0].bytes, t.given[0].size, &head), RP_OK);
  assert_true(head.wall_s >= 100 && head.cpu_s >= 50);
  assert_int_equal(head.source, 1234);
  assert_int_equal(head.nodes, 4321);
  for (size_t size = 0; size < 6; size++)
    assert_int_equal(rp_subproblem_read_head(t.given[0].bytes, size, &head),
                     RP_E_INPUT);
  t.given[0].bytes[0]++; /* another version */
  assert_int_equal(
      rp_subproblem_read_head(t.given[0].bytes, t.given[0].size, &head),
      RP_E_INPUT);
  taker_fini(&t);
  scene_fini(&s);
}

static void bytes_too_few_or_too_many_are_refused(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 5; round++) {
    scene s;
    rp_split split;
    taker t = {.n = 0};
    scene_with_open_nodes(&rng, 4, &s);
    let_take(&s, &split, &t, 1);
    rp_search_give(s.search);
    assert_int_equal(t.n, 1);
    for (size_t size = 0; size < t.given[0].size; size++)
      refuse(&s, t.given[0].bytes, size);
    uint8_t *const longer = calloc(t.given[0].size + 1, 1);
    memcpy(longer, t.given[0].bytes, t.given[0].size);
    refuse(&s, longer, t.given[0].size + 1);
    free(longer);
    taker_fini(&t);
    scene_fini(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_are_dealt_in_turns),
      cmocka_unit_test(together_they_are_the_query),
      cmocka_unit_test(nodes_that_nobody_takes_stay),
      cmocka_unit_test(nothing_is_given_unasked_too_early_or_of_one_node),
      cmocka_unit_test(a_search_that_may_be_replaced_gives_all_or_nothing),
      cmocka_unit_test(nodes_take_their_cuts_along),
      cmocka_unit_test(multipliers_are_no_enormous_numbers),
      cmocka_unit_test(the_head_tells_of_the_query),
      cmocka_unit_test(bytes_too_few_or_too_many_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
