// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What crosses from one file to another as bytes, for the cache and for files of facts. Which members there are is written once per
// struct (facts_codec.cpp), in a form that does not compile when one is missing.
#pragma once

#include "matchers/facts.h"
#include "tool/frontend/frontend.h"
#include "tool/lifetime/database.h"
#include "tool/store/digest.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace krcu {

/// What is kept of a parse. Of the outcome everything but `inputs`, which are kept beside it.
struct KeptParse {
  FileFacts facts;
  ParseOutcome outcome;
};

std::string encodeParse(const FileFacts &Facts, const ParseOutcome &Outcome);
/// False if the bytes are not what encodeParse() gives; `Into` is then worth nothing.
bool decodeParse(llvm::StringRef Bytes, KeptParse &Into);

std::string encodeDemand(const Demand &D);
bool decodeDemand(llvm::StringRef Bytes, Demand &Into);

std::string encodeStrings(const std::vector<std::string> &Strings);
bool decodeStrings(llvm::StringRef Bytes, std::vector<std::string> &Into);

/// All of a request that decides what comes out of the parse.
Digest digestOf(const ParseRequest &Request);

} // namespace krcu
