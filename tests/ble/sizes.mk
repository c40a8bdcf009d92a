# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The pools that tests count on: larger than by default, so that more can happen at once.

ble_sizes := -DBLE_MTU=256 -DBLE_BUFFERS=15 -DBLE_CHANNELS=4 -DBLE_CHANNEL_STORE=272 -DBLE_PAIRINGS=2
ble_sizes += -DBLE_PROCEDURES=6 -DBLE_REPORTS=6 -DBLE_COMMAND_OCTETS=640
