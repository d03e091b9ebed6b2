/* Strict reading: a network or a results file holds what its format says and
 * nothing else, because a name that the reader does not know may change the
 * meaning of all others.
 *
 * Thread: as h5util.h. */
#ifndef RAMPART_FILES_H5STRICT_H
#define RAMPART_FILES_H5STRICT_H

#include "files/h5util.h"

/** Whether the format has an attribute, or a member, of this name. */
typedef bool rp_h5_is_known(const char *name);

/** Refuse an object with an unknown or repeated attribute, a group with an
 *  unknown or repeated member, an object with two names in the file, and
 * members that are soft or external links. The reader itself notices what is
 * missing.
 *  @param member  NULL: do not check members
 *  Errors: RP_E_INPUT with the name. */
rp_status rp_h5_refuse_others(hid_t object, rp_h5_is_known *attribute,
                              rp_h5_is_known *member, rp_error *err);

/** Open an array of numbers that has no attributes, and get its sizes.
 *  @param dims  out, [rank]
 *  @param id    out: the caller closes it
 *  Errors: RP_E_INPUT: it is not there or has another rank; nothing is open. */
rp_status rp_h5_open_array(hid_t group, const char *name, int32_t rank,
                           int64_t *dims, hid_t *id, rp_error *err);

/** Whether the name is one of these.
 *  @param names  ends with NULL */
bool rp_h5_is_among(const char *name, const char *const *names);

/** Never true: for arrays without attributes. */
bool rp_h5_is_never_known(const char *name);
/** Always true: for groups whose members are named by a list elsewhere. */
bool rp_h5_is_always_known(const char *name);

/** Get the place of an object in its file, which does not depend on the name
 *  under which it was opened.
 *  Errors: RP_E_INPUT if it cannot be read. */
rp_status rp_h5_get_place(hid_t object, uint64_t *place, rp_error *err);

/** Count the arrays in a group and the groups below it, each array once.
 *  Errors: RP_E_INPUT if they cannot be counted. */
rp_status rp_h5_count_arrays(hid_t group, int64_t *count, rp_error *err);

#endif
