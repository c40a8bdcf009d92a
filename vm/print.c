// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// py/modbuiltins.c with a print() whose text stays whole: it is gathered first and written as one piece, and one piece
// at a time is written. Nobody runs Python or waits for anything but the console while holding it, so that whatever a
// __str__ does cannot deadlock; what it prints itself comes where it would without threads.
#include <string.h>

#include "py/builtin.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "heddle.h"

#define TEXT_SIZE (64)

extern struct _mp_dummy_t mp_sys_stdout_obj;

static core_mutex_t console;

void heddle_console_init(void) {
    core_mutex_init(&console);
}

void __real_mp_hal_stdout_tx_strn_cooked(const char *str, size_t len);
void __wrap_mp_hal_stdout_tx_strn_cooked(const char *str, size_t len);

static void write_out(heddle_text_t *text) {
    size_t len = text->len;
    text->len = 0;
    __wrap_mp_hal_stdout_tx_strn_cooked(text->data, len);
}

// First what the thread has gathered.
void __wrap_mp_hal_stdout_tx_strn_cooked(const char *str, size_t len) {
    if (rtos_tls() == NULL || !core_may_wait()) {
        __real_mp_hal_stdout_tx_strn_cooked(str, len);
        return;
    }
    heddle_text_t *text = *heddle_thread_text();
    if (text != NULL && text->len > 0) {
        write_out(text);
    }
    core_mutex_lock(&console);
    __real_mp_hal_stdout_tx_strn_cooked(str, len);
    core_mutex_unlock(&console);
}

void heddle_text_add(void *text_in, const char *str, size_t len) {
    heddle_text_t *text = text_in;
    if (len == 0) {
        return;
    }
    if (text->size - text->len < len) {
        size_t size = MAX(2 * text->size + TEXT_SIZE, text->len + len);
        char *data = m_renew_maybe(char, text->data, text->size, size, true);
        if (data == NULL) {
            // No memory: better in pieces than not at all.
            __wrap_mp_hal_stdout_tx_strn_cooked(str, len);
            return;
        }
        text->data = data;
        text->size = size;
    }
    memcpy(text->data + text->len, str, len);
    text->len += len;
}

// Also when an exception passes.
static void text_close(void *node) {
    heddle_text_t *text = node;
    write_out(text);
    m_del(char, text->data, text->size);
    *heddle_thread_text() = text->outer;
}

void heddle_text_open(heddle_text_t *text) {
    heddle_text_t **slot = heddle_thread_text();
    if (*slot != NULL) {
        write_out(*slot);
    }
    text->outer = *slot;
    text->data = NULL;
    text->len = text->size = 0;
    *slot = text;
    nlr_push_jump_callback(&text->node, text_close);
}

static void write_part(void *stream, const char *str, size_t len) {
    heddle_text_t *text = stream == &mp_sys_stdout_obj && !rtos_in_isr() ? *heddle_thread_text() : NULL;
    if (text != NULL) {
        heddle_text_add(text, str, len);
    } else {
        mp_stream_write_adaptor(stream, str, len);
    }
}

static mp_obj_t mp_builtin_print(size_t n_args, const mp_obj_t *args, mp_map_t *kw);
static mp_obj_t upstream_print(size_t n_args, const mp_obj_t *args, mp_map_t *kw);

// A macro with arguments: the object of that name further down is ours, of the function below.
#define mp_builtin_print(n_args, args, kw) upstream_print(n_args, args, kw)
#define mp_stream_write_adaptor write_part
#include "py/modbuiltins.c"
#undef mp_stream_write_adaptor
#undef mp_builtin_print

static mp_obj_t mp_builtin_print(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    if (rtos_in_isr()) {
        return upstream_print(n_args, args, kw);
    }
    heddle_text_t text;
    heddle_text_open(&text);
    upstream_print(n_args, args, kw);
    nlr_pop_jump_callback(true);
    return mp_const_none;
}
