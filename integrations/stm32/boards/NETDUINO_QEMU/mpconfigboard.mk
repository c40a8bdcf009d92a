# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT

include boards/NETDUINO_PLUS_2/mpconfigboard.mk

# qemu.c's is in its place: upstream's stands still without a date.
$(BUILD)/rtc.o: CFLAGS += -Dmp_hal_time_ns=rtc_time_ns
