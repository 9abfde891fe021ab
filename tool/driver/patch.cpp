// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/patch.h"
#include "tool/driver/plan.h"
#include "tool/driver/verify.h"
#include "tool/index/outline.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "llvm/Support/FileSystem.h"
#include <algorithm>

namespace krcu {
namespace {

struct Planned {
  std::map<std::string, FilePlan> files;
  std::set<std::pair<std::string, uint32_t>> barriers; ///< that go, as file and offset
};

/// Words by which a comment shows that it is about waiting for callbacks.
std::vector<std::string> waitingWords(const Scan &S, const BarrierLeftover &B, const SiteReport &R) {
  std::vector<std::string> Words = {"RCU", "rcu", "callback", "callbacks", "grace", "barrier", "wait", "Wait", "waits", "waiting", "pending", plainName(R.callback.function)};
  for (const DeferralRule &D : S.rules().deferrals)
    Words.push_back(D.name);
  Words.push_back(B.barrier);
  return Words;
}

/// The barriers that have nothing left to wait for, except in the files of `Keep`.
void planBarriers(const Scan &S, const std::vector<SiteReport> &Sites, const std::set<std::string> &Keep, Planned &P) {
  for (const SiteReport &R : Sites)
    if (R.leftovers && R.cls == SiteClass::Convert)
      for (const BarrierLeftover &B : R.leftovers->barriers)
        if (B.may_go && !Keep.count(B.where.file) && S.tree().isSubject(B.where.file) && P.barriers.emplace(B.where.file, B.begin).second)
          P.files[B.where.file].statements.push_back({B.begin, B.end, waitingWords(S, B, R)});
}

Planned planOf(const Scan &S, const std::vector<SiteReport> &Sites, const std::set<std::string> &Excluded) {
  Planned P;
  std::set<std::string> Removed;
  PrototypeFinder Prototypes(S);
  for (const SiteReport &R : Sites) {
    if (R.cls != SiteClass::Convert || Excluded.count(R.site->where.file))
      continue;
    FilePlan &Plan = P.files[R.site->where.file];
    auto SameIf = [&](const BranchEdit &B) { return R.merged && B.begin == R.merged->begin; };
    if (!R.merged)
      Plan.calls.push_back({R.site->begin, R.site->end, R.replacement});
    else if (std::none_of(Plan.branches.begin(), Plan.branches.end(), SameIf))
      Plan.branches.push_back({R.merged->begin, R.merged->end, R.replacement});
    if (!R.callback_removed || Excluded.count(R.callback.where.file) || !Removed.insert(R.callback.function).second)
      continue;
    std::string Name = plainName(R.callback.function);
    P.files[R.callback.where.file].removals.push_back({Name, R.callback.summary->begin, R.callback.summary->end});
    if (!R.callback.summary->is_static)
      for (const std::string &File : Prototypes.filesOf(Name, R.callback.where.file)) // headers and other files
        P.files[File].declarations.push_back(Name);
  }
  for (const OrphanedHelper &H : HelperFinder(S).of(Sites))
    if (P.files.count(H.file) && !Excluded.count(H.file))
      P.files[H.file].removals.push_back({H.name, H.begin, H.end});
  return P;
}

/// Paths as the directory that is going to be changed knows them.
void countFromRoot(const Tree &T, Patch &P) {
  P.root = T.mounted().empty() ? T.root() : T.mounted();
  if (T.mounted().empty())
    return;
  decltype(P.files) Files;
  for (auto &[File, Texts] : P.files)
    Files.emplace(T.mountedPath(File).str(), std::move(Texts));
  P.files = std::move(Files);
  for (auto *Lines : {&P.notes, &P.refused})
    for (std::string &Line : *Lines)
      Line = T.shown(Line);
}

/// Programs below tools/ that compile a changed file of the kernel, too: what they have in the kernel's place may lack the new call.
std::vector<std::string> otherBuilds(const Tree &T, const Patch &P) {
  std::vector<std::string> Result;
  std::map<std::string, std::string> Wanted; // "/maple.c" -> path
  for (const auto &[File, Texts] : P.files)
    if (!llvm::StringRef(File).starts_with("tools/"))
      Wanted.emplace("/" + File, File);
  std::error_code EC;
  for (llvm::sys::fs::recursive_directory_iterator It(T.root() + "/tools", EC, /*follow_symlinks=*/false), End; It != End && !EC; It.increment(EC)) {
    std::optional<std::string> Path = T.relative(It->path());
    if (!Path || !(llvm::StringRef(*Path).ends_with(".c") || llvm::StringRef(*Path).ends_with(".h")))
      continue;
    std::optional<std::string> Text = T.read(*Path);
    if (!Text || !llvm::StringRef(*Text).contains(".c\"")) // #include "../../lib/x.c"
      continue;
    for (const auto &[Tail, File] : Wanted)
      if (llvm::StringRef(*Text).contains(Tail + "\""))
        Result.push_back(File + " is also compiled by " + *Path + ", a program outside the kernel: see that it knows the new call");
  }
  std::sort(Result.begin(), Result.end());
  return Result;
}

/// Barriers that were to go and stay because a part of the module was not seen: a checkout of the rest changes that. Those that somebody else needs
/// are told by explain.
std::vector<std::string> unseenNotes(const std::vector<SiteReport> &Sites) {
  std::set<std::string> Notes;
  for (const SiteReport &R : Sites)
    if (R.leftovers)
      for (const BarrierLeftover &B : R.leftovers->barriers)
        if (!B.known && !B.may_go)
          Notes.insert(leftoverText(B));
  return {Notes.begin(), Notes.end()};
}

llvm::Expected<Patch> makeTreePatch(Scan &S, std::vector<SiteReport> &Sites, unsigned Jobs, bool DropBarriers) {
  Patch Result;
  std::set<std::string> Excluded;
  std::set<std::string> Keep; // files whose barriers stay, because they could not be taken out
  // A file that fails is left out and everything is planned again: a callback may have to stay now.
  for (int Round = 0; Round < 8; ++Round) {
    Result.files.clear();
    Result.notes.clear();
    markRemovals(S, Sites);
    Planned P = planOf(S, Sites, Excluded);
    // Which barriers may go depends on what is converted, so the question is asked again each round.
    bool Known = S.findLeftovers(Sites);
    if (DropBarriers && Known)
      planBarriers(S, Sites, Keep, P);
    std::map<std::string, std::string> Contents;
    std::map<std::string, std::string> Failed;
    for (const auto &[File, Plan] : P.files) {
      int Id = S.index().find(File);
      auto Text = Id < 0 ? nullptr : S.index().text(static_cast<uint32_t>(Id));
      if (!Text) {
        Failed[File] = "it could not be read again";
        continue;
      }
      auto New = applyPlan(File, *Text, Plan);
      if (!New) {
        Failed[File] = message(New.takeError());
        continue;
      }
      Result.notes.insert(Result.notes.end(), New->notes.begin(), New->notes.end());
      if (New->text != *Text) {
        Result.files[File] = {*Text, New->text};
        Contents[File] = std::move(New->text);
      }
    }
    std::vector<std::string> Files;
    for (const auto &[File, Texts] : Result.files)
      if (llvm::StringRef(File).ends_with(".c"))
        Files.push_back(File);
    std::vector<std::string> Why(Files.size()), Variants(Files.size());
    if (Failed.empty())
      parallelFor(Jobs, Files.size(), [&](size_t N, unsigned Worker) { Why[N] = verifyFile(S, Files[N], Contents, Worker, &Variants[N]); });
    for (size_t N = 0; N < Files.size(); ++N)
      if (!Why[N].empty())
        Failed[Files[N]] = Why[N];
    if (Failed.empty()) {
      for (size_t N = 0; N < Files.size(); ++N)
        Result.parsed_for[Files[N]] = Variants[N];
      for (std::string &Note : leftoverNotes(Sites, P.barriers))
        Result.notes.push_back(std::move(Note));
      for (std::string &Note : DropBarriers ? unseenNotes(Sites) : std::vector<std::string>())
        Result.notes.push_back(std::move(Note));
      for (std::string &Note : otherBuilds(S.tree(), Result))
        Result.notes.push_back(std::move(Note));
      return Result;
    }
    for (const auto &[File, Because] : Failed) {
      if (!P.files[File].statements.empty()) { // try again without
        Keep.insert(File);
        Result.refused.push_back(File + ": the barrier was not removed: " + Because);
        continue;
      }
      Excluded.insert(File);
      Result.refused.push_back(File + ": not rewritten: " + Because);
      for (SiteReport &R : Sites)
        if (R.cls == SiteClass::Convert && (R.site->where.file == File || R.callback.where.file == File)) {
          R.cls = SiteClass::Refuse;
          R.reason = Reason::NotVerified;
          R.detail = Because;
          R.replacement.clear();
        }
    }
  }
  return Result;
}

} // namespace

std::vector<std::string> leftoverNotes(const std::vector<SiteReport> &Sites, const std::set<std::pair<std::string, uint32_t>> &Dropped) {
  std::vector<std::string> Notes;
  auto Add = [&](std::string Note) {
    if (std::find(Notes.begin(), Notes.end(), Note) == Notes.end())
      Notes.push_back(std::move(Note));
  };
  for (const SiteReport &R : Sites) {
    if (R.cls == SiteClass::Convert && !R.setters.empty()) {
      std::string Note = R.census.where.file + ":" + std::to_string(R.census.where.line) + ": " + R.site->callback_text +
                         " is not called here any more; it may go with what sets it if nothing else uses it:";
      for (const Evidence &E : R.setters)
        Note += (&E == &R.setters.front() ? " " : ", ") + E.file + ":" + std::to_string(E.line);
      Add(std::move(Note));
    }
    if (!R.leftovers)
      continue;
    for (const BarrierLeftover &B : R.leftovers->barriers) {
      if (!B.may_go)
        continue; // the ones that stay are told by explain; here they would bury the ones that may go
      std::string Note = leftoverText(B);
      if (B.may_go) {
        if (Dropped.count({B.where.file, B.begin}))
          Note.replace(Note.find("may go"), 6, "is removed");
        Note += "; looked at " + std::to_string(B.files) + (B.files == 1 ? " file" : " files") + ", converted:";
        for (const Evidence &E : B.looked_at)
          Note += (&E == &B.looked_at.front() ? " " : ", ") + E.file + ":" + std::to_string(E.line) + " " + E.text;
      }
      Add(std::move(Note));
    }
    for (const FieldLeftover &F : R.leftovers->fields)
      for (const Evidence &E : F.stores)
        Add(E.file + ":" + std::to_string(E.line) + (E.function.empty() ? "" : " " + E.function + "()") + ": " + E.text);
  }
  return Notes;
}

namespace {

/// Takes sites out of the patch by making them something else than convert for as long as it is made.
class Leaving {
public:
  Leaving(const Scan &S, std::vector<SiteReport> &Sites) : S(S), Sites(Sites), Why(Sites.size()) {}

