// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Drawings as SVG and swim lanes as HTML. They hold no script and no style of their own; the page's classes colour them.
#pragma once

#include "tool/pages/page.h"
#include <functional>

namespace krcu::pages {

/// The way of an end from the top down. On the left what runs, in order; beside it a bar wherever something may be in flight.
/// `Href`: where a place leads to, escaped; empty: nowhere. `Shown`: a path as the user should read it.
std::string drawingSvg(const Drawing &D, const std::function<std::string(const Location &)> &Href, const std::function<std::string(const std::string &)> &Shown);

/// A counterexample, one lane for each CPU.
std::string lanesHtml(const Timeline &T);

/// Words of `Text` in lines of at most `Columns` characters; a word that is longer is cut behind / _ . or anywhere.
std::vector<std::string> wrapped(const std::string &Text, size_t Columns);

} // namespace krcu::pages
