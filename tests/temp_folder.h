/* A fresh folder for the files of one test, removed with all it holds. */
#ifndef RAMPART_TESTS_TEMP_FOLDER_H
#define RAMPART_TESTS_TEMP_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

typedef struct temp_folder {
  char path[64];
  char file[512]; /* the last file named */
} temp_folder;

/** Group fixture: *state is the folder. In memory if possible: many tests sync
 *  what they write, and a disk takes its time. */
static inline int temp_folder_made(void **state) {
  temp_folder *folder = calloc(1, sizeof *folder);
  if (!folder) return -1;
  const char *const parent =
      access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  snprintf(folder->path, sizeof folder->path, "%s/rampart-test-XXXXXX", parent);
  *state = folder;
  return mkdtemp(folder->path) ? 0 : -1;
}

static inline int temp_folder_removed(void **state) {
  temp_folder *folder = *state;
  DIR *dir = opendir(folder->path);
  for (struct dirent *e; dir && (e = readdir(dir));) {
    snprintf(folder->file, sizeof folder->file, "%s/%s", folder->path,
             e->d_name);
    if (remove(folder->file) != 0 && e->d_name[0] != '.') perror(e->d_name);
  }
  if (dir) closedir(dir);
  rmdir(folder->path);
  free(folder);
  return 0;
}

/** Path of a file of the folder; holds until the next call. */
static inline const char *temp_file(temp_folder *folder, const char *name) {
  snprintf(folder->file, sizeof folder->file, "%s/%s", folder->path, name);
  return folder->file;
}

/** The same, copied: the caller frees it. */
static inline char *temp_file_kept(temp_folder *folder, const char *name) {
  return strdup(temp_file(folder, name));
}

/** A new file each time: ext4 writes a file that is cut to nothing and written
 *  again to the disk at once, which takes a millisecond. */
static inline void bytes_put(const char *file, const void *bytes, size_t size) {
  (void)unlink(file);
  FILE *out = fopen(file, "wb");
  if (!out || fwrite(bytes, 1, size, out) != size || fclose(out)) abort();
}

static inline void bytes_put_packed(const char *file, const void *bytes,
                                    size_t size) {
  gzFile out = gzopen(file, "wb");
  if (!out || (size && gzwrite(out, bytes, (unsigned)size) != (int)size) ||
      gzclose(out) != Z_OK)
    abort();
}

/** A whole file, malloc'ed. */
static inline unsigned char *bytes_got(const char *file, size_t *size) {
  FILE *in = fopen(file, "rb");
  if (!in || fseek(in, 0, SEEK_END)) abort();
  *size = (size_t)ftell(in);
  rewind(in);
  unsigned char *bytes = malloc(*size + 1);
  if (!bytes || fread(bytes, 1, *size, in) != *size) abort();
  fclose(in);
  return bytes;
}

#endif
