// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the matchers do not follow any further.
#pragma once

namespace krcu {

/// What runs before what is a relation, as large as the square of the calls. Of a function with more calls than this nothing is said of their
/// order; the largest of Linux have some hundreds.
constexpr unsigned MaxOrderedCalls = 1500;

} // namespace krcu
