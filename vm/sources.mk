# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle's files, for heddle.mk and heddle.cmake: nothing but lines of "NAME = words" and "NAME += words".

HEDDLE_VM_C = vm/gc.c vm/hal.c vm/isr.c vm/modheddle.c vm/modthread.c vm/print.c vm/scheduler.c vm/select.c vm/thread.c
HEDDLE_VM_C += vm/threads.c vm/import.c vm/input.c vm/softreset.c vm/stack.c vm/timer.c vm/vfs.c
HEDDLE_THREADING_C = vm/condition.c vm/modqueue.c vm/modthreading.c vm/rlock.c
HEDDLE_OTHER_C = core/cond.c core/gil.c core/lend.c core/lock.c core/look.c core/reset.c core/thread.c core/wait.c
HEDDLE_OTHER_C += services/dispatch.c services/service.c
HEDDLE_BLE_C = ble/acl.c ble/address.c ble/att.c ble/bond.c ble/channel.c ble/channel_data.c ble/conn.c ble/connect.c
HEDDLE_BLE_C += ble/crypto.c ble/crypto_mbedtls.c ble/extended.c ble/gap.c ble/gattc.c ble/gattc_api.c
HEDDLE_BLE_C += ble/gattc_discovery.c ble/gattc_value.c ble/gatts.c ble/gatts_api.c ble/gatts_db.c ble/gatts_notify.c
HEDDLE_BLE_C += ble/gatts_read.c ble/gatts_write.c ble/hci.c ble/hci_init.c ble/hci_raw.c ble/host.c ble/l2cap.c
HEDDLE_BLE_C += ble/scan.c ble/sign.c ble/signal.c ble/smp.c ble/smp_calls.c ble/smp_features.c ble/smp_keys.c
HEDDLE_BLE_C += ble/smp_legacy.c ble/smp_sc.c ble/speed.c
# With TRACE=1.
HEDDLE_TRACE_VM_C = vm/modtrace.c
HEDDLE_TRACE_OTHER_C = core/trace.c
HEDDLE_FREERTOS_C = adapters/freertos/rtos_freertos.c adapters/freertos/hooks.c adapters/common/stop.c
HEDDLE_ZEPHYR_C = adapters/zephyr/rtos_zephyr.c adapters/zephyr/private.c adapters/common/stop.c
HEDDLE_ZEPHYR_C += kernel/deadlock.c kernel/fatal.c kernel/printk.c kernel/sched.c kernel/sem.c kernel/thread.c
HEDDLE_ZEPHYR_C += kernel/cores.c kernel/mutex.c kernel/timeout.c kernel/timer.c kernel/wait.c kernel/watch.c
HEDDLE_POSIX_C = adapters/posix/rtos_posix.c adapters/posix/world.c adapters/posix/signal.c adapters/posix/futex.c

# Files of py/ and extmod/ that vm/ has a stand-in for: _thread, and others that include upstream's.
HEDDLE_REPLACED_C = py/modthread.c py/gc.c py/scheduler.c py/modbuiltins.c extmod/modselect.c extmod/machine_timer.c
HEDDLE_REPLACED_C += py/builtinimport.c extmod/vfs_lfs.c extmod/vfs_fat.c extmod/vfs_fat_file.c
# Without a GIL there are two more.
HEDDLE_NOGIL_REPLACED_C = py/objgenerator.c extmod/modrandom.c
HEDDLE_NOGIL_C = vm/generator.c vm/qstr.c vm/random.c vm/traceback.c

# The kernel's own files, in FREERTOS_DIR; port.c is in FREERTOS_PORT.
HEDDLE_KERNEL_C = tasks.c list.c queue.c

# What vm/ stands in for at link time.
HEDDLE_WRAPS = mp_irq_dispatch mp_irq_handler mp_hal_stdout_tx_strn_cooked readline
HEDDLE_WRAPS += lfs2_file_opencfg lfs2_file_close lfs2_file_sync lfs2_file_write
HEDDLE_WRAPS += lfs2_stat lfs2_mkdir lfs2_remove lfs2_rename mp_sys_exit_obj mp_call_function_1_protected
HEDDLE_WRAPS += mp_vfs_mount_obj mp_vfs_umount_obj mp_vfs_chdir_obj mp_vfs_getcwd_obj mp_vfs_listdir_obj
HEDDLE_NOGIL_WRAPS = qstr_find_strn mp_obj_exception_add_traceback mp_obj_exception_get_traceback

# Often called, and compiled as the port compiles; all other files are compiled to be small.
HEDDLE_HOT_C = vm/gc.c vm/generator.c vm/modqueue.c vm/modthread.c vm/print.c core/gil.c core/lock.c core/wait.c \
    services/dispatch.c kernel/sched.c kernel/wait.c kernel/sem.c kernel/timeout.c kernel/timer.c \
    kernel/arch/cortex_m/arch_cortex_m.c kernel/arch/cortex_m/atomic.c kernel/arch/aarch64/arch_aarch64.c \
    kernel/arch/aarch64/time.c kernel/arch/aarch64/gic.c
HEDDLE_HOT_C += core/trace.c

# The collector's options, after the port's: without partial redundancy elimination the allocator's search has fewer
# spills (gcc 12).
HEDDLE_GC_FLAGS = -O2 -fno-tree-pre
