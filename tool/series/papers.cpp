// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/papers.h"

#include "tool/report/version.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <unistd.h>

using Json = nlohmann::ordered_json;

namespace krcu::series {
namespace {

std::string pathIn(const MadeSeries &S, const std::string &Name) { return S.directory.empty() ? Name : S.directory + "/" + Name; }

void addRecipients(std::string &Out, const std::vector<Recipient> &List) {
  bool AnyMaintainer = false;
  for (const Recipient &R : List)
    AnyMaintainer = AnyMaintainer || R.role == Role::Maintainer;
  for (const Recipient &R : List)
    Out += std::string(R.role == Role::Maintainer || !AnyMaintainer ? "To: " : "Cc: ") + R.address.text() + "\n";
  if (List.empty())
    Out += "# nobody: the tree has no MAINTAINERS\n";
  Out += "\n";
}

std::string recipientsText(const SeriesResult &R) {
  std::string Out = "# Who is to get which mail. The mails have the same people in their headers, so git send-email needs no further option.\n"
                    "# Patches: what scripts/get_maintainer.pl --no-git --no-git-fallback --norolestats says of them.\n"
                    "";
  if (std::any_of(R.series.begin(), R.series.end(), [](const MadeSeries &S) { return !S.cover.empty(); }))
    Out += "# Cover letters: the lists, the maintainers while they are few, and those of the primitives that the proof rests on.\n";
  Out += "\n";
  for (const MadeSeries &S : R.series) {
    if (!S.cover.empty()) {
      Out += pathIn(S, S.cover_file) + "\n";
      addRecipients(Out, S.cover_recipients);
    }
    for (const MadePatch &P : S.patches) {
      Out += pathIn(S, P.file_name) + "\n";
      addRecipients(Out, P.recipients);
    }
  }
  return Out;
}

bool hasCarriageReturn(const MadeSeries &S) {
  for (const MadePatch &P : S.patches)
    if (P.diff.find('\r') != std::string::npos)
      return true;
  return false;
}

/// Where the patches of a series end up, for a person who has to rebase them.
std::string addressOf(const MadeSeries &S) {
  std::vector<std::string> Addresses;
  for (const MadePatch &P : S.patches)
    if (!P.unit.address.empty() && std::find(Addresses.begin(), Addresses.end(), P.unit.address) == Addresses.end())
      Addresses.push_back(P.unit.address);
  return Addresses.empty() ? "no tree in MAINTAINERS" : llvm::join(Addresses, ", ");
}

std::string readmeText(const SeriesInput &In, const SeriesResult &R) {
  size_t Patches = 0;
  for (const MadeSeries &S : R.series)
    Patches += S.patches.size();
  std::string Out = std::to_string(Patches) + (Patches == 1 ? " patch" : " patches") + " by krcu " KRCU_VERSION;
  if (R.series.size() > 1)
    Out += ", in " + std::to_string(R.series.size()) + " series, one per maintainers' tree";
  Out += ". Nothing has been sent.\n\nBefore you send anything\n";
  for (const std::string &W : R.warnings)
    Out += "  ! " + W + "\n";
  bool Outside = In.root != In.tree->root();
  Out += "  - read every patch as if you had written it: you answer for it\n"
         "  - build the changed files after each patch, built in and as modules\n"
         "  - test with CONFIG_PROVE_RCU, CONFIG_DEBUG_OBJECTS_RCU_HEAD and CONFIG_SLUB_DEBUG, loading and unloading the modules in a loop\n"
         "  - Signed-off-by is yours alone to give (--signoff takes it from git config)\n";
  if (!In.slims.empty())
    Out += "  - the sizes are those of " + In.configuration +
           (llvm::any_of(In.slims, [](const SlimText &T) { return T.usual; }) ? ", without the options of Kconfig.debug and its kin where a text does not say so" : "") +
           ": look at your own build (pahole), and see that kmalloc() still gives less\n";
  for (const MadeSeries &S : R.series)
    for (const MadePatch &P : S.patches)
      for (const std::string &What : P.message.advice)
        Out += "  - " + pathIn(S, P.file_name) + " " + In.tree->shown(What) + "\n";
  if (!Outside) {
    Out += "\nFor which tree\n";
    for (const MadeSeries &S : R.series)
      Out += "  " + S.name + ": " + addressOf(S) + "\n";
  }
  if (!In.left_out.empty()) {
    Out += In.slims.empty() ? "\nLeft out, though it could be converted\n" : "\nLeft out, though it could be changed\n";
    for (size_t N = 0; N < In.left_out.size(); ++N)
      Out += "  " + In.left_out[N] + ": " + In.left_out_why[N] + "\n";
  }
  Out += std::string("\nCheck (DIR is this directory)\n  krcu verify DIR --tree ") +
         (Outside ? "MODULE --kernel TREE\n" : "TREE --run-checkpatch\n") + "\nApply, in a git repository of the tree\n";
  for (const MadeSeries &S : R.series)
    Out += "  krcu patch --mbox DIR" + (S.directory.empty() ? "" : "/" + S.directory) + " | git am -3" + (hasCarriageReturn(S) ? " --keep-cr --quoted-cr=nowarn" : "") + "\n";
  Out += "\nSend, when you are sure\n";
  for (const MadeSeries &S : R.series)
    Out += "  git send-email --no-thread DIR/" + pathIn(S, "*.patch") + "\n";
  const bool Covers = std::any_of(R.series.begin(), R.series.end(), [](const MadeSeries &S) { return !S.cover.empty(); });
  Out += "\nThe people in the mails' headers are those of recipients.txt; --no-thread keeps the mails' own threading." +
         std::string(Covers ? " The cover letter goes to the lists." : "") + "\n";
  if (!In.slims.empty())
    return Out + "report.json has every head with its sizes, and every one that stays, with the reason. series.json is what krcu wrote:\n"
                 "krcu patch --slim-heads --reroll DIR makes the next version from it and keeps what you changed in the mails.\n";
  Out += In.fixes.empty() ? "report.json has the whole scan and what became of each conversion. series.json is what krcu wrote: krcu patch --reroll DIR\n"
                            "makes the next version from it and keeps what you changed in the mails.\n"
                          : "report.json has the whole audit. series.json is what krcu wrote: krcu audit --fix --reroll DIR makes the next version from it\n"
                            "and keeps what you changed in the mails.\n";
  return Out;
}

Json peopleJson(const std::vector<Recipient> &List) {
  Json Out = Json::array();
  for (const Recipient &R : List)
    Out.push_back({{"address", R.address.text()},
                   {"role", R.role == Role::Maintainer ? "maintainer" : R.role == Role::Reviewer ? "reviewer" : "list"},
                   {"section", R.section}});
  return Out;
}

std::string reportJson(const SeriesInput &In, const SeriesResult &R) {
  Json J = Json::parse(In.scan_json, nullptr, false);
  if (J.is_discarded() || !J.is_object())
    J = {{"krcu", KRCU_VERSION}};
  J["base_commit"] = R.base_commit.empty() ? Json() : Json(R.base_commit);
  J["warnings"] = R.warnings;
  J["left_out"] = Json::array();
  for (size_t N = 0; N < In.left_out.size(); ++N)
    J["left_out"].push_back({{"site", In.left_out[N]}, {"reason", In.left_out_why[N]}});
  J["series"] = Json::array();
  for (const MadeSeries &S : R.series) {
    Json One = {{"name", S.name}, {"directory", S.directory}, {"cover", S.cover.empty() ? Json() : Json(S.cover_subject)}};
    One["patches"] = Json::array();
    for (const MadePatch &P : S.patches) {
      Json Sites = Json::array();
      for (const SiteReport *Site : P.unit.sites)
        Sites.push_back({{"file", Site->census.where.file}, {"line", Site->census.where.line}, {"replacement", Site->replacement}});
      One["patches"].push_back({{"mail", pathIn(S, P.file_name)}, {"subject", P.subject}, {"files", P.unit.files},
                                {"sites", Sites}, {"tree", P.unit.tree},
                                {"prefix_from", P.unit.style.commits ? "history" : "path"}, {"recipients", peopleJson(P.recipients)}});
    }
    J["series"].push_back(One);
  }
  return J.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool isEmptyDirectory(const std::string &Path) {
  std::error_code EC;
  llvm::sys::fs::directory_iterator It(Path, EC), End;
  return !EC && It == End;
}

} // namespace

void addPapers(const SeriesInput &In, SeriesResult &Result) {
  WrittenSeries State{In.version, std::to_string(In.date), {}, In.trailers, In.cc, In.prefix, In.left_out};
  for (const MadeSeries &S : Result.series) {
    if (!S.cover.empty())
      Result.files[pathIn(S, S.cover_file)] = S.cover;
    for (const MadePatch &P : S.patches)
      Result.files[pathIn(S, P.file_name)] = P.mail;
    for (WrittenMail M : S.written) {
      M.file = pathIn(S, M.file);
      State.mails.push_back(std::move(M));
    }
  }
  Result.files["series.json"] = stateJson(State);
  Result.files["recipients.txt"] = recipientsText(Result);
  Result.files["README"] = readmeText(In, Result);
  Result.files["report.json"] = reportJson(In, Result);
}

llvm::Error checkOutputDirectory(const std::string &Directory) {
  llvm::sys::fs::file_status Status;
  if (llvm::sys::fs::status(Directory, Status))
    return llvm::Error::success(); // does not exist, or writing says what is wrong
  if (!llvm::sys::fs::is_directory(Status))
    return failAt(Directory, 0, 0, "exists and is no directory", "name a directory that does not exist yet");
  if (!isEmptyDirectory(Directory))
    return failAt(Directory, 0, 0, "this is not empty", "name a directory that does not exist yet, or an empty one");
  return llvm::Error::success();
}

llvm::Error writeSeries(const SeriesResult &R, const std::string &Directory) {
  if (llvm::Error E = checkOutputDirectory(Directory))
    return E;
  std::string Target = Directory;
  while (Target.size() > 1 && Target.back() == '/')
    Target.pop_back();
  if (llvm::SmallString<256> Real; !llvm::sys::fs::real_path(Target, Real))
    Target = Real.str().str(); // through a symbolic link to an empty directory
  std::string Temporary = Target + ".krcu-" + std::to_string(::getpid());
  if (std::error_code EC = llvm::sys::fs::create_directory(Temporary, false))
    return failErrno(Temporary, EC.value(), "the directory above the series must exist and be writable");
  auto GiveUp = [&](llvm::Error E) {
    llvm::sys::fs::remove_directories(Temporary);
    return E;
  };
  for (const auto &[Name, Bytes] : R.files) {
    std::string Path = Temporary + "/" + Name;
    if (size_t Slash = Name.rfind('/'); Slash != std::string::npos)
      if (std::error_code EC = llvm::sys::fs::create_directories(Temporary + "/" + Name.substr(0, Slash)))
        return GiveUp(failErrno(Path, EC.value(), ""));
    if (llvm::Error E = writeFileAtomically(Path, Bytes))
      return GiveUp(std::move(E));
  }
  // Takes the place of an empty directory, and fails if somebody put something there in between.
  if (std::rename(Temporary.c_str(), Target.c_str()) != 0)
    return GiveUp(failErrno(Target, errno, "name a directory that does not exist yet, or an empty one"));
  return llvm::Error::success();
}

} // namespace krcu::series
