// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For builds without a GIL: who only looks whether a string is in the unmodified py/qstr.c takes the mutex too, so that
// what is found there is whole on every core (linker option --wrap).
#include "py/mpthread.h"
#include "py/qstr.h"
#include "py/mpstate.h"

qstr __real_qstr_find_strn(const char *str, size_t len);
qstr __wrap_qstr_find_strn(const char *str, size_t len);

qstr __wrap_qstr_find_strn(const char *str, size_t len) {
    mp_thread_mutex_lock(&MP_STATE_VM(qstr_mutex), 1);
    qstr ret = __real_qstr_find_strn(str, len);
    mp_thread_mutex_unlock(&MP_STATE_VM(qstr_mutex));
    return ret;
}
