/* Invariants are evaluated in check builds and in no others; a broken one ends
 * the process with its place. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/assert.h"

static void check_builds_alone_evaluate(void **state) {
  (void)state;
  int evaluated = 0;
  RP_ASSERT(++evaluated);
#ifdef RAMPART_CHECKS
  assert_int_equal(evaluated, 1);
#else
  assert_int_equal(evaluated, 0);
#endif
}

static void a_broken_one_ends_the_process(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    signal(SIGABRT, SIG_DFL); /* cmocka's handler is not for the child */
    rp_assert_fail("1 + 1 == 3", "sums.c", 7);
  }
  close(ends[1]);
  char text[512] = {0};
  size_t size = 0;
  for (ssize_t n; (n = read(ends[0], text + size, sizeof text - 1 - size)) > 0;)
    size += (size_t)n;
  close(ends[0]);
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGABRT);
  assert_non_null(strstr(text, "sums.c:7: 1 + 1 == 3"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(check_builds_alone_evaluate),
      cmocka_unit_test(a_broken_one_ends_the_process),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
