// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For builds without a GIL: one exception may be raised by several threads at once, as that of a Future which all of
// them ask. Upstream moves and frees the lines of its traceback while others write or print them. Here lines are never
// moved: a longer array is a copy, and the collector has the old one when nobody reads it any more (linker option
// --wrap).
#include <string.h>

#include "py/objexcept.h"
#include "py/objtype.h"
#include "py/runtime.h"

#include "rtos.h"

#define LINE (3) // words of a line: file, number, function
#define WORDS_MAX (UINT16_MAX) // that a traceback counts

void __real_mp_obj_exception_add_traceback(mp_obj_t self_in, qstr file, size_t line, qstr block);
void __wrap_mp_obj_exception_add_traceback(mp_obj_t self_in, qstr file, size_t line, qstr block);
void __wrap_mp_obj_exception_get_traceback(mp_obj_t self_in, size_t *n, size_t **values);

static mp_obj_exception_t *native(mp_obj_t self) {
    return MP_OBJ_TO_PTR(mp_obj_is_native_exception_instance(self) ? self
                         : ((mp_obj_instance_t *)MP_OBJ_TO_PTR(self))->subobj[0]);
}

static size_t length(const mp_obj_exception_t *e) {
    return e->traceback_data != NULL ? e->traceback_len : 0;
}

// A line is there before it is counted. False: there is no room for it.
static bool put(mp_obj_exception_t *e, qstr file, size_t line, qstr block) {
    rtos_crit_t key = rtos_crit_enter();
    bool room = e->traceback_data != NULL && e->traceback_len + LINE <= e->traceback_alloc;
    if (room) {
        size_t *to = e->traceback_data + e->traceback_len;
        to[0] = file;
        to[1] = line;
        to[2] = block;
        e->traceback_len += LINE;
    }
    rtos_crit_exit(key);
    return room;
}

// Lines that are counted do not change, so they are copied outside. False: there is no memory.
static bool grow(mp_obj_exception_t *e) {
    size_t n, *data;
    __wrap_mp_obj_exception_get_traceback(MP_OBJ_FROM_PTR(e), &n, &data);
    size_t words = n < 8 * LINE ? n + LINE : 2 * n;
    size_t *longer = words <= WORDS_MAX ? m_new_maybe(size_t, words) : NULL;
    if (longer == NULL) {
        return false;
    }
    if (n != 0) {
        memcpy(longer, data, n * sizeof(size_t));
    }
    rtos_crit_t key = rtos_crit_enter();
    if (e->traceback_data == data && length(e) == n) { // else somebody was faster
        e->traceback_data = longer;
        e->traceback_alloc = words;
        e->traceback_len = n;
    }
    rtos_crit_exit(key);
    return true;
}

void __wrap_mp_obj_exception_add_traceback(mp_obj_t self_in, qstr file, size_t line, qstr block) {
    mp_obj_exception_t *e = native(self_in);
    while (!put(e, file, line, block)) {
        if (!grow(e)) {
            if (e->traceback_data == NULL) {
                // Without memory: the first lines may go into the buffer for that.
                __real_mp_obj_exception_add_traceback(self_in, file, line, block);
            }
            return;
        }
    }
}

void __wrap_mp_obj_exception_get_traceback(mp_obj_t self_in, size_t *n, size_t **values) {
    const mp_obj_exception_t *e = native(self_in);
    rtos_crit_t key = rtos_crit_enter();
    *n = length(e);
    *values = e->traceback_data;
    rtos_crit_exit(key);
}
