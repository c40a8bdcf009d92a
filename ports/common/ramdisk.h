// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef PORTS_RAMDISK_H
#define PORTS_RAMDISK_H

#include "py/obj.h"

// The block device: BOARD_RAMDISK_BLOCKS of 512 bytes.
extern const mp_obj_base_t ramdisk_obj;

// Mount it at "/" as LittleFS2, formatting it first after power-up or where it holds no file system.
void ramdisk_mount(void);

#endif // PORTS_RAMDISK_H
