// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A script that the host laid into memory before the start, run instead of boot.py, main.py and the prompt.
//
// At BOARD_SCRIPT_ADDRESS, little endian: "HDL1", flags, length of the name, length of the source, name, source.
#include <string.h>

#include "py/compile.h"
#include "py/mphal.h"
#include "py/mpstate.h"
#include "py/runtime.h"
#include "shared/readline/readline.h"

#include "hostscript.h"
#include "kernelname.h"
#if HEDDLE_TRACE
#include "heddle.h"
#endif

#ifndef BOARD_SCRIPT_ADDRESS
#define BOARD_SCRIPT_ADDRESS (0x21000000)
#endif

#define STATUS_OK (0)
#define STATUS_ERROR (1)
#define STATUS_INTERRUPTED (130)

typedef struct {
    uint32_t magic;
    uint32_t flags;
    uint32_t name_len;
    uint32_t source_len;
    char text[];
} script_t;

static bool running;
static const script_t *const script = (const script_t *)BOARD_SCRIPT_ADDRESS;

bool hostscript_exists(void) {
    return !running && script->magic == HOSTSCRIPT_MAGIC;
}

static bool is_a(mp_obj_t exception, const mp_obj_type_t *type) {
    return mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(mp_obj_get_type(exception)), MP_OBJ_FROM_PTR(type));
}

// As CPython's: nothing is success, a number is the status, anything else is a message.
static int status_of_exit(mp_obj_t exception) {
    mp_obj_t value = mp_obj_exception_get_value(exception);
    mp_int_t number;
    if (value == mp_const_none) {
        return STATUS_OK;
    }
    if (mp_obj_get_int_maybe(value, &number)) {
        return number & 0xff;
    }
    mp_obj_print_helper(&mp_plat_print, value, PRINT_STR);
    mp_print_str(&mp_plat_print, "\n");
    return STATUS_ERROR;
}

static int status_of_exception(mp_obj_t exception) {
    if (is_a(exception, &mp_type_SystemExit)) {
        return status_of_exit(exception);
    }
    mp_obj_print_exception(&mp_plat_print, exception);
    return is_a(exception, &mp_type_KeyboardInterrupt) ? STATUS_INTERRUPTED : STATUS_ERROR;
}

static void call(mp_obj_t function) {
    mp_hal_set_interrupt_char(CHAR_CTRL_C);
    mp_call_function_0(function);
    mp_hal_set_interrupt_char(-1);
    mp_handle_pending(true);
}

static void compile_and_call(void) {
    qstr name = qstr_from_strn(script->text, script->name_len);
    const char *source = script->text + script->name_len;
    mp_lexer_t *lexer = mp_lexer_new_from_str_len(name, source, script->source_len, 0);
    mp_parse_tree_t tree = mp_parse(lexer, MP_PARSE_FILE_INPUT);
    call(mp_compile(&tree, name, false));
}

// What CPython does at a script's end, if that has used `threading`: wait for its threads.
static void end_threading(void) {
    mp_map_t *modules = &MP_STATE_VM(mp_loaded_modules_dict).map;
    mp_map_elem_t *loaded = mp_map_lookup(modules, MP_OBJ_NEW_QSTR(MP_QSTR_threading), MP_MAP_LOOKUP);
    if (loaded != NULL) {
        call(mp_load_attr(loaded->value, MP_QSTR__shutdown));
    }
}

// A thread beside the script tells once a second what all do, in marks.
static void report(void) {
    mp_obj_t module = mp_import_name(MP_QSTR_heddle_top, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
    mp_call_function_0(mp_load_attr(module, MP_QSTR_report));
}

static int run_protected(void (*part)(void)) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        part();
        nlr_pop();
        return STATUS_OK;
    }
    mp_hal_set_interrupt_char(-1);
    mp_handle_pending(false);
    mp_obj_t exception = MP_OBJ_FROM_PTR(nlr.ret_val);
    int status = STATUS_ERROR;
    if (nlr_push(&nlr) == 0) {
        status = status_of_exception(exception); // may call Python to print it
        nlr_pop();
    }
    return status;
}

static int run(void) {
    int status = script->flags & HOSTSCRIPT_TOP ? run_protected(report) : STATUS_OK;
    status = status != STATUS_OK ? status : run_protected(compile_and_call);
    int ended = run_protected(end_threading);
    return status != STATUS_OK ? status : ended;
}

static int run_traced(void) {
    #if HEDDLE_TRACE
    if (!heddle_trace_start((script->flags >> HOSTSCRIPT_TRACE_SHIFT) * 1024)) {
        mp_print_str(&mp_plat_print, "the heap has no room for the trace\n");
        return STATUS_ERROR;
    }
    int status = run();
    heddle_trace_write(&mp_plat_print);
    return status;
    #else
    mp_print_str(&mp_plat_print, "this image was built without TRACE=1\n");
    return STATUS_ERROR;
    #endif
}

bool hostscript_runs(void) {
    return running;
}

int hostscript_run(void) {
    running = true;
    if (script->flags & HOSTSCRIPT_BANNER) {
        mp_printf(&mp_plat_print, "MicroPython v%s on %s, %s%s\n", MICROPY_VERSION_STRING, kernel_name(),
            MICROPY_HW_BOARD_NAME, MICROPY_HW_PLACE);
    }
    return script->flags & HOSTSCRIPT_TRACE ? run_traced() : run();
}
