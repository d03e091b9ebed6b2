/* Messages: what is put is what is got, and every message that was cut short,
 * lengthened or damaged is refused or harmless, never read past its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "random_graph.h"
#include "run/build.h"
#include "run/wire.h"
#include "same_net.h"

static void numbers_come_back(void **state) {
  (void)state;
  rp_bytes out = {0};
  rp_bytes_put(&out, 0xfedcba9876543210u, 8);
  rp_bytes_put(&out, (uint64_t)-5, 2);
  rp_bytes_put(&out, (uint64_t)-123456, 4);
  rp_bytes_put_real(&out, -0.1);
  rp_bytes_append(&out, "xyz", 3);
  assert_int_equal(out.size, 8 + 2 + 4 + 8 + 3);
  assert_int_equal(out.data[0], 0x10);
  assert_int_equal(out.data[7], 0xfe);
  rp_bytes in = rp_bytes_over(out.data, out.size);
  char text[3];
  assert_true(rp_bytes_get(&in, 8) == 0xfedcba9876543210u);
  assert_int_equal(rp_bytes_get_signed(&in, 2), -5);
  assert_int_equal(rp_bytes_get_signed(&in, 4), -123456);
  assert_true(rp_bytes_get_real(&in) == -0.1);
  assert_false(rp_bytes_are_read(&in));
  rp_bytes_copy(&in, text, 3);
  assert_memory_equal(text, "xyz", 3);
  assert_true(rp_bytes_are_read(&in));
  assert_int_equal(rp_bytes_get(&in, 1), 0);
  assert_false(rp_bytes_are_read(&in));
  free(out.data);
}

static rp_answer some_answer(void) {
  rp_answer a;
  memset(&a, 0, sizeof a);
  a.verdict = RP_VIOLATED;
  a.evidence = RP_EVIDENCE_REPLAY;
  a.distance = 7;
  a.subproblems = 3;
  a.seconds = 1.5;
  a.cpu_seconds = 2.25;
  a.stats.nodes = (int64_t)1 << 40;
  a.stats.memory_peak = -1;
  return a;
}

static void answers_come_back(void **state) {
  (void)state;
  const rp_answer a = some_answer();
  rp_bytes out = {0};
  rp_wire_put_message(&out, RP_MESSAGE_RESULT, 99);
  rp_wire_put_answer(&out, &a);
  for (size_t size = 0; size <= out.size; size++) {
    rp_bytes in = rp_bytes_over(out.data, size);
    rp_answer b;
    const rp_message m = rp_wire_get_message(&in);
    rp_wire_get_answer(&in, &b);
    assert_int_equal(rp_bytes_are_read(&in), size == out.size);
    if (size < out.size) continue;
    assert_int_equal(m.kind, RP_MESSAGE_RESULT);
    assert_int_equal(m.task, 99);
    assert_int_equal(b.verdict, a.verdict);
    assert_int_equal(b.distance, a.distance);
    assert_true(b.seconds == a.seconds && b.cpu_seconds == a.cpu_seconds);
    assert_memory_equal(&a.stats, &b.stats, sizeof a.stats);
  }
  out.data[9] = RP_VERDICT_COUNT;
  rp_bytes in = rp_bytes_over(out.data, out.size);
  rp_answer b;
  rp_wire_get_message(&in);
  rp_wire_get_answer(&in, &b);
  assert_true(in.failed);
  assert_int_equal(b.verdict, RP_UNKNOWN);
  out.data[0] = RP_MESSAGE_COUNT;
  in = rp_bytes_over(out.data, out.size);
  assert_int_equal(rp_wire_get_message(&in).kind, RP_MESSAGE_COUNT);
  free(out.data);
}

/* Tasks and results of one message; it is cut short everywhere. */
static void records_of_one_message_come_back(void **state) {
  (void)state;
  const uint8_t x[3] = {7, 8, 9};
  rp_compute_task task = {
      .id = 5,
      .question = {
          .sample = 11, .label = -1, .radius = 4, .x = x, .cpu_limit_s = 2.5}};
  rp_compute_task subproblem_of_it = {
      .id = 8,
      .question = {.sample = 11,
                   .radius = 4,
                   .x = x,
                   .subproblem = (const uint8_t *)"nodes",
                   .subproblem_size = 5}};
  uint8_t given[] = {1, 2};
  const rp_compute_subproblem subproblem = {5, given, sizeof given, true};
  const rp_compute_answer violated = {
      .task.id = 6, .answer = some_answer(), .witness = x, .ended_s = 2.5};
  const rp_compute_answer unknown = {.task.id = 7, .answer = {.seconds = 1}};
  rp_bytes out = {0};
  rp_wire_put_task(&out, &task, 3);
  rp_wire_put_result(&out, &violated, 3);
  rp_wire_put_result(&out, &unknown, 3);
  rp_wire_put_task(&out, &subproblem_of_it, 3);
  rp_wire_put_subproblem(&out, &subproblem);
  for (size_t size = 0; size <= out.size; size++) {
    rp_bytes in = rp_bytes_over(out.data, size);
    rp_compute_task t = {.id = rp_wire_get_message(&in).task};
    rp_wire_get_task(&in, &t, 3);
    const rp_message six = rp_wire_get_message(&in);
    rp_compute_answer a, b;
    rp_wire_get_result(&in, &a, 3);
    const rp_message seven = rp_wire_get_message(&in);
    rp_wire_get_result(&in, &b, 3);
    rp_compute_task p = {.id = rp_wire_get_message(&in).task};
    rp_wire_get_task(&in, &p, 3);
    const rp_message five = rp_wire_get_message(&in);
    size_t given_size;
    bool last;
    const uint8_t *bytes = rp_wire_get_subproblem(&in, &given_size, &last);
    assert_int_equal(rp_bytes_are_read(&in), size == out.size);
    if (size < out.size) continue;
    const rp_question *const q = &t.question, *const r = &p.question;
    assert_true(t.id == 5 && q->sample == 11 && q->label == -1);
    assert_true(q->radius == 4 && q->cpu_limit_s == 2.5 && r->cpu_limit_s == 0);
    assert_memory_equal(q->x, x, 3);
    assert_true(!q->subproblem && p.id == 8 && r->subproblem_size == 5);
    assert_memory_equal(r->subproblem, "nodes", 5);
    assert_true(five.kind == RP_MESSAGE_SUBPROBLEM && five.task == 5);
    assert_true(last && given_size == 2 && bytes[1] == 2);
    assert_true(six.kind == RP_MESSAGE_RESULT && six.task == 6);
    assert_true(seven.kind == RP_MESSAGE_RESULT && seven.task == 7);
    assert_memory_equal(a.witness, x, 3);
    assert_null(b.witness);
    assert_true(a.ended_s == 2.5 && a.answer.distance == 7);
    assert_true(b.answer.seconds == 1);
  }
  free(out.data);
}

