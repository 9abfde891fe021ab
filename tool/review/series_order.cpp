// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/review/series_order.h"
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

using llvm::StringRef;

namespace krcu::review {
namespace {

/// Of a series that was posted again only the last version counts; a mail that came twice counts once.
void dropOldOnes(Inbox &Box) {
  std::map<std::string, unsigned> Newest; // by subject: what is reviewed is the last word on it
  for (const ReviewPatch &P : Box.patches)
    if (P.numbered || !P.prefix.empty())
      Newest[P.subject] = std::max(Newest[P.subject], P.version);
  std::vector<ReviewPatch> Kept;
  std::map<std::pair<std::string, unsigned>, std::vector<size_t>> Namesakes; // places in `Kept`, by subject and number
  for (ReviewPatch &P : Box.patches) {
    auto It = Newest.find(P.subject);
    if (!P.prefix.empty() && It != Newest.end() && It->second > P.version) {
      Box.notes.push_back(P.source + ": " + P.prefix + " " + P.subject + ": version " + std::to_string(It->second) + " is reviewed instead");
      continue;
    }
    std::vector<size_t> &Same = Namesakes[{P.subject, P.number}];
    bool Twice = !P.prefix.empty() && std::any_of(Same.begin(), Same.end(), [&](size_t N) {
      return Kept[N].body == P.body || (!P.message_id.empty() && Kept[N].message_id == P.message_id);
    });
    if (Twice) {
      Box.notes.push_back(P.source + ": " + P.prefix + " " + P.subject + " stands there twice");
      continue;
    }
    Same.push_back(Kept.size());
    Kept.push_back(std::move(P));
  }
  Box.patches = std::move(Kept);
}

std::string firstIdOf(StringRef References) {
  size_t Begin = References.find('<'), End = References.find('>', Begin);
  return End == StringRef::npos ? std::string() : References.slice(Begin + 1, End).str();
}

/// Which mails are parts of one series. A mailbox may hold many, and two of three parts each do not complete each other. Threads tell them
/// apart: by the mail that all parts answer to; parts that answer to nothing belong to their sender.
class SeriesNames {
public:
  explicit SeriesNames(std::initializer_list<const std::vector<ReviewPatch> *> All) {
    for (const auto *List : All)
      for (const ReviewPatch &P : *List)
        if (std::string Root = firstIdOf(P.references); !Root.empty())
          Roots.insert(std::move(Root));
  }
  std::string of(const ReviewPatch &P) const {
    std::string Root = firstIdOf(P.references);
    if (Root.empty() && Roots.count(P.message_id))
      Root = P.message_id;
    return std::to_string(P.version) + " " + std::to_string(P.total) + " " + (Root.empty() ? "by " + P.from : Root);
  }

private:
  std::set<std::string> Roots;
};

/// Each series in the order of its numbers, if they make one, at the place of its first part; else as the mails stand.
void order(Inbox &Box, const SeriesNames &Names) {
  struct Series {
    size_t first = 0; ///< place of the part that came first
    bool unique = true;
    std::map<unsigned, size_t> seen;
  };
  std::map<std::string, Series> All;
  std::vector<std::tuple<size_t, unsigned, size_t>> Keys; // place of the series, number in it, own place
  std::vector<Series *> Of(Box.patches.size());
  for (size_t N = 0; N < Box.patches.size(); ++N) {
    const ReviewPatch &P = Box.patches[N];
    if (!P.numbered)
      continue;
    auto [It, New] = All.try_emplace(Names.of(P));
    Series &S = It->second;
    Of[N] = &S;
    if (New)
      S.first = N;
    auto [Other, First] = S.seen.try_emplace(P.number, N);
    if (First)
      continue;
    S.unique = false;
    Box.notes.push_back("two patches have the number " + std::to_string(P.number) + ": \"" + Box.patches[Other->second].subject + "\" and \"" + P.subject +
                        "\"; they are taken in the order in which they were given");
  }
  for (size_t N = 0; N < Box.patches.size(); ++N) {
    const bool Sorted = Of[N] && Of[N]->unique;
    Keys.emplace_back(Sorted ? Of[N]->first : N, Sorted ? Box.patches[N].number : 0, N);
  }
  std::sort(Keys.begin(), Keys.end());
  std::vector<ReviewPatch> Ordered;
  for (const auto &[Place, Number, N] : Keys)
    Ordered.push_back(std::move(Box.patches[N]));
  Box.patches = std::move(Ordered);
  for (size_t N = 0; N < Box.patches.size(); ++N)
    if (!Box.patches[N].numbered)
      Box.patches[N].number = static_cast<unsigned>(N + 1);
}

/// Parts of a series that are promised by its numbers and not there.
void noteMissing(Inbox &Box, const std::vector<ReviewPatch> &Hollow, const SeriesNames &Names) {
  struct Series {
    unsigned total = 0;
    std::string subject; ///< of its first part
    std::set<unsigned> numbers;
  };
  std::map<std::string, Series> Have;
  std::vector<std::string> InOrder;
  for (const std::vector<ReviewPatch> *List : {&std::as_const(Box.patches), &Hollow})
    for (const ReviewPatch &P : *List)
      if (P.numbered && P.total > 1) {
        auto [It, New] = Have.try_emplace(Names.of(P));
        if (New)
          It->second.total = P.total, It->second.subject = P.subject, InOrder.push_back(It->first);
        It->second.numbers.insert(P.number);
      }
  for (const std::string &Name : InOrder) {
    const Series &S = Have[Name];
    std::string Missing;
    unsigned Count = 0;
    for (unsigned N = 1; N <= S.total; ++N)
      if (!S.numbers.count(N) && ++Count <= 5)
        Missing += (Missing.empty() ? "" : ", ") + std::to_string(N);
    if (!Count)
      continue;
    Box.incomplete = true;
    Box.notes.push_back("of the series of " + std::to_string(S.total) + " patches " + (Have.size() > 1 ? "with \"" + S.subject + "\" " : "") + Missing +
                        (Count > 5 ? " and " + std::to_string(Count - 5) + " more are" : Count > 1 ? " are" : " is") + " missing; what follows is judged as if they changed nothing");
  }
}

} // namespace

std::string threadOf(const ReviewPatch &P) {
  std::string Root = firstIdOf(P.references);
  return Root.empty() ? P.message_id : Root;
}

void putInOrder(Inbox &Box, const std::vector<ReviewPatch> &Hollow, const std::vector<ReviewPatch> &Covers) {
  const SeriesNames Names{&Box.patches, &Hollow, &Covers};
  std::map<std::string, std::string> Bases;
  for (const ReviewPatch &P : Covers)
    Bases[Names.of(P)] = P.base_commit;
  for (ReviewPatch &P : Box.patches)
    if (auto It = Bases.find(Names.of(P)); P.base_commit.empty() && P.numbered && It != Bases.end())
      P.base_commit = It->second;
  dropOldOnes(Box);
  noteMissing(Box, Hollow, Names);
  order(Box, Names);
}

} // namespace krcu::review
