// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// heddle.trace: the ring of core/trace.c in the program's heap, and how it gets off the board. write() is text, so that
// it goes over any console: lines that begin with MARK, with a head, the threads that live, and the records in base64.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "py/gc.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "heddle.h"
#include "rtos_trace.h"
#include "service.h"

#define MARK "@trace "
#define RECORDS_LEAST (16)
#define RECORDS_A_LINE (4)
#define SIZE_DEFAULT (16 * 1024)

// No root: a collection marks the block and does not look at what is in it, which are no pointers.
static rtos_trace_record_t *ring;

void *heddle_trace_ring(void) {
    return ring;
}

bool heddle_trace_start(size_t size) {
    heddle_trace_clear();
    gc_info_t info;
    if (size == 0) {
        gc_info(&info);
        size = info.free / 4;
    }
    size_t records = size / sizeof(rtos_trace_record_t);
    ring = gc_alloc(records * sizeof(rtos_trace_record_t), 0);
    if (ring != NULL) {
        rtos_trace_start(ring, records);
    }
    return ring != NULL;
}

void heddle_trace_clear(void) {
    rtos_trace_stop();
    void *old = ring;
    ring = NULL;
    gc_free(old);
}

void heddle_trace_end(void) {
    rtos_trace_stop();
    ring = NULL; // the heap is about to be new
}

// ---- the text

typedef struct {
    char text[120];
    size_t len;
} line_t;

static void add(line_t *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(line_t *line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line->text + line->len, sizeof(line->text) - line->len, format, args);
    va_end(args);
    line->len = MIN(line->len + (size_t)n, sizeof(line->text) - 1);
}

// As one piece: others may write to the console.
static void put(const mp_print_t *print, line_t *line) {
    add(line, "\n");
    print->print_strn(print->data, line->text, line->len);
    line->len = 0;
}

static void add_thread(line_t *line, rtos_thread_t *t, uint32_t ident) {
    rtos_stats_t stats;
    rtos_thread_stats(t, &stats);
    add(line, MARK "thread %x %u %u %s", (unsigned)RTOS_TRACE_SUBJECT(t), (unsigned)ident, (unsigned)stats.priority,
        stats.name);
}

// The name is copied before anything waits: the thread may be gone by then.
static void put_threads(const mp_print_t *print, line_t *line) {
    core_thread_t *t;
    uint32_t ident = 0;
    do {
        core_vm_list_lock();
        t = core_thread_at(ident + 1);
        if (t != NULL) {
            ident = t->ident;
            add_thread(line, &t->rtos, ident);
        }
        core_vm_list_unlock();
        if (t != NULL) {
            put(print, line);
        }
    } while (t != NULL);
    for (service_t *s = service_next(NULL); s != NULL; s = service_next(s)) {
        if (rtos_peek(s->running)) {
            add_thread(line, &s->thread, 0);
            put(print, line);
        }
    }
}

static void add_base64(line_t *line, const uint8_t *data, size_t len) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i + 3 <= len; i += 3) { // a record is a multiple of that
        uint32_t bits = data[i] << 16 | data[i + 1] << 8 | data[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) {
            line->text[line->len++] = digits[bits >> shift & 63];
        }
    }
}

static void put_records(const mp_print_t *print, line_t *line) {
    const rtos_trace_record_t *record;
    for (size_t i = 0; (record = rtos_trace_get(i)) != NULL; ++i) {
        if (i % RECORDS_A_LINE == 0) {
            add(line, MARK);
        }
        add_base64(line, (const uint8_t *)record, sizeof(*record));
        if (i % RECORDS_A_LINE == RECORDS_A_LINE - 1) {
            put(print, line);
        }
    }
    if (line->len != 0) {
        put(print, line);
    }
}

void heddle_trace_write(const mp_print_t *print) {
    line_t line = { .len = 0 };
    rtos_trace_stop();
    add(&line, MARK "begin hz=%u cores=%u gil=%u lost=%u kernel=%s", (unsigned)RTOS_TRACE_HZ,
        (unsigned)rtos_core_count(), (unsigned)HEDDLE_GIL, (unsigned)rtos_trace_lost(), rtos_kernel_name());
    put(print, &line);
    put_threads(print, &line);
    put_records(print, &line);
    add(&line, MARK "end");
    put(print, &line);
}

// ---- the module

// start(size=16384): begin anew, with a ring of so many bytes.
static mp_obj_t trace_start(size_t n_args, const mp_obj_t *args) {
    mp_int_t size = n_args == 0 ? SIZE_DEFAULT : heddle_get_int(args[0], MP_QSTR_size);
    if (size < RECORDS_LEAST * (mp_int_t)sizeof(rtos_trace_record_t)) {
        mp_raise_ValueError(MP_ERROR_TEXT("size must be at least 192"));
    }
    if (!heddle_trace_start(size)) {
        m_malloc_fail(size);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(trace_start_obj, 0, 1, trace_start);

// stop(): what was recorded stays for write().
static mp_obj_t trace_stop(void) {
    rtos_trace_stop();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(trace_stop_obj, trace_stop);

// write(stream=None): stop, and write it all as text, to the console if there is no stream.
static mp_obj_t trace_write(size_t n_args, const mp_obj_t *args) {
    mp_print_t print = mp_plat_print;
    if (n_args != 0 && args[0] != mp_const_none) {
        mp_get_stream_raise(args[0], MP_STREAM_OP_WRITE);
        print = (mp_print_t) { MP_OBJ_TO_PTR(args[0]), mp_stream_write_adaptor };
    }
    if (ring == NULL) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("nothing was traced"));
    }
    heddle_trace_write(&print);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(trace_write_obj, 0, 1, trace_write);

// clear(): stop, and give the memory back.
static mp_obj_t trace_clear(void) {
    heddle_trace_clear();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(trace_clear_obj, trace_clear);

// mark(number): a record of the program's own.
static mp_obj_t trace_mark(mp_obj_t number) {
    uintptr_t word = heddle_get_word(number, MP_QSTR_number);
    rtos_trace(RTOS_TRACE_MARK, rtos_trace_self(), word);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(trace_mark_obj, trace_mark);

static const mp_rom_map_elem_t trace_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_trace) },
    { MP_ROM_QSTR(MP_QSTR_start), MP_ROM_PTR(&trace_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_stop), MP_ROM_PTR(&trace_stop_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&trace_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_clear), MP_ROM_PTR(&trace_clear_obj) },
    { MP_ROM_QSTR(MP_QSTR_mark), MP_ROM_PTR(&trace_mark_obj) },
};
static MP_DEFINE_CONST_DICT(trace_globals, trace_globals_table);

const mp_obj_module_t heddle_trace_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&trace_globals,
};