static void rank_rows_come_back(void **state) {
  (void)state;
  rp_rank_row a = {.rank = 3,
                   .threads = 8,
                   .tasks = 12,
                   .busy_seconds = 4.5,
                   .wall_seconds = 9.25,
                   .serving_seconds = 0.5,
                   .messages = 77,
                   .message_bytes = (int64_t)1 << 40};
  strcpy(a.host, "node17");
  a.stats.parts = 5;
  rp_bytes out = {0};
  rp_wire_put_rank_row(&out, &a);
  rp_bytes in = rp_bytes_over(out.data, out.size);
  rp_rank_row b;
  rp_wire_get_rank_row(&in, &b);
  assert_true(rp_bytes_are_read(&in));
  assert_int_equal(b.rank, 3);
  assert_int_equal(b.threads, 8);
  assert_int_equal(b.tasks, 12);
  assert_int_equal(b.stats.parts, 5);
  assert_true(b.wall_seconds == 9.25 && b.serving_seconds == 0.5);
  assert_true(b.messages == 77 && b.message_bytes == (int64_t)1 << 40);
  assert_string_equal(b.host, "node17");
  free(out.data);
}

/* ---- the setup ---- */

static rp_net *draw_net(rp_rng *rng) {
  static const random_graph_plan plan = {4, 3, 3, 255, 20, 90, false, true};
  rp_net *const net = random_graph(rng, &plan);
  assert_non_null(net);
  strcpy(net->sha256, "abc");
  return net;
}

