// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef ZEPHYR_IRQ_H
#define ZEPHYR_IRQ_H

#include <zephyr/kernel.h>

#endif // ZEPHYR_IRQ_H
