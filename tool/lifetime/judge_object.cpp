// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What other code makes of the object that a site frees: whether somebody looks into its head, and whether kfree() gives it back to a slab cache.
#include "tool/lifetime/judge_round.h"
#include "tool/lifetime/record_origin.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;

namespace krcu {
namespace {

/// Whether the text may look into a head of that name: "rcu.func", "rcu . next".
bool mayLookInto(StringRef Text, StringRef Field) {
  auto IsName = [](char C) { return llvm::isAlnum(C) || C == '_'; };
  for (size_t At = Text.find(Field); At != StringRef::npos; At = Text.find(Field, At + 1)) {
    StringRef Rest = Text.substr(At + Field.size()).ltrim();
    if ((At && IsName(Text[At - 1])) || !Rest.consume_front("."))
      continue;
    Rest = Rest.ltrim();
    for (StringRef Member : {"func", "next"})
      if (Rest.starts_with(Member) && (Rest.size() == Member.size() || !IsName(Rest[Member.size()])))
        return true;
  }
  return false;
}

} // namespace

/// The files of a module whose text may look into a head of that name. Asked in each round, read once.
const std::vector<std::string> &Judge::lookersInto(const std::string &Field, const std::string &File) {
  std::vector<std::string> Files = DB.moduleOf(File).files;
  if (!llvm::is_contained(Files, File))
    Files.push_back(File);
  auto [It, New] = Lookers.try_emplace({Files.front(), Field});
  if (!New)
    return It->second;
  // The index knows which texts have a word at all; few have, and a driver may have five hundred.
  std::vector<uint32_t> Sources;
  for (const std::string &Each : Files)
    if (const int Id = DB.index().find(Each); Id >= 0 && StringRef(Each).ends_with(".c"))
      Sources.push_back(static_cast<uint32_t>(Id));
  llvm::sort(Sources);
  std::set<uint32_t> Looking;
  for (const std::string &Reader : DB.rules().head_readers)
    for (uint32_t Id : DB.index().mentioningAmong(Reader, &Sources))
      Looking.insert(Id);
  for (uint32_t Id : DB.index().mentioningAmong(Field, &Sources))
    if (auto Text = DB.index().text(Id); Text && mayLookInto(*Text, Field))
      Looking.insert(Id);
  for (uint32_t Id : Looking)
    It->second.push_back(DB.index().files()[Id].path);
  return It->second;
}

/// Settles a site whose head the files of its module look into. What other modules do with it is not looked for.
bool Judge::headIsRead(SiteReport &R) {
  const CallSiteFact &Site = *R.site;
  if (Site.levels.empty())
    return false;
  const std::string Field = StringRef(Site.levels.front().member).rsplit('.').second.empty() ? Site.levels.front().member : StringRef(Site.levels.front().member).rsplit('.').second.str();
  Demand Wanted;
  Wanted.words = {Field};
  for (const std::string &File : lookersInto(Field, Site.where.file)) {
    if (!DB.require(File, Wanted)) {
      Pending = true;
      continue;
    }
    if (std::string Problem = DB.problem(File); !Problem.empty() && File != Site.where.file) {
      R.verdict = Verdict::Review;
      R.cls = SiteClass::Review;
      R.reason = Reason::Spoiled;
      R.detail = File + " may look into the head: " + Problem;
      return true;
    }
    auto Facts = DB.files().find(File);
    for (const ObjectFact &O : Facts == DB.files().end() ? std::vector<ObjectFact>() : Facts->second.objects) {
      if (O.kind != ObjectFact::HeadRead || O.object != Field || llvm::none_of(Site.levels, [&](const HeadLevel &L) { return L.symbol == O.record; }))
        continue;
      R.replacement.clear();
      R.cls = SiteClass::Refuse;
      R.reason = Reason::HeadRead;
      R.detail = O.where.file + ":" + std::to_string(O.where.line) + ": " + plainName(O.function) + "() reads it with " + (llvm::is_contained(DB.rules().head_readers, O.name) ? O.name + "()" : Field + "." + O.name);
      return true;
    }
  }
  return false;
}

/// The slab caches that objects of the site's record come from: kfree() takes them, too.
std::vector<std::string> Judge::slabCachesOf(SiteReport &R) {
  const auto Level = llvm::find_if(R.site->levels, [&](const HeadLevel &L) { return L.record == R.object_record; });
  if (Level == R.site->levels.end() || Level->symbol.empty())
    return {};
  Demand Wanted;
  Wanted.words.insert(DB.rules().cache_alloc.begin(), DB.rules().cache_alloc.end());
  for (const std::string &File : allocatingFiles(DB, plainName(Level->symbol)))
    if (!DB.require(File, Wanted))
      Pending = true;
  RecordCaches Found = cachesOf(DB, {Level->symbol})[Level->symbol];
  R.evidence.insert(R.evidence.end(), Found.evidence.begin(), Found.evidence.end());
  return Found.places;
}

} // namespace krcu
