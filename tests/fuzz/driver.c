/* Runs a target where there is no libFuzzer: its seeds, the findings of the
 * past, then so many changes of them, the same ones every time.
 *
 *   TARGET [--seeds FOLDER] [--runs N] [FILE | FOLDER]...
 *
 * --seeds writes the seeds into a folder, for libFuzzer to begin with, and
 * ends. RAMPART_SEED chooses other changes, see seeded.h. An input that ends
 * the process, or takes more than a minute, is left in the current folder as
 * crash-TARGET. At the end the process says how much memory it ever had. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "seeded.h"

enum { MOST_INPUTS = 256, MOST_BYTES = 1 << 16, MOST_SECONDS = 60 };

static fuzz_bytes inputs[MOST_INPUTS];
static int n_inputs;

/* The input at hand, for the handler that keeps it. */
static fuzz_bytes at_hand;
static char crash_file[128];

static void keep_input(int signal_number) {
  FILE *const out = fopen(crash_file, "wb");
  if (out && fwrite(at_hand.data, 1, at_hand.size, out) == at_hand.size)
    (void)!write(STDERR_FILENO, crash_file, strlen(crash_file));
  if (out) (void)fclose(out);
  (void)signal(signal_number, SIG_DFL);
  (void)raise(signal_number);
}

static void run(const uint8_t *data, size_t size) {
  at_hand = fuzz_copy(data, size);
  (void)alarm(MOST_SECONDS);
  (void)LLVMFuzzerTestOneInput(at_hand.data, at_hand.size);
  free(at_hand.data);
}

/* ---- inputs ---- */

static void add_input(fuzz_bytes input) {
  fuzz_expect(n_inputs < MOST_INPUTS, "there are at most 256 inputs");
  inputs[n_inputs++] = input;
}

static void add_seeds(void) {
  fuzz_bytes seed;
  for (int i = 0; fuzz_make_seed(i, &seed); i++) add_input(seed);
}

static void add_path(const char *path) {
  struct stat info;
  if (stat(path, &info) != 0) return;
  if (!S_ISDIR(info.st_mode)) {
    add_input(fuzz_read(path));
    return;
  }
  DIR *const dir = opendir(path);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    char inner[4096];
    snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
    if (entry->d_name[0] != '.') add_path(inner);
  }
  if (dir) (void)closedir(dir);
}

static int write_seeds(const char *folder) {
  add_seeds();
  for (int i = 0; i < n_inputs; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/seed-%03d", folder, i);
    fuzz_write(path, inputs[i].data, inputs[i].size);
  }
  return 0;
}

/* ---- changes ---- */

static size_t place(rp_rng *rng, size_t size) {
  return size ? rp_rng_below(rng, (uint32_t)size) : 0;
}

static void insert(fuzz_bytes *b, size_t at, const uint8_t *from, size_t n) {
  if (n > MOST_BYTES - b->size) n = MOST_BYTES - b->size;
  memmove(b->data + at + n, b->data + at, b->size - at);
  memmove(b->data + at, from, n);
  b->size += n;
}

static void cut(rp_rng *rng, fuzz_bytes *b, size_t at) {
  const size_t n = 1 + place(rng, b->size - at);
  memmove(b->data + at, b->data + at + n, b->size - at - n);
  b->size -= n;
}

/* A whole number that often stands at an edge, of 1 to 8 bytes. */
static void put_number(rp_rng *rng, fuzz_bytes *b, size_t at) {
  static const int64_t edges[] = {0,   1,         -1,        127,      128,
                                  255, INT32_MAX, INT32_MIN, INT64_MAX};
  const int64_t edge = edges[rp_rng_below(rng, 9)];
  const uint64_t value = (uint64_t)edge + (uint64_t)between(rng, -1, 1);
  const size_t n = (size_t)1 << rp_rng_below(rng, 4);
  const bool big_endian = rp_rng_below(rng, 2);
  for (size_t i = 0; i < n && at + i < b->size; i++)
    b->data[at + i] = (uint8_t)(value >> 8 * (big_endian ? n - 1 - i : i));
}

