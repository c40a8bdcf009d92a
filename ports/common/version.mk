# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What images say they are, and the compiler for what is frozen into them; for every port's Makefile. In:
# HEDDLE_DIR and MICROPYTHON_DIR.

# The version is that of the MicroPython source, not that of the git repository it was unpacked in.
mp_version = $(shell sed -n 's/^.define MICROPY_VERSION_$(1) \([0-9]*\).*/\1/p' $(MICROPYTHON_DIR)/py/mpconfig.h)
export MICROPY_GIT_TAG := v$(call mp_version,MAJOR).$(call mp_version,MINOR).$(call mp_version,MICRO)
export MICROPY_GIT_HASH := $(MICROPY_GIT_TAG)

# Images say the day of their source and not of their build, and upstream's scripts do not list pins in an order of
# chance, so that the same source makes the same image.
export SOURCE_DATE_EPOCH := $(shell stat -L -c %Y $(MICROPYTHON_DIR)/py/mpconfig.h)
export PYTHONHASHSEED := 0

# One for all images of a version, never inside the source. It freezes a few files, so its own speed does not matter.
export MICROPY_MPYCROSS := $(HEDDLE_DIR)/build/mpy-cross-$(MICROPY_GIT_TAG)/mpy-cross

.DEFAULT_GOAL := all
# It appears there when it is complete, as others may be about to run it.
$(MICROPY_MPYCROSS):
	@echo "MPY-CROSS $@"
	@mkdir -p $(@D)
	@flock $(@D)/lock $(MAKE) -C $(MICROPYTHON_DIR)/mpy-cross BUILD=$(@D)/build CROSS_COMPILE= COPT=-O0 \
	    CFLAGS_EXTRA= USER_C_MODULES= FROZEN_MANIFEST=
	@ln -f $(@D)/build/mpy-cross $@
