# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The second half of a Makefile that makes a program of the host of files from all over the tree. In: HEDDLE_DIR, BUILD,
# PROGRAM, its name; SRC_C, its files from HEDDLE_DIR on; CFLAGS; PROGRAM_LDFLAGS.

OBJ = $(addprefix $(BUILD)/, $(SRC_C:.c=.o))

CONFIG := $(CC) $(CFLAGS)
STAMP := $(BUILD)/config.stamp
$(shell mkdir -p $(BUILD); echo '$(CONFIG)' | cmp -s - $(STAMP) || echo '$(CONFIG)' > $(STAMP))

$(BUILD)/$(PROGRAM): $(OBJ)
	$(CC) $(CFLAGS) $(PROGRAM_LDFLAGS) -o $@ $(OBJ)

$(OBJ): $(STAMP) $(MAKEFILE_LIST)

$(BUILD)/%.o: $(HEDDLE_DIR)/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

-include $(OBJ:.o=.d)