/* Decimal digits, a sign, separators: what texts are made of. */
static void put_text(rp_rng *rng, fuzz_bytes *b, size_t at) {
  static const char *const words[] = {
      "0",  "-",   ",", "\n", "\"", "9999999999", "1e308",    "nan",
      ": ", "all", " ", "\r", "{",  "]",          "\x1b[31m", "\xc3\xa9"};
  const char *const word = words[rp_rng_below(rng, 16)];
  insert(b, at, (const uint8_t *)word, strlen(word));
}

static void splice(rp_rng *rng, fuzz_bytes *b, size_t at) {
  const fuzz_bytes *const other =
      &inputs[rp_rng_below(rng, (uint32_t)n_inputs)];
  const size_t from = place(rng, other->size);
  if (other->size > from)
    insert(b, at, other->data + from, 1 + place(rng, other->size - from));
}

static void change(rp_rng *rng, fuzz_bytes *b) {
  const uint8_t any = (uint8_t)rp_rng_u64(rng);
  const size_t at = place(rng, b->size);
  const uint32_t kind = b->size ? rp_rng_below(rng, 8) : 6;
  if (kind == 0) b->data[at] ^= (uint8_t)(1 << any % 8);
  if (kind == 1) b->data[at] = any;
  if (kind == 2) b->data[at] = (uint8_t)(b->data[at] + any % 5 - 2);
  if (kind == 3) cut(rng, b, at);
  if (kind == 4) put_number(rng, b, at);
  if (kind == 5) put_text(rng, b, at);
  if (kind == 6) splice(rng, b, at);
  if (kind == 7) insert(b, at, &any, 1);
}

static void run_changes(rp_rng *rng, int64_t runs) {
  fuzz_bytes b = {malloc(MOST_BYTES), 0};
  fuzz_expect(b.data != NULL, "there is memory");
  for (int64_t i = 0; i < runs; i++) {
    const fuzz_bytes from = inputs[rp_rng_below(rng, (uint32_t)n_inputs)];
    b.size = from.size < MOST_BYTES ? from.size : MOST_BYTES;
    if (b.size) memcpy(b.data, from.data, b.size);
    for (int64_t n = between(rng, 1, 4); n > 0; n--) change(rng, &b);
    run(b.data, b.size);
  }
  free(b.data);
}

int main(int argc, char **argv) {
  int64_t runs = 0;
  const char *const slash = strrchr(argv[0], '/');
  const char *const name = slash ? slash + 1 : argv[0];
  snprintf(crash_file, sizeof crash_file, "crash-%.100s", name);
  static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS,
                               SIGFPE,  SIGILL,  SIGALRM};
  for (int i = 0; i < 6; i++) (void)signal(deadly[i], keep_input);
  for (int i = 1; i < argc; i++) {
    const bool has_value = i + 1 < argc;
    if (strcmp(argv[i], "--seeds") == 0 && has_value)
      return write_seeds(argv[i + 1]);
    if (strcmp(argv[i], "--runs") == 0 && has_value)
      runs = strtoll(argv[++i], NULL, 10);
    else
      add_path(argv[i]);
  }
  if (runs > 0) add_seeds();
  for (int i = 0; i < n_inputs; i++) run(inputs[i].data, inputs[i].size);
  rp_rng rng = rng_of_test(name);
  if (n_inputs > 0) run_changes(&rng, runs);
  struct rusage used = {0};
  (void)getrusage(RUSAGE_SELF, &used);
  printf("%s: %d inputs, %lld changes, at most %ld MiB\n", name, n_inputs,
         (long long)runs, used.ru_maxrss / 1024);
  for (int i = 0; i < n_inputs; i++) free(inputs[i].data);
  return 0;
}
