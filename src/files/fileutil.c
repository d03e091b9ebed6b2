/* Replacing a file. The temporary file has a random name and is created
 * exclusively, so two jobs that write the same output never share it, and
 * nobody can have planted a link under that name. Only regular files are
 * replaced: a rename onto /dev/null would delete the device. */
#include "files/fileutil.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"

rp_status rp_file_check(const char *file, rp_error *err) {
  struct stat info;
  if (stat(file, &info) != 0)
    return rp_fail(err, RP_E_INPUT, "%s: cannot open: %s", file,
                   strerror(errno));
  if (!S_ISREG(info.st_mode))
    return rp_fail(err, RP_E_INPUT, "%s: expected a file, found %s", file,
                   S_ISDIR(info.st_mode) ? "a directory" : "a special file");
  if (access(file, R_OK) != 0)
    return rp_fail(err, RP_E_INPUT, "%s: cannot open: %s", file,
                   strerror(errno));
  return RP_OK;
}

rp_status rp_file_open_number(const char *file, int flags, int *number,
                              rp_error *err) {
  struct stat info;
  RP_TRY(rp_file_check(file, err));
  const int opened = open(file, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (opened < 0)
    return rp_fail(err, RP_E_INPUT, "%s: cannot open: %s", file,
                   strerror(errno));
  if (fstat(opened, &info) == 0 && S_ISREG(info.st_mode)) {
    *number = opened;
    return RP_OK;
  }
  close(opened); /* it was exchanged after rp_file_check */
  return rp_fail(err, RP_E_INPUT, "%s: expected a file, found a special file",
                 file);
}

rp_status rp_file_open(const char *file, FILE **stream, rp_error *err) {
  int number;
  RP_TRY(rp_file_open_number(file, O_RDONLY, &number, err));
  *stream = fdopen(number, "rb");
  if (*stream) return RP_OK;
  close(number);
  return rp_fail(err, RP_E_MEMORY, "%s: out of memory", file);
}

static rp_status fail_io(rp_error *err, const char *file, const char *what) {
  return rp_fail(err, RP_E_IO, "%s: cannot %s: %s", file, what,
                 strerror(errno));
}

static rp_status check_target(const char *file, rp_error *err) {
  struct stat info;
  if (stat(file, &info) == 0 && !S_ISREG(info.st_mode))
    return rp_fail(err, RP_E_IO, "%s: cannot write: not a regular file", file);
  return RP_OK;
}

enum { RANDOM_DIGITS = 16 };
static const char TEMPORARY[] = ".tmp";

/* Create a file under a name that did not exist, not even as a link. */
static rp_status create_neighbour(const char *file, char path[PATH_MAX],
                                  int *number, rp_error *err) {
  enum { TRIES = 100 };
  for (int i = 0; i < TRIES; i++) {
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
      return fail_io(err, file, "draw a temporary name for");
    const int length =
        snprintf(path, PATH_MAX, "%s.%0*llx%s", file, RANDOM_DIGITS,
                 (unsigned long long)random, TEMPORARY);
    if (length < 0 || length >= PATH_MAX)
      return rp_fail(err, RP_E_IO, "%.*s...: cannot write: name too long",
                     rp_text_fit(file, 200), file);
    *number =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (*number >= 0) return RP_OK;
    if (errno != EEXIST) break;
  }
  return fail_io(err, file, "create");
}

static bool write_all(int fd, const char *bytes, size_t size) {
  while (size > 0) {
    const ssize_t n = write(fd, bytes, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes += n;
    size -= (size_t)n;
  }
  return true;
}

/* The new file keeps the permissions of the old one. */
static bool keep_mode(const char *file, int number) {
  struct stat info;
  return stat(file, &info) != 0 || fchmod(number, info.st_mode & 0777) == 0;
}

/* Error messages name the target, not the temporary file. */
static rp_status write_neighbour(int number, const char *file,
                                 const void *bytes, size_t size, bool synced,
                                 rp_error *err) {
  rp_status status = RP_OK;
  if (!keep_mode(file, number) || !write_all(number, bytes, size) ||
      (synced && fsync(number) != 0))
    status = fail_io(err, file, "write");
  if (close(number) != 0 && status == RP_OK)
    status = fail_io(err, file, "write");
  return status;
}

static int open_folder_of(const char *file) {
  char folder[PATH_MAX];
  const char *slash = strrchr(file, '/');
  const int length = slash ? (int)(slash - file) : 0;
  snprintf(folder, sizeof folder, "%.*s", length, file);
  const char *name = length ? folder : slash ? "/" : ".";
  return open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Some file systems cannot sync a folder. That is no reason to fail: the rename
 * is then as durable as the file system makes it. */
static void sync_folder_of(const char *file) {
  const int fd = open_folder_of(file);
  if (fd < 0) return;
  (void)fsync(fd);
  close(fd);
}

static rp_status replace_file(const char *file, const void *bytes, size_t size,
                              bool synced, const rp_file_step *before,
                              rp_error *err) {
  char path[PATH_MAX];
  RP_TRY(check_target(file, err));
  int number = -1;
  RP_TRY(create_neighbour(file, path, &number, err));
  rp_status status = write_neighbour(number, file, bytes, size, synced, err);
  if (status == RP_OK && before) status = before->take(before->context, err);
  if (status == RP_OK && rename(path, file) != 0)
    status = fail_io(err, file, "rename to");
  if (status != RP_OK) (void)unlink(path);
  return status;
}

rp_status rp_file_replace_after(const char *file, const void *bytes,
                                size_t size, const rp_file_step *before,
                                rp_error *err) {
  RP_TRY(replace_file(file, bytes, size, true, before, err));
  sync_folder_of(file);
  return RP_OK;
}

rp_status rp_file_replace(const char *file, const void *bytes, size_t size,
                          rp_error *err) {
  return rp_file_replace_after(file, bytes, size, NULL, err);
}

rp_status rp_file_swap(const char *file, const void *bytes, size_t size,
                       rp_error *err) {
  return replace_file(file, bytes, size, false, NULL, err);
}

/* Whether create_neighbour may have made this name for a file called `base`. */
static bool is_temporary_name(const char *name, const char *base) {
  const size_t length = strlen(base);
  if (strncmp(name, base, length) != 0 || name[length] != '.') return false;
  name += length + 1;
  return strspn(name, "0123456789abcdef") == RANDOM_DIGITS &&
         !strcmp(name + RANDOM_DIGITS, TEMPORARY);
}

static bool is_temporary(int folder, const char *name, const char *base) {
  struct stat info;
  return is_temporary_name(name, base) &&
         fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(info.st_mode);
}

void rp_file_remove_temporaries(const char *file) {
  const char *const slash = strrchr(file, '/');
  const char *const base = slash ? slash + 1 : file;
  const int number = open_folder_of(file);
  DIR *const folder = number >= 0 ? fdopendir(number) : NULL;
  if (!folder) {
    if (number >= 0) close(number);
    return;
  }
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
    if (is_temporary(number, entry->d_name, base))
      (void)unlinkat(number, entry->d_name, 0);
  closedir(folder);
}

rp_status rp_file_create(const char *file, int *number, rp_error *err) {
  RP_TRY(check_target(file, err));
  if (unlink(file) != 0 && errno != ENOENT)
    return fail_io(err, file, "replace");
  *number =
      open(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  return *number >= 0 ? RP_OK : fail_io(err, file, "create");
}
