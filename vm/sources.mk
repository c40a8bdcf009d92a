# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle's files, for heddle.mk and heddle.cmake: nothing but lines of "NAME = words" and "NAME += words".

HEDDLE_VM_C = vm/gc.c vm/hal.c vm/isr.c vm/modheddle.c vm/modthread.c vm/scheduler.c vm/thread.c vm/timer.c
HEDDLE_OTHER_C = core/gil.c core/lock.c core/reset.c core/thread.c core/wait.c
HEDDLE_OTHER_C += services/dispatch.c services/service.c
HEDDLE_FREERTOS_C = adapters/freertos/rtos_freertos.c adapters/freertos/hooks.c adapters/common/stop.c
HEDDLE_POSIX_C = adapters/posix/rtos_posix.c adapters/posix/world.c adapters/posix/signal.c adapters/posix/futex.c

# Files of py/ that vm/ has a stand-in for: _thread, and two that include upstream's.
HEDDLE_REPLACED_C = py/modthread.c py/gc.c py/scheduler.c

# The kernel's own files, in FREERTOS_DIR; port.c is in FREERTOS_PORT.
HEDDLE_KERNEL_C = tasks.c list.c queue.c

# Functions of MicroPython that vm/ stands in for at link time, in every build and in one without a GIL.
HEDDLE_WRAPS = mp_irq_dispatch mp_irq_handler
HEDDLE_LFS_WRAPS = lfs2_mount lfs2_format
HEDDLE_LFS_WRAPS += mp_vfs_blockdev_read_ext mp_vfs_blockdev_write_ext mp_vfs_blockdev_ioctl
HEDDLE_LFS_C = vm/lfs.c

# Often called, and compiled as the port compiles; all other files are compiled to be small.
HEDDLE_HOT_C = vm/gc.c vm/modthread.c core/gil.c core/lock.c core/wait.c services/dispatch.c

# The collector's options, after the port's: without partial redundancy elimination the allocator's search has fewer
# spills (gcc 12).
HEDDLE_GC_FLAGS = -O2 -fno-tree-pre
