// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mails, diffs, and the files that krcu writes for itself and others may hand over.
#include "tool/facts/facts_codec.h"
#include "tool/fuzz/targets.h"
#include "tool/index/part.h"
#include "tool/index/survey.h"
#include "tool/main/gates.h"
#include "tool/report/findings.h"
#include "tool/review/apply.h"
#include "tool/review/mail.h"
#include "tool/store/store.h"
#include "tool/support/error.h"
#include "tool/tree/tree.h"
#include <filesystem>

using llvm::StringRef;

namespace krcu {

void fuzzMails(StringRef Bytes) {
  auto Box = review::readInbox({inScratch("mails/box", Bytes)});
  if (!Box)
    static_cast<void>(message(Box.takeError()));
}

void fuzzDiffs(StringRef Bytes) {
  auto Files = filesIn(Bytes, "diff");
  const std::string Text = Files.size() > 1 ? Files[1].second : "one\ntwo\nthree\nfour\nfive\nsix\n";
  review::Diff D = review::parseDiff(Files.front().second);
  for (const review::AppliedFile &F : review::applyDiff(D, [&](const std::string &Path) { return Path == "new.c" ? std::nullopt : std::optional(Text); }))
    if (F.problem.empty() && !F.path.empty() && !review::badPath(F.path).empty())
      std::abort(); // a path that leaves the tree was applied
  static_cast<void>(review::unflow(Files.front().second));
}

void fuzzFacts(StringRef Bytes) {
  KeptParse P;
  if (decodeParse(Bytes, P))
    static_cast<void>(encodeParse(P.facts, P.outcome));
  Demand D;
  decodeDemand(Bytes, D);
  std::vector<std::string> Strings;
  decodeStrings(Bytes, Strings);
}

void fuzzCache(StringRef Bytes) {
  const Digest Key = digestOf(StringRef("a")), Other = digestOf(StringRef("b"));
  const std::string File = inScratch("cache/" + std::string(Store::FileName), Bytes);
  if (auto S = Store::openFile(File); !S)
    static_cast<void>(message(S.takeError()));
  else
    (*S)->all(Store::Parse, Key);
  {
    auto S = Store::openCache(fuzzScratch() + "/cache");
    for (const Store::Entry &E : S->all(Store::Parse, Key))
      if (E.value != "first") // its checksum covers key and value, so it is what was put in
        std::abort();
    S->get(Store::Output, Other, Key);
    S->put({{Store::Parse, Other, {}, "second"}});
  }
  std::error_code Ignored;
  std::filesystem::remove_all(fuzzScratch() + "/cache", Ignored);
}

void fuzzIndexParts(StringRef Bytes) {
  KeptPart Part;
  if (Part.set(Bytes.str())) {
    for (size_t Row = 0; Row < Part.part.files.size(); ++Row)
      static_cast<void>(Part.part.path(Row)), static_cast<void>(Part.part.problem(Part.part.files[Row]));
    for (size_t N = 0; N < Part.part.include_name_ends.size(); ++N)
      static_cast<void>(Part.part.includeName(N)), static_cast<void>(Part.part.includers(N));
  }
  inScratch("survey/Makefile", "VERSION = 6\nPATCHLEVEL = 12\n");
  inScratch("survey/Kconfig", "");
  inScratch("survey/include/linux/types.h", "");
  auto T = Tree::open(fuzzScratch() + "/survey");
  if (!T)
    return llvm::consumeError(T.takeError());
  if (auto S = Survey::take(*T, 1, Bytes); !S)
    llvm::consumeError(S.takeError());
  else
    static_cast<void>(S->states());
}

void fuzzBaselines(StringRef Bytes) {
  const std::string File = inScratch("baseline", Bytes);
  if (auto S = readSuppressions(File); !S)
    static_cast<void>(message(S.takeError()));
  if (auto B = readBaseline(File); !B)
    static_cast<void>(message(B.takeError()));
  for (const char *Now : {R"({"schema": 1, "sites": [{"file": "drv/drv.c", "line": 3, "function": "f", "class": "convert"}]})", R"({"patches": [{"subject": "x", "verdict": "ok"}]})"})
    if (auto Known = knownEntries(Now, File); !Known)
      static_cast<void>(message(Known.takeError()));
}

} // namespace krcu