  void apply(const PatchChoice &Choice) {
    for (size_t N = 0; N < Sites.size(); ++N)
      if (Choice.leave_out && Sites[N].cls == SiteClass::Convert)
        leave(N, Choice.leave_out(Sites[N]));
    withBranches();
    if (!Choice.only_gains)
      return;
    markRemovals(S, Sites);
    for (size_t N = 0; N < Sites.size(); ++N)
      if (const SiteReport &R = Sites[N]; R.cls == SiteClass::Convert && !R.callback_removed && R.callback.summary)
        leave(N, "the callback stays, because something else uses it");
    withBranches();
  }
  void undo(const Tree &T, Patch &P) {
    for (size_t N = 0; N < Sites.size(); ++N) {
      if (Why[N].empty())
        continue;
      SiteReport &R = Sites[N];
      R.cls = SiteClass::Convert;
      R.callback_removed = false;
      Location Where = R.census.where;
      Where.file = T.shownFile(Where.file);
      P.left_out.push_back({Where, R.census.function, R.site->deferral, R.site->head_text, R.site->callback_text, Why[N]});
    }
  }

private:
  void leave(size_t N, std::string Because) {
    if (Because.empty())
      return;
    Sites[N].cls = SiteClass::Refuse;
    Why[N] = std::move(Because);
  }
  /// An if whose branches become one call can only be rewritten whole.
  void withBranches() {
    for (size_t N = 0; N < Sites.size(); ++N)
      for (size_t M = 0; !Why[N].empty() && Sites[N].merged && M < Sites.size(); ++M)
        if (Why[M].empty() && Sites[M].cls == SiteClass::Convert && Sites[M].merged && Sites[M].site->where.file == Sites[N].site->where.file &&
            Sites[M].merged->begin == Sites[N].merged->begin)
          leave(M, Why[N]);
  }

  const Scan &S;
  std::vector<SiteReport> &Sites;
  std::vector<std::string> Why; ///< by site; empty: it is in the patch
};

} // namespace

llvm::Expected<Patch> makePatch(Scan &S, std::vector<SiteReport> &Sites, unsigned Jobs, const PatchChoice &Choice) {
  Leaving Left(S, Sites);
  Left.apply(Choice);
  llvm::Expected<Patch> P = makeTreePatch(S, Sites, Jobs, Choice.drop_barriers);
  if (P) {
    Left.undo(S.tree(), *P);
    countFromRoot(S.tree(), *P);
  }
  return P;
}

} // namespace krcu
