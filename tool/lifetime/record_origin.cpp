// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/record_origin.h"
#include "tool/lifetime/caches.h"
#include "llvm/ADT/StringRef.h"

namespace krcu {

constexpr size_t MaxFiles = 60;

std::set<std::string> allocatingFiles(const Database &DB, const std::string &Tag, size_t *TooMany) {
  std::set<std::string> Words(DB.rules().cache_alloc.begin(), DB.rules().cache_alloc.end());
  for (const FreeRule &F : DB.rules().frees)
    if (F.cache)
      Words.insert(F.name);
  std::set<uint32_t> Using;
  for (const std::string &W : Words)
    Using.insert(DB.mentioning(W).begin(), DB.mentioning(W).end());
  std::set<std::string> Result;
  for (uint32_t F : DB.mentioning(Tag))
    if (Using.count(F) && llvm::StringRef(DB.index().files()[F].path).ends_with(".c"))
      Result.insert(DB.index().files()[F].path);
  if (Result.size() <= MaxFiles)
    return Result;
  if (TooMany)
    *TooMany = Result.size();
  return {};
}

std::map<std::string, RecordCaches> cachesOf(const Database &DB, const std::set<std::string> &Records) {
  std::map<std::string, RecordCaches> Result;
  std::map<std::string, std::set<std::string>> Known;
  for (const std::string &Record : Records)
    for (const ObjectFact *O : DB.objectsOf(Record))
      for (const std::string &C : O->caches)
        if (C != "?" && C != "0" && Known[Record].insert(C).second)
          Result[Record].evidence.push_back({O->where.file, O->where.line, plainName(O->function), (O->kind == ObjectFact::Freed ? "freed to " : "allocated from ") + placeName(C) + " with " + O->name + "()"});
  for (const auto &[Record, Places] : Known)
    Result[Record].places.assign(Places.begin(), Places.end());
  return Result;
}

} // namespace krcu
