// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef MPS2_RAMDISK_H
#define MPS2_RAMDISK_H

#include "py/obj.h"

// The block device: 512 blocks of 512 bytes.
extern const mp_obj_base_t ramdisk_obj;

// Mount it at "/" as LittleFS2, formatting it first after power-up or where it holds no file system.
void ramdisk_mount(void);

#endif // MPS2_RAMDISK_H
