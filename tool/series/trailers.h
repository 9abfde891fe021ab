// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lines "Key: value" at the end of a commit's text, as git interpret-trailers reads them.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu::series {

/// Whether the line is "Key: value", the key of letters, digits and '-'.
bool isTrailer(llvm::StringRef Line);
/// Takes the last paragraph off `Body` if each line of it is a trailer, and returns its lines.
std::vector<std::string> takeTrailers(std::string &Body);
/// `Body` with the trailers as its last paragraph, in the kernel's order and none twice; a Co-developed-by stays beside its Signed-off-by.
std::string withTrailers(const std::string &Body, std::vector<std::string> Trailers);
/// Fails if a person's --trailer is none.
llvm::Error checkTrailer(const std::string &Line);

} // namespace krcu::series
