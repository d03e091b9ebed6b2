/* The status file of a run that another process follows. */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "store/run_status.h"

/* The name that the status file of fuzz_path("run") has. */
static const char *status_path(void) {
  return fuzz_path("run.status");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_write(status_path(), data, size);
  rp_run_status status;
  rp_error err = {""};
  const rp_status read = rp_run_status_read(fuzz_path("run"), &status, &err);
  fuzz_expect_verdict(read, &err);
  if (read != RP_OK) return 0;
  char line[RP_RUN_LINE];
  (void)rp_run_status_is_gone(&status);
  for (int width = 0; width < 300; width += 37) {
    rp_run_status_line(&status, width, line);
    fuzz_expect(memchr(line, '\0', sizeof line) != NULL, "a line ends");
    fuzz_expect(!strchr(line, '\n'), "a line is one line");
  }
  return 0;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  if (number >= 3) return false;
  rp_run_status s = {.state = "running", .host = "node1", .pid = 4711};
  s.began = 1.7e9;
  s.updated = s.began + 100.5;
  s.elapsed_s = 100.5;
  s.total = 1000;
  s.done = number * 400;
  s.count.of[RP_ROBUST] = s.done / 2;
  s.count.of[RP_VIOLATED] = s.done / 4;
  s.count.closed = number;
  s.busy = s.ranks = 4;
  s.rate = 3.25;
  s.longest_sample = number - 1;
  s.left_low_s = 10;
  s.left_high_s = 1e9 * number;
  rp_error err = {""};
  fuzz_expect(rp_run_status_write(&s, fuzz_path("run"), &err) == RP_OK,
              "a status can be written");
  *seed = fuzz_read(status_path());
  return true;
}
