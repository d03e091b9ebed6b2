/* The term of a maximum against all accumulators of small intervals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bound/group.h"
#include "net/op_select.h"
#include "seeded.h"

enum { MOST_MEMBERS = 3, WIDTH = 12 };

/* One neuron of a few accumulators, even or uneven steps. */
typedef struct scene {
  rp_net *net;
  int32_t n, z_lo[MOST_MEMBERS], z_hi[MOST_MEMBERS];
  rp_corners corner[MOST_MEMBERS];
  group group;
} scene;

static rp_stair draw_stair(rp_rng *rng, rp_net *net) {
  int64_t threshold[8];
  rp_stair stair = {-2, 4, (int32_t)between(rng, 0, 2), NULL};
  if (rp_rng_below(rng, 2)) return stair;
  threshold[0] = between(rng, -12, 0);
  for (int32_t v = 1; v < 6; v++)
    threshold[v] = threshold[v - 1] + between(rng, 0, 5);
  assert_int_equal(rp_net_add_table(net, threshold, 6, &stair.table, NULL),
                   RP_OK);
  stair.shift = 0;
  return stair;
}

/* Rows are selections of an input that play no part here. */
static void scene_init(rp_rng *rng, scene *s) {
  const int32_t one = 1, owner[MOST_MEMBERS] = {0, 0, 0};
  const int64_t bias[MOST_MEMBERS] = {0, 0, 0};
  int32_t column[MOST_MEMBERS] = {0, 0, 0};
  s->n = (int32_t)between(rng, 1, MOST_MEMBERS);
  assert_int_equal(rp_net_create("group", &one, 1, 255, &s->net, NULL), RP_OK);
  const rp_stair stair = draw_stair(rng, s->net);
  rp_term term = {RP_INPUT, NULL};
  assert_int_equal(rp_op_select_create(s->n, 1, column, NULL, &term.op, NULL),
                   RP_OK);
  const rp_block_spec spec = {.n_out = 1,
                              .n_acc = s->n,
                              .owner = owner,
                              .n_terms = 1,
                              .term = &term,
                              .bias = bias,
                              .n_stairs = 1,
                              .stair = &stair};
  assert_int_equal(rp_net_add_block(s->net, &spec, NULL), RP_OK);
  for (int32_t i = 0; i < s->n; i++) {
    s->z_lo[i] = (int32_t)between(rng, -15, 15);
    s->z_hi[i] = s->z_lo[i] + (int32_t)between(rng, 0, WIDTH);
    rp_stair_find_corners(&s->net->block[0].stair[i], s->z_lo[i], s->z_hi[i],
                          &s->corner[i]);
  }
  s->group = (group){s->net->block, 0, s->z_lo, s->z_hi, s->corner};
}

/* The maximum over all points of the box, one accumulator after the other. */
static int64_t look_everywhere(const scene *s, int32_t member, int32_t greatest,
                               int64_t linear, int64_t mu,
                               const int64_t *lambda) {
  if (member >= s->n || member >= MOST_MEMBERS) return mu * greatest + linear;
  int64_t best = INT64_MIN;
  for (int32_t z = s->z_lo[member]; z <= s->z_hi[member]; z++) {
    const int32_t a = rp_stair_apply(&s->net->block[0].stair[member], z);
    const int64_t found =
        look_everywhere(s, member + 1, a > greatest ? a : greatest,
                        linear - lambda[member] * z, mu, lambda);
    if (found > best) best = found;
  }
  return best;
}

static bool is_exact(const scene *s) {
  for (int32_t i = 0; i < s->n; i++)
    if (s->corner[i].slack > 0) return false;
  return true;
}

static void closed_form_is_the_maximum(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int64_t exact = 0;
  for (int32_t n = 0; n < 20000; n++) {
    scene s;
    scene_init(&rng, &s);
    const int64_t mu = between(&rng, -40, 40);
    int64_t lambda[MOST_MEMBERS];
    double real[MOST_MEMBERS], z[MOST_MEMBERS];
    for (int32_t i = 0; i < s.n; i++)
      real[i] = (double)(lambda[i] = between(&rng, -12, 12));
    const int64_t truth = look_everywhere(&s, 0, INT32_MIN, 0, mu, lambda);
    const int64_t found = (int64_t)group_evaluate_exactly(&s.group, mu, lambda);
    assert_true(found >= truth);
    if (mu < 0 || is_exact(&s)) {
      assert_true(found == truth);
      exact++;
    }
    const group_means sharp =
        group_evaluate(&s.group, (double)mu, real, 0, NULL);
    assert_true(sharp.bound == (double)found);
    const group_means soft = group_evaluate(&s.group, (double)mu, real, 3, z);
    assert_true(soft.bound == (double)found && soft.value >= soft.bound);
    for (int32_t i = 0; i < s.n; i++)
      assert_true(z[i] >= s.z_lo[i] - s.corner[i].slack - 1e-9 &&
                  z[i] <= s.z_hi[i] + s.corner[i].slack + 1e-9);
    rp_net_free(s.net);
  }
  assert_true(exact > 10000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(closed_form_is_the_maximum)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
