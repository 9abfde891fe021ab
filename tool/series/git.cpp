// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/git.h"

#include "tool/series/git_files.h"
#include "tool/support/error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cstdlib>

namespace krcu::series {

std::string gitReason() {
  const git_error *E = git_error_last();
  return E && E->message ? E->message : "no reason given";
}

llvm::Error failGit(const std::string &What) { return fail(What + ": " + gitReason()); }

std::string hexOf(const git_oid &Id) {
  char Buffer[GIT_OID_HEXSZ + 1];
  git_oid_tostr(Buffer, sizeof Buffer, &Id);
  return Buffer;
}

GitRepository openRepository(const std::string &Root, std::string &Why) {
  if (std::string Odd = oddFileOfRepository(Root, /*Upwards=*/true); !Odd.empty()) {
    Why = "its git repository is not opened: " + Odd;
    return nullptr;
  }
  git_repository *Raw = nullptr;
  int Error = git_repository_open_ext(&Raw, Root.c_str(), 0, nullptr);
  GitRepository Repository(Raw);
  if (Error == GIT_ENOTFOUND)
    return nullptr;
  if (Error != 0) {
    Why = "its git repository cannot be opened: " + gitReason();
    return nullptr;
  }
  const char *Work = git_repository_workdir(Raw);
  if (!Work) {
    Why = "its git repository has no work tree";
    return nullptr;
  }
  llvm::SmallString<256> Real;
  if (llvm::sys::fs::real_path(Work, Real))
    Real = Work;
  while (Real.size() > 1 && Real.back() == '/')
    Real.pop_back();
  if (Real != Root) {
    Why = "it is a part of the git repository " + Real.str().str() + ", not the top of one";
    return nullptr;
  }
  return Repository;
}

std::optional<Identity> identityOf(git_repository *Repository, const std::string &Whose) {
  git_config *Raw = nullptr;
  if ((Repository ? git_repository_config_snapshot(&Raw, Repository) : git_config_open_default(&Raw)) != 0)
    return std::nullopt;
  GitConfig Config(Raw);
  if (!Repository) {
    git_config *Snapshot = nullptr;
    if (git_config_snapshot(&Snapshot, Raw) != 0)
      return std::nullopt;
    Config.reset(Snapshot);
  }
  auto Value = [&](const char *Name) {
    const char *Text = nullptr;
    return git_config_get_string(&Text, Config.get(), Name) == 0 && Text ? std::string(Text) : std::string();
  };
  auto Known = [&](const char *Part, const char *Name) {
    const char *Given = std::getenv(("GIT_" + Whose + "_" + Part).c_str());
    return Given && *Given ? std::string(Given) : Value(Name);
  };
  Identity I{Known("NAME", "user.name"), Known("EMAIL", "user.email")};
  for (std::string *Part : {&I.name, &I.mail})
    std::erase_if(*Part, [](char C) { return static_cast<unsigned char>(C) < 0x20 || C == '<' || C == '>'; });
  if (I.name.empty() || I.mail.empty())
    return std::nullopt;
  return I;
}

unsigned sparseFiles(const std::string &Root) {
  GitLibrary Library;
  std::string Why;
  GitRepository Repository = openRepository(Root, Why);
  git_index *Raw = nullptr;
  if (!Repository || git_repository_index(&Raw, Repository.get()) != 0)
    return 0;
  GitIndex Index(Raw);
  unsigned Skipped = 0;
  for (size_t N = 0; N < git_index_entrycount(Raw); ++N)
    Skipped += (git_index_get_byindex(Raw, N)->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0;
  return Skipped;
}

} // namespace krcu::series
