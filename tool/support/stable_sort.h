// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// std::stable_sort() of libstdc++ 12 uses a temporary buffer that C++20 has deprecated, and Clang says so at each use.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

namespace krcu {

/// Sorts by `Less`; what is equal stays in its order.
template <class T, class Compare> void stableSort(std::vector<T> &Items, Compare Less) {
  std::vector<size_t> Order(Items.size());
  std::iota(Order.begin(), Order.end(), size_t(0));
  std::sort(Order.begin(), Order.end(), [&](size_t A, size_t B) {
    return Less(Items[A], Items[B]) || (!Less(Items[B], Items[A]) && A < B);
  });
  std::vector<T> Sorted;
  Sorted.reserve(Items.size());
  for (size_t I : Order)
    Sorted.push_back(std::move(Items[I]));
  Items = std::move(Sorted);
}

} // namespace krcu
