/* Reads zip archives with libzip.
 *
 * An archive's directory claims the size of each member. Deflate packs at most
 * 1032 bytes into one, so a claim beyond that is refused before memory is
 * allocated, and one that is wrong when the member has been unpacked. */
#include "files/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "core/memory.h"
#include "core/text.h"
#include "files/packed.h"

bool rp_zip_has_signature(const uint8_t *bytes, size_t size) {
  return size >= 4 && (!memcmp(bytes, "PK\3\4", 4) ||
                       !memcmp(bytes, "PK\5\6", 4)); /* the latter is empty */
}

static rp_status fail_zip(const char *place, zip_error_t *why, rp_error *err) {
  const int code = zip_error_code_zip(why);
  const rp_status status =
      rp_fail(err, code == ZIP_ER_MEMORY ? RP_E_MEMORY : RP_E_INPUT,
              "%s: damaged or truncated zip archive: %s", place,
              code == ZIP_ER_EXISTS ? "two members have one name"
                                    : zip_error_strerror(why));
  zip_error_fini(why);
  return status;
}

rp_status rp_zip_open(const rp_file_content *content, rp_zip *zip,
                      rp_error *err) {
  zip_error_t why;
  zip_error_init(&why);
  zip_source_t *const source =
      zip_source_buffer_create(content->bytes, content->size, 0, &why);
  if (!source) return fail_zip(content->file, &why, err);
  zip_t *const opened =
      zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &why);
  if (!opened) {
    zip_source_free(source);
    return fail_zip(content->file, &why, err);
  }
  zip_error_fini(&why);
  *zip = (rp_zip){content->file, content->size, opened};
  return RP_OK;
}

void rp_zip_close(rp_zip *zip) {
  zip_discard(zip->zip);
}

int64_t rp_zip_find(const rp_zip *zip, const char *name) {
  return zip_name_locate(zip->zip, name, 0);
}

void rp_zip_list(const rp_zip *zip, char *text, size_t size) {
  enum { SHOWN = 6, LONGEST = 40 };
  const zip_int64_t n = zip_get_num_entries(zip->zip, 0);
  size_t used = 0;
  rp_text_copy(text, size, n > 0 ? "" : "nothing");
  for (zip_int64_t i = 0; i < n && i < SHOWN && used < size; i++) {
    const char *name =
        zip_get_name(zip->zip, (zip_uint64_t)i, ZIP_FL_ENC_GUESS);
    if (!name) name = "?";
    used +=
        (size_t)snprintf(text + used, size - used, "%s%.*s", i > 0 ? ", " : "",
                         rp_text_fit(name, LONGEST), name);
  }
  if (n > SHOWN && used < size) snprintf(text + used, size - used, ", ...");
}

static rp_status check_claims(const rp_zip *zip, const zip_stat_t *claimed,
                              size_t most, const char *place, rp_error *err) {
  const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                              ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  const bool is_stored = claimed->comp_method == ZIP_CM_STORE;
  if ((claimed->valid & needed) != needed ||
      claimed->encryption_method != ZIP_EM_NONE ||
      (!is_stored && claimed->comp_method != ZIP_CM_DEFLATE))
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected a member that is stored or deflated and not "
                   "encrypted, found method %d",
                   place, claimed->comp_method);
  if (claimed->comp_size > zip->size ||
      claimed->size >
          claimed->comp_size * (is_stored ? 1 : RP_PACKED_MOST_RATIO) ||
      claimed->size > most)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected a size that its %llu packed bytes can hold, "
                   "and at most %zu, found %llu",
                   place, (unsigned long long)claimed->comp_size, most,
                   (unsigned long long)claimed->size);
  return RP_OK;
}

/* One byte more than claimed is asked for: only at the end does libzip compare
 * the checksum. */
static rp_status unpack(zip_file_t *in, const char *place, size_t size,
                        rp_file_content *member, rp_error *err) {
  size_t used = 0;
  zip_int64_t got;
  do {
    got = zip_fread(in, member->bytes + used, size + 1 - used);
    if (got < 0) return fail_zip(place, zip_file_get_error(in), err);
    used += (size_t)got;
  } while (got > 0 && used <= size);
  if (used != size)
    return rp_fail(err, RP_E_INPUT, "%s: expected %zu bytes, found %s", place,
                   size, used > size ? "more" : "fewer");
  member->bytes[size] = 0;
  member->size = size;
  return RP_OK;
}

rp_status rp_zip_load(const rp_zip *zip, int64_t index, size_t most,
                      const char *place, rp_file_content *member,
                      rp_error *err) {
  zip_stat_t claimed;
  *member = (rp_file_content){.file = place};
  if (zip_stat_index(zip->zip, (zip_uint64_t)index, 0, &claimed) != 0)
    return fail_zip(place, zip_get_error(zip->zip), err);
  RP_TRY(check_claims(zip, &claimed, most, place, err));
  member->bytes = rp_alloc((size_t)claimed.size + 1, 1);
  if (!member->bytes)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", place);
  zip_file_t *const in = zip_fopen_index(zip->zip, (zip_uint64_t)index, 0);
  rp_status status = in ? unpack(in, place, (size_t)claimed.size, member, err)
                        : fail_zip(place, zip_get_error(zip->zip), err);
  if (in) (void)zip_fclose(in);
  if (status != RP_OK) rp_file_content_fini(member);
  return status;
}
