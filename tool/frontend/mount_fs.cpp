// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/mount_fs.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

namespace vfs = llvm::vfs;

namespace krcu {
namespace {

class MountFileSystem : public vfs::ProxyFileSystem {
public:
  MountFileSystem(const Tree &T, llvm::IntrusiveRefCntPtr<vfs::FileSystem> Below)
      : ProxyFileSystem(std::move(Below)), T(T), Point(T.visible(Tree::MountPoint)) {}

  llvm::ErrorOr<vfs::Status> status(const llvm::Twine &Path) override {
    std::string Real;
    if (!translate(Path, Real))
      return ProxyFileSystem::status(Path);
    auto Found = Real.empty() ? nowhere() : ProxyFileSystem::status(Real);
    return Found ? vfs::Status::copyWithNewName(*Found, Path) : Found;
  }

  bool exists(const llvm::Twine &Path) override {
    std::string Real;
    return translate(Path, Real) ? !Real.empty() : ProxyFileSystem::exists(Path);
  }

  llvm::ErrorOr<std::unique_ptr<vfs::File>> openFileForRead(const llvm::Twine &Path) override {
    std::string Real;
    if (!translate(Path, Real))
      return ProxyFileSystem::openFileForRead(Path);
    if (Real.empty())
      return nowhere();
    return vfs::File::getWithPath(ProxyFileSystem::openFileForRead(Real), Path);
  }

  std::error_code getRealPath(const llvm::Twine &Path, llvm::SmallVectorImpl<char> &Output) override {
    std::string Real;
    if (!translate(Path, Real))
      return ProxyFileSystem::getRealPath(Path, Output);
    // Its name here is its real path as far as anybody above is concerned.
    Path.toVector(Output);
    return Real.empty() ? nowhere() : std::error_code();
  }

private:
  static std::error_code nowhere() { return std::make_error_code(std::errc::no_such_file_or_directory); }

  /// False if `Path` is not below the mount point. `Real`: the file on disk, empty if there is none that may be read.
  bool translate(const llvm::Twine &Path, std::string &Real) const {
    llvm::SmallString<256> Buffer;
    llvm::StringRef Text = Path.toStringRef(Buffer);
    if (!Text.consume_front(Point) || !(Text.empty() || Text.starts_with("/")))
      return false;
    std::string Relative = (Tree::MountPoint + Text).str();
    if (T.has(Relative))
      Real = T.absolute(Relative);
    return true;
  }

  const Tree &T;
  const std::string Point;
};

} // namespace

llvm::IntrusiveRefCntPtr<vfs::FileSystem> withMount(const Tree &T, llvm::IntrusiveRefCntPtr<vfs::FileSystem> Below) {
  if (T.mounted().empty())
    return Below;
  return llvm::makeIntrusiveRefCnt<MountFileSystem>(T, std::move(Below));
}

} // namespace krcu
