// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What speaks against another size of a record, read off every file that names it: an assertion about its size or an offset in it, a variable
// that is initialised by position, a union that it is part of. Records that have it as a member change with it, and are asked the same.
#pragma once

#include "tool/lifetime/database.h"
#include "tool/slim/rows.h"
#include <set>
#include <string>

namespace krcu::slim {

/// The objection as a clause, or empty. `Record`: a tag.
std::string layoutObjection(const Database &DB, const Rows &R, const std::string &Record);

/// Where a slab cache is made for objects of the record; not valid: nowhere that names it.
Location cacheFor(const Database &DB, const std::string &Record);

/// A cast to a pointer to one of `Heads` in a file that names the record; not valid: there is none.
Location castBeside(const Database &DB, const std::set<std::string> &Heads, const std::string &Record);

} // namespace krcu::slim
