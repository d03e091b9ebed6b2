/* Files in memory, and promises. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { MOST_NAMES = 8 };

static char folder[64];
static pid_t owner; /* children of the process leave the folder alone */

static void remove_folder(void) {
  if (getpid() != owner) return;
  DIR *const dir = opendir(folder);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (entry->d_name[0] != '.') (void)unlink(path);
  }
  if (dir) (void)closedir(dir);
  (void)rmdir(folder);
}

static void make_folder(void) {
  const bool has_memory = access("/dev/shm", W_OK) == 0;
  snprintf(folder, sizeof folder, "%s/rampart-fuzz-XXXXXX",
           has_memory ? "/dev/shm" : "/tmp");
  fuzz_expect(mkdtemp(folder) != NULL, "a temporary folder can be made");
  owner = getpid();
  (void)atexit(remove_folder);
}

const char *fuzz_path(const char *name) {
  static char paths[MOST_NAMES][128];
  if (!folder[0]) make_folder();
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  for (int i = 0; i < MOST_NAMES; i++) {
    if (!paths[i][0]) memcpy(paths[i], path, sizeof path);
    if (strcmp(paths[i], path) == 0) return paths[i];
  }
  fuzz_expect(false, "a target uses at most eight files");
  return NULL;
}

void fuzz_write(const char *path, const void *data, size_t size) {
  FILE *const out = fopen(path, "wb");
  fuzz_expect(out && (size == 0 || fwrite(data, 1, size, out) == size) &&
                  fclose(out) == 0,
              "a file can be written");
}

fuzz_bytes fuzz_read(const char *path) {
  struct stat info = {0};
  FILE *const in = fopen(path, "rb");
  fuzz_expect(in && fstat(fileno(in), &info) == 0, "a file can be opened");
  const size_t size = (size_t)info.st_size;
  fuzz_bytes bytes = {malloc(size + 1), size};
  fuzz_expect(bytes.data && fread(bytes.data, 1, size, in) == size,
              "a file can be read");
  (void)fclose(in);
  return bytes;
}

fuzz_bytes fuzz_copy(const void *data, size_t size) {
  fuzz_bytes copy = {malloc(size ? size : 1), size};
  fuzz_expect(copy.data != NULL, "there is memory");
  if (size) memcpy(copy.data, data, size);
  return copy;
}

void fuzz_append(fuzz_bytes *to, const void *data, size_t size) {
  if (size == 0) return;
  to->data = realloc(to->data, to->size + size);
  fuzz_expect(to->data != NULL, "there is memory");
  memcpy(to->data + to->size, data, size);
  to->size += size;
}

void fuzz_expect(bool kept, const char *promise) {
  if (kept) return;
  fprintf(stderr, "broken promise: %s\n", promise);
  abort();
}

void fuzz_expect_verdict(rp_status status, const rp_error *err) {
  if (status == RP_OK) return;
  fuzz_expect(status == RP_E_INPUT || status == RP_E_MEMORY,
              "a reader refuses bad input as bad input");
  fuzz_expect(err->text[0] && !strchr(err->text, '\n'),
              "a refusal is one line of text");
  for (const char *c = err->text; *c; c++)
    fuzz_expect((unsigned char)*c >= ' ' && *c != 127,
                "a refusal holds no control characters");
}

uint8_t fuzz_choose(fuzz_choices *from) {
  return from->at < from->end ? *from->at++ : 0;
}

bool fuzz_make_choices(int number, fuzz_bytes *seed) {
  enum { MOST_SEEDS = 128, LONGEST = 48 };
  uint8_t list[LONGEST];
  uint32_t random = (uint32_t)number + 1;
  if (number >= MOST_SEEDS) return false;
  for (int i = 0; i < LONGEST; i++) {
    random = random * 1664525 + 1013904223;
    list[i] = (uint8_t)(random >> 24);
  }
  *seed = fuzz_copy(list, (size_t)(number % LONGEST + 1));
  return true;
}
