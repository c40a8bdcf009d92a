// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
// *FORMAT-OFF*
Q(/)
Q(/lib)