static void the_setup_comes_back(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 1);
  rp_net *const net = draw_net(&rng);
  rp_options options, got_options;
  rp_options_default(&options);
  options.engine = RP_ENGINE_ONEHOT;
  options.time_limit = 12.5;
  options.seed = 77;
  rp_bytes out = {0};
  assert_int_equal(rp_wire_put_setup(&out, net, &options, NULL), RP_OK);
  rp_bytes in = rp_bytes_over(out.data, out.size);
  rp_net *got = NULL;
  assert_int_equal(rp_wire_get_setup(&in, &got, &got_options, NULL), RP_OK);
  same_net(net, got);
  assert_string_equal(net->sha256, got->sha256);
  assert_int_equal(got_options.engine, RP_ENGINE_ONEHOT);
  assert_true(got_options.time_limit == 12.5);
  assert_int_equal(got_options.seed, 77);
  rp_net_free(got);
  for (size_t size = 0; size < out.size; size++) {
    in = rp_bytes_over(out.data, size);
    got = NULL;
    assert_int_not_equal(rp_wire_get_setup(&in, &got, &got_options, NULL),
                         RP_OK);
    assert_null(got);
  }
  rp_bytes_put(&out, 0, 1);
  in = rp_bytes_over(out.data, out.size);
  assert_int_equal(rp_wire_get_setup(&in, &got, &got_options, NULL),
                   RP_E_INTERNAL);
  free(out.data);
  rp_net_free(net);
}

static void networks_come_back(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int n = 0; n < 300; n++) {
    rp_net *const net = draw_net(&rng), *got = NULL;
    rp_bytes out = {0};
    assert_int_equal(rp_wire_put_net(&out, net, NULL), RP_OK);
    rp_bytes in = rp_bytes_over(out.data, out.size);
    assert_int_equal(rp_wire_get_net(&in, &got, NULL), RP_OK);
    assert_true(rp_bytes_are_read(&in));
    same_net(net, got);
    assert_string_equal(net->sha256, got->sha256);
    rp_net_free(got);
    rp_net_free(net);
    free(out.data);
  }
}

/* Neurons that were folded have no weights and no staircase of their channel;
 * they come back so. */
static void folded_networks_come_back(void **state) {
  (void)state;
  rp_net *net, *got = NULL;
  const int32_t dims[1] = {2}, row[2][2] = {{30000, 30000}, {3, -2}};
  rp_term term = {RP_INPUT, rp_op_dense_create(2, 2)};
  const int64_t bias[2] = {(int64_t)1 << 40, 1};
  const rp_stair stair[2] = {{-8, 7, 2, NULL}, {-8, 7, 4, NULL}};
  const rp_block_spec spec = {.n_out = 2,
                              .n_terms = 1,
                              .term = &term,
                              .bias = bias,
                              .n_stairs = 2,
                              .stair = stair,
                              .folds_constants = true};
  for (int32_t i = 0; i < 2; i++)
    assert_int_equal(rp_op_dense_set_row(term.op, i, row[i]), 2);
  assert_int_equal(rp_net_create("folded", dims, 1, 255, &net, NULL), RP_OK);
  assert_int_equal(rp_net_set_input(net, -128, 3, NULL), RP_OK);
  assert_int_equal(rp_net_add_block(net, &spec, NULL), RP_OK);
  const int32_t last[4] = {1, 2, 3, 4};
  const int64_t none[2] = {0, 0};
  assert_int_equal(
      rp_net_add_dense(
          net, &(rp_dense_spec){2, 2, last, none, {-8, 7, 2, NULL}}, NULL),
      RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  assert_int_equal(net->block[0].stair[0].lo, 7);
  rp_bytes out = {0};
  assert_int_equal(rp_wire_put_net(&out, net, NULL), RP_OK);
  rp_bytes in = rp_bytes_over(out.data, out.size);
  assert_int_equal(rp_wire_get_net(&in, &got, NULL), RP_OK);
  same_net(net, got);
  free(out.data);
  rp_net_free(got);
  rp_net_free(net);
}

static void another_build_is_refused(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 4);
  rp_net *const net = draw_net(&rng);
  rp_options options;
  rp_options_default(&options);
  char own[RP_BUILD_SIZE];
  rp_build_name(own);
  assert_int_equal(
      strncmp(own, RAMPART_VERSION " ", strlen(RAMPART_VERSION) + 1), 0);
  assert_true(strlen(own) >= strlen(RAMPART_VERSION) + 1 + 16); /* a build-id */
  rp_bytes out = {0};
  assert_int_equal(rp_wire_put_setup(&out, net, &options, NULL), RP_OK);
  assert_memory_equal(out.data, own, sizeof own);
  for (size_t at = 0; at < strlen(own); at++) {
    const uint8_t good = out.data[at];
    out.data[at] = 'z';
    rp_bytes in = rp_bytes_over(out.data, out.size);
    rp_net *got = NULL;
    rp_error err;
    assert_int_equal(rp_wire_get_setup(&in, &got, &options, &err), RP_E_USAGE);
    assert_non_null(strstr(err.text, "another build"));
    assert_null(got);
    out.data[at] = good;
  }
  free(out.data);
  rp_net_free(net);
}

