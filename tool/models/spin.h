// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Spin from outside: a model is turned into a verifier, the verifier is compiled, and answers questions. Two verifiers are
// made of each model: a depth-first one, which leaves out orders of steps that cannot matter and so is fast where
// nothing is to be found, and a breadth-first one, whose first counterexample is a shortest one.
#pragma once

#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu {

/// What a run asks; the numbers are those of rules/semantics/rcu.pml.
struct ModelRun {
  unsigned scene = 0, use = 0, shape = 0, other = 0;
  unsigned property = 0; ///< 0: all of them
};

struct ModelAnswer {
  bool holds = false;
  unsigned long states = 0;
  std::vector<std::string> said; ///< the counterexample: what the model printed on the way, raw; only if asked for
};

/// A model that is compiled in a directory of its own, which goes with it.
class Model {
public:
  /// `File` is a .pml; its directory is copied first, so includes are found and nothing is written there. `Defines` go to
  /// the preprocessor ("FLAWS=4"). `Trails`: make the breadth-first verifier too. Fails if spin or gcc is not there or finds a mistake.
  static llvm::Expected<Model> build(const std::string &File, const std::vector<std::string> &Defines = {},
                                     bool Trails = false);
  Model(Model &&Other) noexcept;
  Model &operator=(Model &&) = delete;
  ~Model();

  /// Explores every order of steps, with KASAN, which makes the most objects stay. Fails if the verifier does not finish: a deadlock, or no memory. May be called from
  /// several threads.
  llvm::Expected<ModelAnswer> ask(const ModelRun &Run) const;
  /// The same, breadth first, without KASAN if that suffices; the answer has a shortest counterexample. Only after
  /// build() with `Trails`.
  llvm::Expected<ModelAnswer> askForTrail(const ModelRun &Run) const;

private:
  explicit Model(std::string Directory, std::string File) : Directory(std::move(Directory)), File(std::move(File)) {}
  llvm::Expected<ModelAnswer> run(const char *Verifier, const ModelRun &Run, bool Kasan, bool Trail) const;

  std::string Directory, File;
};

/// Whether spin and gcc are on the PATH.
bool haveSpin();

} // namespace krcu
