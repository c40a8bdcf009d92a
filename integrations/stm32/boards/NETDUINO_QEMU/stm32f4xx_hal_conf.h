// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#include "boards/NETDUINO_PLUS_2/stm32f4xx_hal_conf.h"
