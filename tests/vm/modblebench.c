// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module ble_bench, for tests/bench/ble/board.py: what passes between Python and the mps2-an385's second UART. All
// of it is in ticks of 40 ns.
#include "py/runtime.h"

#include "regs.h"

#if MICROPY_PY_BLUETOOTH && defined(UART1)

#include "../bench/ble/stamps.h"

static bool ready;
static uint32_t begun;

// begin(): nothing comes in from now on until there is nothing else to do.
static mp_obj_t bench_begin(void) {
    if (!ready) {
        ready = stamps_begin() == 0;
    }
    begun = stamps_hold();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(bench_begin_obj, bench_begin);

// sent(): from begin() until the UART was given its last byte.
static mp_obj_t bench_sent(void) {
    return MP_OBJ_NEW_SMALL_INT(rtos_peek(stamps_sent) - begun);
}
static MP_DEFINE_CONST_FUN_OBJ_0(bench_sent_obj, bench_sent);

// end(): of such a time.
static mp_obj_t bench_end(void) {
    stamps_end();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(bench_end_obj, bench_end);

// received(): from the UART's last byte until now.
static mp_obj_t bench_received(void) {
    return MP_OBJ_NEW_SMALL_INT(stamps_now() - rtos_peek(stamps_received));
}
static MP_DEFINE_CONST_FUN_OBJ_0(bench_received_obj, bench_received);

static const mp_rom_map_elem_t bench_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ble_bench) },
    { MP_ROM_QSTR(MP_QSTR_begin), MP_ROM_PTR(&bench_begin_obj) },
    { MP_ROM_QSTR(MP_QSTR_end), MP_ROM_PTR(&bench_end_obj) },
    { MP_ROM_QSTR(MP_QSTR_sent), MP_ROM_PTR(&bench_sent_obj) },
    { MP_ROM_QSTR(MP_QSTR_received), MP_ROM_PTR(&bench_received_obj) },
};
static MP_DEFINE_CONST_DICT(bench_globals, bench_globals_table);

extern const mp_obj_module_t mp_module_ble_bench;
const mp_obj_module_t mp_module_ble_bench = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&bench_globals,
};

MP_REGISTER_MODULE(MP_QSTR_ble_bench, mp_module_ble_bench);

#endif
