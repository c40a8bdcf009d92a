# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The suite's files, for every build of it; a platform adds its own.

CONTRACT_C = $(addprefix tests/contract/, contract.c meter.c pool.c)
CONTRACT_C += $(addprefix tests/contract/test_, context.c crit.c join.c priority.c stack.c thread.c tick.c)
CONTRACT_C += $(addprefix tests/contract/test_, time.c token.c world.c)
