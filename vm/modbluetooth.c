// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The unmodified extmod/modbluetooth.c, with names of ours in BLE.config(). Its config() raises for what it does not
// know, and no function of the port is asked before. Where it is defined it is followed by parentheses, and so gets
// another name; where it becomes a method it is not, and so is ours.
#include "py/mperrno.h"
#include "py/runtime.h"

#include "heddle.h"

#if MICROPY_PY_BLUETOOTH
static mp_obj_t bluetooth_ble_config(size_t n_args, const mp_obj_t *args, mp_map_t *kwargs);
#endif

#define bluetooth_ble_config(...) upstream_config(__VA_ARGS__)

#include "extmod/modbluetooth.c"

#undef bluetooth_ble_config

#if MICROPY_PY_BLUETOOTH

// HEDDLE_BLE_..., or -1.
static int option_of(mp_obj_t name) {
    switch (mp_obj_str_get_qstr(name)) {
        case MP_QSTR_data_length:
            return HEDDLE_BLE_DATA_LENGTH;
        case MP_QSTR_phy:
            return HEDDLE_BLE_PHY;
        case MP_QSTR_extended:
            return HEDDLE_BLE_EXTENDED;
        default:
            return -1;
    }
}

static void config_set(const mp_obj_t *args, const mp_map_elem_t *e) {
    int option = option_of(e->key);
    if (option < 0) {
        mp_map_t one;
        mp_map_init_fixed_table(&one, 1, (const mp_obj_t *)e);
        upstream_config(1, args, &one);
    } else {
        bluetooth_handle_errno(heddle_ble_set(option, mp_obj_get_int(e->value)));
    }
}

static mp_obj_t bluetooth_ble_config(size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    int option = kwargs->used == 0 && n_args == 2 ? option_of(args[1]) : -1;
    if (option >= 0) {
        return MP_OBJ_NEW_SMALL_INT(heddle_ble_get(option));
    }
    if (kwargs->used == 0 || n_args != 1) {
        return upstream_config(n_args, args, kwargs); // which says what is wrong
    }
    for (size_t i = 0; i < kwargs->alloc; i++) {
        if (mp_map_slot_is_filled(kwargs, i)) {
            config_set(args, &kwargs->table[i]);
        }
    }
    return mp_const_none;
}

#endif // MICROPY_PY_BLUETOOTH
