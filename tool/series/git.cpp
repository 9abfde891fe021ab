// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/git.h"

#include "tool/series/git_files.h"
#include "tool/support/error.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cstdlib>
#include <cstring>
#include <git2/sys/odb_backend.h>
#include <openssl/evp.h>

namespace krcu::series {

std::string gitReason() {
  const git_error *E = git_error_last();
  return E && E->message ? E->message : "no reason given";
}

llvm::Error failGit(const std::string &What) { return fail(What + ": " + gitReason()); }

std::string wayIntoAnothers(int Error, const std::string &Root) {
  // libgit2 1.5 forgets its own error when the configuration names no directory at all.
  if (Error == 0 || (Error != GIT_EOWNER && gitReason().find("safe.directory") == std::string::npos))
    return {};
  llvm::SmallString<256> Real;
  if (llvm::sys::fs::real_path(Root, Real))
    Real = Root;
  return "permit it with git config --global --add safe.directory " + Real.str().str();
}

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
  if (std::string Way = wayIntoAnothers(Error, Root); !Way.empty()) {
    Why = "its git repository belongs to another user; " + Way;
    return nullptr;
  }
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

namespace {

/// A kernel has a hundred thousand files.
constexpr size_t MaxEntries = 1'000'000;
constexpr unsigned MaxTreeDepth = 128;

struct TreeCount {
  git_repository *repository;
  size_t left = MaxEntries;

  GitTree lookup(const git_oid *Id) {
    git_tree *Raw = nullptr;
    if (Id && git_tree_lookup(&Raw, repository, Id) != 0)
      Raw = nullptr; // whoever needs it says so
    return GitTree(Raw);
  }

  /// False: there is no end.
  bool differing(const git_oid *Old, const git_oid *New, unsigned Depth) {
    if (Depth > MaxTreeDepth)
      return false;
    GitTree A = lookup(Old), B = lookup(New);
    return sideOf(B.get(), A.get(), Depth, true) && sideOf(A.get(), B.get(), Depth, false);
  }

  /// The entries of one side, those below a directory that both have only for the `First`.
  bool sideOf(git_tree *Tree, git_tree *Other, unsigned Depth, bool First) {
    for (size_t N = 0; Tree && N < git_tree_entrycount(Tree); ++N) {
      if (left-- == 0)
        return left = 0, false;
      const git_tree_entry *Entry = git_tree_entry_byindex(Tree, N);
      if (git_tree_entry_type(Entry) != GIT_OBJECT_TREE)
        continue;
      const git_tree_entry *Same = Other ? git_tree_entry_byname(Other, git_tree_entry_name(Entry)) : nullptr;
      const git_oid *There = Same && git_tree_entry_type(Same) == GIT_OBJECT_TREE ? git_tree_entry_id(Same) : nullptr;
      if (There && (!First || git_oid_equal(There, git_tree_entry_id(Entry))))
        continue;
      if (!differing(There, git_tree_entry_id(Entry), Depth + 1))
        return false;
    }
    return true;
  }
};

constexpr size_t MaxBlob = size_t{64} << 20;

bool hasId(const void *Data, size_t Size, const git_oid &Id) {
  const std::string Head = "blob " + std::to_string(Size);
  unsigned char Digest[EVP_MAX_MD_SIZE];
  unsigned Length = 0;
  std::unique_ptr<EVP_MD_CTX, GitFree<EVP_MD_CTX_free>> Context(EVP_MD_CTX_new());
  return Context && EVP_DigestInit_ex(Context.get(), EVP_sha1(), nullptr) == 1 && EVP_DigestUpdate(Context.get(), Head.c_str(), Head.size() + 1) == 1 &&
         EVP_DigestUpdate(Context.get(), Data, Size) == 1 && EVP_DigestFinal_ex(Context.get(), Digest, &Length) == 1 && Length == GIT_OID_RAWSZ &&
         std::memcmp(Digest, Id.id, GIT_OID_RAWSZ) == 0;
}

} // namespace

llvm::Error checkTrees(git_repository *Repository, const git_oid *Old, const git_oid *New) {
  if (TreeCount{Repository}.differing(Old, New, 0))
    return llvm::Error::success();
  return fail("the tree " + hexOf(New ? *New : *Old).substr(0, 12) + " has more than " + std::to_string(MaxEntries) + " files or is nested deeper than " +
              std::to_string(MaxTreeDepth) + " directories; it is not read");
}

std::shared_ptr<const std::string> readBlob(git_odb *Objects, const git_oid &Id) {
  for (size_t N = 0; N < git_odb_num_backends(Objects); ++N) {
    git_odb_backend *Backend = nullptr;
    size_t Size = 0;
    git_object_t Type = GIT_OBJECT_INVALID;
    void *Data = nullptr;
    if (git_odb_get_backend(&Backend, Objects, N) != 0 || !Backend->read || !Backend->read_header || Backend->read_header(&Size, &Type, Backend, &Id) != 0)
      continue;
    if (Type != GIT_OBJECT_BLOB || Size > MaxBlob || Backend->read(&Data, &Size, &Type, Backend, &Id) != 0)
      return nullptr;
    auto Free = llvm::make_scope_exit([&] { git_odb_backend_data_free(Backend, Data); });
    if (Size > MaxBlob || !hasId(Data, Size, Id))
      return nullptr;
    return std::make_shared<const std::string>(static_cast<const char *>(Data), Size);
  }
  return nullptr;
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
