// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/slim/gone.h"

#include "tool/driver/patch.h"

namespace krcu::slim {

void GoneTexts::find(const Scan &S, std::vector<SiteReport> &Sites) {
  markRemovals(S, Sites);
  std::map<std::string, std::vector<Location>> Users; // of each callback that goes
  std::map<std::string, std::vector<Location>> InFile;
  for (const SiteReport &R : Sites) {
    if (R.cls != SiteClass::Convert || !R.site)
      continue;
    const std::string &File = R.site->where.file;
    Files[File].push_back({R.merged ? R.merged->begin : R.site->begin, R.merged ? R.merged->end : R.site->end, {R.census.where}});
    if (R.callback_removed) {
      Users[R.callback.function].push_back(R.census.where);
      InFile[R.callback.where.file].push_back(R.census.where);
    }
  }
  for (const SiteReport &R : Sites)
    if (R.cls == SiteClass::Convert && R.callback_removed)
      if (auto It = Users.find(R.callback.function); It != Users.end()) {
        Files[R.callback.where.file].push_back({R.callback.summary->begin, R.callback.summary->end, std::move(It->second)});
        Users.erase(It);
      }
  for (const OrphanedHelper &H : HelperFinder(S).of(Sites))
    Files[H.file].push_back({H.begin, H.end, InFile[H.file]});
}

const GoneText *GoneTexts::at(const std::string &File, uint32_t Offset) const {
  auto It = Files.find(File);
  if (It != Files.end())
    for (const GoneText &G : It->second)
      if (Offset >= G.begin && Offset < G.end)
        return &G;
  return nullptr;
}

} // namespace krcu::slim
