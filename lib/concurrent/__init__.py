# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
