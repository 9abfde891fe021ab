// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/outline_cache.h"

namespace krcu {

Index::Index() : Outlines(std::make_unique<OutlineCache>(*this)) {}

Index::Index(const Index &Other) : Hiding(Other.Hiding), Forced(Other.Forced), Outlines(std::make_unique<OutlineCache>(*this)) {}

Index::~Index() = default;

std::shared_ptr<const Outline> OutlineCache::get(const std::string &File) const {
  {
    std::lock_guard<std::mutex> Guard(Lock);
    auto It = Cache.find(File);
    if (It != Cache.end())
      return It->second;
  }
  std::shared_ptr<const Outline> Result;
  int Id = I.find(File);
  if (Id >= 0)
    if (auto Text = I.text(static_cast<uint32_t>(Id)))
      Result = std::make_shared<const Outline>(outlineOf(*Text));
  std::lock_guard<std::mutex> Guard(Lock);
  return Cache.emplace(File, Result).first->second;
}

void OutlineCache::keep(const std::string &File, Outline O) const {
  auto Kept = std::make_shared<const Outline>(std::move(O));
  std::lock_guard<std::mutex> Guard(Lock);
  Cache.emplace(File, std::move(Kept));
}

void OutlineCache::forgetOthers(llvm::function_ref<bool(const std::string &File)> Wanted) const {
  std::lock_guard<std::mutex> Guard(Lock);
  std::erase_if(Cache, [&](const auto &Each) { return !Wanted(Each.first); });
}

bool OutlineCache::has(const std::string &File) const {
  std::lock_guard<std::mutex> Guard(Lock);
  return Cache.count(File) != 0;
}

} // namespace krcu
