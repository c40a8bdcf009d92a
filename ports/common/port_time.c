// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The clock behind `time`; extmod/modtime.c includes this file. The epoch begins when the board starts.
#include "py/mphal.h"
#include "py/obj.h"
#include "shared/timeutils/timeutils.h"

static mp_uint_t seconds(void) {
    return (mp_uint_t)(mp_hal_time_ns() / 1000000000);
}

#if MICROPY_VERSION >= MICROPY_MAKE_VERSION(1, 27, 0)
static void mp_time_localtime_get(timeutils_struct_time_t *tm) {
    timeutils_seconds_since_epoch_to_struct_time(seconds(), tm);
}
#else
static mp_obj_t mp_time_localtime_get(void) {
    timeutils_struct_time_t tm;
    timeutils_seconds_since_epoch_to_struct_time(seconds(), &tm);
    mp_obj_t fields[] = {
        MP_OBJ_NEW_SMALL_INT(tm.tm_year),
        MP_OBJ_NEW_SMALL_INT(tm.tm_mon),
        MP_OBJ_NEW_SMALL_INT(tm.tm_mday),
        MP_OBJ_NEW_SMALL_INT(tm.tm_hour),
        MP_OBJ_NEW_SMALL_INT(tm.tm_min),
        MP_OBJ_NEW_SMALL_INT(tm.tm_sec),
        MP_OBJ_NEW_SMALL_INT(tm.tm_wday),
        MP_OBJ_NEW_SMALL_INT(tm.tm_yday),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(fields), fields);
}
#endif

static mp_obj_t mp_time_time_get(void) {
    return mp_obj_new_int_from_uint(seconds());
}
