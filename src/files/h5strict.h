/* Files that are read for their meaning hold what their format says and nothing
 * else: a name that a reader does not know may be what changes the meaning of
 * all others.
 *
 * Thread: as h5util.h. */
#ifndef RAMPART_FILES_H5STRICT_H
#define RAMPART_FILES_H5STRICT_H

#include "files/h5util.h"

/** Does the format have an attribute, or a member, of this name? */
typedef bool rp_h5_is_known(const char *name);

/** Refuse an object that has an attribute, or a group a member, which is not
 *  known or is there twice; an object that has two names in the file; members
 *  that are links to somewhere else. What is missing is for the reader to
 *  notice.
 *  @param member  NULL: members are not looked at
 *  Errors: RP_E_INPUT with the name. */
rp_status rp_h5_refuse_others(hid_t object, rp_h5_is_known *attribute,
                              rp_h5_is_known *member, rp_error *err);

/** Is the name one of these?
 *  @param names  ends with NULL */
bool rp_h5_is_among(const char *name, const char *const *names);

/** No name is known: for arrays without attributes. Every name is: for groups
 *  whose members a list names. */
bool rp_h5_knows_none(const char *name);
bool rp_h5_knows_all(const char *name);

/** Where an object is in its file: the same by whatever name it was opened.
 *  Errors: RP_E_INPUT if it cannot be read. */
rp_status rp_h5_get_place(hid_t object, uint64_t *place, rp_error *err);

/** How many arrays lie in a group and below, each counted once.
 *  Errors: RP_E_INPUT if they cannot be counted. */
rp_status rp_h5_count_arrays(hid_t group, int64_t *count, rp_error *err);

#endif
