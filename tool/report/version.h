// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#ifndef KRCU_VERSION
#define KRCU_VERSION "0.1.0"
#endif
