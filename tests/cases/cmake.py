# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""For integrators: the image through CMake, FreeRTOS on two cores, and the adapter that one copies for a new kernel."""

import os
import subprocess

from cases.upstream import demand_all
from harness import PYTHON, case


@case(timeout=300)
def cmake(ctx):
    "An image built with vm/heddle.cmake passes MicroPython's tests/thread."
    build = os.path.join(ctx.root, "build", ctx.board_name, "cmake")
    source = os.path.join(ctx.root, "ports", ctx.board_name)
    words = ["-DMICROPY_DIR=" + ctx.micropython_dir, "-DPython3_EXECUTABLE=" + PYTHON]
    freertos = ctx.variables.get("FREERTOS_DIR")
    if freertos:
        words.append("-DFREERTOS_DIR=" + os.path.abspath(freertos))
    toolchain = "-DCMAKE_TOOLCHAIN_FILE=" + os.path.join(source, "toolchain.cmake")
    generator = ["-G", "Unix Makefiles"]
    ctx.run("cmake", "-S", source, "-B", build, toolchain, *generator, *words)
    ctx.run("cmake", "--build", build, "--parallel", str(os.cpu_count()), timeout=120)
    demand_all(ctx, "cmake", elf=os.path.join(build, "firmware.elf"))


# What a new kernel has to say for itself before anything can work.
STUBS = """
#include <stdio.h>
#include <stdlib.h>
#include "board.h"
#include "rtos.h"
uint64_t board_clock_us(void) { return 0; }
void board_idle(void) {}
void board_ipi(unsigned core) { (void)core; }
void board_panic(const char *message) { puts(message); exit(1); }
void board_irq_raise(void (*fn)(void)) { (void)fn; }
int main(void) {
    static rtos_thread_t t;
    static const rtos_thread_config_t config;
    rtos_start(&t, &config);
}
"""


@case()
def template(ctx):
    "adapters/template compiles without a warning with core/ and services/, and says what is not written."
    flags = "-std=gnu11 -O1 -Wall -Wextra -Werror -Iinclude -Icore -Iadapters/template".split()
    out = ctx.scratch()
    for folder in ("core", "services", "adapters/template", "adapters/common"):
        for name in sorted(os.listdir(os.path.join(ctx.root, folder))):
            if name.endswith(".c"):
                for compiler in (["cc"], ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb"]):
                    target = os.path.join(out, compiler[0] + "-" + name[:-2] + ".o")
                    ctx.run(*compiler, *flags, "-c", os.path.join(folder, name), "-o", target, cwd=ctx.root)
    main = os.path.join(out, "main.c")
    with open(main, "w") as f:
        f.write(STUBS)
    program = os.path.join(out, "main")
    objects = [os.path.join(out, "cc-rtos_template.o")]
    ctx.run("cc", *flags, main, *objects, "-o", program, cwd=ctx.root)
    run = subprocess.run([program], stdout=subprocess.PIPE, text=True)
    assert run.returncode == 1 and "rtos_start: not written yet" in run.stdout, run.stdout


# What FreeRTOS V11 and a port of it for two cores have and V9's headers do not.
TWO_CORES = """
#define configNUMBER_OF_CORES 2
#define configSTACK_DEPTH_TYPE unsigned
#define configCPU_CLOCK_HZ 25000000
#define configPRIO_BITS 3
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x20
#ifndef __ASSEMBLER__
unsigned portGET_CORE_ID(void);
void portCLEAR_INTERRUPT_MASK(unsigned long mask);
void vTaskCoreAffinitySet(void *task, unsigned long cores);
#endif
"""


@case()
def freertos_two_cores(ctx):
    "The adapter for FreeRTOS and all above it compile without a warning for two cores, with and without a GIL."
    out = ctx.scratch()
    with open(os.path.join(out, "freertos_board.h"), "w") as f:
        f.write(TWO_CORES)
    kernel = os.path.join(ctx.micropython_dir, "ports", "cc3200", "FreeRTOS", "Source")
    flags = "-mcpu=cortex-m3 -mthumb -std=gnu11 -O2 -Wall -Wextra -Werror -Iinclude -Icore -Iadapters/freertos".split()
    flags += ["-I" + out, "-isystem", kernel + "/include", "-isystem", kernel + "/portable/GCC/ARM_CM3"]
    for gil in (0, 1):
        objects = []
        for folder in ("adapters/freertos", "adapters/common", "core", "services"):
            for name in sorted(os.listdir(os.path.join(ctx.root, folder))):
                if name.endswith(".c"):
                    objects.append(os.path.join(out, name[:-2] + ".o"))
                    words = ["-DHEDDLE_GIL={}".format(gil), "-c", os.path.join(folder, name), "-o", objects[-1]]
                    ctx.run("arm-none-eabi-gcc", *flags, *words, cwd=ctx.root)
        names = ctx.run("arm-none-eabi-nm", *objects)
        # It was for two.
        for wanted in ("vTaskCoreAffinitySet", "portGET_CORE_ID", "vApplicationPassiveIdleHook"):
            assert wanted in names, wanted