static void damage_setup_of(rp_rng *rng, const rp_net *net, int times) {
  rp_options options;
  rp_options_default(&options);
  rp_bytes out = {0};
  assert_int_equal(rp_wire_put_setup(&out, net, &options, NULL), RP_OK);
  for (int i = 0; i < times; i++) {
    const uint32_t at = rp_rng_below(rng, (uint32_t)out.size);
    const uint8_t good = out.data[at];
    out.data[at] = (uint8_t)rp_rng_u64(rng);
    rp_bytes in = rp_bytes_over(out.data, out.size);
    rp_net *got = NULL;
    if (rp_wire_get_setup(&in, &got, &options, NULL) == RP_OK)
      rp_net_free(got);
    else
      assert_null(got);
    out.data[at] = good;
  }
  free(out.data);
}

static void damaged_setups_do_no_harm(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int n = 0; n < 20; n++) {
    rp_net *const net = draw_net(&rng);
    damage_setup_of(&rng, net, 1000);
    rp_net_free(net);
  }
}

static void every_allocation_of_a_network_may_fail(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  rp_net *const net = draw_net(&rng), *got = NULL;
  rp_bytes out = {0};
  assert_int_equal(rp_wire_put_net(&out, net, NULL), RP_OK);
  rp_status status = RP_E_MEMORY;
  uint64_t n = 1;
  for (; status != RP_OK && n < 1000; n++) {
    rp_bytes in = rp_bytes_over(out.data, out.size);
    rp_alloc_fail_after(n);
    status = rp_wire_get_net(&in, &got, NULL);
    rp_alloc_fail_after(0);
    if (status != RP_OK) assert_int_equal(status, RP_E_MEMORY);
  }
  assert_true(n > 10);
  same_net(net, got);
  rp_net_free(got);
  rp_net_free(net);
  free(out.data);
}

static void lack_of_memory_sticks(void **state) {
  (void)state;
  rp_bytes out = {0};
  rp_alloc_fail_after(1);
  rp_bytes_put(&out, 1, 8);
  rp_bytes_put(&out, 1, 8);
  assert_true(out.failed);
  assert_int_equal(out.size, 0);
  free(out.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_come_back),
      cmocka_unit_test(answers_come_back),
      cmocka_unit_test(records_of_one_message_come_back),
      cmocka_unit_test(rank_rows_come_back),
      cmocka_unit_test(the_setup_comes_back),
      cmocka_unit_test(networks_come_back),
      cmocka_unit_test(folded_networks_come_back),
      cmocka_unit_test(another_build_is_refused),
      cmocka_unit_test(damaged_setups_do_no_harm),
      cmocka_unit_test(every_allocation_of_a_network_may_fail),
      cmocka_unit_test(lack_of_memory_sticks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
